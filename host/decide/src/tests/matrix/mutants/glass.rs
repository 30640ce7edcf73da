//! One mutant for each guard of going without approvals: that it is open, that it is told first, that it is reviewed.
use super::{check, taken_for};
use crate::{
    execution::Execution,
    next_step,
    observed::*,
    site::Site,
    step::Step,
    tests::matrix::{
        rules,
        scenario::{CLOSED, GLASS, UNREVIEWED},
    },
};
use crds::Reason;
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
