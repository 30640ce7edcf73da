//! What both sides work on: Deployments of two replicas, of which one can run. The second stays pending (two pods of one Deployment may
//! not share a domain that there is only one of), so that scaling from two to one costs the node nothing, is done at once, and can be set
//! back at once: what is measured is the way to the command and back, the same for both.
use anyhow::{Context, Result};
use futures::future::try_join_all;
use k8s_openapi::api::apps::v1::Deployment;
use kube::{
    Api, Client,
    api::{Patch, PatchParams},
    runtime::wait::await_condition,
};
use serde_json::{Value, json};
use std::time::Duration;

/// Twenty pods start within seconds, on a busy machine within minutes.
const PATIENCE: Duration = Duration::from_secs(300);

/// Makes Deployments of these names and waits until one pod of each is ready.
pub(crate) async fn set(client: &Client, namespace: &str, names: &[String], image: &str) -> Result<()> {
    try_join_all(names.iter().map(async |name| tests::create(client, &deployment(namespace, name, image)).await)).await?;
    try_join_all(names.iter().map(|name| settled(client, namespace, name))).await.map(drop)
}

/// Back to two replicas.
pub(crate) async fn reset(client: &Client, namespace: &str, names: &[String]) -> Result<()> {
    let api: Api<Deployment> = Api::namespaced(client.clone(), namespace);
    let (params, two) = (PatchParams::default(), Patch::Merge(json!({"spec": {"replicas": 2}})));
    try_join_all(names.iter().map(|name| api.patch(name, &params, &two))).await?;
    try_join_all(names.iter().map(|name| settled(client, namespace, name))).await.map(drop)
}

async fn settled(client: &Client, namespace: &str, name: &str) -> Result<()> {
    let api: Api<Deployment> = Api::namespaced(client.clone(), namespace);
    let two = await_condition(api, name, |d: Option<&Deployment>| d.is_some_and(stands));
    tokio::time::timeout(PATIENCE, two).await.with_context(|| format!("Deployment {name}: no ready pod in {PATIENCE:?}"))??;
    Ok(())
}

/// Two pods, one of them ready, and the controller has seen that it should be so.
fn stands(d: &Deployment) -> bool {
    d.status
        .as_ref()
        .is_some_and(|s| s.observed_generation == d.metadata.generation && s.replicas == Some(2) && s.ready_replicas == Some(1))
}

fn deployment(namespace: &str, name: &str, image: &str) -> Value {
    let labels = json!({"app": name});
    let alone = json!({"labelSelector": {"matchLabels": labels}, "topologyKey": "kubernetes.io/os"});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "terminationGracePeriodSeconds": 1,
                    "automountServiceAccountToken": false,
                    "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [alone]}},
                    "containers": [{"name": "idle", "image": image, "imagePullPolicy": "IfNotPresent"}],
                },
            },
        },
    })
}
