//! Has somebody taken what an undo would write? The value may be as it was left and still be another's: undoing it would fight them.
//! Whoever changes a field takes it from everybody who held it; so after a run only its own kubectl holds what it changed, and who else
//! does came later. What another kubectl of the same command wrote is told from ours by its time alone, where the API server keeps one.
use super::super::written::{stored, who};
use crate::{
    model::Planned,
    observed::Writer,
    owners::{name, part},
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
    let object = stored(planned, &back.object);
    let written = |w: &&Writer| w.object == back.object && w.field == field && !is_ours(w, status);
    let later = writers.iter().filter(written).max_by_key(|w| w.at);
    let then = status.plan.as_ref().map(|p| p.owners.as_slice()).unwrap_or_default();
    let owner = planned.owners.iter().find(|o| o.object == object && o.field == field && o.reverts && !owned_it(then, o));
    let who = match (owner, later) {
        (Some(owner), _) => name(owner),
        (None, Some(writer)) => who(planned, writer),
        (None, None) => return None,
    };
    let since = later.and_then(|w| w.at).map_or_else(String::new, |at| format!(" since {}", time::words(at)));
    let what = if field.is_empty() { part(&back.object, field) } else { part(object, field) };
    let message = match field {
        "" => format!("{who} wrote {what}{since}"),
        _ => format!("{who} owns {what}{since} (now {})", back.before.as_deref().unwrap_or("absent")),
    };
    Some(ViolationStatus { pointer: field.to_owned(), rule: RULE.to_owned(), message })
}

/// By the run itself, or by another like it and before its end.
fn is_ours(writer: &Writer, status: &ExecutionStatus) -> bool {
    let commands = status.plan.as_ref().map(|p| p.commands.as_slice()).unwrap_or_default();
    let verbs = commands.iter().filter_map(|c| c.verb.first());
    let name = verbs.into_iter().any(|verb| writer.manager == manager(verb));
    // Of a run whose end is not known, nothing is known to be earlier.
    name && writer.at.is_none_or(|at| ended(status).is_some_and(|end| at <= end))
}

/// What kubectl calls itself: after its command, but for `scale`, which leaves it to the client.
fn manager(verb: &str) -> String {
    if verb == "scale" { "kubectl".to_owned() } else { format!("kubectl-{verb}") }
}

/// What it wrote was written before that. The API server knows its writes to the second only; its clock and ours are taken for one.
fn ended(status: &ExecutionStatus) -> Option<Timestamp> {
    let verifying = status.timeline.iter().rev().find(|e| e.phase == Phase::Verifying).map(|e| e.at.as_str());
    verifying.or(status.finished_at.as_deref()).and_then(|at| time::read(at).ok())
}

fn owned_it(then: &[Owner], now: &Owner) -> bool {
    then.iter().any(|o| (o.kind, &o.name, &o.object, &o.field) == (now.kind, &now.name, &now.object, &now.field))
}
