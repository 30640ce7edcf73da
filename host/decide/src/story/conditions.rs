//! The stable contract for programs: `kubectl wait --for=condition=Succeeded`. A condition is a function of the status; its time is
//! when its value last changed.
use super::{
    approval::{APPROVED, SKIPPED, WAITING},
    review, shown,
};
use crate::planned::{DONE, IMPOSSIBLE, PLANNED, READY, SHOWN, UNNEEDED};
use crds::{ExecutionStatus, Phase, Reason};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

/// Type, value, reason, message.
type Line = (&'static str, &'static str, String, String);

const TRUE: &str = "True";
const FALSE: &str = "False";
const UNKNOWN: &str = "Unknown";

/// `over`: it was, before this record.
pub(super) fn set(s: &mut ExecutionStatus, now: Timestamp, over: bool) {
    if over {
        return after(s, now);
    }
    let lines = [
        Some(accepted(s)),
        dry_run_passed(s),
        approved(s),
        Some(executed(s)),
        Some(succeeded(s)),
        rollback_ready(s),
        reviewed(s),
        Some(finished(s)),
    ];
    let conditions = lines.into_iter().flatten().map(|line| condition(s, line, now)).collect();
    s.conditions = conditions;
}

/// How it ended stays true; only the way back is used up, or what is owed afterwards was done.
fn after(s: &mut ExecutionStatus, now: Timestamp) {
    for line in [rollback_ready(s), reviewed(s)].into_iter().flatten() {
        let new = condition(s, line, now);
        s.conditions.iter_mut().filter(|c| c.type_ == new.type_).for_each(|c| *c = new.clone());
    }
}

fn condition(s: &ExecutionStatus, (kind, status, reason, message): Line, now: Timestamp) -> Condition {
    let same = s.conditions.iter().find(|c| c.type_ == kind && c.status == status);
    Condition {
        type_: kind.to_owned(),
        status: status.to_owned(),
        reason,
        message: shown(&message, 1024),
        last_transition_time: same.map_or(Time(now), |c| c.last_transition_time.clone()),
        observed_generation: Some(s.observed_generation),
    }
}

fn why(reason: Reason) -> String {
    format!("{reason:?}")
}

/// Parameters, plan and policy said yes.
fn accepted(s: &ExecutionStatus) -> Line {
    let policies = s.policy.as_ref().map_or(0, |p| p.results.iter().filter(|r| !r.shadow).count());
    let yes = || format!("parameters, plan and {}", super::count(policies, "policy", "policies"));
    match s.phase {
        Phase::Refused => ("Accepted", FALSE, why(s.reason), s.summary.clone()),
        Phase::Validating | Phase::DryRunning => ("Accepted", UNKNOWN, why(s.reason), String::new()),
        Phase::Cancelled if s.plan.is_none() => ("Accepted", UNKNOWN, why(s.reason), String::new()),
        Phase::AwaitingApproval
        | Phase::Preparing
        | Phase::Executing
        | Phase::Verifying
        | Phase::Completed
        | Phase::Failed
        | Phase::Cancelled => ("Accepted", TRUE, why(Reason::Accepted), yes()),
    }
}

/// Where approvals were asked for: whether they were given, in time.
fn approved(s: &ExecutionStatus) -> Option<Line> {
    let approval = s.approval.as_ref()?;
    let (value, reason) = match approval.state.as_str() {
        APPROVED => (TRUE, Reason::Approved),
        SKIPPED => (FALSE, Reason::BreakGlass),
        WAITING if !s.phase.is_over() => (UNKNOWN, s.reason),
        _ => (FALSE, s.reason),
    };
    Some(("Approved", value, why(reason), super::approval::sum(approval)))
}

/// The API server would take it. Only where it was asked.
fn dry_run_passed(s: &ExecutionStatus) -> Option<Line> {
    let answered = s.dry_run.as_ref()?.answered_at.is_some();
    Some(match (s.phase, answered) {
        (_, true) => {
            ("DryRunPassed", TRUE, why(Reason::DryRunAnswered), super::count(s.diff.len(), "field changes", "fields change"))
        }
        (Phase::Refused, false) => ("DryRunPassed", FALSE, why(s.reason), s.summary.clone()),
        (_, false) => ("DryRunPassed", UNKNOWN, why(s.reason), String::new()),
    })
}

/// Every command exited 0.
fn executed(s: &ExecutionStatus) -> Line {
    let exit = s.job.as_ref().and_then(|j| j.exit_code).map(|code| format!("exit {code}")).unwrap_or_default();
    let value = match (s.phase, s.reason) {
        (Phase::Verifying, _) => TRUE,
        (Phase::Completed, Reason::ChecksPassed) => TRUE,
        (Phase::Failed, Reason::ChecksFailed | Reason::ChecksTimedOut | Reason::ChecksUnavailable) => TRUE,
        (Phase::Failed, Reason::OutcomeUnknown) => UNKNOWN,
        (Phase::Validating | Phase::DryRunning | Phase::AwaitingApproval | Phase::Preparing | Phase::Executing, _) => UNKNOWN,
        (Phase::Completed | Phase::Failed | Phase::Refused | Phase::Cancelled, _) => FALSE,
    };
    let reason = if value == TRUE { Reason::JobSucceeded } else { s.reason };
    ("Executed", value, why(reason), exit)
}

/// Unknown while it goes on, as in Tekton and Knative.
fn succeeded(s: &ExecutionStatus) -> Line {
    let value = match s.phase {
        Phase::Completed => TRUE,
        Phase::Failed | Phase::Refused | Phase::Cancelled => FALSE,
        Phase::Validating
        | Phase::DryRunning
        | Phase::AwaitingApproval
        | Phase::Preparing
        | Phase::Executing
        | Phase::Verifying => UNKNOWN,
    };
    ("Succeeded", value, why(s.reason), s.message.clone())
}

/// Also after a failure: whenever an inverse is stored, and something ran.
fn rollback_ready(s: &ExecutionStatus) -> Option<Line> {
    let rollback = s.rollback.as_ref()?;
    let until = rollback.expires_at.as_ref().map(|at| format!(", until {at}")).unwrap_or_default();
    let (value, reason) = match rollback.state.as_str() {
        READY => (TRUE, "InverseStored"),
        PLANNED | SHOWN => (FALSE, PLANNED),
        UNNEEDED => (FALSE, UNNEEDED),
        DONE => (FALSE, "RolledBack"),
        _ => (FALSE, IMPOSSIBLE),
    };
    let message = if rollback.state == DONE {
        format!("undone by {}", rollback.undone_by)
    } else if rollback.because.is_empty() {
        format!("{}{until}", rollback.command)
    } else {
        rollback.because.clone()
    };
    Some(("RollbackReady", value, reason.to_owned(), message))
}

/// Where somebody is to look at it afterwards.
fn reviewed(s: &ExecutionStatus) -> Option<Line> {
    let review = s.review.as_ref()?;
    Some(match review::is_due(s) {
        true => ("Reviewed", FALSE, "ReviewDue".to_owned(), format!("until {}", review.due_at)),
        false => ("Reviewed", TRUE, why(Reason::Reviewed), format!("{} {}", review.by, review.comment).trim().to_owned()),
    })
}

fn finished(s: &ExecutionStatus) -> Line {
    let value = if s.phase.is_over() { TRUE } else { FALSE };
    ("Finished", value, format!("{:?}", s.phase), String::new())
}
