//! One run through Writ: from the request to create the execution, to its Job and to "Completed" arriving on watches.
use crate::sight::Sightings;
use anyhow::{Result, ensure};
use k8s_openapi::api::batch::v1::Job;
use kube::{
    Api, Client, ResourceExt,
    api::{DynamicObject, ListParams},
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const RUNS: &str = "writ-runs";

/// How long one run took.
pub(crate) struct Took {
    /// Until its Job was seen.
    pub(crate) job: Duration,
    /// Until it was seen that it is over.
    pub(crate) reported: Duration,
}

/// Watches the executions of a namespace, and the Jobs of all runs.
pub(crate) async fn follow(sights: &Sightings, client: &Client, namespace: &str) {
    let executions = execution(namespace, "", "");
    sights.follow(tests::api(client, &executions), seen).await;
    let jobs = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"namespace": RUNS}});
    sights.follow(tests::api(client, &jobs), made).await;
}

/// One run, until it was reported.
pub(crate) async fn run(sights: &Sightings, client: &Client, namespace: &str, name: &str, target: &str) -> Result<Took> {
    let begun = Instant::now();
    tests::create(client, &execution(namespace, name, target)).await?;
    let over = sights.of(&format!("{namespace}/{name} over")).await?;
    // Refused or failed, it was reported all the same, but it is not what is measured.
    ensure!(over.says.starts_with("Completed"), "{namespace}/{name}: {}", over.says);
    let job = sights.of(&format!("{namespace}/{name} job")).await?;
    Ok(Took { job: job.at.duration_since(begun), reported: over.at.duration_since(begun) })
}

/// Until nothing is left to do for it: the next one meets an idle host.
pub(crate) async fn tidied(sights: &Sightings, namespace: &str, name: &str) -> Result<()> {
    sights.of(&format!("{namespace}/{name} released")).await.map(drop)
}

/// The Job that was made for it.
pub(crate) async fn job(client: &Client, namespace: &str, name: &str) -> Result<Job> {
    let api: Api<Job> = Api::namespaced(client.clone(), RUNS);
    let wanted = format!("{namespace}/{name}");
    let all = api.list(&ListParams::default().labels("writ.dev/execution-uid")).await?;
    let ours = all.items.into_iter().find(|job| job.annotations().get("writ.dev/execution") == Some(&wanted));
    ours.ok_or_else(|| anyhow::anyhow!("no Job of {wanted}"))
}

fn execution(namespace: &str, name: &str, target: &str) -> Value {
    json!({
        "apiVersion": "writ.dev/v1alpha1", "kind": "KubernetesExecution",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"action": "scale_deployment", "target": {"name": target}, "parameters": {"replicas": 1}},
    })
}

fn seen(object: &DynamicObject) -> Vec<(String, String)> {
    let text = |pointer: &str| object.data.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (phase, id) = (text("/status/phase"), format!("{}/{}", object.namespace().unwrap_or_default(), object.name_any()));
    if !matches!(phase.as_str(), "Completed" | "Failed" | "Refused" | "Cancelled") {
        return vec![];
    }
    let over = (format!("{id} over"), format!("{phase}: {}", text("/status/message")));
    let released = object.finalizers().is_empty().then(|| (format!("{id} released"), phase));
    [Some(over), released].into_iter().flatten().collect()
}

fn made(job: &DynamicObject) -> Vec<(String, String)> {
    job.annotations().get("writ.dev/execution").map(|id| (format!("{id} job"), String::new())).into_iter().collect()
}
