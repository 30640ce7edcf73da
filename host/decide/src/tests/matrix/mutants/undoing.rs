//! One mutant for each thing that an undo must be: the core without exactly that question, by a wrapper that answers it beforehand.
use super::{DEPTH, caught, taken_for};
use crate::model::Planned;
use crate::{
    execution::Execution,
    next_step,
    observed::*,
    site::Site,
    step::Step,
    tests::matrix::{
        fault::Fault,
        original, rules,
        run::{Core, HONEST, run},
        scenario::{NO_UNDOS, NoUndo, PLAIN, Scenario, UNDOES, Undoes},
    },
};
use jiff::Timestamp;

type Decide = fn(&Site, Timestamp, &Execution, &Observed) -> Step;

fn planned(judged: &mut Judgement) -> Option<&mut Planned> {
    match judged {
        Judgement::Judged { planned, .. } => Some(planned),
        _ => None,
    }
}

/// The core, to which what it undoes looks as `mend` leaves it.
fn mended(seen: &Observed, how: NoUndo) -> Observed {
    let mut seen = seen.clone();
    let (first, judged) = match &mut seen.phase {
        PhaseSeen::Validating(s) => {
            let Validating { original, judged, .. } = s.as_mut();
            (original, Some(judged))
        }
        PhaseSeen::Preparing(s) => {
            let Preparing { original, judged, .. } = s.as_mut();
            (original, judged.as_mut())
        }
        _ => return seen,
    };
    if let Some(first) = first {
        original::mend(first, judged.and_then(planned), how);
    }
    seen
}

macro_rules! without {
    ($($how:ident),*) => {
        [$((NoUndo::$how, (|site, now, exec, seen| next_step(site, now, exec, &mended(seen, NoUndo::$how))) as Decide)),*]
    };
}

#[test]
fn an_undo_that_is_none_is_caught_whatever_makes_it_none() {
    let table = without![
        Missing,
        NotOver,
        Done,
        Expired,
        OtherAction,
        OtherParameters,
        OtherTarget,
        OtherWrite,
        MovedOn,
        OtherField,
        Taken,
        Owned
    ];
    assert_eq!(table.map(|(how, _)| how), NO_UNDOS.map(|(how, _)| how));
    for (how, decide) in table {
        let scenario = Scenario { undoes: Undoes::But(how), ..PLAIN };
        let broken = |decide| run(Core { decide, ..HONEST }, scenario, &[]).broken.iter().any(|b| b.rule == rules::UNDOES);
        assert!(broken(decide), "not caught: {how:?}");
        assert!(!broken(next_step), "undone: {how:?}");
    }
}

/// In the last look it takes what it undoes for what it was in the first.
fn last(seen: &Observed, how: NoUndo) -> Observed {
    if matches!(seen.phase, PhaseSeen::Preparing(_)) { mended(seen, how) } else { seen.clone() }
}

fn asks_once_who_wrote(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    next_step(site, now, exec, &last(seen, NoUndo::Taken))
}

fn asks_once_whether_it_is_undone(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    next_step(site, now, exec, &last(seen, NoUndo::Done))
}

fn check(decide: Decide, happens: fn(usize) -> Fault) {
    let broken = |decide, n| run(Core { decide, ..HONEST }, UNDOES, &[happens(n)]).broken;
    let breaks = |decide| (0..DEPTH).any(|n| broken(decide, n).iter().any(|b| b.rule == rules::UNDOES));
    assert!(breaks(decide) && !breaks(next_step));
}

#[test]
fn a_field_that_another_took_before_the_last_look_is_caught() {
    check(asks_once_who_wrote, Fault::Taken);
}

#[test]
fn an_undo_that_another_did_before_the_last_look_is_caught() {
    check(asks_once_whether_it_is_undone, Fault::TakenBack);
}

/// Knows of no undo: takes it for any other request.
fn any_request(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    taken_for(site, now, exec, seen, |exec| exec.spec.rollback_of = None)
}

/// Where the target moves, the plan made again is another, and a good one: only the guard of undos knows that it takes back what another did.
#[test]
fn an_undo_of_what_another_did_since_is_caught() {
    assert!(caught(Core { decide: any_request, ..HONEST }, UNDOES, rules::UNDOES));
    assert!(!caught(HONEST, UNDOES, rules::UNDOES));
}
