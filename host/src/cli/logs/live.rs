//! The output of a Job while it runs: from its pod, as the person who asks, container after container. Owns no redaction: who may read the
//! pod may read all of it.
use crate::cli::{
    connect::{Connected, said},
    follow,
    human::{Exit, plain},
    out,
};
use crds::{ExecutionStatus, JobStatus};
use futures::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use kube::{
    Api, ResourceExt,
    api::{ListParams, LogParams},
};
use std::{io, pin::pin, time::Duration};

/// Between two looks at a pod that has nothing to say yet.
const AGAIN: Duration = Duration::from_millis(300);
/// A longer line is told in parts: one without an end would fill the memory.
const LINE: u64 = 64 * 1024;

/// Until the execution is over; then what became of it is the exit code.
pub(super) async fn follow(cluster: &Connected, name: &str) -> anyhow::Result<Exit> {
    let run = follow::job(cluster, name).await?;
    let seen = match &run {
        Some(job) => match printed(cluster, name, job).await {
            Err(error) if error.is::<NotYet>() => {
                out::note(format_args!("{error}"));
                false
            }
            seen => seen?,
        },
        None => false,
    };
    let status = follow::ended(cluster, name).await?.status.unwrap_or_default();
    // Its pod was never seen, or came and went between two looks: then what is kept of it is all there is.
    status.job.iter().filter(|_| !seen).for_each(super::kept);
    told(cluster, name, &status);
    Ok(Exit::of(&status))
}

fn told(cluster: &Connected, name: &str, status: &ExecutionStatus) {
    let ns = &cluster.namespace;
    out::note(format_args!("{name} is over: {:?} ({:?}). The story: writ get {name} -n {ns}", status.phase, status.reason));
}

/// What to do after a look at the pod.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    /// This container has something to say, or will.
    Stream(String),
    /// It has not started; or the pod is not there yet, which is not the same as gone.
    Again,
    /// All that ran was told.
    Nothing,
}

/// Tells what the pod prints, to its end; whether there was any of it.
async fn printed(cluster: &Connected, name: &str, job: &JobStatus) -> anyhow::Result<bool> {
    let pods: Api<Pod> = Api::namespaced(cluster.client.clone(), &job.namespace);
    let refused = |error| forbidden(error, name, &cluster.namespace);
    let mut shown = 0;
    loop {
        // Before the pod is looked at: so the last look comes after the end.
        let over = cluster.execution(name).await?.status.unwrap_or_default().phase.is_over();
        let pod = newest(&pods, job).await.map_err(refused)?;
        match next(pod.as_ref(), shown) {
            Next::Stream(container) => {
                let params = LogParams { container: Some(container), follow: true, ..LogParams::default() };
                let pod = pod.map(|p| p.name_any()).unwrap_or_default();
                tell(pods.log_stream(&pod, &params).await.map_err(refused)?, out::line).await?;
                shown += 1;
            }
            Next::Again if !over => tokio::time::sleep(AGAIN).await,
            Next::Again | Next::Nothing => return Ok(shown > 0),
        }
    }
}

/// None: it is not there yet, or gone.
async fn newest(pods: &Api<Pod>, job: &JobStatus) -> kube::Result<Option<Pod>> {
    let of_it = ListParams::default().labels(&format!("batch.kubernetes.io/job-name={}", job.name));
    let all = pods.list(&of_it).await?.items;
    Ok(all.into_iter().max_by_key(|p| p.metadata.creation_timestamp.as_ref().map(|t| t.0)))
}

fn next(pod: Option<&Pod>, shown: usize) -> Next {
    let Some(pod) = pod else { return Next::Again };
    match containers(pod).get(shown) {
        Some(c) if started(c) => Next::Stream(c.name.clone()),
        // All of them spoke.
        None if shown > 0 => Next::Nothing,
        // One failed, and it was the last; or none ever started.
        _ if over(pod) => Next::Nothing,
        _ => Next::Again,
    }
}

/// In the order in which they run.
fn containers(pod: &Pod) -> Vec<&ContainerStatus> {
    let Some(status) = &pod.status else { return vec![] };
    status.init_container_statuses.iter().chain(&status.container_statuses).flatten().collect()
}

fn started(c: &ContainerStatus) -> bool {
    c.state.as_ref().is_some_and(|s| s.running.is_some() || s.terminated.is_some())
}

fn over(pod: &Pod) -> bool {
    pod.status.as_ref().and_then(|s| s.phase.as_deref()).is_some_and(|p| matches!(p, "Succeeded" | "Failed"))
}

/// Line by line. A program may print anything: what is no text, or would draw on the terminal, is shown as that.
async fn tell(log: impl AsyncBufRead, mut line: impl FnMut(String)) -> io::Result<()> {
    let mut log = pin!(log);
    let mut read = Vec::new();
    while log.as_mut().take(LINE).read_until(b'\n', &mut read).await? > 0 {
        line(plain(String::from_utf8_lossy(&read).trim_end_matches(['\r', '\n'])));
        read.clear();
    }
    Ok(())
}

/// Who sees the execution sees what is kept when it has ended, and nothing before.
#[derive(Debug, thiserror::Error)]
#[error(
    "You may not read what runs print while they run (Role writ-logs in writ-runs): {said}. What is kept is printed when it has ended. How it \
     goes until then: writ watch {name} -n {namespace}"
)]
struct NotYet {
    said: String,
    name: String,
    namespace: String,
}

fn forbidden(error: kube::Error, name: &str, namespace: &str) -> anyhow::Error {
    match error {
        kube::Error::Api(status) if status.code == 403 => {
            NotYet { said: status.message.clone(), name: name.to_owned(), namespace: namespace.to_owned() }.into()
        }
        other => said(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn pod(phase: &str, states: &[Value]) -> Pod {
        let status = |(n, state): (usize, &Value)| json!({"name": format!("c{n}"), "image": "i", "imageID": "i", "ready": false, "restartCount": 0, "state": state});
        let all: Vec<Value> = states.iter().enumerate().map(status).collect();
        serde_json::from_value(json!({"metadata": {"name": "p"}, "status": {"phase": phase, "initContainerStatuses": all}}))
            .unwrap()
    }

    #[test]
    fn a_pod_that_is_not_there_yet_is_looked_for_again_and_is_no_end() {
        assert_eq!(next(None, 0), Next::Again);
        assert_eq!(next(Some(&Pod::default()), 0), Next::Again);
    }

    #[test]
    fn containers_are_told_one_after_the_other_and_nothing_is_waited_for_that_never_starts() {
        let (waits, runs, ended) = (json!({"waiting": {}}), json!({"running": {}}), json!({"terminated": {"exitCode": 0}}));
        let first = || Next::Stream("c0".into());
        assert_eq!(next(Some(&pod("Pending", &[waits.clone(), waits.clone()])), 0), Next::Again);
        assert_eq!(next(Some(&pod("Pending", &[runs.clone(), waits.clone()])), 0), first());
        assert_eq!(next(Some(&pod("Pending", &[runs, waits.clone()])), 1), Next::Again);
        let whole = pod("Succeeded", &[ended.clone(), ended.clone()]);
        assert_eq!([0, 1, 2].map(|n| next(Some(&whole), n)), [first(), Next::Stream("c1".into()), Next::Nothing]);
        assert_eq!(next(Some(&pod("Failed", &[ended, waits.clone()])), 1), Next::Nothing);
        assert_eq!(next(Some(&pod("Failed", &[waits])), 0), Next::Nothing);
    }

    #[tokio::test]
    async fn what_is_no_text_and_what_would_draw_on_the_terminal_is_shown_as_that() {
        let mut said = Vec::new();
        let endless = [b'x'; 64 * 1024 + 1];
        tell(&[b"a\xff\x1b[2Jb\r\n\nend\n", &endless[..]].concat()[..], |line| said.push(line)).await.unwrap();
        let whole = "x".repeat(64 * 1024);
        assert_eq!(said, ["a\u{fffd}\u{fffd}[2Jb", "", "end", whole.as_str(), "x"]);
    }

    #[test]
    fn who_may_not_read_the_pod_is_told_what_he_may_read() {
        let status = kube::core::Status { code: 403, message: "pods is forbidden".into(), ..kube::core::Status::default() };
        let error = forbidden(kube::Error::Api(status.boxed()), "scale-web-x7k2p", "shop");
        assert!(error.is::<NotYet>() && error.to_string().ends_with("writ watch scale-web-x7k2p -n shop"), "{error}");
    }
}
