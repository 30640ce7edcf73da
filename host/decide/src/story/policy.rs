//! What the policies said: the sum, and each no in words. Owns how rulings are combined: every one must allow, there must be one, and
//! each way of not saying yes has a reason of its own.
use super::{By, No, shown};
use crate::observed::{Obligations, PolicyRuling, Ruling, Verdict};
use crate::{approvals, limits};
use crds::{PolicyResult, PolicyStatus, Reason, ViolationStatus};

/// None: every policy allows, and there is one.
pub(crate) fn judge(ruling: &Ruling) -> Option<No> {
    let obeyed: Vec<&PolicyRuling> = ruling.results.iter().filter(|r| !r.shadow).collect();
    if obeyed.is_empty() {
        let what = "No policy is in force, and nothing is allowed by silence.";
        let next = "Install one (kubectl get executionpolicies), and make a new execution.";
        return Some(No::new(Reason::PolicyMissing, By::Policy, "no policy is in force", what, next).who("the platform team"));
    }
    let noes: Vec<&PolicyRuling> = obeyed.into_iter().filter(|r| !matches!(r.verdict, Verdict::Allow(_))).collect();
    let first = noes.iter().min_by_key(|r| rank(&r.verdict))?;
    let all: Vec<(&PolicyRuling, ViolationStatus)> =
        noes.iter().flat_map(|r| violations(&r.verdict).into_iter().map(|v| (*r, v))).collect();
    let line = |(r, v): &(&PolicyRuling, ViolationStatus)| format!("policy {}: {}", r.policy, v.message);
    let top = all.iter().find(|(r, _)| r.policy == first.policy).map(line).unwrap_or_default();
    let more = all.len().checked_sub(1).filter(|n| *n > 0).map(|n| format!(" (and {n} more)")).unwrap_or_default();
    let said: Vec<String> = all.iter().map(|one| with_rule(line(one), &one.1.rule)).collect();
    let owners: Vec<String> = noes.iter().map(|r| owner(r)).collect();
    let next = format!("Who can change this: {}.", owners.join("; "));
    let what = format!("Refused by {}.", said.join("; "));
    Some(
        No::new(reason(&first.verdict), By::Policy, format!("{top}{more}"), what, next)
            .who(owners.join("; "))
            .violations(all.into_iter().map(|(_, v)| v)),
    )
}

fn with_rule(line: String, rule: &str) -> String {
    if rule.is_empty() { line } else { format!("{line} ({rule})") }
}

/// `ExecutionPolicy default (owner platform@example.com)`.
pub(crate) fn owner(r: &PolicyRuling) -> String {
    let owner = if r.owner.is_empty() { String::new() } else { format!(" (owner {})", r.owner) };
    format!("ExecutionPolicy {}{owner}", r.policy)
}

/// A policy's own words weigh more than its failure.
const fn rank(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Deny(_) => 0,
        Verdict::Errored(_) | Verdict::Malformed(_) | Verdict::TimedOut | Verdict::OutOfMemory | Verdict::NotReady(_) => 1,
        Verdict::Undefined => 2,
        Verdict::Allow(_) => 3,
    }
}

const fn reason(verdict: &Verdict) -> Reason {
    match verdict {
        Verdict::Undefined => Reason::PolicyUndefined,
        Verdict::Malformed(_) => Reason::PolicyMalformed,
        Verdict::Errored(_) => Reason::PolicyErrored,
        Verdict::TimedOut => Reason::PolicyTimedOut,
        Verdict::OutOfMemory => Reason::PolicyOutOfMemory,
        Verdict::NotReady(_) => Reason::PolicyNotReady,
        Verdict::Deny(_) | Verdict::Allow(_) => Reason::PolicyDenied,
    }
}

fn violations(verdict: &Verdict) -> Vec<ViolationStatus> {
    let one = |rule: &str, message: String| vec![ViolationStatus { pointer: String::new(), rule: rule.to_owned(), message }];
    match verdict {
        Verdict::Allow(_) => vec![],
        Verdict::Deny(all) if all.is_empty() => one("", "it says no, and not why".to_owned()),
        Verdict::Deny(all) => all.iter().flat_map(|d| one(&d.rule, d.message.clone())).collect(),
        Verdict::Undefined => one("Undefined", "it came to no decision".to_owned()),
        Verdict::Malformed(what) => one("Malformed", format!("its answer is none: {what}")),
        Verdict::Errored(what) => one("Errored", format!("it failed: {what}")),
        Verdict::TimedOut => one("TimedOut", "it took too long".to_owned()),
        Verdict::OutOfMemory => one("OutOfMemory", "it needs too much memory".to_owned()),
        Verdict::NotReady(why) => one("NotReady", format!("it is not ready: {why}")),
    }
}

/// As it is stored.
#[must_use]
pub fn status(ruling: &Ruling) -> PolicyStatus {
    let decision = if judge(ruling).is_none() { "Allow" } else { "Deny" };
    PolicyStatus {
        decision: decision.to_owned(),
        results: ruling.results.iter().map(result).collect(),
        input_digest: ruling.input.to_string(),
        limits: limits::of(ruling),
    }
}

fn result(r: &PolicyRuling) -> PolicyResult {
    let (decision, because) = match &r.verdict {
        Verdict::Allow(conditions) => ("Allow", obligations(conditions)),
        Verdict::Deny(_) => ("Deny", words(&r.verdict)),
        Verdict::Undefined => ("Undefined", words(&r.verdict)),
        Verdict::Malformed(_) => ("Malformed", words(&r.verdict)),
        Verdict::Errored(_) => ("Errored", words(&r.verdict)),
        Verdict::TimedOut => ("TimedOut", words(&r.verdict)),
        Verdict::OutOfMemory => ("OutOfMemory", words(&r.verdict)),
        Verdict::NotReady(_) => ("NotReady", words(&r.verdict)),
    };
    PolicyResult {
        policy: r.policy.clone(),
        digest: r.digest.to_string(),
        decision: decision.to_owned(),
        because: because.iter().map(|text| shown(text, 512)).take(32).collect(),
        owner: r.owner.clone(),
        shadow: r.shadow,
    }
}

fn words(verdict: &Verdict) -> Vec<String> {
    violations(verdict).into_iter().map(|v| v.message).collect()
}

/// The conditions of a yes, in words.
fn obligations(o: &Obligations) -> Vec<String> {
    let mut out = vec![];
    if o.dry_run {
        out.push("a dry run first".to_owned());
    }
    if let Some(wanted) = approvals::wanted(o) {
        out.push(super::asked_of(wanted.count, wanted.groups));
    }
    if o.break_glass {
        out.push("break glass is open".to_owned());
    }
    if !o.review.is_empty() {
        out.push(format!("a review within {}", o.review));
    }
    let limits =
        [(o.limits.namespace, "in its namespace"), (o.limits.action, "of its action"), (o.limits.requester, "of its requester")];
    out.extend(limits.into_iter().filter_map(|(most, of)| Some(format!("at most {} at once {of}", most?))));
    out
}
