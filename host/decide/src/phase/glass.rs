//! `spec.breakGlass`: going without the approvals that the policies want, where every policy that wants some opens that to the requester.
//! Owns whether it is open, and that what is skipped stands in a row of its own before a Job is promised.
use crate::{
    approvals::{self, Asked, Wanted},
    model::Planned,
    observed::{PolicyRuling, Ruling},
    step::Step,
    story::{By, No, Pass, SKIPPED, asked_of, policy_owner, policy_status, upper},
    time::second,
};
use crds::{ApprovalStatus, ExecutionStatus, Phase, Reason, ViolationStatus};

/// None: nobody wants it broken, or every policy that wants approvals opens it.
pub(super) fn closed(pass: &Pass<'_>, ruling: &Ruling) -> Option<No> {
    if !pass.exec.spec.break_glass {
        return None;
    }
    let all = approvals::unopened(ruling);
    let (first, _) = all.first()?;
    let line = |(r, wants): &(&PolicyRuling, Wanted<'_>)| {
        format!("policy {} wants {} and does not open break glass to you for this", r.policy, asked_of(wants.count, wants.groups))
    };
    let owners: Vec<String> = all.iter().map(|(r, _)| policy_owner(r)).collect();
    let said: Vec<String> = all.iter().map(line).collect();
    let violation = |message: &String| ViolationStatus { message: message.clone(), ..ViolationStatus::default() };
    let next = "Ask for it without spec.breakGlass: it waits for the approvals then.";
    let what = format!("{}.", upper(&said.join("; ")));
    let no = No::new(Reason::BreakGlassClosed, By::Policy, format!("policy {}: break glass is closed", first.policy), what, next);
    Some(no.who(owners.join("; ")).violations(said.iter().map(violation)))
}

/// From `Validating`: allowed, and nobody is waited for.
pub(super) fn begin(pass: &Pass<'_>, planned: &Planned, asked: &Asked<'_>, store: impl FnOnce(&mut ExecutionStatus)) -> Step {
    let skipped = super::approved::first(pass, &planned.hash, asked, SKIPPED);
    record(pass, skipped, store)
}

/// What is skipped by now, where another was skipped before, or nobody was asked.
pub(super) fn skip(pass: &Pass<'_>, ruling: &Ruling, skipped: ApprovalStatus) -> Step {
    record(pass, skipped, |s| s.policy = Some(policy_status(ruling)))
}

fn record(pass: &Pass<'_>, skipped: ApprovalStatus, store: impl FnOnce(&mut ExecutionStatus)) -> Step {
    pass.record(Phase::Preparing, Reason::BreakGlass, |s| {
        store(s);
        let who = pass.exec.spec.requester.as_ref().map_or("the requester", |r| r.username.as_str());
        let needed = usize::try_from(skipped.needed).unwrap_or(usize::MAX);
        s.message = format!(
            "{who} broke the glass: it goes without {}. It must have started by {}; a review is due when it is over.",
            asked_of(needed, &skipped.groups),
            second(&skipped.expires_at),
        );
        s.approval = Some(skipped);
    })
}
