//! `AwaitingApproval`: the policies want people to approve exactly this plan. Nothing was touched, and nothing is granted. Everything that
//! can say no is asked again from time to time, and whenever somebody approves.
use super::{
    approved::{self, Look, Seen},
    cancelled, chain, glass,
};
use crate::{
    approvals::Asked,
    execution::{Awaiting, Wait},
    model::Planned,
    observed::{AwaitingApproval, Ruling},
    step::{Step, Waiting, Why},
    story::{EXPIRED, Pass, WAITING, policy_status, sum},
};
use crds::{ApprovalStatus, ExecutionStatus, Phase, Reason};
use jiff::SignedDuration;

/// Often enough that nobody approves what has long been another plan; an approval itself wakes at once.
const AGAIN: SignedDuration = SignedDuration::from_secs(30);

/// From `Validating`: allowed, if people approve it.
pub(super) fn begin(pass: &Pass<'_>, planned: &Planned, asked: &Asked<'_>, store: impl FnOnce(&mut ExecutionStatus)) -> Step {
    let approval = approved::first(pass, &planned.hash, asked, WAITING);
    pass.record(Phase::AwaitingApproval, Reason::ApprovalNeeded, |s| {
        store(s);
        s.message = approved::call(pass, &approval);
        s.approval = Some(approval);
    })
}

pub(super) fn next(pass: &Pass<'_>, p: &Awaiting, s: &AwaitingApproval) -> Step {
    if let Some(reason) = pass.exec.unwanted() {
        return cancelled(pass, reason, "Nothing was touched.");
    }
    // Whatever else cannot be asked now.
    if let Some(late) = late(pass, Some(p.wait)) {
        return late;
    }
    let (now, ruling) = match chain::again(pass, &p.planned, &s.guards, s.original.as_ref(), &s.judged) {
        Ok(found) => found,
        Err(step) => return step,
    };
    let seen = Seen {
        hash: &now.hash,
        component: &now.plugin.digest,
        ruling,
        guards: &s.guards,
        approvals: &s.approvals,
        original: s.original.as_ref(),
        covering: &s.covering,
        since: Some(p.wait.since),
    };
    let (look, tell) = approved::look(pass, &seen);
    // Who approved hears first what becomes of it.
    tell.map_or_else(|| follow(pass, ruling, look), Step::Do)
}

fn follow(pass: &Pass<'_>, ruling: &Ruling, look: Look) -> Step {
    match look {
        Look::Ended(step) => *step,
        Look::Unneeded => ready(pass, Reason::Accepted, ruling, "The policies want no approval any more".to_owned(), None),
        Look::Enough(approval) => {
            let who = format!("Approved, {}", sum(&approval));
            ready(pass, Reason::Approved, ruling, who, Some(approval))
        }
        Look::Skipped(skipped) => glass::skip(pass, ruling, skipped),
        Look::Missing(approval) if pass.exec.status.approval.as_ref() == Some(&approval) => wait(pass, &approval),
        Look::Missing(approval) => pass.record(Phase::AwaitingApproval, Reason::ApprovalNeeded, |s| {
            s.policy = Some(policy_status(ruling));
            s.message = approved::call(pass, &approval);
            s.approval = Some(approval);
        }),
    }
}

fn ready(pass: &Pass<'_>, reason: Reason, ruling: &Ruling, what: String, approval: Option<ApprovalStatus>) -> Step {
    pass.record(Phase::Preparing, reason, |s| {
        s.policy = Some(policy_status(ruling));
        s.approval = approval;
        s.message = format!("{what}; {}", pass.identity_next());
    })
}

fn wait(pass: &Pass<'_>, approval: &ApprovalStatus) -> Step {
    let end = crate::time::read(&approval.expires_at).unwrap_or(pass.now);
    let next = pass.now.checked_add(AGAIN).unwrap_or(end);
    Step::Wait(Waiting::at(next.min(end), Why::Approval))
}

/// Its time is up, wherever it waits. None: it is not, or nobody was asked.
pub(super) fn late(pass: &Pass<'_>, wait: Option<Wait>) -> Option<Step> {
    wait.filter(|wait| pass.now >= wait.until).map(|_| {
        let stored = pass.exec.status.approval.clone().unwrap_or_default();
        approved::expired(pass, ApprovalStatus { state: EXPIRED.to_owned(), ..stored })
    })
}
