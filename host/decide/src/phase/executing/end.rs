//! How a run ends, in words. Owns the promise that each end says whether anything may have been touched.
use super::follow::Seen;
use crate::{
    execution::Executing as Progress,
    model::Uid,
    observed::{JobEnd, Output},
    phase::{cancelled, verifying::way_back},
    planned,
    step::Step,
    story::{Pass, upper},
};
use crds::{ExecutionStatus, Phase, Reason, limits};
use jiff::Timestamp;

/// Exit codes of what was told to end (SIGTERM, SIGKILL): a deadline or a deletion, not the command's own word. 2 is that of a Go program
/// which is the first process of its container: the kernel spares it, and so it ends itself.
const ENDED: [i32; 3] = [143, 137, 2];

/// How a command ended.
pub(super) struct Exit<'a> {
    pub command: u32,
    pub code: i32,
    pub output: &'a Output,
    pub at: Timestamp,
}

pub(super) fn succeeded(pass: &Pass<'_>, p: &Progress, output: &Output) -> Step {
    let end = pass.moment(pass.now, p.planned.verify);
    pass.record(Phase::Verifying, Reason::JobSucceeded, |s| {
        printed(s, 0, output);
        s.message = format!("Every command exited 0; the action's own checks are asked, until {end} at the latest.");
    })
}

pub(super) fn failed(pass: &Pass<'_>, p: &Progress, s: &Seen<'_>, exit: &Exit<'_>) -> Step {
    if s.stopping && pass.exec.unwanted().is_some() {
        return stopped_midway(pass, &format!("{} had not ended", which(p, exit.command)), Some(exit));
    }
    let past = exit.at >= pass.after(p.since, p.planned.deadline) && ENDED.contains(&exit.code);
    if s.failed_by == Some(JobEnd::Deadline) || past {
        return deadline(pass, p, s.stopping, Some(exit));
    }
    pass.record(Phase::Failed, Reason::JobFailed, |st| {
        printed(st, exit.code, exit.output);
        let said = exit
            .output
            .tail
            .lines()
            .rev()
            .find(|l| !l.trim().is_empty())
            .map(|l| format!(" It said: {}.", l.trim_end_matches('.')))
            .unwrap_or_default();
        let which = which(p, exit.command);
        st.summary = format!("{which} exited {}", exit.code);
        st.message = format!("{which} exited {}.{said}{}", exit.code, look(pass, st));
    })
}

pub(super) fn deadline(pass: &Pass<'_>, p: &Progress, stopping: bool, exit: Option<&Exit<'_>>) -> Step {
    let unwanted = stopping && pass.exec.unwanted().is_some();
    if unwanted && exit.is_none() {
        return stopped_midway(pass, "it did not end when it was told to", None);
    }
    pass.record(Phase::Failed, Reason::DeadlineExceeded, |s| {
        if let Some(exit) = exit {
            printed(s, exit.code, exit.output);
        }
        s.summary = format!("not done within {} s", p.planned.deadline);
        s.message = format!("The Job was not done within {} s and was ended.{}", p.planned.deadline, look(pass, s));
    })
}

/// Somebody wanted it stopped, and it was.
pub(super) fn stopped_midway(pass: &Pass<'_>, how: &str, exit: Option<&Exit<'_>>) -> Step {
    pass.record(Phase::Cancelled, Reason::StoppedMidway, |s| {
        if let Some(exit) = exit {
            printed(s, exit.code, exit.output);
        }
        s.summary = format!("stopped while it ran: {how}");
        s.message = format!("It was stopped as asked: {how}.{}", look(pass, s));
    })
}

/// No container ever started, and none can any more.
pub(super) fn never_ran(pass: &Pass<'_>, why: &str) -> Step {
    if let Some(reason) = pass.exec.unwanted() {
        return cancelled(pass, reason, "No command of the Job had started: nothing was touched.");
    }
    let refused = pass.exec.reason == Reason::JobRefused;
    never_started(pass, if refused { Reason::JobRefused } else { Reason::NeverStarted }, why)
}

fn never_started(pass: &Pass<'_>, reason: Reason, why: &str) -> Step {
    let summary = pass.exec.status.summary.clone();
    let given_up = matches!(pass.exec.reason, Reason::Stopping | Reason::JobRefused);
    pass.record(Phase::Failed, reason, |s| {
        s.summary = if given_up { summary } else { format!("no command of the Job started: {why}") };
        s.message = format!("{}. Nothing was touched. When the cause is gone, make a new execution.", upper(&s.summary));
    })
}

/// The Job was seen, and is gone.
pub(super) fn vanished(pass: &Pass<'_>, _: &Progress) -> Step {
    match pass.exec.reason {
        // We deleted it; a pod of it would have kept it in sight.
        Reason::Stopping => never_started(pass, Reason::NeverStarted, ""),
        Reason::JobRefused => never_started(pass, Reason::JobRefused, ""),
        _ if pass.exec.unwanted().is_some() => stopped_midway(pass, "the Job is gone, and no command was seen to end", None),
        _ => unknown(pass, "the Job was there and is gone; somebody deleted it"),
    }
}

pub(super) fn replaced(pass: &Pass<'_>, seen: &Uid, now: &Uid) -> Step {
    unknown(pass, &format!("the Job had uid {seen}, and what has its name now has uid {now}"))
}

pub(super) fn fence_fell(pass: &Pass<'_>) -> Step {
    unknown(pass, "the run's identity is gone, and no Job was seen; none is created without it")
}

pub(super) fn name_taken(pass: &Pass<'_>, p: &Progress, uid: &Uid) -> Step {
    pass.record(Phase::Failed, Reason::JobNameTaken, |s| {
        s.summary = format!("something else has the name of Job {}", p.job);
        s.message = format!(
            "Job {}/{} is there with uid {uid} and does not carry this execution's uid and plan hash, so it is not ours. Nothing was \
             run. Find out who made it (only Writ may make Jobs there), then make a new execution.",
            pass.site.runs_namespace, p.job
        );
    })
}

/// Nobody can tell what was done.
pub(super) fn unknown(pass: &Pass<'_>, why: &str) -> Step {
    pass.record(Phase::Failed, Reason::OutcomeUnknown, |s| {
        s.summary = format!("outcome unknown: {why}");
        s.message = format!("Nobody can tell whether it was done: {why}.{}", look(pass, s));
    })
}

fn look(pass: &Pass<'_>, s: &ExecutionStatus) -> String {
    format!(" It may have done a part: look at {} before anything else.{}", pass.aim(), way_back(pass, s))
}

/// `kubectl scale`, or `command 1 of 2 (kubectl scale)`.
fn which(p: &Progress, command: u32) -> String {
    let all = &p.planned.proposal.commands;
    let name = usize::try_from(command).ok().and_then(|n| all.get(n)).map(|c| format!("{} {}", c.program, c.verb.join(" ")));
    let name = name.unwrap_or_else(|| "a command".to_owned());
    if all.len() < 2 {
        name
    } else {
        format!("command {} of {} ({name})", command.saturating_add(1), planned::lines(&p.planned).len())
    }
}

fn printed(s: &mut ExecutionStatus, code: i32, output: &Output) {
    let mut job = s.job.take().unwrap_or_default();
    let from = output.tail.len().saturating_sub(limits::OUTPUT_TAIL);
    let from = (from..output.tail.len()).find(|n| output.tail.is_char_boundary(*n)).unwrap_or(0);
    job.exit_code = Some(code);
    job.output = output.tail.get(from..).unwrap_or_default().to_owned();
    job.output_truncated = output.truncated || from > 0;
    job.output_digest = output.digest.as_ref().map(ToString::to_string);
    s.job = Some(job);
}
