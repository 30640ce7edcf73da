//! Mutants of the turns: on a target, and where only so many may be at work at once.
use super::*;
use crate::tests::matrix::scenario::{BEHIND, BUSY, CROWDED, LIMITED, ON_NODE, REFUSES};

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

/// Claims whoever stands in line before it.
fn jumps_the_line(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    next_step(site, now, exec, &preparing(seen, |s| s.ahead.clear()))
}

#[test]
fn who_takes_the_target_before_those_who_asked_first_is_caught() {
    check(jumps_the_line, BEHIND, rules::IN_ORDER);
    // Here nobody is in line but who comes late.
    check(jumps_the_line, PLAIN, rules::IN_ORDER);
    assert!(!caught(HONEST, BEHIND, rules::IN_ORDER));
}

/// Forgets the place of whoever waits for a thaw.
fn jumps_the_frozen(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    next_step(site, now, exec, &preparing(seen, |s| s.ahead.retain(|a| a.frozen.is_none())))
}

/// Both were frozen, and both hear of the thaw.
#[test]
fn who_takes_the_target_before_those_who_were_frozen_and_asked_first_is_caught() {
    let broken = |core, n| run(core, BEHIND, &[Fault::Frozen(n, 6)]).broken.iter().any(|b| b.rule == rules::IN_ORDER);
    assert!((0..12).any(|n| broken(Core { decide: jumps_the_frozen, ..HONEST }, n)));
    assert!(!(0..12).any(|n| broken(HONEST, n)));
}

/// Waits although it was told not to.
fn waits_all_the_same(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    taken_for(site, now, exec, seen, |exec| exec.spec.on_conflict = None)
}

#[test]
fn who_waits_for_another_although_he_is_not_to_is_caught() {
    for scenario in [REFUSES, Scenario { busy: false, behind: true, ..REFUSES }, Scenario { refuses: true, ..CROWDED }] {
        check(waits_all_the_same, scenario, rules::NOT_TO_WAIT);
        assert!(!caught(HONEST, scenario, rules::NOT_TO_WAIT));
    }
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

/// Lets the target go first, and says that it is frozen afterwards, in the turn that it had.
fn lets_go_before_it_says_so(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let step = next_step(site, now, exec, seen);
    let frozen = matches!(&step, Step::Record(s) if s.reason == Reason::Frozen);
    let PhaseSeen::Preparing(s) = &seen.phase else { return step };
    match &s.lock {
        LockSeen::Ours { object, version } if frozen => {
            Step::Do(Effect::Unclaim { claims: vec![(object.clone(), version.clone())] })
        }
        _ => step,
    }
}

/// A leader is paused with its promise in hand; another sees the freeze and lets go; a third party takes the target; the promise lands.
#[test]
fn a_target_that_is_let_go_before_the_freeze_is_told_is_caught() {
    let all = || {
        (0..12)
            .flat_map(|n| (2..8).flat_map(move |late| (1..6).flat_map(move |rival| (0..3).map(move |lag| (n, late, rival, lag)))))
    };
    let faults = |(n, late, rival, lag)| [Fault::Late(n, n + late), Fault::Frozen(n + 1, 20), Fault::Rival(n + rival, lag, 30)];
    let broken = |core, at| run(core, PLAIN, &faults(at)).broken.iter().any(|b| b.rule == rules::ONE_AT_A_TIME);
    assert!(all().any(|at| broken(Core { decide: lets_go_before_it_says_so, ..HONEST }, at)));
    assert!(!all().any(|at| broken(HONEST, at)));
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

/// Knows of no limit.
fn knows_no_limit(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    next_step(site, now, exec, &preparing(seen, |s| s.others.claims.clear()))
}

#[test]
fn a_limit_that_is_ignored_is_caught() {
    check(knows_no_limit, CROWDED, rules::AT_ONCE);
}

#[test]
fn a_node_that_is_changed_beside_its_pod_is_caught() {
    check(knows_no_limit, ON_NODE, rules::AT_ONCE);
    assert!(!caught(HONEST, ON_NODE, rules::AT_ONCE));
}

/// Takes a node for one of its pods, which are no matter to each other.
fn takes_a_node_for_a_pod(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let pods =
        |s: &mut Preparing| s.others.claims.iter_mut().filter_map(|c| c.counts.node.as_mut()).for_each(|n| n.whole = false);
    next_step(site, now, exec, &preparing(seen, pods))
}

#[test]
fn a_node_that_does_not_contain_its_pods_is_caught() {
    check(takes_a_node_for_a_pod, ON_NODE, rules::AT_ONCE);
}

/// Counts only those that run.
fn looks_past_who_may_start(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let runs = |s: &mut Preparing| s.others.claims.retain(|c| c.at_work == AtWork::Runs);
    next_step(site, now, exec, &preparing(seen, runs))
}

/// Both look, and neither runs yet.
#[test]
fn two_that_go_on_because_neither_runs_yet_are_caught() {
    check(looks_past_who_may_start, LIMITED, rules::AT_ONCE);
}

/// Counts whatever was claimed once.
fn counts_the_dead(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let alive = |s: &mut Preparing| s.others.claims.iter_mut().for_each(|c| c.at_work = AtWork::Runs);
    next_step(site, now, exec, &preparing(seen, alive))
}

#[test]
fn a_claim_that_counts_when_its_holder_is_over_is_caught() {
    check(counts_the_dead, CROWDED, rules::ONE_END);
    assert!(!caught(HONEST, CROWDED, rules::ONE_END));
}
