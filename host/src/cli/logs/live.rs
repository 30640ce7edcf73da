//! The output of a Job while it runs: from its pod, as the person who asks, container after container. Owns no bound and no redaction: who may
//! read the pod may read all of it.
use crate::cli::{
    connect::{Connected, said},
    follow,
    human::Exit,
    out,
};
use crds::{ExecutionStatus, JobStatus};
use futures::{AsyncBufReadExt, StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use kube::{
    Api, ResourceExt,
    api::{ListParams, LogParams},
};
use std::time::Duration;

/// Between two looks at a pod that has not started.
const AGAIN: Duration = Duration::from_millis(300);

/// Until the execution is over; then what became of it is the exit code.
pub(super) async fn follow(cluster: &Connected, name: &str) -> anyhow::Result<Exit> {
    let run = follow::job(cluster, name).await?;
    if let Some(job) = run {
        printed(cluster, &job).await?;
    }
    let status = follow::ended(cluster, name).await?.status.unwrap_or_default();
    told(cluster, name, &status);
    Ok(Exit::of(&status))
}

fn told(cluster: &Connected, name: &str, status: &ExecutionStatus) {
    let ns = &cluster.namespace;
    out::note(format_args!("{name} is over: {:?} ({:?}). The story: writ get {name} -n {ns}", status.phase, status.reason));
}

async fn printed(cluster: &Connected, job: &JobStatus) -> anyhow::Result<()> {
    let pods: Api<Pod> = Api::namespaced(cluster.client.clone(), &job.namespace);
    let mut shown = 0;
    loop {
        let Some(pod) = newest(&pods, job).await? else { return Ok(()) };
        let containers = containers(&pod);
        match containers.get(shown) {
            Some(c) if started(c) => {
                stream(&pods, &pod.name_any(), &c.name).await?;
                shown += 1;
            }
            // All of them spoke; or one failed, and it was the last; or none ever started.
            None if shown > 0 => return Ok(()),
            _ if over(&pod) => return Ok(()),
            _ => tokio::time::sleep(AGAIN).await,
        }
    }
}

/// None: its Job is gone.
async fn newest(pods: &Api<Pod>, job: &JobStatus) -> anyhow::Result<Option<Pod>> {
    let of_it = ListParams::default().labels(&format!("batch.kubernetes.io/job-name={}", job.name));
    let all = pods.list(&of_it).await.map_err(forbidden)?.items;
    Ok(all.into_iter().max_by_key(|p| p.metadata.creation_timestamp.as_ref().map(|t| t.0)))
}

/// In the order in which they run.
fn containers(pod: &Pod) -> Vec<ContainerStatus> {
    let Some(status) = &pod.status else { return vec![] };
    status.init_container_statuses.iter().chain(&status.container_statuses).flatten().cloned().collect()
}

fn started(c: &ContainerStatus) -> bool {
    c.state.as_ref().is_some_and(|s| s.running.is_some() || s.terminated.is_some())
}

fn over(pod: &Pod) -> bool {
    pod.status.as_ref().and_then(|s| s.phase.as_deref()).is_some_and(|p| matches!(p, "Succeeded" | "Failed"))
}

async fn stream(pods: &Api<Pod>, pod: &str, container: &str) -> anyhow::Result<()> {
    let params = LogParams { container: Some(container.to_owned()), follow: true, ..LogParams::default() };
    let mut lines = pods.log_stream(pod, &params).await.map_err(forbidden)?.lines().boxed();
    while let Some(line) = lines.try_next().await? {
        out::line(line);
    }
    Ok(())
}

fn forbidden(error: kube::Error) -> anyhow::Error {
    match error {
        kube::Error::Api(status) if status.code == 403 => anyhow::anyhow!(
            "you may not read what runs print while they run (Role writ-logs in writ-runs): {}. What is kept when it has ended, everybody who \
             sees the execution may read: writ logs NAME",
            status.message
        ),
        other => said(other),
    }
}
