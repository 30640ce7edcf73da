//! What is of the whole cluster: asked for in a namespace of its own, bound cluster-wide for as long as it runs. And a node contains its pods.
use super::{inverse, several, with};
use crds::labels::{LABEL_EXECUTION_UID, NAMESPACE_CLUSTER};
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};
use std::{future::Future, time::Duration};
use tests::{BlackHole, Cluster, Component, Run, Standing, all, alone, api, get};

/// Nodes on which nothing ever runs: there are no kubelets. The default policy takes none away where fewer than two would be left ready.
struct Nodes {
    cluster: Cluster,
    all: Vec<Value>,
    _standing: Vec<Standing>,
}

/// A kubelet's heart beats more often than once in this.
const BEAT: Duration = Duration::from_secs(5);

impl Nodes {
    async fn stand(cluster: &Cluster, prefix: &str) -> Self {
        let taints = json!([{"key": "writ.dev/test", "effect": "NoSchedule"}]);
        let node = |n: u8| {
            let name = format!("{prefix}-n{n}");
            json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "spec": {"taints": taints}})
        };
        let all: Vec<Value> = (7..10).map(node).collect();
        let mut standing = vec![];
        for node in &all {
            standing.push(cluster.stand(node.clone()).await.unwrap());
        }
        let nodes = Self { cluster: cluster.clone(), all, _standing: standing };
        nodes.beat().await;
        nodes
    }

    /// As a kubelet says that it is well.
    async fn beat(&self) {
        let now = jiff::Timestamp::now().to_string();
        let ready = json!({"type": "Ready", "status": "True", "lastHeartbeatTime": now, "lastTransitionTime": now, "reason": "ATest", "message": ""});
        let status = Patch::Merge(json!({"status": {"conditions": [ready]}}));
        for node in &self.all {
            let name = node["metadata"]["name"].as_str().unwrap();
            api(&self.cluster.admin, node).patch_status(name, &PatchParams::default(), &status).await.unwrap();
        }
    }

    /// Well for as long as this takes.
    async fn meanwhile<T>(&self, work: impl Future<Output = T>) -> T {
        let beats = async {
            let mut beats = tokio::time::interval(BEAT);
            loop {
                beats.tick().await;
                self.beat().await;
            }
        };
        tokio::select! {
            done = work => done,
            () = beats => unreachable!("it beats for ever"),
        }
    }
}

fn cordon(node: &Value) -> Value {
    json!({"action": "cordon_node", "target": {"name": node["metadata"]["name"]}, "reason": "a test"})
}

async fn unschedulable(cluster: &Cluster, node: &Value) -> bool {
    get(&cluster.admin, node).await.unwrap().unwrap()["spec"]["unschedulable"] == true
}

async fn bindings(cluster: &Cluster, run: &Run) -> usize {
    let kind = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {}});
    all(&cluster.admin, &kind, &format!("{LABEL_EXECUTION_UID}={}", run.uid)).await.unwrap().len()
}

async fn nodes(cluster: &Cluster) -> Vec<Standing> {
    Component::install(cluster, "nodes", &Component::guest("nodes")).await.standing()
}

/// Alone: what it exports is there for everybody.
#[tokio::test]
async fn a_node_is_cordoned_from_its_own_namespace_and_back_and_nothing_stays_bound() {
    let _turn = alone().await;
    let cluster = Cluster::connect().await.unwrap();
    let _nodes = nodes(&cluster).await;
    let space = cluster.scratch("execute-node").await.unwrap();
    let nodes = Nodes::stand(&cluster, &space.name).await;
    nodes.meanwhile(cordoned_and_back(&cluster, &space.name, &nodes.all[0])).await;
}

async fn cordoned_and_back(cluster: &Cluster, elsewhere: &str, n7: &Value) {
    let story = cluster.run(elsewhere, cordon(n7)).await.ended().await;
    story.refused("TargetNotAllowed", "Host", "create this execution in the namespace writ-cluster");

    let shown = cluster.run(NAMESPACE_CLUSTER, with(cordon(n7), json!({"dryRun": "Server"}))).await;
    let story = shown.ended().await;
    assert_eq!(story.end(), ("Completed", "DryRunPassed"), "{:#}", story.object["status"]);
    assert_eq!(bindings(cluster, &shown).await, 0);
    assert!(!unschedulable(cluster, n7).await);

    let run = cluster.run(NAMESPACE_CLUSTER, cordon(n7)).await;
    let story = run.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    assert!(unschedulable(cluster, n7).await);
    assert_eq!(bindings(cluster, &run).await, 0);
    let of = json!({"rollbackOf": {"name": run.name, "uid": run.uid}, "target": {"name": n7["metadata"]["name"]}});
    let back = with(inverse(&story), of);
    let shown = cluster.run(NAMESPACE_CLUSTER, with(back.clone(), json!({"dryRun": "Server"}))).await.ended().await;
    assert_eq!(shown.end(), ("Completed", "DryRunPassed"), "{:#}", shown.object["status"]);
    assert!(unschedulable(cluster, n7).await, "something was written");
    let back = cluster.run(NAMESPACE_CLUSTER, back).await.ended().await;
    assert_eq!(back.end(), ("Completed", "ChecksPassed"), "{:#}", back.object["status"]);
    assert!(!unschedulable(cluster, n7).await);
}

#[tokio::test]
async fn a_node_waits_for_what_is_at_work_on_its_pods_and_they_not_for_each_other() {
    let _turn = alone().await;
    let cluster = Cluster::connect().await.unwrap();
    let _nodes = nodes(&cluster).await;
    let _pods = Component::install(&cluster, "pods", &Component::guest("pods")).await.standing();
    let (space, other) = (cluster.scratch("execute-node").await.unwrap(), cluster.scratch("execute-node").await.unwrap());
    let nodes = Nodes::stand(&cluster, &space.name).await;
    nodes.meanwhile(in_turn(&cluster, &space.name, &other.name, &nodes.all[0])).await;
}

async fn in_turn(cluster: &Cluster, space: &str, other: &str, n7: &Value) {
    let there = |namespace: &str| {
        let mut pod = several::pod(namespace, "suspect");
        pod["spec"]["nodeName"] = n7["metadata"]["name"].clone();
        pod
    };
    let (mine, theirs) = (there(space), there(other));
    several::running(cluster, &mine).await;
    several::running(cluster, &theirs).await;
    let hole = BlackHole::over_policies(cluster, space).await;
    let pod = cluster.run(space, several::quarantine(&mine)).await;
    let held = hole.swallowed().await;

    let node = cluster.run(NAMESPACE_CLUSTER, cordon(n7)).await;
    let waits = |kx: &Value| kx["status"]["reason"] == "Queued" && kx["status"]["lock"]["limit"] == "Node";
    let now = node.until("it waits for the pod", waits).await;
    let message = now["status"]["message"].as_str().unwrap();
    // Who is in another namespace is not everybody's to know.
    assert!(
        message.starts_with(&format!(
            "Another execution comes first on Node {} or a pod of it",
            n7["metadata"]["name"].as_str().unwrap()
        )),
        "{message}"
    );
    let refuses = with(cordon(n7), json!({"onConflict": "Refuse"}));
    cluster.run(NAMESPACE_CLUSTER, refuses).await.ended().await.refused(
        "TargetLocked",
        "Lock",
        "a node is changed with nothing else at work on it",
    );
    // The node comes first now. Who waits behind it goes on when it does.
    let behind = cluster.run(other, several::quarantine(&theirs)).await;
    let now = behind.until("it waits for the node", waits).await;
    let message = now["status"]["message"].as_str().unwrap();
    assert!(message.contains(&format!("which Pod {}/suspect runs on", other)), "{message}");
    assert!(!unschedulable(cluster, n7).await);

    pod.cancel(&cluster.admin, "it hangs").await.unwrap();
    drop((hole, held));
    assert_eq!(pod.ended().await.phase(), "Cancelled");
    for run in [node, behind] {
        let story = run.ended().await;
        assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    }
    assert!(unschedulable(cluster, n7).await);
}
