//! One execution under test: asked for, followed, and looked at from outside when it is over.
use crate::{Cluster, Story, all, api, create, get, object::plain};
use crds::labels::{FINALIZER_RECORD, LABEL_EXECUTION_UID, NAMESPACE_DRYRUN, NAMESPACE_RUNS};
use futures::StreamExt;
use kube::{
    Client,
    api::{DeleteParams, Patch, PatchParams},
    runtime::{WatchStreamExt, watcher::watch_object},
};
use serde_json::{Value, json};
use std::{pin::pin, time::Duration};

/// A run takes three seconds; on a machine that builds something as well, much more. The longest deadline of a test is far below.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// One execution.
pub struct Run {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
    pub(crate) cluster: Cluster,
}

impl Cluster {
    /// Asks for it, as the administrator.
    ///
    /// # Panics
    /// Where the API server refuses it.
    pub async fn run(&self, namespace: &str, spec: Value) -> Run {
        self.run_as(&self.admin, namespace, spec).await.expect("the administrator may ask for anything")
    }

    /// Asks for it, as somebody.
    ///
    /// # Errors
    /// The API server's.
    pub async fn run_as(&self, who: &Client, namespace: &str, spec: Value) -> kube::Result<Run> {
        let made = create(who, &Run::manifest(namespace, spec)).await?;
        let of = |part: Option<String>| part.unwrap_or_default();
        let meta = made.metadata;
        Ok(Run { namespace: namespace.to_owned(), name: of(meta.name), uid: of(meta.uid), cluster: self.clone() })
    }
}

impl Run {
    /// A whole execution; its name begins with `run-`.
    #[must_use]
    pub fn manifest(namespace: &str, spec: Value) -> Value {
        json!({
            "apiVersion": "writ.dev/v1alpha1", "kind": "KubernetesExecution",
            "metadata": {"generateName": "run-", "namespace": namespace}, "spec": spec,
        })
    }

    /// One that is there, whoever asked for it.
    ///
    /// # Panics
    /// Where it was never stored.
    #[must_use]
    pub fn of(cluster: &Cluster, execution: &Value) -> Self {
        let text = |part: &str| execution["metadata"][part].as_str().expect("a stored object").to_owned();
        Self { namespace: text("namespace"), name: text("name"), uid: text("uid"), cluster: cluster.clone() }
    }

    fn object(&self) -> Value {
        let mut object = Self::manifest(&self.namespace, json!({}));
        object["metadata"]["name"] = json!(self.name);
        object
    }

    /// As it is now; none: it is gone.
    ///
    /// # Panics
    /// Where the API server does not answer.
    pub async fn now(&self) -> Option<Value> {
        get(&self.cluster.admin, &self.object()).await.expect("the API server answers")
    }

    /// When it is so. By a watch: many are followed at once, and each look would cost the API server milliseconds that the test could have.
    ///
    /// # Panics
    /// Where it never is.
    pub async fn until(&self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        let mut states = pin!(watch_object(api(&self.cluster.admin, &self.object()), &self.name).default_backoff());
        let so = async {
            while let Some(state) = states.next().await {
                if let Some(object) = state.ok().flatten().map(plain).filter(&is) {
                    return Some(object);
                }
            }
            None
        };
        match tokio::time::timeout(PATIENCE, so).await {
            Ok(Some(object)) => object,
            _ => panic!("{what} ({}/{}): not within {PATIENCE:?}", self.namespace, self.name),
        }
    }

    /// Whether an execution is over and nothing is owed any more.
    #[must_use]
    pub fn is_done(execution: &Value) -> bool {
        let held = execution["metadata"]["finalizers"].as_array().is_some_and(|f| f.contains(&json!(FINALIZER_RECORD)));
        Story::is_end(&execution["status"]) && !held
    }

    /// When it is over and nothing is owed any more, with all that is known of it. What must be so of every execution is held here.
    pub async fn ended(&self) -> Story {
        let object = self.until("it is over and owes nothing", Self::is_done).await;
        let story = Story::of(self, object).await;
        story.is_sound();
        story
    }

    /// Asks to stop it.
    ///
    /// # Errors
    /// The API server's.
    pub async fn cancel(&self, who: &Client, reason: &str) -> kube::Result<()> {
        let asked = Patch::Merge(json!({"spec": {"cancel": {"requested": true, "reason": reason}}}));
        api(who, &self.object()).patch(&self.name, &PatchParams::default(), &asked).await.map(drop)
    }

    /// Deletes it.
    ///
    /// # Errors
    /// The API server's.
    pub async fn delete(&self) -> kube::Result<()> {
        api(&self.cluster.admin, &self.object()).delete(&self.name, &DeleteParams::default()).await.map(drop)
    }

    /// All objects of a kind that were made for it.
    ///
    /// # Panics
    /// Where the API server does not answer.
    pub async fn made(&self, version: &str, kind: &str, namespace: &str) -> Vec<Value> {
        let kind = json!({"apiVersion": version, "kind": kind, "metadata": {"namespace": namespace}});
        all(&self.cluster.admin, &kind, &format!("{LABEL_EXECUTION_UID}={}", self.uid)).await.expect("the API server answers")
    }

    /// Its Jobs.
    pub async fn jobs(&self) -> Vec<Value> {
        self.made("batch/v1", "Job", NAMESPACE_RUNS).await
    }

    /// The pods of its Jobs.
    pub async fn pods(&self) -> Vec<Value> {
        self.made("v1", "Pod", NAMESPACE_RUNS).await
    }

    /// What is left of its identity and of that of its dry run, and of its turn on the target: accounts, bindings, claims.
    pub async fn identity(&self) -> Vec<Value> {
        let mut left = self.made("v1", "ServiceAccount", NAMESPACE_RUNS).await;
        left.extend(self.made("v1", "ServiceAccount", NAMESPACE_DRYRUN).await);
        left.extend(self.made("coordination.k8s.io/v1", "Lease", NAMESPACE_RUNS).await);
        left.extend(self.made("rbac.authorization.k8s.io/v1", "RoleBinding", &self.namespace).await);
        left
    }
}
