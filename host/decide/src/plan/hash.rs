//! The hash of a plan: of who asks, for what, with which component, on which object, and of all that will be done. Two plans with one
//! hash are the same deed. Never in it: resourceVersion (dies in seconds), policies (asked again instead), warnings and names that
//! follow from the digest.
use super::BadProposal;
use crate::{
    canonical,
    execution::Execution,
    model::{Malformed, PlanHash, Planned},
};
use serde_json::json;

pub(super) fn none() -> Result<PlanHash, BadProposal> {
    PlanHash::try_from(canonical::sha256(b"")).map_err(no)
}

pub(crate) fn of(exec: &Execution, planned: &Planned) -> Result<PlanHash, BadProposal> {
    let content = json!({
        // Of another version of this list, never the same hash.
        "list": 2,
        "cluster": exec.cluster,
        "execution": exec.uid,
        "requester": exec.spec.requester,
        "action": planned.action,
        "component": planned.plugin.digest,
        "parameters": planned.parameters,
        "target": planned.target,
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
    });
    let text = canonical::json(&content).map_err(no)?;
    PlanHash::try_from(canonical::sha256(text.as_str().as_bytes())).map_err(no)
}

fn no(_: Malformed) -> BadProposal {
    BadProposal::NoJson("the plan")
}
