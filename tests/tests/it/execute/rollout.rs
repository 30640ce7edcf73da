//! Actions that replace pods: restart, and back to an earlier revision. And that there is no way back from a restart, said before it runs.
use super::{
    approval::{demanding_if, nothing_started},
    inverse, scale, with,
};
use serde_json::{Value, json};
use tests::{Cluster, Typed, Workload, among_others, eventually};

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

/// Why, in the words of the plugin.
const NO_WAY_BACK: &str = "pods that were replaced do not come back";

#[tokio::test]
async fn what_cannot_be_undone_says_so_before_it_runs() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-restart").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let pods = web.pods().await;
    let story = cluster.run(&space.name, with(restart("Deployment"), json!({"dryRun": "Plan"}))).await.ended().await;
    assert_eq!(story.end(), ("Completed", "PlanOnly"), "{:#}", story.object["status"]);
    assert_eq!(story.status("/rollback/state"), "Impossible");
    assert!(story.status("/rollback/because").starts_with(NO_WAY_BACK), "{}", story.status("/rollback/because"));
    let line = ["run", "rollout_restart", "deployment/web", "-n", &space.name, "--reason", "a test", "--dry-run=plan"];
    let said = Typed::start(None, &line).ended().await;
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.contains(&format!("  undo       CANNOT BE UNDONE: {NO_WAY_BACK}")), "{}", said.out);
    assert_eq!(web.pods().await, pods);
}

#[tokio::test]
async fn a_policy_may_want_approvals_for_what_cannot_be_undone_alone() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-restart").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let pods = web.pods().await;
    let one = r#"{"approvals": 1, "expires": "10m"}"#;
    let _policy = demanding_if(&cluster, &space.name, one, "not input.action.reversible").await;
    let held = cluster.run(&space.name, restart("Deployment")).await;
    let now = held.until("it waits for approvals", |kx| kx["status"]["phase"] == "AwaitingApproval").await;
    assert_eq!(now["status"]["approval"]["count"], "0 of 1");
    // Whoever is asked sees it.
    assert_eq!(now["status"]["rollback"]["state"], "Impossible");
    let story = cluster.run(&space.name, scale(2)).await.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    nothing_started(&cluster, &held).await;
    held.cancel(&cluster.admin, "a drill").await.unwrap();
    held.ended().await.made_no_job();
    assert!(web.pods().await.contains(&pods[0]), "its pod was not replaced");
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
