//! The hash of a plan: of who asks, for what, with which component, on which object, and of all that will be done. Two plans with one
//! hash are the same deed. Never in it: resourceVersion (dies in seconds), policies (asked again instead), warnings and names that
//! follow from the digest.
//!
//! And the hash of a request: the same without which execution it is, so that of two that ask for the same it can be said beforehand that
//! they will do the same.
use super::BadProposal;
use crate::{
    canonical,
    execution::Execution,
    model::{Malformed, PlanHash, Planned},
};
use serde_json::{Value, json};

pub(super) fn none() -> Result<PlanHash, BadProposal> {
    PlanHash::try_from(canonical::sha256(b"")).map_err(no)
}

pub(crate) fn of(exec: &Execution, planned: &Planned) -> Result<PlanHash, BadProposal> {
    let mut content = content(exec, planned);
    if let Value::Object(all) = &mut content {
        all.insert("execution".to_owned(), json!(exec.uid));
    }
    let text = canonical::json(&content).map_err(no)?;
    PlanHash::try_from(canonical::sha256(text.as_str().as_bytes())).map_err(no)
}

/// What a plan may hold of its execution alone is its uid and its time (`request.id`, `request.created-at`): both are left open. What stands
/// for them occurs in no JSON text, so nothing a plugin says can look like it.
pub(crate) fn of_request(exec: &Execution, planned: &Planned) -> Result<PlanHash, BadProposal> {
    let text = canonical::json(&content(exec, planned)).map_err(no)?;
    let open = text.as_str().replace(exec.uid.as_str(), "\u{1}").replace(&exec.created.to_string(), "\u{2}");
    PlanHash::try_from(canonical::sha256(open.as_bytes())).map_err(no)
}

/// The parts that are not the same in both, by the words of the list.
pub(crate) fn differ(exec: &Execution, one: &Planned, other: &Planned) -> Vec<String> {
    let (Value::Object(one), Value::Object(other)) = (content(exec, one), content(exec, other)) else { return vec![] };
    one.into_iter().filter(|(part, value)| other.get(part) != Some(value)).map(|(part, _)| part).collect()
}

fn content(exec: &Execution, planned: &Planned) -> Value {
    json!({
        // Of another version of this list, never the same hash.
        "list": 3,
        "cluster": exec.cluster,
        "requester": exec.spec.requester,
        "action": planned.action,
        "component": planned.plugin.digest,
        "parameters": planned.parameters,
        "target": planned.target,
        // Where a pod runs is what its turn goes by.
        "node": planned.node,
        "commands": planned.proposal.commands,
        "writes": planned.proposal.writes,
        "changes": planned.proposal.changes,
        "memo": planned.proposal.memo,
        // Who owns what now: one that appears while it waits was not approved. In its normalized form, which knows no times.
        "owners": planned.owners,
        "undo": planned.undo,
        "role": planned.role,
        "idempotent": planned.idempotent,
        "deadline": planned.deadline,
        "verify": planned.verify,
        "image": planned.image,
    })
}

fn no(_: Malformed) -> BadProposal {
    BadProposal::NoJson("the plan")
}
