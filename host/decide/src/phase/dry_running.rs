//! `DryRunning`: a Job under an identity that can persist nothing asks the API server what would come of it. Its answer against the target
//! is the diff; then everything of it goes, and the policies are asked again, with the diff. Nothing is touched: what is lost is made again.
mod answer;

use super::{a_day_after, cancelled, chain, preparing, validating, view_moved};
use crate::{
    access, dry_run,
    execution::DryRunning as Progress,
    job,
    model::{Planned, Uid},
    observed::{Answer, DryGuard, DryJob, DryRunning, Grants, Judgement, PodSeen, Ruling},
    planned,
    step::{Effect, Step, Waiting, Why},
    story::{By, No, Pass, policy_status, summary},
};
use crds::{DryRunStatus, Phase, Reason};
use jiff::SignedDuration;

/// Another API server than the one that was asked hears of a changed guard within a second. One that lags longer is not to be found out by a
/// dry run.
const SETTLED: u32 = 60;
/// Seconds. A kubelet may say that a command ended before the last of what it printed can be read.
const WRITTEN: u32 = 5;
/// The authorizer hears of a new binding within some milliseconds.
const GRANT: SignedDuration = SignedDuration::from_millis(50);
/// A watch wakes us; this is for what no watch tells of.
const LOOK: SignedDuration = SignedDuration::from_secs(5);

/// **Rule 1.** What will ask, and as whom, is stored before any of it is made.
pub(super) fn begin(pass: &Pass<'_>, plan: &Planned, ruling: &Ruling) -> Step {
    if let Some(no) = dry_run::impossible(plan, ruling) {
        return no.record(pass, Some((plan, ruling)));
    }
    let (Some(job), Some(access)) = (job::dry_name(pass.exec), access::dry(pass.exec, plan)) else {
        // `allowed` said that there is one.
        return Step::Wait(Waiting::change(Why::Disagreement));
    };
    let end = pass.moment(pass.now, job::DRY_DEADLINE.saturating_add(pass.site.start_grace));
    pass.record(Phase::DryRunning, Reason::DryRunNeeded, |s| {
        planned::store(pass.exec, plan, s);
        s.policy = Some(policy_status(ruling));
        s.summary = summary(plan);
        let (namespace, service_account) = (access.home, access.name);
        s.dry_run = Some(DryRunStatus { namespace, job: job.to_string(), service_account, ..DryRunStatus::default() });
        s.message = format!(
            "Parameters, plan and policies say yes to a dry run; the API server is asked what would change, until {end} at the latest."
        );
    })
}

pub(super) fn next(pass: &Pass<'_>, p: &Progress, s: &DryRunning) -> Step {
    if let Some(reason) = pass.exec.unwanted() {
        return cancelled(pass, reason, "Nothing was touched.");
    }
    if pass.now >= a_day_after(p.since) {
        return late(pass, "it did not come to its end within 24 hours");
    }
    if p.answered { answered(pass, p, s) } else { asking(pass, p, s) }
}

fn asking(pass: &Pass<'_>, p: &Progress, s: &DryRunning) -> Step {
    match &s.job {
        DryJob::Absent => start(pass, p, s),
        DryJob::Stale { stopping: true, .. } => wait(pass, p, Why::JobEnd, "the Job of an earlier dry run was still there"),
        DryJob::Stale { uid, .. } => end(p, uid),
        DryJob::Foreign { uid } => taken(pass, p, uid),
        DryJob::Ours { pod, answer, .. } => match pod {
            PodSeen::Ended { command, exit_code: 0, at, .. } if last(p, *command) => match answer {
                Some(Answer::Unreadable { .. }) if pass.now < pass.after(*at, WRITTEN) => view_moved(pass),
                Some(answer) => answer::record(pass, p, answer),
                None => view_moved(pass),
            },
            PodSeen::Ended { exit_code, output, .. } if *exit_code != 0 => {
                let said = output.tail.trim_end().lines().last().unwrap_or("nothing").trim_end_matches('.');
                failed(pass, &format!("kubectl exited {exit_code}. It said: {said}"))
            }
            PodSeen::NeverRan { why } | PodSeen::Disrupted { why } | PodSeen::Untrusted { why } => {
                failed(pass, &format!("its pod did not run to its end ({why})"))
            }
            PodSeen::Rejected { why } | PodSeen::NotStarted { why, .. } => wait(pass, p, Why::JobStart, why),
            PodSeen::None => wait(pass, p, Why::JobStart, "no pod was made for it"),
            PodSeen::Running { .. } | PodSeen::Ended { .. } => wait(pass, p, Why::JobEnd, "it had not ended"),
        },
    }
}

fn last(p: &Progress, command: u32) -> bool {
    usize::try_from(command).is_ok_and(|n| n.saturating_add(1) == p.planned.proposal.commands.len())
}

/// Until there is an answer, or has been none for too long.
fn wait(pass: &Pass<'_>, p: &Progress, why: Why, seen: &str) -> Step {
    let limit = job::DRY_DEADLINE.saturating_add(pass.site.start_grace);
    let end = pass.after(p.since, limit);
    if pass.now >= end {
        return late(pass, &format!("there was no answer within {limit} s: {seen}"));
    }
    let look = pass.now.checked_add(if why == Why::Grant { GRANT } else { LOOK }).unwrap_or(end);
    Step::Wait(Waiting::at(look.min(end), why))
}

/// **Rule 6**, as for a run: the identity first, in a pass of its own; the Job only under a whole one, and behind a proven guard.
fn start(pass: &Pass<'_>, p: &Progress, s: &DryRunning) -> Step {
    // Whatever makes it vanish, it does not go on for ever.
    if let failed @ Step::Record(_) = wait(pass, p, Why::JobStart, "its Job was not there") {
        return failed;
    }
    if let Err(step) = chain::believable(pass, &s.guards) {
        return step;
    }
    let Some(access) = access::dry(pass.exec, &p.planned) else {
        return Step::Wait(Waiting::change(Why::Disagreement));
    };
    match &s.grants {
        Grants::None | Grants::Partly => Step::Do(Effect::Grant(Box::new(access))),
        Grants::Pending => wait(pass, p, Why::Grant, "what was granted to it is not in force"),
        Grants::Forbidden { why } => {
            preparing::not_granted(pass, format!("The API server refuses the dry run's identity: {why}."))
        }
        Grants::Whole => match &s.proof {
            None => view_moved(pass),
            Some(DryGuard::Open { why }) => open(pass, why),
            Some(DryGuard::InForce { since }) if pass.now < pass.after(*since, SETTLED) => {
                Step::Wait(Waiting::at(pass.after(*since, SETTLED), Why::Starting))
            }
            Some(DryGuard::InForce { .. }) => {
                Step::Do(Effect::DryRun(Box::new(job::dry_manifest(pass.exec, &p.planned, &p.job, &access, pass.site))))
            }
        },
    }
}

/// What would change is stored. The identity went first (`brake`); now the Job, and then the question.
fn answered(pass: &Pass<'_>, p: &Progress, s: &DryRunning) -> Step {
    match (&s.job, &s.judged) {
        (DryJob::Ours { uid, stopping: false, .. } | DryJob::Stale { uid, stopping: false }, _) => end(p, uid),
        (_, Some(judged)) => judge(pass, p, s, judged),
        (_, None) => view_moved(pass),
    }
}

pub(super) fn end(p: &Progress, uid: &Uid) -> Step {
    Step::Do(Effect::EndDryRun { name: p.job.clone(), uid: uid.clone() })
}

fn judge(pass: &Pass<'_>, p: &Progress, s: &DryRunning, judged: &Judgement) -> Step {
    match chain::again(pass, &p.planned, &s.guards, s.original.as_ref(), judged) {
        Ok((now, ruling)) => validating::accept(pass, now, ruling),
        Err(step) => step,
    }
}

fn failed(pass: &Pass<'_>, why: &str) -> Step {
    let what = format!("The dry run did not get through: {why}.");
    let next = "What the dry run cannot do, the run cannot either: correct the request, or the cause, and make a new execution.";
    No::new(Reason::DryRunFailed, By::Api, format!("dry run: {why}"), what, next).record(pass, None)
}

fn late(pass: &Pass<'_>, why: &str) -> Step {
    let what = format!("The dry run did not get through: {why}.");
    let next = "Look at the events of namespace writ-dryrun, mend what holds it up, and make a new execution.";
    No::new(Reason::DryRunTimedOut, By::Api, format!("dry run: {why}"), what, next).record(pass, None)
}

fn open(pass: &Pass<'_>, why: &str) -> Step {
    let what = format!("The guard of dry runs is not in force: {why}. Without it a dry run could write.");
    let next = "Install the guards again (writ install --print | kubectl apply -f -), and make a new execution.";
    No::new(Reason::DryRunNotGuarded, By::Host, "the guard of dry runs is not in force", what, next)
        .who("the platform team")
        .record(pass, None)
}

fn taken(pass: &Pass<'_>, p: &Progress, uid: &Uid) -> Step {
    let what = format!("Something else has the name of Job {}: it has uid {uid} and is not ours.", p.job);
    let next = "Find out who made it (only Writ may make Jobs there), then make a new execution.";
    No::new(Reason::JobNameTaken, By::Host, format!("something else has the name of Job {}", p.job), what, next)
        .record(pass, None)
}
