//! The operator under test: its pod, its process, and how it is started. Owns killing it, and that a working one is there afterwards.
//! Whoever uses this runs alone (`turn`).
use crate::{Cluster, api, get, is, within};
use anyhow::Result;
use crds::labels::NAMESPACE_SYSTEM;
use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::{Value, json};
use std::{
    io::Write,
    path::Path,
    process::{Child, Command, Stdio},
};

/// Its selector in `deploy/40-operator.yaml`.
const LABEL: &str = "app.kubernetes.io/name=writ";

/// A running operator, with a gun at its head where it runs on this machine.
pub struct Operator {
    pod: String,
    trigger: Option<Child>,
}

fn object(version: &str, kind: &str, name: &str) -> Value {
    json!({"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": NAMESPACE_SYSTEM}})
}

async fn ready_pod(cluster: &Cluster) -> Result<Option<Value>> {
    let all = crate::all(&cluster.admin, &object("v1", "Pod", "any"), LABEL).await?;
    let is_ready = |p: &&Value| is(p, "Ready") && p["metadata"].get("deletionTimestamp").is_none();
    Ok(all.iter().find(is_ready).cloned())
}

impl Operator {
    /// The name of the pod that is ready.
    ///
    /// # Errors
    /// Where the API server does not answer.
    pub async fn ready(cluster: &Cluster) -> Result<Option<String>> {
        let pod = ready_pod(cluster).await?;
        Ok(pod.and_then(|p| p["metadata"]["name"].as_str().map(str::to_owned)))
    }

    /// The one that is ready. A shell waits for the word to kill it: starting one takes longer than what is to be hit.
    ///
    /// # Panics
    /// Where there is none.
    pub async fn found(cluster: &Cluster) -> Self {
        let pod = within(crate::PATIENCE, "an operator is ready", async || ready_pod(cluster).await.ok().flatten()).await;
        let pid = pid(pod["metadata"]["uid"].as_str().expect("a uid"));
        let trigger = pid.map(|pid| {
            let script = format!("read word && kill -9 {pid}");
            Command::new("sh").args(["-c", &script]).stdin(Stdio::piped()).spawn().expect("a shell")
        });
        Self { pod: pod["metadata"]["name"].as_str().expect("a name").to_owned(), trigger }
    }

    /// Kills it, with no chance to put anything in order; then has its pod replaced, because a kubelet restarts a container that
    /// dies often later and later. Returns when the next one is ready.
    ///
    /// # Panics
    /// Where it cannot be killed.
    pub async fn killed(mut self, cluster: &Cluster) {
        if let Some(shell) = &mut self.trigger {
            shell.stdin.take().expect("a pipe").write_all(b"now\n").expect("a shell");
            assert!(shell.wait().expect("a shell").success(), "the operator was dead already");
        }
        let at_once = DeleteParams { grace_period_seconds: Some(0), ..DeleteParams::default() };
        api(&cluster.admin, &object("v1", "Pod", &self.pod)).delete(&self.pod, &at_once).await.expect("the administrator may");
        within(crate::PATIENCE, "another operator is ready", async || {
            Self::ready(cluster).await.ok().flatten().filter(|pod| *pod != self.pod)
        })
        .await;
    }

    /// Starts it with other settings, or (`replicas` 0) not at all, until this is dropped.
    ///
    /// # Panics
    /// Where that cannot be done.
    pub async fn changed(cluster: &Cluster, replicas: u32, environment: &[(&str, &str)]) -> Changed {
        let deployment = object("apps/v1", "Deployment", "writ");
        let now = get(&cluster.admin, &deployment).await.expect("the API server answers").expect("the operator is installed");
        let before = now.pointer(ENVIRONMENT).cloned().expect("it has an environment");
        let changed = Changed { cluster: cluster.clone(), before: before.clone() };
        let given = |name: &Value| environment.iter().any(|(n, _)| *name == **n);
        let kept = before.as_array().into_iter().flatten().filter(|e| !given(&e["name"])).cloned();
        let set = environment.iter().map(|(name, value)| json!({"name": name, "value": value}));
        start(cluster, replicas, &kept.chain(set).collect()).await.expect("the operator starts");
        changed
    }
}

const ENVIRONMENT: &str = "/spec/template/spec/containers/0/env";

/// Puts the operator back as it was when it is dropped, and waits until it is ready.
pub struct Changed {
    cluster: Cluster,
    before: Value,
}

impl Drop for Changed {
    fn drop(&mut self) {
        let before = self.before.clone();
        self.cluster.afterwards("put the operator back", async move |cluster| start(&cluster, 1, &before).await);
    }
}

async fn start(cluster: &Cluster, replicas: u32, environment: &Value) -> Result<()> {
    let patch = serde_json::from_value(json!([
        {"op": "replace", "path": "/spec/replicas", "value": replicas},
        {"op": "replace", "path": ENVIRONMENT, "value": environment},
    ]))?;
    let deployment = object("apps/v1", "Deployment", "writ");
    api(&cluster.admin, &deployment).patch("writ", &PatchParams::default(), &Patch::Json::<()>(patch)).await?;
    within(crate::PATIENCE, "the operator is as it shall be", async || {
        let now = get(&cluster.admin, &deployment).await.ok()??;
        let of = |name: &str| now["status"][name].as_u64().unwrap_or(0);
        let seen = now["status"]["observedGeneration"] == now["metadata"]["generation"];
        let pods = crate::all(&cluster.admin, &object("v1", "Pod", "any"), LABEL).await.ok()?;
        let is = [of("replicas"), of("updatedReplicas"), of("readyReplicas"), pods.len() as u64];
        (seen && is == [u64::from(replicas); 4]).then_some(())
    })
    .await;
    Ok(())
}

/// The process of a pod, where it runs on this machine: its control group names the pod.
fn pid(pod: &str) -> Option<u32> {
    let all = std::fs::read_dir("/proc").ok()?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let read = |pid: u32, what: &str| std::fs::read(Path::new("/proc").join(pid.to_string()).join(what)).unwrap_or_default();
    let is_ours = |pid: &u32| {
        let words = read(*pid, "cmdline");
        let mut words = words.split(|b| *b == 0);
        let is_operator = words.next().is_some_and(|w| w.ends_with(b"/writ")) && words.next() == Some(b"operator");
        is_operator && String::from_utf8_lossy(&read(*pid, "cgroup")).contains(&format!("pod{pod}"))
    };
    all.into_iter().find(is_ours)
}
