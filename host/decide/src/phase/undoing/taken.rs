//! Has somebody taken what an undo would write? The value may be as it was left and still be another's: undoing it would fight them.
//! Seen as far as managed fields and owners tell; of two writes in one second the order is not known, and the later one may be ours.
use crate::{
    model::Planned,
    observed::Writer,
    owners::{dotted, name},
    time,
};
use crds::{ChangeStatus, ExecutionStatus, Owner, Phase, ViolationStatus};
use jiff::Timestamp;

/// What such a violation is called.
pub(super) const RULE: &str = "owner";

/// Who has taken this field since, if anybody has.
pub(super) fn taken(
    status: &ExecutionStatus,
    planned: &Planned,
    writers: &[Writer],
    back: &ChangeStatus,
) -> Option<ViolationStatus> {
    let field = back.field.as_str();
    let ended = ended(status);
    // Of a run whose end is not known, nothing is known to be earlier.
    let later = writers.iter().filter(|w| w.field == field && ended.is_none_or(|end| w.at > end)).max_by_key(|w| w.at);
    let then = status.plan.as_ref().map(|p| p.owners.as_slice()).unwrap_or_default();
    let owner = planned.owners.iter().find(|o| o.field == field && o.reverts && !owned_it(then, o));
    let who = match (owner, later) {
        (Some(owner), _) => name(owner),
        (None, Some(writer)) => who(writer, planned),
        (None, None) => return None,
    };
    let since = later.map_or_else(String::new, |w| format!(" since {}", time::second(&time::text(w.at))));
    let now = back.before.as_deref().unwrap_or("absent");
    let message = format!("{who} owns {}{since} (now {now})", dotted(field));
    Some(ViolationStatus { pointer: field.to_owned(), rule: RULE.to_owned(), message })
}

/// What it wrote was written before that. The API server knows its writes to the second only; its clock and ours are taken for one.
fn ended(status: &ExecutionStatus) -> Option<Timestamp> {
    let verifying = status.timeline.iter().rev().find(|e| e.phase == Phase::Verifying).map(|e| e.at.as_str());
    verifying.or(status.finished_at.as_deref()).and_then(|at| time::read(at).ok())
}

fn owned_it(then: &[Owner], now: &Owner) -> bool {
    then.iter().any(|o| (o.kind, &o.name, &o.field) == (now.kind, &now.name, &now.field))
}

fn who(writer: &Writer, planned: &Planned) -> String {
    // The controllers of the cluster write replicas for the autoscaler that is aimed there.
    let known = planned.owners.iter().find(|o| o.field == writer.field && o.reverts);
    match (known, writer.manager.as_str()) {
        (_, kubectl) if kubectl == "kubectl" || kubectl.starts_with("kubectl-") => format!("somebody with {kubectl}"),
        (Some(owner), _) => name(owner),
        (None, "") => "somebody without a name".to_owned(),
        (None, manager) => manager.to_owned(),
    }
}
