//! What tests act on: small workloads whose pods do nothing. Owns their manifests, and the image they run.
use crate::{Cluster, PATIENCE, api, create, get, within};
use kube::{
    Client,
    api::{Patch, PatchParams},
};
use serde_json::{Value, json};

/// An image whose program does nothing and ends at once when told to: as in the demo, `PAUSE_IMAGE`, or the local cluster's own.
#[must_use]
pub fn image() -> String {
    let given = std::env::var_os("PAUSE_IMAGE").and_then(|i| i.into_string().ok());
    given.filter(|i| !i.is_empty()).unwrap_or_else(|| "writ/pause:dev".to_owned())
}

/// A Deployment, a StatefulSet or a DaemonSet called `web`.
pub struct Workload {
    client: Client,
    /// Its manifest.
    pub object: Value,
}

impl Workload {
    /// A Deployment with so many pods, once they are ready.
    pub async fn deployment(cluster: &Cluster, namespace: &str, replicas: u32) -> Self {
        Self::make(cluster, namespace, "Deployment", json!({"replicas": replicas})).await
    }

    /// Any kind, once its pods are ready.
    ///
    /// # Panics
    /// Where it cannot be made, or never gets ready.
    pub async fn make(cluster: &Cluster, namespace: &str, kind: &str, more: Value) -> Self {
        let mut spec = json!({
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"terminationGracePeriodSeconds": 1, "containers": [{"name": "web", "image": image()}]},
            },
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            spec[key] = value.clone();
        }
        let meta = json!({"name": "web", "namespace": namespace});
        let object = json!({"apiVersion": "apps/v1", "kind": kind, "metadata": meta, "spec": spec});
        create(&cluster.admin, &object).await.unwrap_or_else(|e| panic!("failed to make a {kind}: {e}"));
        let workload = Self { client: cluster.admin.clone(), object };
        workload.settled().await;
        workload
    }

    /// Where it is.
    ///
    /// # Panics
    /// Never: `make` puts it somewhere.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.object["metadata"]["namespace"].as_str().expect("a namespace")
    }

    /// As it is now.
    ///
    /// # Panics
    /// Where it is gone.
    pub async fn now(&self) -> Value {
        get(&self.client, &self.object).await.expect("the API server answers").expect("the workload is there")
    }

    /// When its controller has done what the spec says: so many ready pods, and the whole object.
    pub async fn settled(&self) -> (i64, Value) {
        within(PATIENCE, "the workload is as it shall be", async || {
            let now = self.now().await;
            let of = |name: &str| now["status"][name].as_i64().unwrap_or(0);
            let wanted = now["spec"]["replicas"].as_i64().unwrap_or_else(|| of("desiredNumberScheduled"));
            let ready = of("readyReplicas") + of("numberReady");
            let updated = of("updatedReplicas") + of("updatedNumberScheduled");
            let seen = of("observedGeneration") == now["metadata"]["generation"].as_i64().unwrap_or(0);
            let exist = of("replicas") + of("currentNumberScheduled");
            (seen && wanted > 0 && [ready, updated, exist] == [wanted; 3]).then_some((ready, now))
        })
        .await
    }

    /// The uids of its pods that are there to stay.
    ///
    /// # Panics
    /// Where the API server does not answer.
    pub async fn pods(&self) -> Vec<String> {
        let kind = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": self.object["metadata"]["namespace"]}});
        let pods = crate::all(&self.client, &kind, "app=web").await.expect("the API server answers");
        let stays = pods.iter().filter(|p| p["metadata"].get("deletionTimestamp").is_none());
        stays.map(|p| p["metadata"]["uid"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Changes it, as its owner would.
    ///
    /// # Errors
    /// The API server's.
    pub async fn patch(&self, changes: Value) -> kube::Result<()> {
        api(&self.client, &self.object).patch("web", &PatchParams::default(), &Patch::Strategic(changes)).await.map(drop)
    }

    /// The same, under the name of another client.
    ///
    /// # Errors
    /// The API server's.
    pub async fn patch_as(&self, manager: &str, changes: Value) -> kube::Result<()> {
        let params = PatchParams { field_manager: Some(manager.to_owned()), ..PatchParams::default() };
        api(&self.client, &self.object).patch("web", &params, &Patch::Merge(changes)).await.map(drop)
    }

    /// By server-side apply, as a GitOps tool does.
    ///
    /// # Errors
    /// The API server's.
    pub async fn apply_as(&self, manager: &str, mut declared: Value) -> kube::Result<()> {
        (declared["apiVersion"], declared["kind"]) = (self.object["apiVersion"].clone(), self.object["kind"].clone());
        api(&self.client, &self.object)
            .patch("web", &PatchParams::apply(manager).force(), &Patch::Apply(declared))
            .await
            .map(drop)
    }

    /// Asks whether its number of replicas could be set: admission is asked, nothing is stored.
    ///
    /// # Errors
    /// The API server's.
    pub async fn would_scale(&self, replicas: u32) -> kube::Result<()> {
        let params = PatchParams { dry_run: true, ..PatchParams::default() };
        let patch = Patch::Merge(json!({"spec": {"replicas": replicas}}));
        api(&self.client, &self.object).patch_scale("web", &params, &patch).await.map(drop)
    }
}
