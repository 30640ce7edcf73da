//! An execution as far as the watch looks at it: which one it is, whether anything is left to do for it, for what it waits, what it
//! undid, what it did.
use super::queues::Waiter;
use crds::{KubernetesExecution, ObjectUid, Phase, Reason, labels::FINALIZER_RECORD};
use decide::{
    limits,
    lock::{self, Counts, Node},
    question::Run,
};
use kube::{Resource, ResourceExt, api::ObjectMeta};
use serde::{Deserialize, de::IgnoredAny};

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
    #[serde(default)]
    action: String,
    requester: Option<SeenRequester>,
    rollback_of: Option<ObjectUid>,
    ttl_after_finished: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SeenStatus {
    phase: Option<String>,
    reason: Option<String>,
    started_at: Option<String>,
    finished_at: Option<String>,
    target: Option<SeenTarget>,
    lock: Option<SeenLock>,
    job: Option<IgnoredAny>,
}

#[derive(Clone, Debug, Deserialize)]
struct SeenRequester {
    #[serde(default)]
    username: String,
}

#[derive(Clone, Debug, Deserialize)]
struct SeenTarget {
    uid: Option<String>,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    node: String,
}

#[derive(Clone, Debug, Deserialize)]
struct SeenLock {
    limit: Option<String>,
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

    /// For what it waits: its target, or a limit. Who waits for a thaw waits for its target, whatever it waited for before.
    pub(super) fn waits(&self) -> Option<Waiter> {
        let status = self.status.as_ref()?;
        (word(status.phase.as_ref()) == Some(Phase::Preparing)).then_some(())?;
        let limit = status.lock.as_ref().and_then(|lock| word(lock.limit.as_ref()));
        let reason: Reason = word(status.reason.as_ref())?;
        let line = match (reason, limit) {
            (Reason::Frozen, _) => lock::line(status.target.as_ref()?.uid.as_ref()?),
            (Reason::Queued | Reason::LimitReached, Some(limit)) => limits::line(limit, &self.counts()),
            (Reason::Queued, None) => lock::line(status.target.as_ref()?.uid.as_ref()?),
            _ => return None,
        };
        Some(Waiter {
            line,
            undoes: self.spec.as_ref().is_some_and(|s| s.rollback_of.is_some()),
            since: status.started_at.clone()?,
            namespace: self.namespace()?,
            name: self.name_any(),
            frozen: self.spec.as_ref().filter(|_| reason == Reason::Frozen).map(|s| s.action.clone()),
        })
    }

    fn counts(&self) -> Counts {
        let (action, requester) = self.spec.as_ref().map(|s| (s.action.as_str(), self.requester())).unwrap_or_default();
        let target = self.status.as_ref().and_then(|s| s.target.as_ref());
        let node = target.and_then(|t| Node::of(&t.kind, &t.node));
        Counts::new(&self.namespace().unwrap_or_default(), action, requester, node)
    }

    fn requester(&self) -> &str {
        self.spec.as_ref().and_then(|s| s.requester.as_ref()).map_or("", |r| r.username.as_str())
    }

    /// What a policy may want to know of it later: it ran, or may have.
    pub(super) fn run(&self) -> Option<Run> {
        let (status, spec) = (self.status.as_ref()?, self.spec.as_ref()?);
        status.job.as_ref()?;
        Some(Run {
            execution: self.name_any(),
            namespace: self.namespace()?,
            action: spec.action.clone(),
            requester: self.requester().to_owned(),
            target: status.target.as_ref().and_then(|t| t.uid.clone()).unwrap_or_default(),
            undoes: spec.rollback_of.is_some(),
            phase: status.phase.clone()?,
            reason: status.reason.clone()?,
            started: status.started_at.as_deref()?.parse().ok()?,
            finished: status.finished_at.as_deref().and_then(|at| at.parse().ok()),
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
    fn who_waits_for_a_thaw_stands_in_the_line_of_its_target() {
        let waits = |reason: &str, lock: serde_json::Value| {
            let status = json!({
                "phase": "Preparing", "reason": reason, "startedAt": "2026-11-23T03:12:08.000000Z", "target": {"uid": "web"}, "lock": lock,
            });
            let seen =
                json!({"metadata": {"name": "x", "namespace": "shop"}, "spec": {"action": "scale_deployment"}, "status": status});
            serde_json::from_value::<Seen>(seen).unwrap().waits().map(|w| (w.line, w.frozen))
        };
        let (target, frozen) = (lock::line("web"), Some("scale_deployment".to_owned()));
        assert_eq!(waits("Queued", json!({})), Some((target.clone(), None)));
        assert_eq!(waits("Frozen", json!({})), Some((target.clone(), frozen.clone())));
        assert_eq!(waits("Frozen", json!({"limit": "Namespace"})), Some((target, frozen)), "it waited for a limit before");
        assert_eq!(waits("Accepted", json!({})), None);
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
