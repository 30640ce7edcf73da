//! One file a phase, and what comes before any phase: the brake, the ledger, the finalizer. Owns the order of these questions.
mod approved;
mod automatic;
mod awaiting;
mod brake;
mod chain;
mod drifted;
mod dry_running;
mod executing;
mod frozen;
mod glass;
mod ledger;
mod locked;
mod over;
mod preparing;
mod shown;
mod undoing;
mod validating;
mod verifying;
mod written;

use crate::{
    execution::{Execution, Progress, Ready},
    observed::{Grants, LedgerSeen, Observed, PhaseSeen},
    step::{Effect, Step, Waiting, Why},
    story::Pass,
};
pub use automatic::{awaited as awaited_undo, keeps as keeps_target, named as automatic_undo_name, wanted as automatic_undo};
use crds::Phase;
use jiff::{SignedDuration, Timestamp};

/// Nobody wants done tomorrow evening what he asked for this morning.
fn a_day_after(from: Timestamp) -> Timestamp {
    from.checked_add(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MAX)
}

/// The end of a wait before the start: what people approved for a quarter of an hour ends with that, whatever it waits for.
fn no_longer_than_approved(p: &Ready, end: Timestamp) -> Timestamp {
    p.wait.map_or(end, |wait| wait.until.min(end))
}

/// Catalogue, policies and guards are read within a second of the start.
const STARTING: SignedDuration = SignedDuration::from_millis(500);
/// A look that does not fit the object: it moved in between. The next look is soon.
const AGAIN: SignedDuration = SignedDuration::from_millis(100);

pub(crate) fn next(pass: Pass<'_>, seen: &Observed) -> Step {
    if let Some(step) = brake::next(&pass, &seen.phase) {
        return step;
    }
    if let Some(step) = debt(&pass, &seen.ledger) {
        return step;
    }
    match (&pass.exec.progress, &seen.phase) {
        (Progress::Validating, PhaseSeen::Validating(s)) => validating::next(&pass.began(s.since), s),
        (Progress::AwaitingApproval(p), PhaseSeen::AwaitingApproval(s)) => awaiting::next(&pass, p, s),
        (Progress::DryRunning(p), PhaseSeen::DryRunning(s)) => dry_running::next(&pass, p, s),
        (Progress::Preparing(p), PhaseSeen::Preparing(s)) => preparing::next(&pass.looked(s.since), p, s),
        (Progress::Executing(p), PhaseSeen::Executing(s)) => executing::next(&pass, p, s),
        (Progress::Verifying(p), PhaseSeen::Verifying(s)) => verifying::next(&pass, p, s),
        (Progress::Over(_), PhaseSeen::Over(s)) => over::next(&pass, s),
        _ => view_moved(&pass),
    }
}

/// The step that every look would lead to: with it, nothing has to be looked at. None where the brake may want to look first.
pub(crate) fn owed(pass: &Pass<'_>, ledger: &LedgerSeen) -> Option<Step> {
    if brake::may_want(pass.exec) { None } else { debt(pass, ledger) }
}

/// What the stored object owes before anything else happens: its row, then the finalizer.
fn debt(pass: &Pass<'_>, ledger: &LedgerSeen) -> Option<Step> {
    let exec = pass.exec;
    // An object that is going away takes no new finalizer; what is left of it is finished all the same.
    let finalizer = || !exec.finalized && !exec.deleting && !exec.phase().is_over();
    ledger::next(pass, ledger).or_else(|| finalizer().then_some(Step::Do(Effect::AddFinalizer)))
}

/// Something of the identity is there.
fn there(grants: &Grants) -> bool {
    match grants {
        Grants::Partly | Grants::Pending | Grants::Whole => true,
        Grants::None | Grants::Forbidden { .. } => false,
    }
}

fn view_moved(pass: &Pass<'_>) -> Step {
    Step::Wait(Waiting::lasting(pass.now, AGAIN, Why::ViewMoved))
}

fn revoke(exec: &Execution) -> Step {
    Step::Do(Effect::Revoke { execution: exec.uid.clone(), namespace: exec.namespace.clone() })
}

/// Stopped before anything ran. The reason says who wanted it.
fn cancelled(pass: &Pass<'_>, reason: crds::Reason, sure: &str) -> Step {
    let cancel = pass.exec.spec.cancel.as_ref().filter(|c| c.requested);
    let (who, why) = match cancel {
        Some(c) if !c.by.is_empty() => (format!("Cancelled by {}", c.by), c.reason.as_str()),
        Some(c) => ("Cancelled".to_owned(), c.reason.as_str()),
        None => ("The object was deleted".to_owned(), ""),
    };
    let why = if why.is_empty() { String::new() } else { format!(": {why}") };
    pass.record(Phase::Cancelled, reason, |s| {
        s.summary = format!("{who}{why}");
        s.message = format!("{who}{why}. {sure} To do it after all, make a new execution.");
    })
}
