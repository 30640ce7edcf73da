//! From an execution to its Job, at fifty a second, with all that the flood left present. Their pods never run: nothing is measured but the host.
use crate::sight::Sights;
use anyhow::{Context, Result};
use futures::future::try_join_all;
use k8s_openapi::api::core::v1::Node;
use kube::{
    Api,
    api::{ListParams, Patch, PatchParams},
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tests::{Cluster, Number, Run, create, rank};

/// Of two.
const PACE: Duration = Duration::from_millis(20);

/// No pod is put on any node, until this is dropped. Those that run go on.
pub(crate) struct Cordoned(Cluster);

impl Cordoned {
    pub(crate) async fn begin(cluster: &Cluster) -> Result<Self> {
        let cordoned = Self(cluster.clone());
        set(cluster, true).await?;
        Ok(cordoned)
    }
}

impl Drop for Cordoned {
    fn drop(&mut self) {
        self.0.afterwards("uncordon the nodes", async |cluster| set(&cluster, false).await);
    }
}

async fn set(cluster: &Cluster, unschedulable: bool) -> Result<()> {
    let nodes: Api<Node> = Api::all(cluster.admin.clone());
    let patch = Patch::Merge(json!({"spec": {"unschedulable": unschedulable}}));
    for node in nodes.list(&ListParams::default()).await? {
        nodes.patch(node.metadata.name.as_deref().unwrap_or_default(), &PatchParams::default(), &patch).await?;
    }
    Ok(())
}

/// Of no pod.
pub(crate) fn deployment(namespace: &str, name: &str) -> Value {
    let labels = json!({"app": name});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": 0, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": tests::image()}]}},
        },
    })
}

pub(crate) fn scaled(target: &str) -> Value {
    json!({"action": "scale_deployment", "target": {"name": target, "kind": "Deployment"}, "parameters": {"replicas": 1}, "reason": "flood"})
}

pub(crate) async fn all(cluster: &Cluster, sights: &Sights, jobs: usize) -> Result<Vec<Number>> {
    let space = cluster.scratch("flood-jobs").await?;
    let names: Vec<String> = (0..jobs).map(|n| format!("web-{n}")).collect();
    for some in names.chunks(50) {
        try_join_all(some.iter().map(async |name| create(&cluster.admin, &deployment(&space.name, name)).await)).await?;
    }
    let began = Instant::now();
    let one = async |n: usize, name: &String| -> Result<(Run, Duration)> {
        tokio::time::sleep_until((began + PACE * u32::try_from(n)?).into()).await;
        let asked = Instant::now();
        let run = cluster.run(&space.name, scaled(name)).await;
        let job = sights.job_of(&format!("{}/{}", run.namespace, run.name)).await?;
        Ok((run, job.duration_since(asked)))
    };
    let all = try_join_all(names.iter().enumerate().map(|(n, name)| one(n, name))).await?;
    let took = began.elapsed();
    let latencies: Vec<Duration> = all.iter().map(|(_, latency)| *latency).collect();
    let ended = Instant::now();
    cancelled(cluster, sights, all.into_iter().map(|(run, _)| run)).await?;
    let name = |part: &str| format!("created to Job, {jobs} at 50 a second with all of them present, {part}");
    let number = |part: &str, of: f64| rank(&latencies, of).map(|at| Number::new(name(part), at.as_secs_f64(), "s", Some(1.0)));
    let mut numbers: Vec<_> = [number("p50", 0.5), number("p99", 0.99)].into_iter().flatten().collect();
    numbers.push(Number::seconds("until the last of these had its Job", took));
    numbers.push(Number::seconds("until all of these, cancelled at once, were over", ended.elapsed()));
    Ok(numbers)
}

pub(crate) async fn cancelled(cluster: &Cluster, sights: &Sights, runs: impl Iterator<Item = Run>) -> Result<()> {
    let runs: Vec<Run> = runs.collect();
    for some in runs.chunks(50) {
        try_join_all(some.iter().map(|run| run.cancel(&cluster.admin, "the flood is over"))).await.context("failed to cancel")?;
    }
    for run in &runs {
        sights.over(&format!("{}/{}", run.namespace, run.name)).await?;
    }
    Ok(())
}
