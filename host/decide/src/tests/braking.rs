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

/// What a cancelled one still has with which something could be done.
fn has(exec: &Execution, look: &PhaseSeen) -> bool {
    let there = |grants: &Grants| matches!(grants, Grants::Partly | Grants::Pending | Grants::Whole);
    match (&exec.progress, look) {
        (Progress::DryRunning(_), PhaseSeen::DryRunning(s)) => {
            there(&s.grants) || matches!(&s.job, DryJob::Ours { stopping: false, .. } | DryJob::Stale { stopping: false, .. })
        }
        (Progress::Preparing(_), PhaseSeen::Preparing(s)) => there(&s.grants),
        _ => false,
    }
}

#[test]
fn who_cancels_before_the_job_needs_no_database() {
    let mut braked = 0;
    for (stage, exec) in stored::all() {
        for (wish, exec) in wishes(&exec).into_iter().filter(|(wish, _)| !wish.is_empty()) {
            for (look, phase) in seen::all().into_iter().filter(|(_, phase)| fits(&exec, phase) && has(&exec, phase)) {
                let seen = Observed { ledger: LedgerSeen::Unreachable, phase };
                let step = next_step(&site(), at(14), &exec, &seen);
                let brake = matches!(step, Step::Do(Effect::Revoke { .. } | Effect::EndDryRun { .. }));
                assert!(brake, "{stage}{wish}: {look}: {}", words(&step));
                braked += 1;
            }
        }
    }
    assert!(braked > 100, "{braked}");
}

/// Before it is over, each wait has its end: eleven days later nobody waits for anything any more.
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
