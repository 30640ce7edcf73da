//! `spec.rollback.onFailure: Automatic`: what failed asks for its own undo. Owns when, and which execution that is; whether it may be done is
//! judged as of any other. Its name follows from the uid, so it is there at most once.
use super::{
    over::{after, told},
    view_moved,
};
use crate::{
    execution::Execution,
    observed::{Over, UndoSeen},
    planned::READY,
    step::{Effect, Step, Waiting, Why},
    story::{Pass, shown},
    undo,
};
use crds::{ExecutionSpec, KubernetesExecution, OnFailure, Phase, Reason};
use jiff::{SignedDuration, Timestamp};

/// Whoever could not be asked for an hour (an operator that was away) is not asked any more: people took over.
const LONGEST: SignedDuration = SignedDuration::from_hours(1);

/// Nothing wakes who waits for the end of his undo.
const AGAIN: SignedDuration = SignedDuration::from_secs(2);

/// None: it is not wanted, or was asked for.
pub(super) fn next(pass: &Pass<'_>, s: &Over) -> Option<Step> {
    let name = wanted(pass.exec)?;
    let end = pass.exec.ended().unwrap_or(pass.now);
    let late = pass.now >= end.checked_add(LONGEST).unwrap_or(Timestamp::MAX);
    match s.undo {
        Some(UndoSeen::Ours | UndoSeen::Ended) => started(pass, name),
        Some(UndoSeen::Foreign) => not_started(pass, &format!("another execution has the name {name}")),
        Some(UndoSeen::Absent) if late => not_started(pass, "the API server did not take it in time"),
        Some(UndoSeen::Absent) => Some(match made(pass.exec, name) {
            Some(kx) => Step::Do(Effect::Undo(Box::new(kx))),
            None => Step::Wait(Waiting::change(Why::Disagreement)),
        }),
        None => Some(view_moved(pass)),
    }
}

/// The name of the undo that is still to be asked for. It failed by itself: who stopped it wants it left as it is. Only while something is
/// owed: what was let go is not taken up again.
#[must_use]
pub fn wanted(exec: &Execution) -> Option<String> {
    let automatic = exec.spec.rollback.as_ref().is_some_and(|r| r.on_failure == OnFailure::Automatic);
    let open = exec.status.rollback.as_ref().is_some_and(|r| r.state == READY && r.automatic.is_empty());
    let told = exec.status.timeline.iter().any(|e| e.reason == Reason::RollbackNotStarted);
    let failed = exec.finalized && exec.phase() == Phase::Failed && exec.unwanted().is_none();
    (automatic && open && failed && !told).then(|| name(exec))
}

/// The name of the undo for which the target of this one is kept: from its failure until that is over. While the claim of this one counts, nobody
/// comes in between; the undo takes it over.
#[must_use]
pub fn awaited(exec: &Execution) -> Option<String> {
    let made = exec.status.rollback.as_ref().filter(|r| r.state == READY && !r.automatic.is_empty());
    let failed = exec.finalized && exec.phase() == Phase::Failed && exec.unwanted().is_none();
    wanted(exec).or_else(|| made.filter(|_| failed).map(|r| r.automatic.clone()))
}

/// Whether it is kept: the undo is to be made, or on its way.
#[must_use]
pub fn keeps(exec: &Execution, undo: Option<UndoSeen>) -> bool {
    match undo {
        Some(UndoSeen::Absent) => wanted(exec).is_some(),
        Some(UndoSeen::Ours) => awaited(exec).is_some(),
        Some(UndoSeen::Ended | UndoSeen::Foreign) | None => false,
    }
}

/// None: nothing is kept. The claim is gone once the undo took it over.
pub(super) fn keep(pass: &Pass<'_>, s: &Over) -> Option<Step> {
    let kept = !s.claims.is_empty() && keeps(pass.exec, s.undo);
    kept.then(|| Step::Wait(Waiting::lasting(pass.now, AGAIN, Why::Undo)))
}

/// From now on it is not made again, whatever becomes of it.
fn started(pass: &Pass<'_>, name: String) -> Option<Step> {
    after(pass, Reason::RollbackStarted, |s| {
        let since = format!(" It is undone by itself, by {name}.");
        if let Some(rollback) = &mut s.rollback {
            rollback.automatic = name;
        }
        s.message = told(pass, s, &since);
    })
}

fn not_started(pass: &Pass<'_>, why: &str) -> Option<Step> {
    after(pass, Reason::RollbackNotStarted, |s| {
        s.message = told(pass, s, &format!(" The execution that was to undo it could not be made: {why}."));
    })
}

fn name(exec: &Execution) -> String {
    named(&exec.name, exec.uid.as_str())
}

/// The name of the undo that the execution of this name and uid makes by itself.
#[must_use]
pub fn named(name: &str, uid: &str) -> String {
    let (name, uid): (String, String) = (name.chars().take(40).collect(), uid.chars().take(8).collect());
    format!("{}-undo-{uid}", name.trim_end_matches(['-', '.']))
}

/// The stored inverse, in the requester's name and for his reason.
fn made(exec: &Execution, name: String) -> Option<KubernetesExecution> {
    let asked = &exec.spec;
    let spec = ExecutionSpec {
        reason: shown(&asked.reason, crds::limits::REASON),
        break_glass: asked.break_glass,
        ttl_after_finished: asked.ttl_after_finished.clone(),
        requester: asked.requester.clone(),
        ..undo::request(&exec.name, exec.uid.as_str(), &exec.status).ok()?
    };
    let mut kx = KubernetesExecution { spec, ..KubernetesExecution::default() };
    kx.metadata.name = Some(name);
    kx.metadata.namespace = Some(exec.namespace.clone());
    Some(kx)
}
