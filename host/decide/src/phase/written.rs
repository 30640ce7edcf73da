//! Who wrote last what a plan changes, in words: for whoever is told that it moved. The API server's word: what it keeps no time of has none.
use crate::{
    model::Planned,
    observed::Writer,
    owners::{name, part},
    time,
};
use crds::ChangeStatus;
use std::cmp::Reverse;

/// Of a plan that changes much, so many are named.
const NAMED: usize = 2;

/// ` Written last: spec.replicas by somebody with kubectl-edit (2026-11-23T03:13:07Z).`; nothing where nobody is known.
pub(super) fn last(planned: &Planned, writers: &[Writer], of: impl Fn(&Writer) -> bool) -> String {
    let mut all: Vec<&Writer> = writers.iter().filter(|w| of(w)).collect();
    all.sort_by_key(|w| Reverse(w.at));
    let said: Vec<String> = all.into_iter().take(NAMED).map(|w| format!("{} by {}", what(planned, w), by(planned, w))).collect();
    if said.is_empty() { String::new() } else { format!(" Written last: {}.", said.join(", ")) }
}

/// `, written last by somebody with kubectl-edit (2026-11-23T03:13:07Z)` of one field; nothing where nobody is known.
pub(super) fn last_of(planned: &Planned, writers: &[Writer], change: &ChangeStatus) -> String {
    let its = writers.iter().filter(|w| w.object == change.object && w.field == change.field);
    its.max_by_key(|w| w.at).map_or_else(String::new, |w| format!(", written last by {}", by(planned, w)))
}

fn what(planned: &Planned, writer: &Writer) -> String {
    match writer.field.as_str() {
        "" => writer.object.clone(),
        field => part(stored(planned, &writer.object), field),
    }
}

fn by(planned: &Planned, writer: &Writer) -> String {
    let when = writer.at.map_or_else(String::new, |at| format!(" ({})", time::words(at)));
    format!("{}{when}", who(planned, writer))
}

/// As owners name it: empty for the target.
pub(super) fn stored<'a>(planned: &Planned, object: &'a str) -> &'a str {
    let target = planned.target.as_ref().is_some_and(|(id, _)| id.to_string() == object);
    if target { "" } else { object }
}

pub(super) fn who(planned: &Planned, writer: &Writer) -> String {
    // The controllers of the cluster write replicas for the autoscaler that is aimed there.
    let object = stored(planned, &writer.object);
    let known = planned.owners.iter().find(|o| o.object == object && o.field == writer.field && o.reverts);
    match (known, writer.manager.as_str()) {
        (_, kubectl) if kubectl == "kubectl" || kubectl.starts_with("kubectl-") => format!("somebody with {kubectl}"),
        (Some(owner), _) => name(owner),
        (None, "") => "somebody without a name".to_owned(),
        (None, manager) => manager.to_owned(),
    }
}
