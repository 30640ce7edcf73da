//! What stops: needs no ledger, no row, no plan. A run that nobody wants is ended, and an identity that is no longer needed goes.
//! Owns no record: that something was stopped is recorded by its phase, from what is seen afterwards.
use super::{dry_running, revoke, there};
use crate::{
    execution::{DryRunning, Executing, Execution, Progress},
    observed::{self as seen, DryJob, JobSeen, LeftJob, PhaseSeen, PodSeen},
    step::{Effect, Step},
    story::Pass,
};
use crds::Reason;

pub(super) fn next(pass: &Pass<'_>, seen: &PhaseSeen) -> Option<Step> {
    let exec = pass.exec;
    if !may_want(exec) {
        return None;
    }
    match (&exec.progress, seen) {
        (Progress::Executing(p), PhaseSeen::Executing(s)) => executing(exec, p, s),
        // The plan drifted: the new one may have another target, or another role.
        (Progress::Validating, PhaseSeen::Validating(s)) if s.left.as_ref().is_some_and(there) => Some(revoke(exec)),
        // The yes was taken back: who waits holds nothing.
        (Progress::AwaitingApproval(_), PhaseSeen::AwaitingApproval(s)) if s.left.as_ref().is_some_and(there) => {
            Some(revoke(exec))
        }
        // What it would change is known: whoever was to find out goes.
        (Progress::DryRunning(p), PhaseSeen::DryRunning(s)) if p.answered && there(&s.grants) => Some(revoke(exec)),
        (Progress::DryRunning(p), PhaseSeen::DryRunning(s)) if exec.unwanted().is_some() => dry_run(exec, p, s),
        // Nothing was promised, and nothing will be.
        (Progress::Preparing(_), PhaseSeen::Preparing(s)) if there(&s.grants) => Some(revoke(exec)),
        // The commands have ended: what is looked at from here on cannot be changed by them any more.
        (Progress::Verifying(_), PhaseSeen::Verifying(s)) if there(&s.grants) => Some(revoke(exec)),
        // Rule 6: before anything else goes, the identity. A create that is still under way finds nothing to run as.
        (Progress::Over(_), PhaseSeen::Over(s)) if there(&s.grants) => Some(revoke(exec)),
        (Progress::Over(_), PhaseSeen::Over(s)) => s.job.as_ref().filter(|j| j.running && !j.stopping).map(stop),
        _ => None,
    }
}

/// Whether `next` has anything to say about this phase.
pub(super) fn may_want(exec: &Execution) -> bool {
    match exec.progress {
        Progress::Validating => exec.reason == Reason::Drifted,
        Progress::AwaitingApproval(_) => exec.reason == Reason::ApprovalWithdrawn,
        Progress::DryRunning(ref p) if p.answered => true,
        Progress::DryRunning(_) | Progress::Preparing(_) | Progress::Executing(_) => exec.unwanted().is_some(),
        Progress::Verifying(_) | Progress::Over(_) => true,
    }
}

/// The identity first: what still runs can ask nothing any more.
fn dry_run(exec: &Execution, p: &DryRunning, s: &seen::DryRunning) -> Option<Step> {
    if there(&s.grants) {
        return Some(revoke(exec));
    }
    match &s.job {
        DryJob::Ours { uid, stopping: false, .. } | DryJob::Stale { uid, stopping: false } => Some(dry_running::end(p, uid)),
        DryJob::Ours { .. } | DryJob::Stale { .. } | DryJob::Absent | DryJob::Foreign { .. } => None,
    }
}

fn executing(exec: &Execution, p: &Executing, s: &seen::Executing) -> Option<Step> {
    match &s.job {
        JobSeen::Ours { uid, stopping: false, pod, failed_by: None }
            if !over(pod) && p.seen.as_ref().is_none_or(|seen| seen == uid) =>
        {
            Some(Step::Do(Effect::StopJob { name: p.job.clone(), uid: uid.clone() }))
        }
        // Asked for or not, it is not there: without an identity it can arrive and do nothing.
        JobSeen::Absent if p.seen.is_none() && s.grants.as_ref().is_some_and(there) => Some(revoke(exec)),
        JobSeen::Absent | JobSeen::Foreign { .. } | JobSeen::Ours { .. } => None,
    }
}

/// Nothing of it runs or will run: there is nothing to stop.
const fn over(pod: &PodSeen) -> bool {
    match pod {
        PodSeen::NeverRan { .. } | PodSeen::Ended { .. } => true,
        PodSeen::None
        | PodSeen::Rejected { .. }
        | PodSeen::NotStarted { .. }
        | PodSeen::Running { .. }
        | PodSeen::Disrupted { .. }
        | PodSeen::Untrusted { .. } => false,
    }
}

fn stop(job: &LeftJob) -> Step {
    Step::Do(Effect::StopJob { name: job.name.clone(), uid: job.uid.clone() })
}
