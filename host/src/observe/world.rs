//! A cluster, as the chain of judgements looks at it.
use crate::{
    cluster::{CallError, Cluster},
    judge::{Looked, World},
};
use decide::{
    execution::Execution,
    model::{Found, Object, ObjectRef, Read},
    question::{self, Facts, History},
};
use jiff::Timestamp;

impl World for Cluster {
    type Error = CallError;

    fn denied(error: &CallError) -> Option<String> {
        match error {
            CallError::Refused { code: 403, message, .. } => Some(format!("a role that Writ itself reads by ({message})")),
            _ => None,
        }
    }
    async fn target(&self, id: &ObjectRef) -> Result<Option<Object>, CallError> {
        Cluster::target(self, id).await
    }
    async fn answer(&self, read: &Read) -> Result<Found, CallError> {
        Cluster::answer(self, read).await
    }
    async fn may_run(&self, exec: &Execution) -> Result<Result<(), String>, CallError> {
        match &exec.spec.requester {
            Some(who) => Cluster::may_run(self, who, &exec.namespace, &exec.spec.action).await,
            None => Ok(Err("no requester was stamped on it".into())),
        }
    }
    async fn may_read(&self, exec: &Execution, what: &Looked<'_>) -> Result<Result<(), String>, CallError> {
        match &exec.spec.requester {
            Some(who) => Cluster::may_read(self, who, what.api, what.namespace, what.name).await,
            None => Ok(Err("no requester was stamped on it".into())),
        }
    }
    async fn facts(&self, exec: &Execution, target: Option<&Object>) -> Result<Option<Facts>, CallError> {
        let Some(namespace) = self.namespace(&exec.namespace).await?.filter(|n| !n.terminating) else {
            return Ok(None);
        };
        let (total, ready) = self.nodes().await?;
        let body = target.and_then(|t| serde_json::from_str(t.body.as_str()).ok()).unwrap_or(serde_json::Value::Null);
        Ok(Some(Facts {
            namespace_labels: namespace.labels,
            target_labels: question::labels(&body),
            priority_class: question::priority_class(&body),
            kubernetes: String::new(),
            nodes_total: total,
            nodes_ready: ready,
            history: History::default(),
        }))
    }
    fn history(&self, exec: &Execution, target: Option<&Object>, now: Timestamp) -> Option<History> {
        Cluster::history(self, exec, target.map(|t| t.uid.as_str()), now)
    }
}
