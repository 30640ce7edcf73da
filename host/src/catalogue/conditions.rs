//! Conditions of `ActionPlugin` and `ExecutionPolicy`: the time of the last transition moves only when a status does.
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

/// One step that was tried: type, status, reason, message.
pub type Tried = (&'static str, bool, &'static str, String);

/// The conditions for what was tried, keeping the time of those that did not change.
#[must_use]
pub fn merged(before: &[Condition], tried: &[Tried], generation: i64, now: jiff::Timestamp) -> Vec<Condition> {
    let one = |(kind, ok, reason, message): &Tried| {
        let status = if *ok { "True" } else { "False" };
        let same = before.iter().find(|c| c.type_ == *kind && c.status == status);
        Condition {
            type_: (*kind).into(),
            status: status.into(),
            reason: (*reason).into(),
            message: message.clone(),
            observed_generation: Some(generation),
            last_transition_time: same.map_or_else(|| Time(now), |c| c.last_transition_time.clone()),
        }
    };
    tried.iter().map(one).collect()
}
