//! From an execution, its plan and what was found to the question. A function of its arguments alone.
use super::{
    Action, Asked, CanDryRun, Change, Cluster, Effect, Facts, Nodes, Plan, Plugin, Question, Requester, RiskLevel, RollbackOf, Target,
    VERSION, WayBack, WayBackKind, Written,
};
use crate::execution::Execution;
use crate::model::{ActionInfo, ChangeEffect, Command, DryRunForm, Json, ObjectRef, Planned, Reversible, Risk, Uid, Undo, Write};
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
    Plan {
        hash: planned.hash.to_string(),
        commands: p.commands.iter().map(text).collect(),
        changes: p.changes.iter().flat_map(|c| changes(&c.object, &c.effect)).collect(),
        writes: p.writes.iter().map(write).collect(),
        warnings: p.warnings.clone(),
        undo: way_back(&planned.undo),
    }
}

fn changes(object: &ObjectRef, effect: &ChangeEffect) -> Vec<Change> {
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
        ChangeEffect::Created => vec![plain(Effect::Created, "")],
        ChangeEffect::Deleted => vec![plain(Effect::Deleted, "")],
        ChangeEffect::Other(text) => vec![plain(Effect::Other, text)],
        ChangeEffect::Set(fields) => fields
            .iter()
            .map(|f| Change { field: f.at.clone(), before: value(&f.before), after: value(&f.after), ..plain(Effect::Set, "") })
            .collect(),
    }
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

/// As the host will render it, but for the namespace and for quoting: for people.
fn text(c: &Command) -> String {
    let options = c.options.iter().map(|(name, value)| match value {
        Some(v) => format!("--{name}={v}"),
        None => format!("--{name}"),
    });
    let operands = (!c.operands.is_empty()).then(|| "--".to_owned()).into_iter().chain(c.operands.iter().cloned());
    let words: Vec<String> =
        std::iter::once(c.program.clone()).chain(c.verb.iter().cloned()).chain(options).chain(operands).collect();
    words.join(" ")
}

/// `Json` is canonical JSON by its contract; text that is not is shown as text, so that no policy takes it for a number.
fn parsed(json: &Json) -> Value {
    serde_json::from_str(json.as_str()).unwrap_or_else(|_| Value::from(json.as_str()))
}
