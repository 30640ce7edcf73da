//! From an execution, its plan and what was found to the question. A function of its arguments alone.
use super::{
    Action, Asked, CanDryRun, Change, Cluster, Difference, Effect, Facts, Nodes, Owner, Plan, Plugin, Question, Requester,
    RiskLevel, RollbackOf, Target, VERSION, WayBack, WayBackKind, Written,
};
use crate::argv;
use crate::canonical;
use crate::execution::Execution;
use crate::model::{ActionInfo, ChangeEffect, DryRunForm, Json, ObjectRef, Planned, Reversible, Risk, Uid, Undo, Write};
use crate::{owners, planned};
use jiff::Timestamp;
use serde_json::Value;

/// The question about this plan.
#[must_use]
pub fn of(exec: &Execution, info: &ActionInfo, planned: &Planned, facts: &Facts, now: Timestamp) -> Question {
    let who = exec.spec.requester.clone().unwrap_or_default();
    Question {
        version: VERSION,
        now: Timestamp::from_second(now.as_second()).unwrap_or(now).to_string(),
        requester: Requester { username: who.username, uid: who.uid, groups: who.groups },
        execution: asked(exec, facts),
        action: action(info, planned),
        parameters: parsed(&planned.parameters),
        targets: planned.target.iter().map(|(object, uid)| target(object, uid.as_ref(), facts)).collect(),
        plan: plan(planned),
        tried: exec.dry_ran(),
        diff: exec.status.diff.iter().map(|d| difference(planned, d)).collect(),
        history: facts.history.clone(),
        cluster: Cluster {
            uid: exec.cluster.to_string(),
            kubernetes: facts.kubernetes.clone(),
            nodes: Nodes { total: facts.nodes_total, ready: facts.nodes_ready },
        },
    }
}

fn asked(exec: &Execution, facts: &Facts) -> Asked {
    Asked {
        namespace: exec.namespace.clone(),
        namespace_labels: facts.namespace_labels.clone(),
        name: exec.name.clone(),
        uid: exec.uid.to_string(),
        reason: exec.spec.reason.clone(),
        dry_run: exec.spec.dry_run,
        origin: Value::Object(exec.spec.origin.clone().unwrap_or_default()),
        break_glass: exec.spec.break_glass,
        rollback_of: exec.spec.rollback_of.as_ref().map(|o| RollbackOf { name: o.name.clone(), uid: o.uid.clone() }),
    }
}

fn action(info: &ActionInfo, planned: &Planned) -> Action {
    Action {
        name: planned.action.to_string(),
        plugin: Plugin {
            name: planned.plugin.name.clone(),
            version: planned.plugin.version.clone(),
            digest: planned.plugin.digest.to_string(),
        },
        risk: match planned.risk {
            Risk::Low => RiskLevel::Low,
            Risk::Medium => RiskLevel::Medium,
            Risk::High => RiskLevel::High,
            Risk::Critical => RiskLevel::Critical,
        },
        // A component that declares "never" and plans an undo all the same is not believed.
        reversible: info.reversible != Reversible::Never && !matches!(planned.undo, Undo::Impossible(_)),
        dry_run: match info.dry_run {
            DryRunForm::Server => CanDryRun::Server,
            DryRunForm::Predicted => CanDryRun::None,
        },
        idempotent: planned.idempotent,
    }
}

fn target(object: &ObjectRef, uid: Option<&Uid>, facts: &Facts) -> Target {
    Target {
        api_version: object.api.api_version(),
        kind: object.api.kind.clone(),
        namespace: object.namespace.clone().unwrap_or_default(),
        name: object.name.clone(),
        uid: uid.map(ToString::to_string).unwrap_or_default(),
        labels: facts.target_labels.clone(),
        namespace_labels: object.namespace.as_ref().map(|_| facts.namespace_labels.clone()).unwrap_or_default(),
        priority_class: facts.priority_class.clone(),
    }
}

fn plan(planned: &Planned) -> Plan {
    let p = &planned.proposal;
    // As it will be run: an object of cluster scope is addressed without one.
    let namespace = planned::namespace(planned);
    Plan {
        hash: planned.hash.to_string(),
        commands: p.commands.iter().map(|c| argv::line(c, namespace)).collect(),
        changes: p.changes.iter().flat_map(|c| changes(planned, &c.object, &c.effect)).collect(),
        owners: planned.owners.iter().map(|o| owner(planned, o)).collect(),
        writes: p.writes.iter().map(write).collect(),
        warnings: p.warnings.clone(),
        undo: way_back(&planned.undo),
    }
}

/// What a command of the plan makes this object of; null where none does.
fn manifest(planned: &Planned, object: &ObjectRef) -> Value {
    let files = planned.proposal.commands.iter().flat_map(|c| &c.files);
    let mut all = files.filter_map(|(_, text)| canonical::value(text).ok());
    let named = |made: &Value, at: &str, is: &str| made.pointer(at).and_then(Value::as_str) == Some(is);
    all.find(|made| named(made, "/kind", &object.api.kind) && named(made, "/metadata/name", &object.name)).unwrap_or_default()
}

fn changes(planned: &Planned, object: &ObjectRef, effect: &ChangeEffect) -> Vec<Change> {
    let plain = |effect, text: &str| Change {
        object: object.to_string(),
        api_version: object.api.api_version(),
        kind: object.api.kind.clone(),
        namespace: object.namespace.clone().unwrap_or_default(),
        name: object.name.clone(),
        effect,
        field: String::new(),
        before: Value::Null,
        after: Value::Null,
        text: text.to_owned(),
    };
    let value = |json: &Option<Json>| json.as_ref().map_or(Value::Null, parsed);
    match effect {
        ChangeEffect::Created => vec![Change { after: manifest(planned, object), ..plain(Effect::Created, "") }],
        ChangeEffect::Deleted => vec![plain(Effect::Deleted, "")],
        ChangeEffect::Other(text) => vec![plain(Effect::Other, text)],
        ChangeEffect::Set(fields) => fields
            .iter()
            .map(|f| Change { field: f.at.clone(), before: value(&f.before), after: value(&f.after), ..plain(Effect::Set, "") })
            .collect(),
    }
}

/// What is stored with an empty name is of the target.
fn object(planned: &Planned, stored: &str) -> String {
    match (stored, &planned.target) {
        ("", Some((target, _))) => target.to_string(),
        (stored, _) => stored.to_owned(),
    }
}

fn difference(planned: &Planned, d: &crds::DiffStatus) -> Difference {
    let value = |text: &Option<String>| {
        text.as_ref().map_or(Value::Null, |t| canonical::value(t).unwrap_or_else(|_| Value::from(t.as_str())))
    };
    Difference {
        object: object(planned, &d.object),
        field: d.pointer.clone(),
        before: value(&d.before),
        after: value(&d.after),
        announced: d.announced,
    }
}

fn owner(planned: &Planned, o: &crds::Owner) -> Owner {
    let text = owners::words(o);
    let crds::Owner { object: of, kind, name, field, evidence, reverts } = o.clone();
    Owner { object: object(planned, &of), kind, name, field, evidence, reverts, text }
}

fn write(w: &Write) -> Written {
    let operation = serde_json::to_value(w.operation).ok();
    Written {
        api_version: w.object.api.api_version(),
        kind: w.object.api.kind.clone(),
        namespace: w.object.namespace.clone().unwrap_or_default(),
        name: w.object.name.clone(),
        uid: w.uid.as_ref().map(ToString::to_string).unwrap_or_default(),
        operation: operation.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned(),
        subresource: w.subresource.clone().unwrap_or_default(),
    }
}

fn way_back(undo: &Undo) -> WayBack {
    let none = |kind, why: &str| WayBack {
        kind,
        action: String::new(),
        parameters: Value::Null,
        loses: Vec::new(),
        why: why.to_owned(),
    };
    match undo {
        Undo::Unneeded(why) => none(WayBackKind::Unneeded, why),
        Undo::Impossible(why) => none(WayBackKind::Impossible, why),
        Undo::By { action, parameters, loses } => WayBack {
            action: action.to_string(),
            parameters: parsed(parameters),
            loses: loses.clone(),
            ..none(WayBackKind::Action, "")
        },
    }
}

/// `Json` is canonical JSON by its contract; text that is not is shown as text, so that no policy takes it for a number.
fn parsed(json: &Json) -> Value {
    canonical::value(json.as_str()).unwrap_or_else(|_| Value::from(json.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::History;
    use crate::tests::fixtures;
    use expect_test::expect;
    use std::collections::BTreeMap;

    fn facts() -> Facts {
        Facts {
            namespace_labels: BTreeMap::from([("environment".into(), "production".into())]),
            target_labels: BTreeMap::from([("app".into(), "web".into())]),
            priority_class: String::new(),
            kubernetes: "1.37".into(),
            nodes_total: 5,
            nodes_ready: 4,
            history: History::default(),
        }
    }

    fn asked(planned: &Planned) -> Value {
        of(&fixtures::exec(), &fixtures::info(), planned, &facts(), fixtures::at(3)).document()
    }

    #[test]
    fn the_whole_question() {
        let question = asked(&fixtures::planned());
        expect![[r#"
            {
              "action": {
                "dryRun": "Server",
                "idempotent": false,
                "name": "scale_deployment",
                "plugin": {
                  "digest": "sha256:9999999999999999999999999999999999999999999999999999999999999999",
                  "name": "workload",
                  "version": "1.4.0"
                },
                "reversible": true,
                "risk": "medium"
              },
              "cluster": {
                "kubernetes": "1.37",
                "nodes": {
                  "ready": 4,
                  "total": 5
                },
                "uid": "cluster"
              },
              "diff": [],
              "execution": {
                "breakGlass": false,
                "dryRun": "None",
                "name": "scale-web-x7k2p",
                "namespace": "shop",
                "namespaceLabels": {
                  "environment": "production"
                },
                "origin": {},
                "reason": "INC-4312",
                "rollbackOf": null,
                "uid": "3c1f0a52-94d7-4be1-8a5e-0c1d2e3f4a5b"
              },
              "history": {
                "action": {
                  "failedLastDay": 0,
                  "failedLastHour": 0,
                  "lastDay": 0,
                  "lastHour": 0
                },
                "requester": {
                  "failedLastDay": 0,
                  "failedLastHour": 0,
                  "lastDay": 0,
                  "lastHour": 0
                },
                "target": []
              },
              "now": "2026-11-23T03:12:10Z",
              "parameters": {
                "replicas": 5
              },
              "plan": {
                "changes": [
                  {
                    "after": 5,
                    "apiVersion": "apps/v1",
                    "before": 2,
                    "effect": "Set",
                    "field": "/spec/replicas",
                    "kind": "Deployment",
                    "name": "web",
                    "namespace": "shop",
                    "object": "Deployment shop/web",
                    "text": ""
                  }
                ],
                "commands": [
                  "kubectl scale --current-replicas=2 --replicas=5 --namespace=shop -- deployment/web"
                ],
                "hash": "sha256:3ab184b38af36db984057acd4d80f27290326c96e85f44481d59a4342cd72277",
                "owners": [],
                "undo": {
                  "action": "scale_deployment",
                  "kind": "Action",
                  "loses": [],
                  "parameters": {
                    "replicas": 2
                  },
                  "why": ""
                },
                "warnings": [],
                "writes": [
                  {
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "name": "web",
                    "namespace": "shop",
                    "operation": "update",
                    "subresource": "scale",
                    "uid": "6d1f8e90-1111-4222-8333-444455556666"
                  }
                ]
              },
              "requester": {
                "groups": [
                  "oncall"
                ],
                "uid": "",
                "username": "maria@example.com"
              },
              "targets": [
                {
                  "apiVersion": "apps/v1",
                  "kind": "Deployment",
                  "labels": {
                    "app": "web"
                  },
                  "name": "web",
                  "namespace": "shop",
                  "namespaceLabels": {
                    "environment": "production"
                  },
                  "priorityClass": "",
                  "uid": "6d1f8e90-1111-4222-8333-444455556666"
                }
              ],
              "tried": false,
              "version": 1
            }"#]]
        .assert_eq(&serde_json::to_string_pretty(&question).unwrap());
    }

    #[test]
    fn there_is_a_way_back_only_where_this_plan_has_one() {
        let with = |undo| asked(&Planned { undo, ..fixtures::planned() });
        assert_eq!(with(Undo::Unneeded("nothing changes".into()))["action"]["reversible"], true);
        let impossible = with(Undo::Impossible("the pods are gone".into()));
        assert_eq!(impossible["action"]["reversible"], false);
        assert_eq!(impossible["plan"]["undo"]["kind"], "Impossible");
        assert_eq!(impossible["plan"]["undo"]["why"], "the pods are gone");
    }

    #[test]
    fn a_component_that_says_never_is_not_believed_when_it_plans_an_undo() {
        let info = ActionInfo { reversible: Reversible::Never, ..fixtures::info() };
        let question = of(&fixtures::exec(), &info, &fixtures::planned(), &facts(), fixtures::at(0));
        assert!(!question.action.reversible);
    }

    #[test]
    fn an_object_of_cluster_scope_has_no_namespace_and_none_of_its_labels() {
        let mut planned = fixtures::planned();
        let node = ObjectRef { namespace: None, ..fixtures::web() };
        planned.proposal.writes[0].object = node.clone();
        planned.target = Some((node, None));
        let question = asked(&planned);
        assert_eq!(question["targets"][0]["namespace"], "");
        assert_eq!(question["targets"][0]["namespaceLabels"], serde_json::json!({}));
        assert_eq!(question["plan"]["commands"][0], "kubectl scale --current-replicas=2 --replicas=5 -- deployment/web");
    }

    #[test]
    fn an_action_without_a_target_is_about_its_namespace() {
        let question = asked(&Planned { target: None, ..fixtures::planned() });
        assert_eq!(question["targets"], serde_json::json!([]));
        assert_eq!(question["execution"]["namespaceLabels"]["environment"], "production");
    }

    #[test]
    fn every_kind_of_change_is_one_entry() {
        let effects = [ChangeEffect::Created, ChangeEffect::Deleted, ChangeEffect::Other("12 pods are evicted".into())];
        let mut planned = fixtures::planned();
        let made = r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"}}"#;
        planned.proposal.commands[0].files.push(("object.json".into(), made.into()));
        let changes: Vec<Change> = effects.iter().flat_map(|e| super::changes(&planned, &fixtures::web(), e)).collect();
        assert_eq!(changes[0].after, serde_json::from_str::<Value>(made).unwrap(), "what comes to be is shown whole");
        let said: Vec<_> = changes.iter().map(|c| (c.effect, c.text.as_str())).collect();
        assert_eq!(said, [(Effect::Created, ""), (Effect::Deleted, ""), (Effect::Other, "12 pods are evicted")]);
    }

    #[test]
    fn what_was_done_lately_is_asked() {
        let action = crate::question::Tally { last_day: 7, ..Default::default() };
        let lately = Facts { history: History { action, ..History::default() }, ..facts() };
        let question = of(&fixtures::exec(), &fixtures::info(), &fixtures::planned(), &lately, fixtures::at(3)).document();
        assert_eq!(question["history"]["action"]["lastDay"], 7);
    }

    #[test]
    fn the_same_second_is_the_same_question() {
        let at =
            |now: &str| of(&fixtures::exec(), &fixtures::info(), &fixtures::planned(), &facts(), now.parse().unwrap()).bytes();
        assert_eq!(at("2026-11-23T03:12:07.1Z"), at("2026-11-23T03:12:07.9Z"));
        assert_ne!(at("2026-11-23T03:12:07.9Z"), at("2026-11-23T03:12:08Z"));
    }

    #[test]
    fn without_a_stamped_requester_the_question_does_not_fit_its_schema() {
        let mut exec = fixtures::exec();
        exec.spec.requester = None;
        let question = of(&exec, &fixtures::info(), &fixtures::planned(), &facts(), fixtures::at(0));
        assert_eq!(question.requester.username, "");
        assert_eq!(super::super::schema()["$defs"]["Requester"]["properties"]["username"]["minLength"], 1);
    }
}
