//! What an undo undoes, as it is stored in this world: from 5 to 2 replicas, so that what this world does, from 2 to 5, takes it back. Owns
//! each way in which that is no undo, and the rule: what runs as an undo takes back what was left, word for word.
use super::{
    people,
    rules::{Broken, UNDOES},
    scenario::{NoCover, NoUndo, People, Undoes},
    world::World,
};
use crate::{
    execution::Execution,
    model::Planned,
    observed::*,
    planned::{DONE, READY},
    tests::{
        fixtures::{self, digest},
        stored,
    },
    time,
};
use crds::{ApprovalGiven, ApprovalStatus, ExecutionStatus, Owner, OwnerKind, Phase};
use std::sync::LazyLock;

/// uid of what is undone.
pub const FIRST: &str = "77777777-1111-4222-8333-444455556666";
/// What is set.
const FIELD: &str = "/spec/replicas";
/// The inverse.
const PARAMETERS: &str = r#"{"replicas":5}"#;

static STATUS: LazyLock<ExecutionStatus> = LazyLock::new(|| {
    let mut status = stored::all().into_iter().find(|(name, _)| name == "completed").unwrap().1.status;
    let rollback = status.rollback.as_mut().unwrap();
    rollback.parameters = PARAMETERS.into();
    rollback.expires_at = Some(fixtures::at(1_000_000).to_string());
    let change = &mut status.plan.as_mut().unwrap().changes[0];
    std::mem::swap(&mut change.before, &mut change.after);
    status
});

pub fn seen(w: &World) -> Option<OriginalSeen> {
    if !w.scenario.is_undo() {
        return None;
    }
    let mut seen = OriginalSeen::Found(Box::new(STATUS.clone()), vec![]);
    if let (People::Cover(how), OriginalSeen::Found(status, _)) = (w.scenario.people, &mut seen) {
        approved(w, status, how);
    }
    if let Undoes::But(how) = w.scenario.undoes {
        spoil(&mut seen, how);
    }
    if w.taken {
        spoil(&mut seen, NoUndo::Taken);
    }
    if w.taken_back {
        spoil(&mut seen, NoUndo::Done);
    }
    Some(seen)
}

fn approved(w: &World, status: &mut ExecutionStatus, how: Option<NoCover>) {
    let first = people::covering(w).remove(0);
    if how == Some(NoCover::OtherComponent) {
        status.plugin.as_mut().unwrap().digest = digest('8').to_string();
    }
    let counted = ApprovalGiven {
        by: first.by.username,
        at: if how == Some(NoCover::MadeAgain) { fixtures::at(-60) } else { first.created }.to_string(),
        object: first.name,
        ..ApprovalGiven::default()
    };
    status.approval = Some(ApprovalStatus {
        state: if how == Some(NoCover::NotApproved) { "Waiting" } else { "Approved" }.into(),
        plan_hash: digest('5').to_string(),
        given: if how == Some(NoCover::NeverCounted) { vec![] } else { vec![counted] },
        ..ApprovalStatus::default()
    });
}

/// Makes it one that cannot be undone so.
fn spoil(seen: &mut OriginalSeen, how: NoUndo) {
    let OriginalSeen::Found(status, writers) = seen else { return };
    let (rollback, plan) = (status.rollback.as_mut().unwrap(), status.plan.as_mut().unwrap());
    match how {
        NoUndo::Missing => *seen = OriginalSeen::Missing,
        NoUndo::NotOver => status.phase = Phase::Executing,
        NoUndo::Done => rollback.state = DONE.into(),
        NoUndo::Expired => rollback.expires_at = Some(fixtures::at(-1).to_string()),
        NoUndo::OtherAction => rollback.action = "rollout_restart".into(),
        NoUndo::OtherParameters => rollback.parameters = r#"{"replicas":4}"#.into(),
        NoUndo::OtherTarget => status.target.as_mut().unwrap().uid = "another".into(),
        NoUndo::OtherWrite => plan.writes.clear(),
        NoUndo::MovedOn => plan.changes[0].after = Some("4".into()),
        NoUndo::OtherField => plan.changes[0].field = "/spec/paused".into(),
        NoUndo::Taken => writers.push(writer()),
        NoUndo::Owned => {}
    }
}

fn writer() -> Writer {
    let (object, field, manager) = (fixtures::web().to_string(), FIELD.into(), "argocd-controller".into());
    Writer { object, field, manager, subresource: String::new(), at: None }
}

/// Who puts it back again, whatever is written there.
pub fn owners(w: &World) -> Vec<Owner> {
    let owned = w.scenario.undoes == Undoes::But(NoUndo::Owned);
    let (object, field, name) = (String::new(), FIELD.into(), "shop-web".into());
    let argo = Owner { object, field, kind: OwnerKind::ArgoCD, name, evidence: "test".into(), reverts: true };
    owned.then_some(argo).into_iter().collect()
}

/// Takes exactly this out of what is seen: for the mutant that does not ask for it.
pub fn mend(original: &mut OriginalSeen, planned: Option<&mut Planned>, how: NoUndo) {
    if let Some(planned) = planned.filter(|_| how == NoUndo::Owned) {
        planned.owners.clear();
    }
    if how == NoUndo::Missing && *original == OriginalSeen::Missing {
        *original = OriginalSeen::Found(Box::new(STATUS.clone()), vec![]);
    }
    let OriginalSeen::Found(status, writers) = original else { return };
    let (rollback, plan) = (status.rollback.as_mut().unwrap(), status.plan.as_mut().unwrap());
    match how {
        NoUndo::NotOver => status.phase = Phase::Completed,
        NoUndo::Done => rollback.state = READY.into(),
        NoUndo::Expired => rollback.expires_at.clone_from(&STATUS.rollback.as_ref().unwrap().expires_at),
        NoUndo::OtherAction => rollback.action = "scale_deployment".into(),
        NoUndo::OtherParameters => rollback.parameters = PARAMETERS.into(),
        NoUndo::OtherTarget => status.target.clone_from(&STATUS.target),
        NoUndo::OtherWrite => plan.writes.clone_from(&STATUS.plan.as_ref().unwrap().writes),
        NoUndo::MovedOn | NoUndo::OtherField => plan.changes.clone_from(&STATUS.plan.as_ref().unwrap().changes),
        NoUndo::Taken => writers.clear(),
        NoUndo::Missing | NoUndo::Owned => {}
    }
}

/// The promise of a Job, held against what it says that it undoes, as that was in the look it was made from.
pub fn promised(exec: &Execution, seen: &Preparing, out: &mut Vec<Broken>) {
    let (Some(of), Some(Judgement::Judged { planned, .. })) = (&exec.spec.rollback_of, &seen.judged) else { return };
    let Some(OriginalSeen::Found(first, writers)) = &seen.original else {
        return out.push(Broken::new(UNDOES, format!("{} is not there", of.name)));
    };
    let is = |value: &str| first.plan.as_ref().is_some_and(|p| p.changes[0].after.as_deref() == Some(value));
    let as_left = planned.proposal.changes == fixtures::planned().proposal.changes && is("2");
    let rollback = first.rollback.as_ref().unwrap();
    let offered = rollback.state == READY && time::read(rollback.expires_at.as_ref().unwrap()).unwrap() > exec.at;
    let same = rollback.action == exec.spec.action && rollback.parameters == PARAMETERS;
    let there = first.target == STATUS.target && first.plan.as_ref().is_some_and(|p| p.changes[0].field == FIELD);
    let wrote = first.plan.as_ref().is_some_and(|p| p.writes == STATUS.plan.as_ref().unwrap().writes);
    let nobody = writers.is_empty() && planned.owners.is_empty();
    let all = [first.phase.is_over(), offered, same, there, wrote, as_left, nobody];
    if all.contains(&false) {
        out.push(Broken::new(UNDOES, format!("over, offered, same, there, wrote, as left, nobody's: {all:?}")));
    }
}
