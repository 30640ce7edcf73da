//! What stops needs no database; and nothing waits for ever.
use super::{
    fixtures::*,
    seen, stored,
    table::{fits, wishes, words},
};
use crate::{
    execution::{Execution, Progress},
    next_step,
    observed::*,
    step::{Effect, Step, Why},
};
use crds::Reason;
use std::collections::BTreeMap;

/// What one that is not wanted still has with which something could be done.
fn has(exec: &Execution, look: &PhaseSeen) -> bool {
    let there = |grants: &Grants| matches!(grants, Grants::Partly | Grants::Pending | Grants::Whole);
    match (&exec.progress, look) {
        // Of a plan that is none any more, or that nobody approves any more.
        (Progress::Validating, PhaseSeen::Validating(s)) => exec.reason == Reason::Drifted && s.left.as_ref().is_some_and(there),
        (Progress::AwaitingApproval(_), PhaseSeen::AwaitingApproval(s)) => {
            exec.reason == Reason::ApprovalWithdrawn && s.left.as_ref().is_some_and(there)
        }
        (Progress::DryRunning(_), PhaseSeen::DryRunning(s)) => {
            there(&s.grants) || matches!(&s.job, DryJob::Ours { stopping: false, .. } | DryJob::Stale { stopping: false, .. })
        }
        (Progress::Preparing(_), PhaseSeen::Preparing(s)) => there(&s.grants),
        (Progress::Executing(p), PhaseSeen::Executing(s)) => match &s.job {
            // What its controller gave up is ended by that; what has its name and is another is none of ours.
            JobSeen::Ours { uid, stopping: false, pod, failed_by: None } => {
                let over = matches!(pod, PodSeen::NeverRan { .. } | PodSeen::Ended { .. });
                !over && p.seen.as_ref().is_none_or(|seen| seen == uid)
            }
            JobSeen::Absent => p.seen.is_none() && s.grants.as_ref().is_some_and(there),
            JobSeen::Ours { .. } | JobSeen::Foreign { .. } => false,
        },
        (Progress::Verifying(_), PhaseSeen::Verifying(s)) => there(&s.grants),
        (Progress::Over(_), PhaseSeen::Over(s)) => there(&s.grants) || s.job.as_ref().is_some_and(|j| j.running && !j.stopping),
        _ => false,
    }
}

/// It is stopped: the Job that is there, or the identity without which nothing can be done.
fn stops(look: &PhaseSeen, step: &Step) -> bool {
    match (look, step) {
        (PhaseSeen::Executing(s), Step::Do(Effect::StopJob { uid, .. })) => {
            matches!(&s.job, JobSeen::Ours { uid: seen, .. } if seen == uid)
        }
        (PhaseSeen::Executing(s), Step::Do(Effect::Revoke { .. })) => s.job == JobSeen::Absent,
        (PhaseSeen::Over(s), Step::Do(Effect::StopJob { uid, .. })) => s.job.as_ref().is_some_and(|job| job.uid == *uid),
        (PhaseSeen::DryRunning(_), Step::Do(Effect::EndDryRun { .. })) | (_, Step::Do(Effect::Revoke { .. })) => true,
        _ => false,
    }
}

#[test]
fn who_cancels_needs_no_database_in_any_phase() {
    let mut braked = BTreeMap::<String, usize>::new();
    for (stage, exec) in stored::all() {
        for (wish, exec) in wishes(&exec).into_iter().filter(|(wish, _)| !wish.is_empty()) {
            for (look, phase) in seen::all().into_iter().filter(|(_, phase)| fits(&exec, phase) && has(&exec, phase)) {
                let seen = Observed { ledger: LedgerSeen::Unreachable, phase };
                let step = next_step(&site(), at(14), &exec, &seen);
                assert!(stops(&seen.phase, &step), "{stage}{wish}: {look}: {}", words(&step));
                *braked.entry(format!("{:?}", exec.phase())).or_default() += 1;
            }
        }
    }
    let phases: Vec<_> = braked.keys().map(String::as_str).collect();
    let all = [
        "AwaitingApproval",
        "Cancelled",
        "Completed",
        "DryRunning",
        "Executing",
        "Failed",
        "Preparing",
        "Refused",
        "Validating",
        "Verifying",
    ];
    assert_eq!(phases, all);
    assert!(braked.values().sum::<usize>() > 100, "{braked:?}");
}

/// Before it is over, each wait has its end: eleven days later nobody waits for anything any more. (But for a ledger that is away or says something
/// else: without one nothing may be decided, not even an end.)
#[test]
fn nothing_waits_for_ever() {
    let mut waits = Vec::new();
    for (stage, exec) in stored::all() {
        for (look, phase) in seen::all().into_iter().filter(|(_, phase)| fits(&exec, phase)) {
            let seen = Observed { ledger: LedgerSeen::At(exec.seq), phase };
            match next_step(&site(), at(1_000_000), &exec, &seen) {
                // The next look is another: this one was taken while something moved.
                Step::Wait(w) if w.why != Why::ViewMoved && !exec.phase().is_over() => {
                    waits.push(format!("{stage}: {look}: {:?}", w.why));
                }
                _ => {}
            }
        }
    }
    assert_eq!(waits, Vec::<String>::new());
}
