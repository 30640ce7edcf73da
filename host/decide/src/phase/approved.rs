//! Are the approvals there that the policies want *now*? Asked while they are waited for, and again just before the promise of a Job.
//! Owns what follows from a no, from too late, and from a yes that is none any more.
use super::glass;
use crate::{
    approvals::{self, Asked, Case, Cover, Tally},
    execution::{Ready, Wait},
    model::{Digest, PlanHash},
    observed::{Approval, GuardsSeen, OriginalSeen, Preparing, Ruling},
    step::{Effect, Step},
    story::{
        APPROVED, By, EXPIRED, No, Pass, REJECTED, SKIPPED, WAITING, approval_status, asked_of, given, policy_status, shown,
    },
    time::second,
};
use crds::{ApprovalStatus, Phase, Reason};
use jiff::Timestamp;

/// How it stands.
pub(super) enum Look {
    /// No policy asks for anybody.
    Unneeded,
    /// Everybody is there.
    Enough(ApprovalStatus),
    /// Somebody is not, and goes without him.
    Skipped(ApprovalStatus),
    /// Somebody is not.
    Missing(ApprovalStatus),
    /// It ends here.
    Ended(Box<Step>),
}

/// All that is looked at.
pub(super) struct Seen<'a> {
    pub hash: &'a PlanHash,
    /// That planned it.
    pub component: &'a Digest,
    pub ruling: &'a Ruling,
    pub guards: &'a GuardsSeen,
    pub approvals: &'a [Approval],
    /// What this one undoes, and all that name that.
    pub original: Option<&'a OriginalSeen>,
    pub covering: &'a [Approval],
    /// None: nobody was asked yet.
    pub since: Option<Timestamp>,
}

/// Where they stand, and what is to be said of them first.
pub(super) fn look<'a>(pass: &Pass<'a>, seen: &Seen<'a>) -> (Look, Option<Effect>) {
    let Some(asked) = approvals::asked(seen.ruling) else { return unneeded(pass, seen) };
    let subject = approvals::subject(pass.exec, seen.hash);
    let cover = approvals::cover(pass.exec, seen.component, seen.original, seen.covering);
    let case = Case { cover, ..case(pass, subject.as_str(), seen.guards, asked.wait(seen.since.unwrap_or(pass.now))) };
    let tally = approvals::tally(&case, &asked, seen.approvals);
    let status = |state| approval_status(&case, &asked, Some(&tally), state);
    let look = if let Some(no) = tally.rejected {
        Look::Ended(Box::new(rejected(pass, no, status(REJECTED))))
    } else if pass.now >= case.wait.until {
        Look::Ended(Box::new(expired(pass, status(EXPIRED))))
    } else if tally.is_enough(&asked) {
        Look::Enough(status(APPROVED))
    } else if pass.exec.spec.break_glass {
        // Every policy that wants somebody opens that to him: else it did not get here (`glass::closed`).
        Look::Skipped(status(SKIPPED))
    } else {
        Look::Missing(status(WAITING))
    };
    (look, approvals::tell(&case, &asked, &tally))
}

/// Who was asked and said no is heard also where the policies ask for nobody any more.
fn unneeded<'a>(pass: &Pass<'a>, seen: &Seen<'a>) -> (Look, Option<Effect>) {
    let (subject, nobody) = (approvals::subject(pass.exec, seen.hash), Asked::NOBODY);
    let case = case(pass, subject.as_str(), seen.guards, nobody.wait(seen.since.unwrap_or(pass.now)));
    let tally = approvals::tally(&case, &nobody, seen.approvals);
    let Some(no) = tally.rejected else { return (Look::Unneeded, None) };
    let stored = pass.exec.status.approval.clone().unwrap_or_default();
    let step = rejected(pass, no, ApprovalStatus { state: REJECTED.to_owned(), ..stored });
    (Look::Ended(Box::new(step)), approvals::tell(&case, &nobody, &tally))
}

fn case<'a>(pass: &Pass<'a>, hash: &'a str, guards: &GuardsSeen, wait: Wait) -> Case<'a> {
    Case { exec: pass.exec, hash, guards: guards.since(), wait, cover: Cover::default() }
}

/// Nobody was asked yet, or is.
pub(super) fn first(pass: &Pass<'_>, hash: &PlanHash, asked: &Asked<'_>, state: &str) -> ApprovalStatus {
    let subject = approvals::subject(pass.exec, hash);
    let case = case(pass, subject.as_str(), &GuardsSeen::Unknown, asked.wait(pass.now));
    approval_status(&case, asked, None::<&Tally<'_>>, state)
}

/// The last look. What is to be stored of them, or why not.
pub(super) fn still(pass: &Pass<'_>, p: &Ready, ruling: &Ruling, s: &Preparing) -> Result<Option<ApprovalStatus>, Step> {
    let (hash, component) = (&p.planned.hash, &p.planned.plugin.digest);
    let (guards, since) = (&s.guards, p.wait.map(|wait| wait.since));
    // Before anybody was asked, nobody could approve.
    let approvals = since.map_or(&[][..], |_| s.approvals.as_slice());
    let covering = since.map_or(&[][..], |_| s.covering.as_slice());
    let seen = Seen { hash, component, ruling, guards, approvals, original: s.original.as_ref(), covering, since };
    match look(pass, &seen) {
        (Look::Unneeded, _) => Ok(None),
        (Look::Enough(approval), _) => Ok(Some(approval)),
        (Look::Ended(_) | Look::Skipped(_) | Look::Missing(_), Some(tell)) => Err(Step::Do(tell)),
        (Look::Ended(step), None) => Err(*step),
        // Whatever is skipped was told, in a row of its own, before a Job is promised.
        (Look::Skipped(skipped), None) if pass.exec.status.approval.as_ref() == Some(&skipped) => Ok(Some(skipped)),
        (Look::Skipped(skipped), None) => Err(glass::skip(pass, ruling, skipped)),
        (Look::Missing(approval), None) => Err(pass.record(Phase::AwaitingApproval, Reason::ApprovalWithdrawn, |s| {
            s.policy = Some(policy_status(ruling));
            let why =
                if since.is_some() { "What was approved is not enough any more." } else { "The policies ask for approvals now." };
            s.message = format!("{why} {}", call(pass, &approval));
            s.approval = Some(approval);
        })),
    }
}

/// What is wanted of whom, until when, and how to give it.
pub(super) fn call(pass: &Pass<'_>, approval: &ApprovalStatus) -> String {
    let (name, ns) = (&pass.exec.name, &pass.exec.namespace);
    let needed = usize::try_from(approval.needed).unwrap_or(usize::MAX);
    let so_far = if approval.given.is_empty() { String::new() } else { format!(" So far: {}.", given(approval)) };
    format!(
        "It waits for {}, until {}.{so_far} They look at it and decide: writ approve {name} -n {ns}",
        asked_of(needed, &approval.groups),
        second(&approval.expires_at)
    )
}

fn rejected(pass: &Pass<'_>, no: &Approval, approval: ApprovalStatus) -> Step {
    let who = shown(&no.by.username, 128);
    let why = if no.comment.is_empty() { String::new() } else { format!(": {}", shown(&no.comment, 512)) };
    let what = format!("{who} rejected it{why}.");
    let next = "Talk to them; to ask again, make a new execution.";
    No::new(Reason::Rejected, By::Approver, format!("rejected by {who}{why}"), what, next)
        .who(who)
        .approval(approval)
        .record(pass, None)
}

/// Also where approvals came, and the start did not: who approved for 15 minutes did not approve for tomorrow.
pub(super) fn expired(pass: &Pass<'_>, approval: ApprovalStatus) -> Step {
    let needed = usize::try_from(approval.needed).unwrap_or(usize::MAX);
    let (until, count) = (second(&approval.expires_at), &approval.count);
    let (summary, what) = if pass.exec.spec.break_glass {
        let asked = asked_of(needed, &approval.groups);
        (format!("not started in time: {count}"), format!("It was to go without {asked}, and had not started by {until}."))
    } else if approval.given.len() >= needed {
        let who = given(&approval);
        (format!("not started in time: {count}"), format!("It was approved ({count}: {who}), and had not started by {until}."))
    } else {
        let asked = asked_of(needed, &approval.groups);
        (format!("not approved in time: {count}"), format!("It waited for {asked} until {until}; there came {count}."))
    };
    let next = "Find out who may approve it and is there, and make a new execution.";
    No::new(Reason::ApprovalExpired, By::Approver, summary, what, next)
        .who(approval.groups.join(", "))
        .approval(approval)
        .record(pass, None)
}
