//! One mutant for each guard of going without approvals: that it is open, that it is told first, that it is reviewed, and by whom.
use super::{check, taken_for};
use crate::{
    execution::Execution,
    next_step,
    observed::*,
    site::Site,
    step::Step,
    tests::matrix::{
        rules,
        run::{Core, HONEST, run},
        scenario::{CLOSED, Forgery, GLASS, Glass, People, Scenario, UNREVIEWED},
    },
};
use crds::{Decision, Reason};
use jiff::Timestamp;

fn ruling(seen: &mut Observed) -> Option<&mut Ruling> {
    let judged = match &mut seen.phase {
        PhaseSeen::Validating(s) => &mut s.judged,
        PhaseSeen::Preparing(s) => s.judged.as_mut()?,
        _ => return None,
    };
    match judged {
        Judgement::Judged { ruling, .. } => Some(ruling),
        _ => None,
    }
}

fn conditions(seen: &mut Observed, mend: impl Fn(&mut Obligations)) {
    for result in ruling(seen).into_iter().flat_map(|r| &mut r.results) {
        if let Verdict::Allow(o) = &mut result.verdict {
            mend(o);
        }
    }
}

/// Breaks the glass for everybody.
fn asks_nobody(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let mut seen = seen.clone();
    conditions(&mut seen, |o| o.break_glass = true);
    next_step(site, now, exec, &seen)
}

#[test]
fn a_glass_that_is_broken_where_no_policy_opens_it_is_caught() {
    check(asks_nobody, CLOSED, rules::APPROVED);
}

/// Goes without approvals, and does not say so.
fn skips_in_silence(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let mut seen = seen.clone();
    conditions(&mut seen, |o| *o = Obligations::default());
    next_step(site, now, exec, &seen)
}

#[test]
fn approvals_that_are_skipped_in_silence_are_caught() {
    check(skips_in_silence, GLASS, rules::APPROVED);
}

/// Owes no review.
fn forgets_the_review(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    match next_step(site, now, exec, seen) {
        Step::Record(mut s) if s.reason == Reason::Prepared => {
            s.review = None;
            Step::Record(s)
        }
        other => other,
    }
}

#[test]
fn a_review_that_is_not_owed_is_caught() {
    check(forgets_the_review, GLASS, rules::REVIEWED);
}

/// Takes away what nobody has looked at.
fn does_not_wait_for_the_review(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    if !exec.phase().is_over() {
        return next_step(site, now, exec, seen);
    }
    taken_for(site, now, exec, seen, |exec| exec.status.review = None)
}

#[test]
fn a_record_that_is_deleted_before_its_review_is_caught() {
    check(does_not_wait_for_the_review, UNREVIEWED, rules::KEPT);
}

/// The core, to which every review looks as `mend` leaves it.
macro_rules! mutant {
    ($name:ident, $mend:expr) => {
        fn $name(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
            let mut seen = seen.clone();
            let mend: fn(&Execution, &mut Approval) = $mend;
            if let PhaseSeen::Over(s) = &mut seen.phase {
                s.approvals.iter_mut().filter(|a| a.decision == Decision::Review).for_each(|a| mend(exec, a));
            }
            next_step(site, now, exec, &seen)
        }
    };
}

mutant!(asks_for_no_stamp, |_, a| a.by.username = "somebody".into());
mutant!(asks_for_no_uid, |exec, a| a.execution = exec.uid.to_string());
mutant!(asks_for_no_action, |exec, a| a.action.clone_from(&exec.spec.action));
mutant!(asks_for_no_right, |_, a| a.may = true);
mutant!(asks_for_no_hash, |exec, a| a.hash = exec.status.review.as_ref().map(|r| r.plan_hash.clone()).unwrap_or_default());
mutant!(asks_for_no_time, |exec, a| a.created = exec.ended().unwrap_or(exec.at));
mutant!(lets_the_requester, |_, a| a.by.username = "somebody".into());
mutant!(lets_programs, |_, a| a.by.username = "somebody".into());
mutant!(asks_for_no_group, |_, a| a.by.groups = vec!["sre-leads".into()]);

type Decide = fn(&Site, Timestamp, &Execution, &Observed) -> Step;

#[test]
fn a_review_that_is_none_is_caught_whatever_makes_it_none() {
    let table: [(Forgery, Decide); 9] = [
        (Forgery::Unstamped, asks_for_no_stamp),
        (Forgery::OtherExecution, asks_for_no_uid),
        (Forgery::OtherAction, asks_for_no_action),
        (Forgery::WithoutTheRight, asks_for_no_right),
        (Forgery::OtherPlan, asks_for_no_hash),
        (Forgery::TooEarly, asks_for_no_time),
        (Forgery::Requester, lets_the_requester),
        (Forgery::Program, lets_programs),
        (Forgery::OtherGroup, asks_for_no_group),
    ];
    for (how, decide) in table {
        let scenario = Scenario { people: People::Glass(Glass::Forged(how)), ..UNREVIEWED };
        let broken = |decide| run(Core { decide, ..HONEST }, scenario, &[]).broken.iter().any(|b| b.rule == rules::REVIEWED);
        assert!(broken(decide), "not caught: {how:?}");
        assert!(!broken(next_step), "counted: {how:?}");
    }
}
