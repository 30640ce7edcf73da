//! The execution itself: read live, its status written as a log entry, the finalizer put on and taken off. Owns the rule that a write
//! carries the resourceVersion of what was decided on.
use super::{
    client::{CallError, Cluster, if_there, within},
    patch::{self, Patched},
};
use crds::{ExecutionStatus, KubernetesExecution};
use decide::{
    execution::{Execution, FINALIZER},
    whole::{self, NotKnown},
};
use kube::{
    Api, Resource,
    api::{DeleteParams, ObjectMeta, PostParams, Preconditions},
    core::{Request, params::GetParams},
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// An execution with which something may be done.
pub type Live = Result<Arc<KubernetesExecution>, Unknown>;

/// One whose status says more than this build knows: it is left as it is.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{why}")]
pub struct Unknown {
    /// Which one.
    pub metadata: Box<ObjectMeta>,
    /// What of it.
    pub why: NotKnown,
}

/// With all that is stored, or not at all.
pub fn known(object: &Value) -> Live {
    let metadata = || object.get("metadata").and_then(|meta| ObjectMeta::deserialize(meta).ok()).unwrap_or_default();
    whole::read(object).map(Arc::new).map_err(|why| Unknown { metadata: Box::new(metadata()), why })
}

/// What became of a write to the execution.
#[derive(Debug, Clone)]
pub enum Recorded {
    /// As it is now.
    Done(Arc<KubernetesExecution>),
    /// Somebody was faster; look again.
    Conflict,
    /// It is not there any more.
    Gone,
}

impl Cluster {
    fn executions(&self, namespace: &str) -> Api<KubernetesExecution> {
        Api::namespaced(self.client.clone(), namespace)
    }

    /// As it is now; none where there is none.
    pub async fn execution(&self, namespace: &str, name: &str) -> Result<Option<Arc<KubernetesExecution>>, CallError> {
        let found = within(self.executions(namespace).get_opt(name)).await?;
        Ok(found.map(Arc::new))
    }

    /// The same, where something may be done with it.
    pub async fn live(&self, namespace: &str, name: &str) -> Result<Option<Live>, CallError> {
        let path = KubernetesExecution::url_path(&(), Some(namespace));
        let request = Request::new(path).get(name, &GetParams::default()).map_err(kube::Error::BuildRequest)?;
        let found = if_there(within(self.client.request::<Value>(request)).await)?;
        Ok(found.map(|object| known(&object)))
    }

    /// Writes the next status, only over the one that was decided on.
    pub async fn record(&self, exec: &Execution, next: &ExecutionStatus) -> Result<Recorded, CallError> {
        let mut object = KubernetesExecution::new(&exec.name, exec.spec.clone());
        object.metadata = identity(exec);
        object.status = Some(next.clone());
        let api = self.executions(&exec.namespace);
        let put = within(api.replace_status(&exec.name, &PostParams::default(), &object)).await;
        self.recorded(put)
    }

    /// Puts our finalizer on, or takes it off; the others stay as they are.
    pub async fn finalizer(&self, exec: &Execution, present: bool) -> Result<Recorded, CallError> {
        let quick = if present { first_finalizer(exec) } else { last_finalizer(exec) };
        match self.patch_execution(exec, quick).await? {
            Patched::Done(kx) => Ok(self.done(kx)),
            Patched::Gone => Ok(Recorded::Gone),
            Patched::TestFailed => self.finalizer_among_others(exec, present).await,
        }
    }

    /// A test failed: the object moved, or carries finalizers of somebody else. Then their list has to be read.
    async fn finalizer_among_others(&self, exec: &Execution, present: bool) -> Result<Recorded, CallError> {
        let Some(live) = self.execution(&exec.namespace, &exec.name).await? else { return Ok(Recorded::Gone) };
        let meta = live.meta();
        if meta.resource_version.as_deref() != Some(&exec.resource_version) || meta.uid.as_deref() != Some(exec.uid.as_str()) {
            return Ok(Recorded::Conflict);
        }
        let others = meta.finalizers.iter().flatten().filter(|f| *f != FINALIZER);
        let wanted: Vec<&str> = others.map(String::as_str).chain(present.then_some(FINALIZER)).collect();
        let patch = with_tests(exec, json!({"op": "add", "path": "/metadata/finalizers", "value": wanted}));
        Ok(match self.patch_execution(exec, patch).await? {
            Patched::Done(kx) => self.done(kx),
            Patched::Gone => Recorded::Gone,
            Patched::TestFailed => Recorded::Conflict,
        })
    }

    async fn patch_execution(&self, exec: &Execution, patch: Value) -> Result<Patched<KubernetesExecution>, CallError> {
        patch::json(&self.client, &KubernetesExecution::url_path(&(), Some(&exec.namespace)), &exec.name, &patch).await
    }

    /// Makes another execution. One that is there already was made before.
    pub async fn request(&self, kx: &KubernetesExecution) -> Result<(), CallError> {
        let api = self.executions(kx.metadata.namespace.as_deref().unwrap_or_default());
        match within(api.create(&PostParams::default(), kx)).await {
            Err(error) if error.is(409) => Ok(()),
            answer => answer.map(drop),
        }
    }

    /// Deletes exactly this version of it: whoever wrote it since is looked at first.
    pub async fn delete(&self, exec: &Execution) -> Result<Recorded, CallError> {
        let (uid, resource_version) = (Some(exec.uid.to_string()), Some(exec.resource_version.clone()));
        let this = DeleteParams { preconditions: Some(Preconditions { resource_version, uid }), ..DeleteParams::default() };
        match within(self.executions(&exec.namespace).delete(&exec.name, &this)).await {
            Err(error) if error.is(409) => Ok(Recorded::Conflict),
            answer => if_there(answer).map(|_| Recorded::Gone),
        }
    }

    fn recorded(&self, put: Result<KubernetesExecution, CallError>) -> Result<Recorded, CallError> {
        match put {
            Err(error) if error.is(409) => Ok(Recorded::Conflict),
            answer => Ok(if_there(answer)?.map_or(Recorded::Gone, |kx| self.done(kx))),
        }
    }

    fn done(&self, kx: KubernetesExecution) -> Recorded {
        self.echoes.wrote(kx.meta());
        Recorded::Done(Arc::new(kx))
    }
}

/// uid and version: a new object of the same name, or a newer version of this one, is a conflict.
fn identity(exec: &Execution) -> ObjectMeta {
    ObjectMeta {
        namespace: Some(exec.namespace.clone()),
        name: Some(exec.name.clone()),
        uid: Some(exec.uid.to_string()),
        resource_version: Some(exec.resource_version.clone()),
        ..ObjectMeta::default()
    }
}

fn with_tests(exec: &Execution, operation: Value) -> Value {
    json!([
        {"op": "test", "path": "/metadata/uid", "value": exec.uid},
        {"op": "test", "path": "/metadata/resourceVersion", "value": exec.resource_version},
        operation,
    ])
}

/// Nearly always there is no other finalizer: one call without reading. (A test of null holds where the list is absent.)
fn first_finalizer(exec: &Execution) -> Value {
    let mut patch = with_tests(exec, json!({"op": "test", "path": "/metadata/finalizers", "value": null}));
    if let Value::Array(steps) = &mut patch {
        steps.push(json!({"op": "add", "path": "/metadata/finalizers", "value": [FINALIZER]}));
    }
    patch
}

fn last_finalizer(exec: &Execution) -> Value {
    let mut patch = with_tests(exec, json!({"op": "test", "path": "/metadata/finalizers", "value": [FINALIZER]}));
    if let Value::Array(steps) = &mut patch {
        steps.push(json!({"op": "remove", "path": "/metadata/finalizers"}));
    }
    patch
}
