//! Several executions on one target: one at a time, in order, and nobody keeps the turn who does not run.
use super::{scale, with};
use crds::labels::NAMESPACE_RUNS;
use serde_json::{Value, json};
use tests::{BlackHole, Cluster, Run, Workload, all, among_others};

/// Waits for its turn behind that one.
async fn queued(run: &Run, behind: &Run, ahead: i64) -> Value {
    let lock = json!({"state": "Queued", "behind": behind.name, "ahead": ahead});
    run.until("it waits for its turn", |kx| {
        let now = &kx["status"]["lock"];
        ["state", "behind", "ahead"].iter().all(|part| now[part] == lock[part])
    })
    .await
}

/// It has its turn, and its pod is still to start: whoever comes now finds it taken, and the time for which a write can be held has not begun.
async fn started(run: &Run) {
    run.until("it has its turn", |kx| kx["status"]["phase"] == "Executing").await;
}

/// Neither an account nor a Job was made for it.
async fn holds_nothing(run: &Run) {
    assert_eq!((run.identity().await, run.jobs().await), (vec![], vec![]));
}

async fn claims(cluster: &Cluster, run: &Run) -> Vec<Value> {
    let leases = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"namespace": NAMESPACE_RUNS}});
    let label = format!("{}={}", crds::labels::LABEL_EXECUTION_UID, run.uid);
    all(&cluster.admin, &leases, &label).await.expect("the API server answers")
}

#[tokio::test]
async fn one_at_a_time_and_the_next_in_order_when_it_is_over() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-lock").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let hole = BlackHole::over(&cluster, &web).await;
    let first = cluster.run(&space.name, scale(2)).await;
    started(&first).await;
    let second = cluster.run(&space.name, scale(3)).await;
    let now = queued(&second, &first, 1).await;
    assert_eq!((&now["status"]["phase"], &now["status"]["reason"]), (&json!("Preparing"), &json!("Queued")));
    let message = now["status"]["message"].as_str().unwrap();
    assert!(message.contains(&format!("{} has Deployment {}/web", first.name, space.name)), "{message}");
    let third = cluster.run(&space.name, scale(4)).await;
    queued(&third, &first, 2).await;
    let held = hole.swallowed().await;
    let refuses = cluster.run(&space.name, with(scale(5), json!({"onConflict": "Refuse"}))).await;
    refuses.ended().await.refused("TargetLocked", "Lock", &format!("{} has Deployment", first.name));
    holds_nothing(&second).await;
    holds_nothing(&third).await;
    assert_eq!(claims(&cluster, &first).await.len(), 1);

    hole.closed(&web).await;
    first.cancel(&cluster.admin, "it hangs").await.unwrap();
    assert_eq!(first.ended().await.end(), ("Cancelled", "StoppedMidway"));
    drop(held);
    let (second, third) = (second.ended().await, third.ended().await);
    for story in [&second, &third] {
        assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
        assert_eq!(story.status("/lock/state"), "Released");
    }
    assert_eq!(web.now().await["spec"]["replicas"], 4);
    let at = |story: &tests::Story, phase: &str| {
        let timeline = story.object["status"]["timeline"].as_array().unwrap();
        timeline.iter().rfind(|e| e["phase"] == phase).unwrap()["at"].as_str().unwrap().to_owned()
    };
    assert!(at(&second, "Completed") < at(&third, "Executing"), "the third ran before the second was over");
    // Its plan was from before the second ran.
    assert!(third.rows.iter().any(|r| r["reason"] == "Drifted"), "{:#?}", third.rows);
}

#[tokio::test]
async fn who_waits_can_be_cancelled_and_a_holder_that_is_deleted_keeps_nothing() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-lock").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let hole = BlackHole::over(&cluster, &web).await;
    let first = cluster.run(&space.name, scale(2)).await;
    started(&first).await;
    let second = cluster.run(&space.name, scale(3)).await;
    queued(&second, &first, 1).await;
    let third = cluster.run(&space.name, scale(4)).await;
    queued(&third, &first, 2).await;
    let held = hole.swallowed().await;
    second.cancel(&cluster.admin, "not today").await.unwrap();
    let story = second.ended().await;
    assert_eq!(story.end(), ("Cancelled", "CancelRequested"), "{:#}", story.object["status"]);
    story.made_no_job();
    queued(&third, &first, 1).await;
    hole.closed(&web).await;
    first.delete().await.unwrap();
    first.gone().await;
    drop(held);
    assert_eq!(third.ended().await.end(), ("Completed", "ChecksPassed"));
    assert_eq!(web.now().await["spec"]["replicas"], 4);
}

#[tokio::test]
async fn a_claim_of_an_execution_that_is_no_more_keeps_nobody_waiting() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-lock").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let target = web.now().await["metadata"]["uid"].as_str().unwrap().to_owned();
    // As a request of the operator that was lost on its way would make it.
    let lost = json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {
            "name": format!("target-{target}"), "namespace": NAMESPACE_RUNS,
            "labels": {"writ.dev/execution-uid": "99999999-9999-4999-8999-999999999999"},
            "annotations": {"writ.dev/execution": format!("{}/run-gone", space.name), "writ.dev/turn": "1"},
        },
        "spec": {"holderIdentity": format!("{}/run-gone", space.name)},
    });
    tests::create(&cluster.almighty(crds::labels::OPERATOR_USER), &lost).await.unwrap();
    let story = cluster.run(&space.name, scale(2)).await.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    assert!(story.rows.iter().all(|r| r["reason"] != "Queued"), "{:#?}", story.rows);
}
