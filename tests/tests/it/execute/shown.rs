//! `spec.planHash`: what runs is what was shown, or nothing.
use super::{scale, with};
use jiff::Timestamp;
use serde_json::json;
use tests::{Cluster, Workload, among_others, eventually};

async fn shown(cluster: &Cluster, namespace: &str, spec: serde_json::Value) -> String {
    let story = cluster.run(namespace, with(spec, json!({"dryRun": "Plan"}))).await.ended().await;
    assert_eq!(story.end(), ("Completed", "PlanOnly"), "{:#}", story.object["status"]);
    story.status("/plan/requestHash").to_owned()
}

#[tokio::test]
async fn exactly_what_was_shown_runs_and_what_is_another_by_now_does_not() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("shown").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let hash = shown(&cluster, &space.name, scale(3)).await;
    let exactly = with(scale(3), json!({"planHash": hash}));
    let other = cluster.run(&space.name, with(scale(2), json!({"planHash": hash}))).await.ended().await;
    other.refused("PlanChanged", "Host", "it is replicas 1 -> 2 now");
    let story = cluster.run(&space.name, exactly.clone()).await.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    // Somebody moves it: what was shown is not what would be done.
    web.patch(json!({"spec": {"replicas": 2}})).await.unwrap();
    let story = cluster.run(&space.name, exactly).await.ended().await;
    story.refused("PlanChanged", "Host", "it is replicas 2 -> 3 now");
    story.made_no_job();
    assert_eq!(web.now().await["spec"]["replicas"], 2);
}

/// Its annotation is the time of the execution itself, which nobody knew when it was shown.
#[tokio::test]
async fn a_restart_that_was_shown_runs() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("shown").await.unwrap();
    Workload::deployment(&cluster, &space.name, 1).await;
    let restart = json!({"action": "rollout_restart", "target": {"kind": "Deployment", "name": "web"}, "reason": "a test"});
    let hash = shown(&cluster, &space.name, restart.clone()).await;
    let begun = Timestamp::now().as_second();
    eventually("it is another second", async || (Timestamp::now().as_second() > begun).then_some(())).await;
    let story = cluster.run(&space.name, with(restart, json!({"planHash": hash}))).await.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
}
