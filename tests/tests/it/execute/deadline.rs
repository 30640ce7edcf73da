//! A run that does not end by itself is ended.
use super::{scale, with};
use serde_json::json;
use tests::{BlackHole, Cluster, Workload, among_others};

#[tokio::test]
async fn a_run_past_its_deadline_is_ended_and_fails() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-late").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let hole = BlackHole::over(&cluster, &web).await;
    let run = cluster.run(&space.name, with(scale(2), json!({"timeout": "5s"}))).await;
    // The command hangs in the API server now.
    let _held = hole.swallowed().await;
    let story = run.ended().await;
    assert_eq!(story.end(), ("Failed", "DeadlineExceeded"), "{:#}", story.object["status"]);
    assert!(story.status("/message").contains("not done within 5 s"), "{}", story.status("/message"));
    assert_eq!(story.condition("RollbackReady"), ("True", "InverseStored"));
    assert_eq!(web.now().await["spec"]["replicas"], 1);
}
