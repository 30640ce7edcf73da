//! Mutants of the last look: each takes one thing for a yes that is none.
use super::{caught_by, check};
use crate::{
    execution::{Execution, Progress},
    model::Planned,
    next_step,
    observed::*,
    site::Site,
    step::{Effect, Step},
    tests::{
        fixtures,
        matrix::{
            fault::Fault,
            rules,
            scenario::{AUTOMATIC, PLAIN},
            swap::Swap,
        },
        stored,
    },
};
use jiff::Timestamp;

fn last_look(
    site: &Site,
    now: Timestamp,
    exec: &Execution,
    seen: &Observed,
    change: impl FnOnce(&Planned, &mut Preparing),
) -> Step {
    let mut seen = seen.clone();
    if let (Progress::Preparing(p), PhaseSeen::Preparing(s)) = (&exec.progress, &mut seen.phase)
        && s.judged.is_some()
    {
        change(&p.planned, s);
    }
    next_step(site, now, exec, &seen)
}

/// Takes the plan made again for the one that was looked at before.
fn ignores_drift(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    last_look(site, now, exec, seen, |stands, s| {
        if let Some(Judgement::Judged { planned, .. }) = &mut s.judged {
            planned.hash = stands.hash.clone();
        }
    })
}

#[test]
fn a_plan_that_moved_and_runs_is_caught() {
    check(ignores_drift, PLAIN, rules::AS_JUDGED);
}

/// Does not hear what the policies say by now.
fn deaf(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    last_look(site, now, exec, seen, |_, s| {
        if let Some(Judgement::Judged { ruling, .. }) = &mut s.judged {
            *ruling = fixtures::ruling(&[fixtures::allow()]);
        }
    })
}

#[test]
fn a_policy_that_is_not_heard_in_the_last_look_is_caught() {
    check(deaf, PLAIN, rules::JUDGED);
}

/// Goes on with what it has when it gets no answer.
fn needs_no_answer(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    last_look(site, now, exec, seen, |stands, s| {
        if !matches!(s.judged, Some(Judgement::Judged { .. })) {
            s.judged = Some(stored::judged(stands));
        }
    })
}

#[test]
fn a_last_look_without_an_answer_is_caught() {
    check(needs_no_answer, PLAIN, rules::JUDGED);
}

/// Goes on with what it has when its plugin is switched off.
fn knows_no_off_switch(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    last_look(site, now, exec, seen, |stands, s| {
        if matches!(s.judged, Some(Judgement::Suspended { .. })) {
            s.judged = Some(stored::judged(stands));
        }
    })
}

#[test]
fn a_plugin_that_is_suspended_and_runs_is_caught() {
    let suspended = |n| Fault::Swapped(n, 3, Swap::Suspended);
    assert!(caught_by(knows_no_off_switch, suspended, rules::JUDGED));
    assert!(!caught_by(next_step, suspended, rules::JUDGED));
}

/// Takes stamps for true whoever guards them.
fn believes_anybody(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    last_look(site, now, exec, seen, |_, s| s.guards = stored::guarded())
}

#[test]
fn a_run_without_its_guards_is_caught() {
    check(believes_anybody, PLAIN, rules::GUARDED);
}

/// Takes an identity for whole.
fn grants_itself(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let mut seen = seen.clone();
    if let (Progress::Preparing(p), PhaseSeen::Preparing(s)) = (&exec.progress, &mut seen.phase)
        && matches!(s.lock, LockSeen::Ours { .. })
    {
        s.grants = Grants::Whole;
        s.judged.get_or_insert_with(|| stored::judged(&p.planned));
    }
    next_step(site, now, exec, &seen)
}

#[test]
fn a_promise_without_an_identity_is_caught() {
    check(grants_itself, PLAIN, rules::GRANTED);
}

/// Lets the target go before its undo has it.
fn lets_go_first(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let in_order = seen.ledger == LedgerSeen::At(exec.seq);
    match &seen.phase {
        PhaseSeen::Over(s) if in_order && !s.claims.is_empty() && s.grants == Grants::None => {
            Step::Do(Effect::Unclaim { claims: s.claims.clone() })
        }
        _ => next_step(site, now, exec, seen),
    }
}

#[test]
fn a_target_that_is_not_kept_for_its_undo_is_caught() {
    check(lets_go_first, AUTOMATIC, rules::KEPT_FOR_UNDO);
}
