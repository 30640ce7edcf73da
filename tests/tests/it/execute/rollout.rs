//! Actions that replace pods: restart, and back to an earlier revision.
use super::inverse;
use serde_json::{Value, json};
use tests::{Cluster, Workload, among_others, eventually};

fn restart(kind: &str) -> Value {
    json!({"action": "rollout_restart", "target": {"name": "web", "kind": kind}, "reason": "a test"})
}

async fn restarted(kind: &str, spec: Value) {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-restart").await.unwrap();
    let web = Workload::make(&cluster, &space.name, kind, spec).await;
    let before = web.pods().await;
    let story = cluster.run(&space.name, restart(kind)).await.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    // Whoever is told that it is done finds none of the old pods.
    let after = web.pods().await;
    assert_eq!(after.len(), before.len());
    assert!(!before.iter().any(|old| after.contains(old)), "{before:?} {after:?}");
    assert_eq!(story.condition("RollbackReady"), ("False", "Impossible"));
}

#[tokio::test]
async fn a_restart_really_replaces_the_pods_of_a_deployment() {
    restarted("Deployment", json!({"replicas": 2})).await;
}

#[tokio::test]
async fn a_restart_really_replaces_the_pods_of_a_stateful_set() {
    restarted("StatefulSet", json!({"replicas": 1, "serviceName": "web"})).await;
}

#[tokio::test]
async fn a_restart_really_replaces_the_pods_of_a_daemon_set() {
    restarted("DaemonSet", json!({})).await;
}

fn version(object: &Value) -> &Value {
    &object["spec"]["template"]["metadata"]["labels"]["version"]
}

#[tokio::test]
async fn a_deployment_goes_back_to_its_earlier_revision_and_forth_again() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-rollback").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let label = |v: &str| json!({"spec": {"template": {"metadata": {"labels": {"version": v}}}}});
    web.patch(label("bad")).await.unwrap();
    eventually("the second revision is there", async || {
        let now = web.settled().await.1;
        (now["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "2").then_some(())
    })
    .await;

    let back = json!({"action": "rollback_deployment", "target": {"name": "web"}, "reason": "a test"});
    let story = cluster.run(&space.name, back).await.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    assert_eq!(*version(&web.settled().await.1), Value::Null);
    assert_eq!(story.condition("RollbackReady"), ("True", "InverseStored"));

    let forth = cluster.run(&space.name, inverse(&story)).await.ended().await;
    assert_eq!(forth.end(), ("Completed", "ChecksPassed"), "{:#}", forth.object["status"]);
    assert_eq!(*version(&web.settled().await.1), "bad");
}
