//! Plans of more than one object: what a dry run of them shows, and what an undo of them may take away and make again.
use super::{
    fixtures::*,
    messages::status,
    stored::{self, answered, judged, step, validating},
};
use crate::{
    model::{Api, Change, ChangeEffect, Object, ObjectRef, Observation, Operation, Planned, Scope, Undo, Write},
    observed::*,
    plan::{self, Parts},
};
use crds::{DiffStatus, DryRun, ExecutionStatus, ObjectUid};

const POLICY: &str = "7b1c0c9e-1111-4222-8333-444455556666";

fn policy() -> ObjectRef {
    let api = Api {
        group: "networking.k8s.io".into(),
        version: "v1".into(),
        kind: "NetworkPolicy".into(),
        resource: "networkpolicies".into(),
    };
    ObjectRef { api, namespace: Some("shop".into()), name: "deny".into() }
}

fn object(of: &str) -> Object {
    let body = format!(
        r#"{{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{{"name":"deny","namespace":"shop","uid":"{of}"}},"spec":{{"x":1}}}}"#
    );
    Object { id: policy(), uid: uid(of), body: json(&body), managers: vec![] }
}

/// The target changes, and this becomes of the policy.
fn planned(operation: Operation, effect: ChangeEffect) -> Planned {
    let mut info = info();
    let mut needs = info.needs[0].clone();
    (needs.groups, needs.resources) = (vec!["networking.k8s.io".into()], vec!["networkpolicies".into()]);
    needs.verbs.extend(["create".into(), "delete".into()]);
    info.needs.push(needs);
    info.observes.push(Observation { api: policy().api, scope: Scope::Namespaced });
    let there = [object(POLICY)];
    let new = operation == Operation::Create;
    let mut parts = Parts { others: if new { &[] } else { &there }, undo: Undo::Unneeded("test".into()), ..parts(&info) };
    let of = (!new).then(|| uid(POLICY));
    parts.proposal.writes.push(Write { object: policy(), operation, subresource: None, uid: of });
    parts.proposal.changes.push(Change { object: policy(), effect });
    plan::assemble(&site(), &exec(), parts).unwrap()
}

/// The record of a dry run that was answered so.
fn record(plan: &Planned, before: Vec<Object>, after: Vec<After>) -> ExecutionStatus {
    let mut kx = kx();
    kx.spec.dry_run = DryRun::Server;
    let asks = step(&parse(&kx), at(1), validating(judged(plan)));
    stored::store(&mut kx, &asks);
    status(step(&parse(&kx), at(2), answered(Answer::Objects { before, after, patches: vec![], warnings: vec![] })))
}

fn is(object: Object) -> After {
    After::Is(Box::new(object))
}

fn shown(all: &[DiffStatus]) -> Vec<(&str, &str, bool)> {
    all.iter().map(|d| (d.object.as_str(), d.pointer.as_str(), d.announced)).collect()
}

const NAME: &str = "NetworkPolicy shop/deny";

#[test]
fn what_would_come_to_be_and_what_would_go_is_shown_beside_the_target() {
    let web = super::seen::object;
    let made = record(&planned(Operation::Create, ChangeEffect::Created), vec![web(2)], vec![is(object("any")), is(web(5))]);
    let target = ("", "/spec/replicas", true);
    assert_eq!(shown(&made.diff), [target, (NAME, "", true), (NAME, "/spec/x", true)], "{}", made.message);
    let gone = || vec![is(web(5)), After::Gone(policy())];
    let there = || vec![web(2), object(POLICY)];
    let went = record(&planned(Operation::Delete, ChangeEffect::Deleted), there(), gone());
    assert_eq!(shown(&went.diff), [target, (NAME, "", true)], "{}", went.message);
    // Said to be changed in words, and gone.
    let in_silence = record(&planned(Operation::Delete, ChangeEffect::Other("tidied".into())), there(), gone());
    assert_eq!(shown(&in_silence.diff), [target, (NAME, "", false)]);
    assert!(in_silence.message.contains("not announced by the plugin: NetworkPolicy shop/deny"), "{}", in_silence.message);
    // Announced, and no answer about it.
    let unseen = record(&planned(Operation::Create, ChangeEffect::Created), vec![web(2)], vec![is(web(5))]);
    let warning = "the plan says that NetworkPolicy shop/deny changes, and the dry run does not show it";
    assert_eq!(unseen.dry_run.unwrap().warnings, [warning]);
}

#[test]
fn an_answer_is_about_what_is_written_as_it_was_planned_with() {
    let web = super::seen::object;
    let create = planned(Operation::Create, ChangeEffect::Created);
    let delete = planned(Operation::Delete, ChangeEffect::Deleted);
    let other = Object { id: ObjectRef { name: "other".into(), ..policy() }, ..object("any") };
    for (plan, before, after, why) in [
        (&create, vec![web(2), object(POLICY)], vec![is(object("any"))], "NetworkPolicy shop/deny is there already"),
        (&create, vec![web(2)], vec![is(other)], "it answered with NetworkPolicy shop/other, which is not what the plan writes"),
        (&create, vec![], vec![is(object("any"))], "its target is gone, or was made anew"),
        (&delete, vec![web(2)], vec![After::Gone(policy())], "NetworkPolicy shop/deny is gone, or was made anew"),
        (
            &delete,
            vec![web(2), object("another")],
            vec![After::Gone(policy())],
            "NetworkPolicy shop/deny is gone, or was made anew",
        ),
        (&delete, vec![web(2), object(POLICY)], vec![is(object("another"))], "which is not what the plan writes"),
        (&delete, vec![web(2), object(POLICY)], vec![], "it answered nothing"),
    ] {
        let status = record(plan, before, after);
        assert!(status.message.contains(why), "{why}: {}", status.message);
        assert_eq!(status.reason, crds::Reason::DryRunFailed);
    }
}

/// What is said of this undo, where the original changed the policy so, and this is seen to have written it.
fn undone(back: (Operation, ChangeEffect), was: &str, writer: Option<(&str, i64)>) -> String {
    let mut original = stored::all().into_iter().find(|(name, _)| name == "completed").unwrap().1.status;
    let plan = original.plan.as_mut().unwrap();
    plan.changes[0].after = Some("2".into());
    if !was.is_empty() {
        plan.changes.push(crds::ChangeStatus { object: NAME.into(), effect: was.into(), ..crds::ChangeStatus::default() });
        let operation = match was {
            "created" => "create",
            "deleted" => "delete",
            _ => "update",
        };
        let (group, version) = (policy().api.group, policy().api.version);
        plan.writes.push(crds::WriteStatus {
            group,
            version,
            kind: "NetworkPolicy".into(),
            resource: "networkpolicies".into(),
            namespace: Some("shop".into()),
            name: "deny".into(),
            uid: (was != "created").then(|| POLICY.into()),
            operation: operation.into(),
            ..crds::WriteStatus::default()
        });
    }
    plan.commands[0].verb = vec!["create".into()];
    let rollback = original.rollback.as_mut().unwrap();
    rollback.parameters = r#"{"replicas":5}"#.into();
    let writers = writer.map(|(manager, second)| Writer {
        object: NAME.into(),
        field: String::new(),
        manager: manager.into(),
        subresource: String::new(),
        at: Some(at(second)),
    });
    let mut kx = kx();
    kx.spec.rollback_of = Some(ObjectUid { name: "first".into(), uid: EXECUTION.into() });
    let PhaseSeen::Validating(mut seen) = validating(judged(&planned(back.0, back.1))) else { unreachable!() };
    seen.original = Some(OriginalSeen::Found(Box::new(original), writers.into_iter().collect()));
    status(step(&parse(&kx), at(100), PhaseSeen::Validating(seen))).message
}

#[test]
fn an_undo_takes_away_only_what_the_original_made_and_nobody_wrote_since() {
    let goes = || (Operation::Delete, ChangeEffect::Deleted);
    let accepted = "Parameters, plan and policies say yes";
    // Its run ended at 12 s.
    for (was, writer, said) in [
        ("created", Some(("kubectl-create", 5)), accepted),
        ("created", None, accepted),
        ("created", Some(("kubectl-create", 60)), "somebody with kubectl-create wrote NetworkPolicy shop/deny since"),
        ("created", Some(("kubectl-edit", 5)), "somebody with kubectl-edit wrote NetworkPolicy shop/deny"),
        ("created", Some(("controller", 5)), "controller wrote NetworkPolicy shop/deny"),
        ("deleted", None, "NetworkPolicy shop/deny was not created by it"),
        ("looked at", None, "NetworkPolicy shop/deny was not created by it"),
    ] {
        let message = undone(goes(), was, writer);
        assert!(message.contains(said), "{was} {writer:?}: {message}");
    }
}

/// What a plan says of its changes is its word; what it writes is what a run may do.
#[test]
fn an_undo_writes_nothing_that_the_original_did_not_write_though_it_says_nothing_of_it() {
    let said = || ChangeEffect::Other("tidied".into());
    for (operation, was, what) in [
        (Operation::Delete, "", "was not created by it"),
        (Operation::Delete, "looked at", "was not created by it"),
        (Operation::Update, "", "was not written by it"),
        (Operation::Update, "created", "was not written by it"),
        (Operation::Create, "", "was not taken away by it"),
    ] {
        let message = undone((operation, said()), was, None);
        assert!(message.contains(&format!("NetworkPolicy shop/deny {what}")), "{operation:?} {was}: {message}");
    }
    assert!(undone((Operation::Update, said()), "looked at", None).contains("Parameters, plan and policies say yes"));
}

#[test]
fn an_undo_makes_again_only_what_the_original_took_away() {
    let back = || (Operation::Create, ChangeEffect::Created);
    assert!(undone(back(), "deleted", None).contains("Parameters, plan and policies say yes"));
    assert!(undone(back(), "created", None).contains("NetworkPolicy shop/deny was not taken away by it"));
}
