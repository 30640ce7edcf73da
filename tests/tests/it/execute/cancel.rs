//! Stopping: before anything ran, while it runs, and by deleting the object.
use super::{scale, with};
use serde_json::{Value, json};
use tests::{BlackHole, Cluster, Run, Typed, Workload, among_others};

/// A run whose command hangs in the API server, for as long as the second part lives.
async fn hanging(cluster: &Cluster, web: &Workload, namespace: &str) -> (Run, impl Sized) {
    let hole = BlackHole::over(cluster, web).await;
    let run = cluster.run(namespace, scale(2)).await;
    let held = hole.swallowed().await;
    (run, (held, hole))
}

/// Nothing of it runs any more: every Job is gone or has ended.
async fn nothing_runs(run: &Run) {
    for job in run.jobs().await {
        let ended = job["status"]["conditions"].as_array().is_some_and(|all| {
            all.iter()
                .any(|c| c["status"] == "True" && matches!(c["type"].as_str(), Some("Complete" | "Failed" | "FailureTarget")))
        });
        assert!(ended || job["metadata"].get("deletionTimestamp").is_some(), "{job:#}");
    }
}

#[tokio::test]
async fn what_is_born_cancelled_never_runs() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-cancel").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let born = with(scale(2), json!({"cancel": {"requested": true, "reason": "a drill"}}));
    let story = cluster.run(&space.name, born).await.ended().await;
    assert_eq!(story.end(), ("Cancelled", "CancelRequested"), "{:#}", story.object["status"]);
    let who = story.object["spec"]["cancel"]["by"].as_str().unwrap();
    assert_eq!(story.status("/by"), who);
    assert!(story.status("/message").contains(&format!("Cancelled by {who}: a drill. Nothing was touched.")));
    story.made_no_job();
    assert_eq!(web.now().await["spec"]["replicas"], 1);
}

#[tokio::test]
async fn what_runs_is_stopped_and_says_by_whom_and_that_it_may_have_done_a_part() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-cancel").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let (run, _held) = hanging(&cluster, &web, &space.name).await;
    space.user("jonas", "writ-user").await.unwrap();
    let who = format!("jonas-{}", space.name);
    let line = ["cancel", &run.name, "-n", &space.name, "--reason", "wrong number"];
    let said = Typed::start(Some(&who), &line).ended().await;
    // Stopped is what was asked for.
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.starts_with(&format!("asked to stop {} in {}\n", run.name, space.name)), "{}", said.out);
    assert!(said.out.contains("Cancelled (StoppedMidway)") && said.out.contains("It may have done a part"), "{}", said.out);
    let story = run.ended().await;
    assert_eq!(story.end(), ("Cancelled", "StoppedMidway"), "{:#}", story.object["status"]);
    assert_eq!(story.object["spec"]["cancel"], json!({"requested": true, "reason": "wrong number", "by": who}));
    assert_eq!(story.status("/by"), who);
    assert!(story.status("/message").contains("It may have done a part: look at Deployment"), "{}", story.status("/message"));
    assert_eq!(story.condition("Succeeded"), ("False", "StoppedMidway"));
    nothing_runs(&run).await;
    assert_eq!(web.now().await["spec"]["replicas"], 1);
}

#[tokio::test]
async fn what_runs_and_is_deleted_is_stopped_first_and_leaves_nothing_behind() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-cancel").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let (run, _held) = hanging(&cluster, &web, &space.name).await;
    run.delete().await.unwrap();
    let rows = run.gone().await;
    let end = rows.last().unwrap();
    assert_eq!((&end["phase"], &end["reason"]), (&json!("Cancelled"), &json!("StoppedMidway")));
    nothing_runs(&run).await;
    tests::eventually("its Job and its pod are gone", async || {
        let left: Vec<Value> = [run.jobs().await, run.pods().await].concat();
        left.is_empty().then_some(())
    })
    .await;
    assert_eq!(web.now().await["spec"]["replicas"], 1);
}

#[tokio::test]
async fn what_is_over_can_be_deleted_at_once() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-cancel").await.unwrap();
    let run = cluster.run(&space.name, scale(2)).await;
    assert_eq!(run.ended().await.end(), ("Refused", "TargetNotFound"));
    run.delete().await.unwrap();
    let rows = run.gone().await;
    assert_eq!(rows.len(), 1, "the ledger remembers it");
}

#[tokio::test]
async fn what_has_run_is_not_waited_for_any_longer() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-cancel").await.unwrap();
    super::operator::held_back(&cluster, &space.name).await;
    let run = cluster.run(&space.name, scale(1)).await;
    run.until("the command has run", |kx| kx["status"]["phase"] == "Verifying").await;
    run.cancel(&cluster.admin, "I look myself").await.unwrap();
    let story = run.ended().await;
    assert_eq!(story.end(), ("Failed", "CancelRequested"), "{:#}", story.object["status"]);
    assert!(story.status("/message").contains("it was asked to wait no longer"), "{}", story.status("/message"));
}
