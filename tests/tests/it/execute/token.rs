//! What a run's token is worth: while it runs, its one object; afterwards nothing, however it ended. That of a dry run never writes.
use super::{scale, with};
use crds::labels::{DRY_RUN_ONLY, NAMESPACE_DRYRUN, NAMESPACE_RUNS};
use k8s_openapi::api::autoscaling::v1::Scale;
use kube::{Client, api::PostParams};
use serde_json::{Value, json};
use tests::{BlackHole, Cluster, Run, Scratch, Workload, among_others, api, eventually, get, refused};

/// Seconds that a write hangs and then passes: a node has the token long before.
const SLOW: u32 = 10;
/// Replicas that nobody asked for.
const STOLEN: u32 = 3;

/// What its role lets it do.
async fn writes(who: &Client, web: &Value) -> kube::Result<()> {
    let meta = json!({"name": "web", "namespace": web["metadata"]["namespace"]});
    let scaled: Scale = serde_json::from_value(json!({"metadata": meta, "spec": {"replicas": STOLEN}})).unwrap();
    api(who, web).replace_scale("web", &PostParams::default(), &scaled).await.map(drop)
}

fn code(answer: kube::Result<()>) -> u16 {
    match answer {
        Ok(()) => 200,
        Err(kube::Error::Api(status)) => status.code,
        Err(other) => panic!("no answer: {other}"),
    }
}

async fn place(cluster: &Cluster) -> (Scratch, Workload) {
    let space = cluster.scratch("execute-token").await.unwrap();
    let web = Workload::deployment(cluster, &space.name, 1).await;
    (space, web)
}

/// Whoever took it from the node while it was worth something. None: not the local cluster.
async fn thief(cluster: &Cluster, run: &Run, home: &str, web: &Workload) -> Option<Client> {
    let thief = cluster.with_token(run.token(home).await?);
    assert!(get(&thief, &web.object).await.unwrap().is_some(), "the token works while the run does");
    Some(thief)
}

/// The binding went first: what the account may do is gone before its token is.
async fn is_worth_nothing(thief: Option<Client>, web: &Workload) {
    let Some(thief) = thief else { return assert!(!Cluster::is_local(), "a token was taken") };
    assert!(matches!(code(writes(&thief, &web.object).await), 401 | 403));
    eventually("nobody is known by that token", async || (code(get(&thief, &web.object).await.map(drop)) == 401).then_some(()))
        .await;
    assert_ne!(web.now().await["spec"]["replicas"], STOLEN);
}

#[tokio::test]
async fn the_token_of_a_run_that_was_stopped_is_worth_nothing() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let (space, web) = place(&cluster).await;
    let hole = BlackHole::over(&cluster, &web).await;
    let run = cluster.run(&space.name, scale(2)).await;
    let held = hole.swallowed().await;
    let thief = thief(&cluster, &run, NAMESPACE_RUNS, &web).await;
    run.cancel(&cluster.admin, "a drill").await.unwrap();
    let story = run.ended().await;
    assert_eq!(story.end(), ("Cancelled", "StoppedMidway"), "{:#}", story.object["status"]);
    drop((held, hole));
    is_worth_nothing(thief, &web).await;
}

#[tokio::test]
async fn the_token_of_a_run_that_failed_is_worth_nothing() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let (space, web) = place(&cluster).await;
    let hole = BlackHole::over(&cluster, &web).await;
    let run = cluster.run(&space.name, scale(2)).await;
    let held = hole.swallowed().await;
    let thief = thief(&cluster, &run, NAMESPACE_RUNS, &web).await;
    // The call breaks, and the write with it.
    drop((held, hole));
    let story = run.ended().await;
    assert_eq!(story.end(), ("Failed", "JobFailed"), "{:#}", story.object["status"]);
    is_worth_nothing(thief, &web).await;
}

#[tokio::test]
async fn the_token_of_a_run_that_completed_is_worth_nothing() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let (space, web) = place(&cluster).await;
    let slow = BlackHole::slow(&cluster, &web, SLOW).await;
    let run = cluster.run(&space.name, scale(2)).await;
    let thief = thief(&cluster, &run, NAMESPACE_RUNS, &web).await;
    let story = run.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    drop(slow);
    is_worth_nothing(thief, &web).await;
}

#[tokio::test]
async fn the_token_of_a_dry_run_writes_nothing_and_is_worth_nothing_when_it_is_over() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let (space, web) = place(&cluster).await;
    let slow = BlackHole::slow(&cluster, &web, SLOW).await;
    let run = cluster.run(&space.name, with(scale(2), json!({"dryRun": "Server"}))).await;
    let thief = thief(&cluster, &run, NAMESPACE_DRYRUN, &web).await;
    if let Some(thief) = &thief {
        // Its role lets it scale; the guard does not.
        refused(writes(thief, &web.object).await, DRY_RUN_ONLY);
    }
    let story = run.ended().await;
    assert_eq!(story.end(), ("Completed", "DryRunPassed"), "{:#}", story.object["status"]);
    drop(slow);
    is_worth_nothing(thief, &web).await;
    assert_eq!(web.now().await["spec"]["replicas"], 1);
}
