//! `status.lock`: follows from the phases alone, so that no phase can forget it.
use crds::{ExecutionStatus, LockStatus, Phase};

/// A record asked for the turn.
pub(crate) const WANTED: &str = "Wanted";
/// Another is served first.
pub(crate) const QUEUED: &str = "Queued";
/// From the promise of a Job to the end.
pub(crate) const HELD: &str = "Held";
/// It is over.
pub(crate) const RELEASED: &str = "Released";

/// For another turn than any before: whatever was claimed for an earlier one counts for nothing.
pub(crate) fn ask_for_turn(s: &mut ExecutionStatus) {
    s.lock = Some(LockStatus { state: WANTED.into(), seq: s.seq, ..LockStatus::default() });
}

/// After a record: a turn begins with `Preparing`, and whatever leads back ends it.
pub(super) fn follow(s: &mut ExecutionStatus, before: Phase) {
    match s.phase {
        Phase::Preparing if before != Phase::Preparing => ask_for_turn(s),
        Phase::Preparing => {}
        Phase::Executing | Phase::Verifying => set(s, HELD),
        Phase::Completed | Phase::Failed | Phase::Cancelled if s.job.is_some() => set(s, RELEASED),
        Phase::Validating | Phase::DryRunning | Phase::AwaitingApproval => s.lock = None,
        Phase::Completed | Phase::Failed | Phase::Cancelled | Phase::Refused => s.lock = None,
    }
}

fn set(s: &mut ExecutionStatus, state: &str) {
    if let Some(lock) = &mut s.lock {
        *lock = LockStatus { state: state.to_owned(), seq: lock.seq, ..LockStatus::default() };
    }
}
