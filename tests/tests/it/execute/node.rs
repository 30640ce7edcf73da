//! What is of the whole cluster: asked for in a namespace of its own, bound cluster-wide for as long as it runs. And a node contains its pods.
use super::{inverse, several, with};
use crds::labels::{LABEL_EXECUTION_UID, NAMESPACE_CLUSTER};
use serde_json::{Value, json};
use tests::{BlackHole, Cluster, Component, Run, Standing, all, alone, get};

/// A node on which nothing ever runs: there is no kubelet.
fn node(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}})
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
    let n7 = node(&format!("{}-n7", space.name));
    let _n7 = cluster.stand(n7.clone()).await.unwrap();

    let story = cluster.run(&space.name, cordon(&n7)).await.ended().await;
    story.refused("TargetNotAllowed", "Host", "create this execution in the namespace writ-cluster");

    let shown = cluster.run(NAMESPACE_CLUSTER, with(cordon(&n7), json!({"dryRun": "Server"}))).await;
    let story = shown.ended().await;
    assert_eq!(story.end(), ("Completed", "DryRunPassed"), "{:#}", story.object["status"]);
    assert_eq!(bindings(&cluster, &shown).await, 0);
    assert!(!unschedulable(&cluster, &n7).await);

    let run = cluster.run(NAMESPACE_CLUSTER, cordon(&n7)).await;
    let story = run.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    assert!(unschedulable(&cluster, &n7).await);
    assert_eq!(bindings(&cluster, &run).await, 0);
    let of = json!({"rollbackOf": {"name": run.name, "uid": run.uid}, "target": {"name": n7["metadata"]["name"]}});
    let back = cluster.run(NAMESPACE_CLUSTER, with(inverse(&story), of)).await.ended().await;
    assert_eq!(back.end(), ("Completed", "ChecksPassed"), "{:#}", back.object["status"]);
    assert!(!unschedulable(&cluster, &n7).await);
}

#[tokio::test]
async fn a_node_waits_for_what_is_at_work_on_its_pods_and_they_not_for_each_other() {
    let _turn = alone().await;
    let cluster = Cluster::connect().await.unwrap();
    let _nodes = nodes(&cluster).await;
    let _pods = Component::install(&cluster, "pods", &Component::guest("pods")).await.standing();
    let (space, other) = (cluster.scratch("execute-node").await.unwrap(), cluster.scratch("execute-node").await.unwrap());
    let n7 = node(&format!("{}-n7", space.name));
    let _n7 = cluster.stand(n7.clone()).await.unwrap();
    let there = |namespace: &str| {
        let mut pod = several::pod(namespace, "suspect");
        pod["spec"]["nodeName"] = n7["metadata"]["name"].clone();
        pod
    };
    let (mine, theirs) = (there(&space.name), there(&other.name));
    several::running(&cluster, &mine).await;
    several::running(&cluster, &theirs).await;
    let hole = BlackHole::over_policies(&cluster, &space.name).await;
    let pod = cluster.run(&space.name, several::quarantine(&mine)).await;
    let held = hole.swallowed().await;

    let node = cluster.run(NAMESPACE_CLUSTER, cordon(&n7)).await;
    let waits = |kx: &Value| kx["status"]["reason"] == "Queued" && kx["status"]["lock"]["limit"] == "Node";
    let now = node.until("it waits for the pod", waits).await;
    let message = now["status"]["message"].as_str().unwrap();
    // Who is in another namespace is not everybody's to know.
    assert!(
        message
            .starts_with(&format!("Another execution comes first on a pod of Node {}", n7["metadata"]["name"].as_str().unwrap())),
        "{message}"
    );
    let refuses = with(cordon(&n7), json!({"onConflict": "Refuse"}));
    cluster.run(NAMESPACE_CLUSTER, refuses).await.ended().await.refused(
        "TargetLocked",
        "Lock",
        "a node is changed with nothing else at work on it",
    );
    // The node comes first now. Who waits behind it goes on when it does.
    let behind = cluster.run(&other.name, several::quarantine(&theirs)).await;
    let now = behind.until("it waits for the node", waits).await;
    let message = now["status"]["message"].as_str().unwrap();
    assert!(message.contains(&format!("which Pod {}/suspect runs on", other.name)), "{message}");
    assert!(!unschedulable(&cluster, &n7).await);

    pod.cancel(&cluster.admin, "it hangs").await.unwrap();
    drop((hole, held));
    assert_eq!(pod.ended().await.phase(), "Cancelled");
    for run in [node, behind] {
        let story = run.ended().await;
        assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    }
    assert!(unschedulable(&cluster, &n7).await);
}
