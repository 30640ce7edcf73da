//! `status.rollback` at the end: on offer where something ran or may have run, else not needed.
use super::Pass;
use crate::{
    duration,
    planned::{PLANNED, READY, SHOWN, UNNEEDED},
    time,
};
use crds::{ExecutionStatus, Phase, Reason};
use jiff::SignedDuration;

/// How long the inverse stays on offer, where the requester says nothing: until the same time tomorrow.
const KEEP: SignedDuration = SignedDuration::from_hours(24);

pub(super) fn settle(s: &mut ExecutionStatus, pass: &Pass<'_>) {
    let Some(rollback) = s.rollback.as_mut().filter(|r| r.state == PLANNED) else { return };
    if touched(s.phase, s.reason) {
        let keep = pass.exec.spec.rollback.as_ref().and_then(|r| r.keep_for.as_deref()).and_then(duration::parse).unwrap_or(KEEP);
        rollback.state = READY.into();
        rollback.expires_at = pass.now.checked_add(keep).ok().map(time::text);
    } else if matches!(s.reason, Reason::PlanOnly | Reason::DryRunPassed) {
        rollback.state = SHOWN.into();
    } else {
        rollback.state = UNNEEDED.into();
        rollback.because = "nothing was changed".into();
    }
}

/// Whether something was changed, or nobody can say that nothing was.
const fn touched(phase: Phase, reason: Reason) -> bool {
    // Who asked to stop it while its effect was waited for came after the deed.
    let asked_too_late = matches!((phase, reason), (Phase::Failed, Reason::CancelRequested | Reason::Deleted));
    asked_too_late
        || matches!(
            reason,
            Reason::ChecksPassed
                | Reason::ChecksFailed
                | Reason::ChecksTimedOut
                | Reason::ChecksUnavailable
                | Reason::JobFailed
                | Reason::DeadlineExceeded
                | Reason::OutcomeUnknown
                | Reason::StoppedMidway
        )
}
