//! Mutants of the turns on a target.
use super::*;
use crate::tests::matrix::scenario::BUSY;

fn preparing(seen: &Observed, change: impl FnOnce(&mut Preparing)) -> Observed {
    let mut seen = seen.clone();
    if let PhaseSeen::Preparing(s) = &mut seen.phase {
        change(s);
    }
    seen
}

fn taken() -> LockSeen {
    LockSeen::Ours { object: String::new(), version: "0".into() }
}

/// Goes on whoever has the target.
fn never_waits(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    next_step(site, now, exec, &preparing(seen, |s| s.lock = taken()))
}

#[test]
fn a_run_that_does_not_wait_for_its_turn_is_caught() {
    check(never_waits, BUSY, rules::ONE_AT_A_TIME);
}

/// Takes whatever it claimed once for its own for ever.
fn of_any_turn(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let stale = |s: &mut Preparing| {
        if let LockSeen::Stale { version } = &s.lock {
            s.lock = LockSeen::Ours { object: String::new(), version: version.clone() };
        }
    };
    next_step(site, now, exec, &preparing(seen, stale))
}

/// The target moves after the claim; while everything is looked at anew, another sees that the claim counts for nothing, and takes its place
/// when the first is at work again.
#[test]
fn a_claim_of_an_earlier_turn_that_is_taken_for_one_of_this_is_caught() {
    let pairs = || (0..16).flat_map(|n| (0..10).flat_map(move |more| (1..8).map(move |lag| (n, more, lag))));
    let faults = |(n, more, lag)| [Fault::Drifts(n), Fault::Rival(n + more, lag, 30)];
    let broken = |core, at| run(core, PLAIN, &faults(at)).broken.iter().any(|b| b.rule == rules::ONE_AT_A_TIME);
    assert!(pairs().any(|at| broken(Core { decide: of_any_turn, ..HONEST }, at)));
    assert!(!pairs().any(|at| broken(HONEST, at)));
}

/// Keeps what it claimed.
fn never_lets_go(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let mut seen = seen.clone();
    if let PhaseSeen::Over(s) = &mut seen.phase {
        s.claims.clear();
    }
    next_step(site, now, exec, &seen)
}

#[test]
fn a_claim_that_stays_is_caught() {
    check(never_lets_go, PLAIN, rules::NOTHING_LEFT);
}
