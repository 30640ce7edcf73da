//! An execution as far as the watch looks at it: which one it is, whether anything is left to do for it, for what it waits, what it undid.
use super::queues::Waiter;
use crds::{KubernetesExecution, ObjectUid, Phase, Reason, labels::FINALIZER_RECORD};
use kube::{Resource, ResourceExt, api::ObjectMeta};
use serde::Deserialize;

/// An execution, as far as the watch looks at it. It parses whatever a newer build may have written.
#[derive(Clone, Debug, Deserialize, Resource)]
#[resource(inherit = KubernetesExecution)]
pub(super) struct Seen {
    pub metadata: ObjectMeta,
    spec: Option<SeenSpec>,
    status: Option<SeenStatus>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SeenSpec {
    rollback_of: Option<ObjectUid>,
    ttl_after_finished: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SeenStatus {
    phase: Option<String>,
    reason: Option<String>,
    started_at: Option<String>,
    target: Option<SeenTarget>,
}

#[derive(Clone, Debug, Deserialize)]
struct SeenTarget {
    uid: Option<String>,
}

impl Seen {
    /// Over, the finalizer is gone, and it stays: there is nothing left to do for it, ever.
    pub(super) fn owes_nothing(&self) -> bool {
        if self.spec.as_ref().is_some_and(|s| s.ttl_after_finished.is_some()) {
            return false;
        }
        let phase = self.status.as_ref().and_then(|s| word::<Phase>(s.phase.as_ref()));
        let over = phase.is_some_and(Phase::is_over);
        over && !self.finalizers().iter().any(|f| f == FINALIZER_RECORD)
    }

    /// The target that it waits for.
    pub(super) fn waits(&self) -> Option<Waiter> {
        let status = self.status.as_ref()?;
        let queued =
            word(status.phase.as_ref()) == Some(Phase::Preparing) && word(status.reason.as_ref()) == Some(Reason::Queued);
        queued.then_some(())?;
        Some(Waiter {
            target: status.target.as_ref()?.uid.clone()?,
            undoes: self.spec.as_ref().is_some_and(|s| s.rollback_of.is_some()),
            since: status.started_at.clone()?,
            namespace: self.namespace()?,
            name: self.name_any(),
        })
    }

    /// What this one undid: it ran, and its effect was seen.
    pub(super) fn undid(&self) -> Option<&ObjectUid> {
        let status = self.status.as_ref()?;
        let ended = word(status.phase.as_ref()) == Some(Phase::Completed);
        let did = matches!(word(status.reason.as_ref()), Some(Reason::ChecksPassed | Reason::RolledBack | Reason::Reviewed));
        self.spec.as_ref()?.rollback_of.as_ref().filter(|_| ended && did)
    }
}

/// A word of ours; none for one of a newer build.
fn word<T: serde::de::DeserializeOwned>(word: Option<&String>) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(word?.clone())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn seen(phase: &str, finalizers: &[&str]) -> Seen {
        serde_json::from_value(json!({"metadata": {"name": "x", "finalizers": finalizers}, "status": {"phase": phase}})).unwrap()
    }

    #[test]
    fn only_what_is_over_and_let_go_is_never_woken() {
        assert!(seen("Completed", &[]).owes_nothing());
        assert!(seen("Refused", &["somebody/else"]).owes_nothing());
        assert!(!seen("Completed", &[FINALIZER_RECORD]).owes_nothing());
        assert!(!seen("Executing", &[]).owes_nothing());
        assert!(!seen("APhaseOfANewerBuild", &[]).owes_nothing());
        let fresh: Seen = serde_json::from_value(json!({"metadata": {"name": "x"}})).unwrap();
        assert!(!fresh.owes_nothing());
    }
}
