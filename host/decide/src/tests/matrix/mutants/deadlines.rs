//! One mutant for each wait: the core that does not see that its time is up.
use super::*;
use crate::tests::matrix::{
    scenario::Fate,
    stuck::{self, Stuck},
    swap::Swap,
};

type Decide = fn(&Site, Timestamp, &Execution, &Observed) -> Step;

/// Where it would give up for this reason it looks again, with the clock at the moment of its last record.
fn patient(reason: Reason, site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    match next_step(site, now, exec, seen) {
        Step::Record(s) if s.reason == reason && exec.reason != reason => next_step(site, exec.at, exec, seen),
        // What waits with this very reason was told of before.
        Step::Record(s) if s.reason == reason && s.phase.is_over() => next_step(site, exec.at, exec, seen),
        other => other,
    }
}

macro_rules! patient {
    ($($stuck:ident: $reason:ident),*) => {
        [$((Stuck::$stuck, (|site, now, exec, seen| patient(Reason::$reason, site, now, exec, seen)) as Decide)),*]
    };
}

#[test]
fn a_wait_without_an_end_is_caught_whatever_it_waits_for() {
    let table = patient![
        Host: HostNotReady,
        Plugin: PluginUnavailable,
        PluginLate: PluginUnavailable,
        Approval: ApprovalExpired,
        DryGrant: DryRunTimedOut,
        DryRun: DryRunTimedOut,
        Thaw: Frozen,
        ThawApproved: ApprovalExpired,
        Turn: Queued,
        TurnApproved: ApprovalExpired,
        Limit: LimitReached,
        Grant: GrantTimedOut,
        GrantLate: OutcomeUnknown,
        NoPod: Stopping,
        PodRefused: JobRefused,
        Pod: Stopping,
        End: DeadlineExceeded,
        Checks: ChecksTimedOut,
        CheckPlugin: ChecksUnavailable,
        Undo: RollbackNotStarted
    ];
    for ((scenario, ..), (stuck, decide)) in stuck::ALL.into_iter().zip(table) {
        assert_eq!(scenario.stuck, Some(stuck));
        // What is over, and asks for its undo for ever, keeps its target.
        let rule = if stuck == Stuck::Undo { rules::NOTHING_LEFT } else { rules::ONE_END };
        let broken = |decide| run(Core { decide, ..HONEST }, scenario, &[]).broken.iter().any(|b| b.rule == rule);
        assert!(broken(decide), "not caught: {stuck:?}");
        assert!(!broken(next_step), "without an end: {stuck:?}");
    }
}

/// Takes the time in which no leader looked for time that it waited.
fn waits_while_away(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let mut seen = seen.clone();
    if let PhaseSeen::Preparing(s) = &mut seen.phase {
        s.since = exec.at;
    }
    next_step(site, now, exec, &seen)
}

#[test]
fn a_wait_that_nobody_waited_is_caught() {
    let gives_up = |decide: Decide, n| {
        let faults = [Fault::Away(n), Fault::Swapped(n, 2, Swap::PluginGone)];
        let end = run(Core { decide, ..HONEST }, PLAIN, &faults).world.exec;
        end.is_some_and(|exec| exec.reason == Reason::PluginUnavailable)
    };
    assert!((0..DEPTH).any(|n| gives_up(waits_while_away, n)));
    assert!(!(0..DEPTH).any(|n| gives_up(next_step, n)));
}

/// Gives the Job no time in which it must have ended.
fn gives_it_for_ever(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    match next_step(site, now, exec, seen) {
        Step::Do(Effect::CreateJob(mut job)) => {
            job.spec.as_mut().unwrap().active_deadline_seconds = None;
            Step::Do(Effect::CreateJob(job))
        }
        other => other,
    }
}

#[test]
fn a_run_that_may_last_for_ever_is_caught() {
    let hangs = Scenario { fate: Fate::Hangs, ..PLAIN };
    let broken = |decide| run(Core { decide, ..HONEST }, hangs, &[]).broken.iter().any(|b| b.rule == rules::IN_TIME);
    assert!(broken(gives_it_for_ever) && !broken(next_step));
}
