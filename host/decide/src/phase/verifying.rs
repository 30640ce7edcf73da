//! `Verifying`: the commands have ended and their identity is gone (`brake`); the action's own checks are asked until they hold, fail,
//! or time is up. That the effect is real is said here and nowhere else.
use super::view_moved;
use crate::{
    execution::Verifying as Progress,
    model::{Check, CheckVerdict, PluginFault},
    observed::{ChecksSeen, Verifying},
    step::{Step, Waiting, Why},
    story::{Pass, WAY_BACK, shown},
};
use crds::{CheckStatus, ExecutionStatus, Phase, Reason};
use jiff::SignedDuration;

/// A change of the target wakes us; this is for effects that no watch tells of.
const RETRY: SignedDuration = SignedDuration::from_secs(2);
/// More checks than anybody reads.
const SHOWN: usize = 32;

pub(super) fn next(pass: &Pass<'_>, p: &Progress, s: &Verifying) -> Step {
    let end = pass.after(p.since, p.planned.verify);
    let wait = |why| {
        let next = pass.now.checked_add(RETRY).unwrap_or(end);
        Step::Wait(Waiting::at(next.min(end), why))
    };
    let Some(checks) = &s.checks else { return view_moved(pass) };
    // The commands have ended: what a request to stop can still end is the wait.
    let unwanted = pass.exec.unwanted();
    let over = unwanted.is_some() || pass.now >= end;
    match checks {
        ChecksSeen::Asked(all) => match sum(all) {
            Sum::Holds => completed(pass, all),
            Sum::Failed => failed(pass, Reason::ChecksFailed, all, "and it will not come by waiting"),
            Sum::Pending if over => match unwanted {
                Some(reason) => failed(pass, reason, all, "and it was asked to wait no longer"),
                None => failed(pass, Reason::ChecksTimedOut, all, "and time is up"),
            },
            Sum::Pending => wait(Why::Checks),
        },
        ChecksSeen::Faulty(PluginFault::Broken { kind, message }) => unavailable(pass, &format!("{kind}: {message}")),
        ChecksSeen::Faulty(PluginFault::Unavailable { message }) if over => unavailable(pass, message),
        ChecksSeen::PluginGone(digest) if over => unavailable(pass, &format!("component {digest} is not loaded")),
        ChecksSeen::Faulty(PluginFault::Unavailable { .. }) | ChecksSeen::PluginGone(_) => wait(Why::PluginBusy),
    }
}

enum Sum {
    Holds,
    Pending,
    Failed,
}

/// One that failed outweighs all; an empty list holds.
fn sum(all: &[Check]) -> Sum {
    let any = |is: fn(&CheckVerdict) -> bool| all.iter().any(|c| is(&c.verdict));
    if any(|v| matches!(v, CheckVerdict::Failed(_))) {
        Sum::Failed
    } else if any(|v| matches!(v, CheckVerdict::Pending(_))) {
        Sum::Pending
    } else {
        Sum::Holds
    }
}

fn completed(pass: &Pass<'_>, all: &[Check]) -> Step {
    let late = if pass.exec.unwanted().is_some() { " The request to stop it came too late." } else { "" };
    pass.record(Phase::Completed, Reason::ChecksPassed, |s| {
        let seen = words(all);
        let seen = if seen.is_empty() { "the commands exited 0, and the action has no checks".to_owned() } else { seen };
        s.message = format!("{}: {}. Seen: {seen}.{late}{}", pass.aim(), s.summary, way_back(pass, s));
        store(s, all);
    })
}

fn failed(pass: &Pass<'_>, reason: Reason, all: &[Check], and: &str) -> Step {
    pass.record(Phase::Failed, reason, |s| {
        let bad = all.iter().filter(|c| !matches!(c.verdict, CheckVerdict::Holds(_)));
        let bad = bad.map(|c| format!("{}: {}", c.name, said(&c.verdict))).collect::<Vec<_>>().join("; ");
        s.message = format!(
            "The commands exited 0, but the effect is not there, {and}: {bad}. Look at {} before anything else.{}",
            pass.aim(),
            way_back(pass, s)
        );
        s.summary = bad;
        store(s, all);
    })
}

fn unavailable(pass: &Pass<'_>, why: &str) -> Step {
    pass.record(Phase::Failed, Reason::ChecksUnavailable, |s| {
        s.summary = format!("ran, not checked: {why}");
        s.message = format!(
            "The commands exited 0, but nobody could check the effect: {why}. Look at {} yourself.{}",
            pass.aim(),
            way_back(pass, s)
        );
    })
}

fn store(s: &mut ExecutionStatus, all: &[Check]) {
    let check = |c: &Check| CheckStatus {
        name: shown(&c.name, 64),
        verdict: match c.verdict {
            CheckVerdict::Holds(_) => "Holds",
            CheckVerdict::Pending(_) => "Pending",
            CheckVerdict::Failed(_) => "Failed",
        }
        .to_owned(),
        message: shown(said(&c.verdict), 512),
    };
    s.checks = all.iter().take(SHOWN).map(check).collect();
}

fn said(verdict: &CheckVerdict) -> &str {
    match verdict {
        CheckVerdict::Holds(text) | CheckVerdict::Pending(text) | CheckVerdict::Failed(text) => text,
    }
}

fn words(all: &[Check]) -> String {
    all.iter().map(|c| said(&c.verdict)).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(", ")
}

/// How to undo it, where there is a way.
pub(super) fn way_back(pass: &Pass<'_>, s: &ExecutionStatus) -> String {
    match &s.rollback {
        Some(r) if !r.command.is_empty() => format!("{WAY_BACK}writ undo {} -n {}", pass.exec.name, pass.exec.namespace),
        _ => String::new(),
    }
}
