//! Mutants of the wish to stop: it is not heard, or not to its end.
use super::*;
use crate::tests::matrix::scenario::{Fate, People};

/// As if nobody had wanted it stopped.
fn wanted(exec: &Execution) -> Execution {
    let mut exec = exec.clone();
    (exec.spec.cancel, exec.deleting) = (None, false);
    exec
}

/// Does not hear it before the Job is promised.
fn deaf_before_the_job(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    match exec.progress {
        Progress::Executing(_) | Progress::Verifying(_) | Progress::Over(_) => next_step(site, now, exec, seen),
        _ => next_step(site, now, &wanted(exec), seen),
    }
}

#[test]
fn a_wish_to_stop_that_is_not_heard_before_the_job_is_caught() {
    for scenario in [PLAIN, Scenario { people: People::Approve, ..PLAIN }, Scenario { dry: Dry::Asked, ..PLAIN }] {
        check(deaf_before_the_job, scenario, rules::STOPPED);
        assert!(!caught(HONEST, scenario, rules::STOPPED));
    }
}

/// Creates what it promised, whoever does not want it any more.
fn keeps_its_promise(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let step = next_step(site, now, &wanted(exec), seen);
    if matches!(step, Step::Do(Effect::CreateJob(_))) { step } else { next_step(site, now, exec, seen) }
}

#[test]
fn a_job_that_is_created_after_the_wish_to_stop_is_caught() {
    check(keeps_its_promise, PLAIN, rules::STOPPED);
}

/// Does not hear it while the Job runs.
fn deaf_while_it_runs(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    match exec.progress {
        Progress::Executing(_) => next_step(site, now, &wanted(exec), seen),
        _ => next_step(site, now, exec, seen),
    }
}

#[test]
fn a_wish_to_stop_that_is_not_heard_while_the_job_runs_is_caught() {
    let hangs = Scenario { fate: Fate::Hangs, ..PLAIN };
    check(deaf_while_it_runs, hangs, rules::HEARD);
    assert!(!caught(HONEST, hangs, rules::HEARD));
}

/// Stops what runs when the ledger is in order, and not before.
fn asks_the_ledger_first(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    match next_step(site, now, exec, seen) {
        Step::Do(Effect::StopJob { .. }) if seen.ledger != LedgerSeen::At(exec.seq) => next_step(site, now, &wanted(exec), seen),
        other => other,
    }
}

/// The wish comes while the database is away.
#[test]
fn a_stop_of_what_runs_that_waits_for_the_ledger_is_caught() {
    let hangs = Scenario { fate: Fate::Hangs, ..PLAIN };
    let broken = |decide, n| run(Core { decide, ..HONEST }, hangs, &[Fault::LedgerDown(n, 20), Fault::Cancelled(n)]).broken;
    let deaf = |decide| (0..DEPTH).any(|n| broken(decide, n).iter().any(|b| b.rule == rules::HEARD));
    assert!(deaf(asks_the_ledger_first) && !deaf(next_step));
}

/// Says that it is stopped, and leaves the Job.
fn forgets_the_job(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let (mut exec, mut seen, unwanted) = (exec.clone(), seen.clone(), exec.unwanted().is_some());
    if let (true, Progress::Executing(p), PhaseSeen::Executing(s)) = (unwanted, &mut exec.progress, &mut seen.phase) {
        (p.seen, s.job, s.grants) = (None, JobSeen::Absent, Some(Grants::None));
    }
    next_step(site, now, &exec, &seen)
}

#[test]
fn a_stop_that_forgets_the_job_is_caught() {
    check(forgets_the_job, PLAIN, rules::TRUE_WORDS);
}

/// Says that nothing of it can run while its identity is there.
fn forgets_the_identity(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let mut seen = seen.clone();
    if exec.unwanted().is_some() {
        match &mut seen.phase {
            PhaseSeen::DryRunning(s) => s.grants = Grants::None,
            PhaseSeen::Preparing(s) => s.grants = Grants::None,
            PhaseSeen::Executing(s) if s.job == JobSeen::Absent => s.grants = s.grants.as_ref().map(|_| Grants::None),
            _ => {}
        }
    }
    next_step(site, now, exec, &seen)
}

#[test]
fn a_stop_that_forgets_the_identity_is_caught() {
    for scenario in [PLAIN, Scenario { dry: Dry::Asked, ..PLAIN }] {
        check(forgets_the_identity, scenario, rules::FENCED);
        assert!(!caught(HONEST, scenario, rules::FENCED));
    }
}
