//! The wait for approvals in words: `status.approval`, what is asked of whom, how to give it, who gave it.
use super::{count, shown};
use crate::{
    approvals::{Asked, Case, Tally},
    execution::Execution,
    observed::Approval,
    time,
};
use crds::{ApprovalGiven, ApprovalStatus, Decision, ExecutionApproval, ExecutionApprovalSpec, ObjectUid, limits};

/// `status.approval.state`: asked for.
pub(crate) const WAITING: &str = "Waiting";
/// It goes without them: `spec.breakGlass`.
pub(crate) const SKIPPED: &str = "Skipped";
/// Enough of them are there.
pub(crate) const APPROVED: &str = "Approved";
/// Somebody said no.
pub(crate) const REJECTED: &str = "Rejected";
/// They were not there in time.
pub(crate) const EXPIRED: &str = "Expired";

/// As it is stored.
pub(crate) fn of(case: &Case<'_>, asked: &Asked<'_>, tally: Option<&Tally<'_>>, state: &str) -> ApprovalStatus {
    let rejected = tally.and_then(|t| t.rejected);
    let given = rejected.map_or_else(|| tally.map(Tally::given).unwrap_or_default(), |no| vec![no]);
    let people = if rejected.is_some() { 0 } else { given.len() };
    let enough = tally.is_some_and(|t| t.is_enough(asked));
    // As many people as wanted, and not of the groups that are wanted: then it is at least one more.
    let needed = if enough { asked.needed() } else { asked.needed().max(people.saturating_add(1)) };
    ApprovalStatus {
        state: state.to_owned(),
        count: format!("{people} of {needed}"),
        needed: u32::try_from(needed).unwrap_or(u32::MAX),
        groups: asked.groups(),
        accounts: asked.accounts(),
        plan_hash: case.hash.to_string(),
        how: how(case.exec, case.hash, Decision::Approve),
        since: time::text(case.wait.since),
        expires_at: time::text(case.wait.until),
        given: given.into_iter().map(|a| one(case, a, asked)).collect(),
    }
}

fn one(case: &Case<'_>, a: &Approval, asked: &Asked<'_>) -> ApprovalGiven {
    let covers = case.cover.all.contains(&a);
    ApprovalGiven {
        by: a.by.username.clone(),
        groups: asked.counts_for(&a.by).unwrap_or_default(),
        at: a.created.to_string(),
        comment: shown(&a.comment, limits::REASON),
        object: a.name.clone(),
        covered_by: if covers { case.cover.name.to_owned() } else { String::new() },
        covers_until: if covers { case.cover.until.to_owned() } else { String::new() },
    }
}

/// With kubectl alone: names and hashes hold nothing that a shell would take for its own.
pub(crate) fn how(exec: &Execution, hash: &str, decision: Decision) -> String {
    let spec = ExecutionApprovalSpec {
        execution: ObjectUid { name: exec.name.clone(), uid: exec.uid.to_string() },
        action: exec.spec.action.clone(),
        plan_hash: hash.to_owned(),
        decision,
        comment: "ok".to_owned(),
        covers_undo: true,
        approver: None,
    };
    let mut approval = ExecutionApproval { spec, ..ExecutionApproval::default() };
    let name = if decision == Decision::Review { "review-" } else { "approval-" };
    approval.metadata.generate_name = Some(name.to_owned());
    let json = serde_json::to_string(&approval).unwrap_or_default();
    format!("echo '{json}' | kubectl create -n {} -f -", exec.namespace)
}

/// `1 approval of sre-leads`, `2 approvals, one each of dba, sre-leads`.
#[must_use]
pub fn asked_of(people: usize, groups: &[String]) -> String {
    let n = count(people, "approval", "approvals");
    match groups {
        [] => n,
        [one] => format!("{n} of {one}"),
        several => format!("{n}, one each of {}", several.join(", ")),
    }
}

/// Whether a condition of a policy is one of these.
#[must_use]
pub fn asks(condition: &str) -> bool {
    let of = condition.trim_start_matches(|c: char| c.is_ascii_digit());
    of != condition && of.starts_with(" approval")
}

/// `1 of 2: jonas@example.com (sre-leads) "ok"`.
pub(crate) fn sum(approval: &ApprovalStatus) -> String {
    let given = given(approval);
    if given.is_empty() { approval.count.clone() } else { format!("{}: {given}", approval.count) }
}

/// `, covered by the approval of scale-web-x7k2p until …`; empty where it was given for this one.
pub(crate) fn covered(g: &ApprovalGiven) -> String {
    let until = || time::second(&g.covers_until);
    if g.covered_by.is_empty() {
        String::new()
    } else {
        format!(", covered by the approval of {} until {}", g.covered_by, until())
    }
}

/// Who, for which groups, in which words.
pub(crate) fn given(approval: &ApprovalStatus) -> String {
    let one = |g: &ApprovalGiven| {
        let groups = if g.groups.is_empty() { String::new() } else { format!(" ({})", g.groups.join(", ")) };
        let comment = if g.comment.is_empty() { String::new() } else { format!(" \"{}\"", shown(&g.comment, 256)) };
        format!("{}{groups}{comment}{}", shown(&g.by, 128), covered(g))
    };
    approval.given.iter().map(one).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_of_people_is_told_from_other_conditions() {
        let groups = |all: &[&str]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
        for (people, of) in [(1, groups(&[])), (1, groups(&["sre-leads"])), (12, groups(&["dba", "sre-leads"]))] {
            assert!(asks(&asked_of(people, &of)));
        }
        for other in ["a dry run first", "break glass is open", "at most 2 in this namespace", "2", ""] {
            assert!(!asks(other), "{other}");
        }
    }
}
