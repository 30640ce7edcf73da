//! The look afterwards: when one is due, and whose counts. It is held against the same questions as an approval; it comes after the end, and
//! one is enough.
use super::{
    Asked, Case, Cover, SPAN, Wanted, span, subject,
    tally::{no_yes, void},
    tell::told,
};
use crate::{
    execution::{Execution, Wait},
    model::PlanHash,
    observed::{Approval, Ruling},
    step::Effect,
    story::{DUE, REVIEWED, SKIPPED, how},
    time,
};
use crds::{ApprovalStatus, CountedReason as Reason, Decision, ReviewStatus};
use jiff::Timestamp;

/// What is owed for what starts now: where approvals are skipped, and where a policy wants a review of whatever it allows.
pub(crate) fn due(
    exec: &Execution,
    now: Timestamp,
    plan: &PlanHash,
    ruling: &Ruling,
    approval: Option<&ApprovalStatus>,
) -> Option<ReviewStatus> {
    let shortest = ruling.allowing().filter(|(_, o)| !o.review.is_empty()).map(|(_, o)| span(&o.review)).min();
    let skipped = approval.is_some_and(|a| a.state == SKIPPED);
    let span = shortest.or_else(|| skipped.then_some(SPAN))?;
    let hash = subject(exec, plan);
    Some(ReviewStatus {
        state: DUE.to_owned(),
        groups: approval.map(|a| a.groups.clone()).unwrap_or_default(),
        how: how(exec, hash.as_str(), Decision::Review),
        plan_hash: hash.to_string(),
        due_at: time::text(now.checked_add(span).unwrap_or(Timestamp::MAX)),
        ..ReviewStatus::default()
    })
}

/// Of what is over.
pub(crate) struct Reviews<'a> {
    /// The first that counts, while one is due.
    pub by: Option<&'a Approval>,
    /// What is to be said of those that do not say it yet.
    pub tell: Option<Effect>,
}

/// Every review that names this execution, the oldest first.
pub(crate) fn reviews<'a>(exec: &Execution, guards: Timestamp, all: &'a [Approval]) -> Reviews<'a> {
    let mut sorted: Vec<&Approval> = all.iter().filter(|a| a.decision == Decision::Review).collect();
    sorted.sort_by_key(|a| (a.created, &a.name));
    let status = exec.status.review.clone().unwrap_or_default();
    let end = exec.ended().unwrap_or(Timestamp::MAX);
    let case =
        Case { exec, hash: &status.plan_hash, guards, wait: Wait { since: end, until: Timestamp::MAX }, cover: Cover::default() };
    let asked = Asked { each: vec![Wanted { count: 1, groups: &status.groups, accounts: &[] }], span: SPAN };
    let mut by = None;
    let mut verdict = |a: &'a Approval| match status.state.as_str() {
        REVIEWED if a.name == status.object => Reason::Counted,
        DUE if by.is_none() => void(&case, a).or_else(|| no_yes(&case, &asked, a)).unwrap_or_else(|| {
            by = Some(a);
            Reason::Counted
        }),
        _ => Reason::NothingToReview,
    };
    let each: Vec<_> = sorted.into_iter().map(|a| (a, verdict(a))).collect();
    Reviews { by, tell: told(&case, &asked, &each) }
}
