//! A run of which nobody can tell how it ended: its Job is deleted while what it wrote hangs in the API server. The value that is there
//! afterwards decides whether there is anything to undo.
use super::{inverse, scale, with};
use crds::labels::NAMESPACE_RUNS;
use kube::api::{DeleteParams, PropagationPolicy};
use serde_json::json;
use tests::{BlackHole, Cluster, PATIENCE, Run, Story, Workload, all, among_others, api, within};

/// Deletes the Job and leaves its pod alone: what that has asked for goes on, and nothing tells of it any more.
async fn loses_its_job(cluster: &Cluster, run: &Run) {
    let now = run.until("its Job is followed", |kx| kx["status"]["job"]["uid"].is_string()).await;
    let name = now["status"]["job"]["name"].as_str().unwrap();
    let jobs = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"namespace": NAMESPACE_RUNS}});
    let alone = DeleteParams { propagation_policy: Some(PropagationPolicy::Orphan), ..DeleteParams::default() };
    api(&cluster.admin, &jobs).delete(name, &alone).await.unwrap();
    let told = run.until("nobody can tell", |kx| Story::is_end(&kx["status"])).await;
    assert_eq!((&told["status"]["phase"], &told["status"]["reason"]), (&json!("Failed"), &json!("OutcomeUnknown")));
}

/// Nobody looks after a pod without a Job.
async fn tidied(cluster: &Cluster, run: &Run) {
    let pods = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": NAMESPACE_RUNS}});
    let label = format!("{}={}", crds::labels::LABEL_EXECUTION_UID, run.uid);
    for pod in all(&cluster.admin, &pods, &label).await.unwrap() {
        api(&cluster.admin, &pods).delete(pod["metadata"]["name"].as_str().unwrap(), &DeleteParams::default()).await.unwrap();
    }
}

async fn undone(cluster: &Cluster, run: &Run, story: &Story) -> Story {
    let undo = with(inverse(story), json!({"rollbackOf": {"name": run.name, "uid": run.uid}}));
    cluster.run(&run.namespace, undo).await.ended().await
}

#[tokio::test]
async fn what_came_to_pass_although_nobody_could_tell_is_undone() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-unknown").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    // What hangs here passes in the end: when nobody holds it any more, or after 30 s.
    let hole = BlackHole::slow(&cluster, &web, 10).await;
    let run = cluster.run(&space.name, scale(2)).await;
    let held = hole.swallowed().await;
    loses_its_job(&cluster, &run).await;
    assert_eq!(web.now().await["spec"]["replicas"], 1, "it hangs");
    drop(held);
    hole.closed(&web).await;
    within(PATIENCE, "it comes to pass", async || (web.now().await["spec"]["replicas"] == 2).then_some(())).await;
    let story = run.ended().await;
    assert_eq!(story.condition("RollbackReady"), ("True", "InverseStored"));
    web.settled().await;
    let undo = undone(&cluster, &run, &story).await;
    assert_eq!(undo.end(), ("Completed", "ChecksPassed"), "{:#}", undo.object["status"]);
    assert_eq!(web.settled().await.0, 1);
    run.until("it is told that it was undone", |kx| kx["status"]["reason"] == "RolledBack").await;
    tidied(&cluster, &run).await;
}

#[tokio::test]
async fn what_never_came_to_pass_has_nothing_to_undo() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-unknown").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let hole = BlackHole::over(&cluster, &web).await;
    let run = cluster.run(&space.name, scale(2)).await;
    let held = hole.swallowed().await;
    loses_its_job(&cluster, &run).await;
    // What was held fails now.
    drop(held);
    hole.closed(&web).await;
    let story = run.ended().await;
    assert_eq!(story.condition("RollbackReady"), ("True", "InverseStored"));
    let undo = undone(&cluster, &run, &story).await;
    undo.refused("PluginRefused", "Plugin", "has 1 replica already");
    assert_eq!(web.now().await["spec"]["replicas"], 1);
    tidied(&cluster, &run).await;
}
