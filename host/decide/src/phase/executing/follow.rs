//! The Job is ours and there: what its pod says decides. Owns how long is waited for each of them.
use super::end;
use crate::{
    execution::Executing as Progress,
    model::Uid,
    observed::{JobEnd, PodSeen},
    step::{Effect, Step, Waiting, Why},
    story::Pass,
};
use crds::{Phase, Reason};
use jiff::{SignedDuration, Timestamp};

/// The Job controller tries again after 1, 2, 4 and 8 seconds: what is still refused then was no hiccup (an account that its cache
/// did not know yet).
const HICCUP_SECONDS: u32 = 15;
/// A watch wakes us; this is for what no watch tells of.
const LOOK: SignedDuration = SignedDuration::from_secs(5);

/// The Job as it was seen.
pub(super) struct Seen<'a> {
    pub uid: &'a Uid,
    pub stopping: bool,
    pub pod: &'a PodSeen,
    pub failed_by: Option<JobEnd>,
}

pub(super) fn next(pass: &Pass<'_>, p: &Progress, s: &Seen<'_>) -> Step {
    match s.pod {
        PodSeen::Ended { command, exit_code: 0, output, .. } if last(p, *command) => end::succeeded(pass, p, output),
        PodSeen::Ended { command, exit_code, output, at } if *exit_code != 0 => {
            end::failed(pass, p, s, &end::Exit { command: *command, code: *exit_code, output, at: *at })
        }
        // A command that is not the last exited 0: the next one starts.
        PodSeen::Ended { .. } | PodSeen::Running { .. } => running(pass, p, s),
        PodSeen::NeverRan { why } => end::never_ran(pass, why),
        PodSeen::Untrusted { why } => end::unknown(pass, &format!("its pod is not the one that was asked for ({why})")),
        PodSeen::Disrupted { why } => disrupted(pass, p, s, why),
        PodSeen::NotStarted { since, why } => not_started(pass, p, s, *since, why),
        PodSeen::Rejected { why } => rejected(pass, p, s, why),
        PodSeen::None => no_pod(pass, p, s),
    }
}

fn last(p: &Progress, command: u32) -> bool {
    usize::try_from(command).is_ok_and(|n| n.saturating_add(1) == p.planned.proposal.commands.len())
}

/// When the Job must have ended by its own deadline, whoever is slow.
fn hard_end(pass: &Pass<'_>, p: &Progress) -> Timestamp {
    pass.after(p.since, p.planned.deadline.saturating_add(pass.site.start_grace))
}

fn wait(pass: &Pass<'_>, until: Timestamp, why: Why) -> Step {
    let look = pass.now.checked_add(LOOK).unwrap_or(until);
    Step::Wait(Waiting::at(until.min(look).max(pass.now), why))
}

/// It ends by itself, or by its deadline, or it is being stopped.
fn running(pass: &Pass<'_>, p: &Progress, s: &Seen<'_>) -> Step {
    let end = hard_end(pass, p);
    if pass.now >= end { end::deadline(pass, p, s.stopping, None) } else { wait(pass, end, Why::JobEnd) }
}

/// **Rule 7.** Replaced by the Job controller where running it again does no harm; else nobody knows how far it came.
fn disrupted(pass: &Pass<'_>, p: &Progress, s: &Seen<'_>, why: &str) -> Step {
    if pass.exec.unwanted().is_some() {
        return end::stopped_midway(pass, &format!("its pod was disrupted ({why})"), None);
    }
    let replaced = p.planned.idempotent && !s.stopping && s.failed_by.is_none();
    if replaced && pass.now < hard_end(pass, p) {
        return wait(pass, hard_end(pass, p), Why::JobStart);
    }
    end::unknown(pass, &format!("its pod was disrupted ({why})"))
}

fn not_started(pass: &Pass<'_>, p: &Progress, s: &Seen<'_>, since: Timestamp, why: &str) -> Step {
    let by = pass.after(since, pass.site.start_grace);
    if s.stopping || s.failed_by.is_some() {
        // Its pod is being ended: the next look says whether it ever ran.
        return running(pass, p, s);
    }
    give_up(pass, p, s, by, Reason::Stopping, &format!("nothing of the Job started within {} s: {why}", pass.site.start_grace))
}

fn rejected(pass: &Pass<'_>, p: &Progress, s: &Seen<'_>, why: &str) -> Step {
    if s.stopping {
        return running(pass, p, s);
    }
    let by = if s.failed_by.is_some() { pass.now } else { pass.after(p.since, HICCUP_SECONDS) };
    give_up(pass, p, s, by, Reason::JobRefused, &format!("the cluster refuses the pod of the Job: {why}"))
}

fn no_pod(pass: &Pass<'_>, p: &Progress, s: &Seen<'_>) -> Step {
    match s.failed_by {
        _ if s.stopping => running(pass, p, s),
        Some(JobEnd::Deadline) => end::deadline(pass, p, s.stopping, None),
        Some(_) => end::unknown(pass, "the Job failed, and no pod of it is left to tell how far it came"),
        None => {
            let by = pass.after(p.since, pass.site.start_grace);
            let why = format!("the Job had no pod after {} s", pass.site.start_grace);
            give_up(pass, p, s, by, Reason::Stopping, &why)
        }
    }
}

/// **Rule 1.** That it will be stopped is recorded before it is; the reason says which end it is when it is gone.
fn give_up(pass: &Pass<'_>, p: &Progress, s: &Seen<'_>, by: Timestamp, reason: Reason, why: &str) -> Step {
    if matches!(pass.exec.reason, Reason::Stopping | Reason::JobRefused) {
        return Step::Do(Effect::StopJob { name: p.job.clone(), uid: s.uid.clone() });
    }
    if pass.now < by {
        return wait(pass, by, Why::JobStart);
    }
    pass.record(Phase::Executing, reason, |st| {
        st.message = format!("It is given up, and the Job is being deleted: {why}.");
        st.summary = why.to_owned();
    })
}
