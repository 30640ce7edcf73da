//! Mutants of the undo that what failed asks for by itself.
use super::{check, taken_for};
use crate::{
    execution::Execution,
    next_step,
    observed::*,
    site::Site,
    step::Step,
    tests::matrix::{
        rules,
        scenario::{AUTOMATIC, Fate, PLAIN, Scenario},
    },
};
use crds::{OnFailure, Phase, Reason, Rollback};
use jiff::Timestamp;

fn automatic() -> Option<Rollback> {
    Some(Rollback { on_failure: OnFailure::Automatic, keep_for: None })
}

/// Undoes whatever failed.
fn undoes_unasked(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let mut seen = seen.clone();
    let PhaseSeen::Over(s) = &mut seen.phase else { return next_step(site, now, exec, &seen) };
    s.undo.get_or_insert(UndoSeen::Absent);
    taken_for(site, now, exec, &seen, |exec| exec.spec.rollback = automatic())
}

#[test]
fn an_undo_that_nobody_wants_is_caught() {
    check(undoes_unasked, Scenario { fate: Fate::Fails, ..PLAIN }, rules::UNDO_ASKED);
}

/// Takes what went well for a failure.
fn undoes_what_went_well(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let (mut exec, mut seen) = (exec.clone(), seen.clone());
    let row_is_there = seen.ledger == LedgerSeen::At(exec.seq);
    if let (true, PhaseSeen::Over(s)) = (row_is_there, &mut seen.phase) {
        exec.status.phase = Phase::Failed;
        s.undo.get_or_insert(UndoSeen::Absent);
    }
    next_step(site, now, &exec, &seen)
}

#[test]
fn an_undo_of_what_went_well_is_caught() {
    check(undoes_what_went_well, Scenario { fate: Fate::Succeeds, ..AUTOMATIC }, rules::UNDO_ASKED);
}

/// Lets go before it has asked.
fn forgets_to_ask(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    if !exec.phase().is_over() {
        return next_step(site, now, exec, seen);
    }
    taken_for(site, now, exec, seen, |exec| exec.spec.rollback = None)
}

#[test]
fn an_undo_that_is_not_asked_for_is_caught() {
    check(forgets_to_ask, AUTOMATIC, rules::UNDO_ASKED);
}

/// Says that it asked, and then asks.
fn says_so_first(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let mut seen = seen.clone();
    if let PhaseSeen::Over(s) = &mut seen.phase
        && s.undo == Some(UndoSeen::Absent)
        && exec.reason != Reason::RollbackStarted
    {
        s.undo = Some(UndoSeen::Ours);
    }
    next_step(site, now, exec, &seen)
}

#[test]
fn an_undo_that_is_told_and_not_asked_for_is_caught() {
    check(says_so_first, AUTOMATIC, rules::UNDO_ASKED);
}
