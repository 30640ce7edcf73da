//! `spec.rollbackOf`: what was done is taken back, once, by the stored inverse, and only while it is as it was left.
use super::{inverse, scale, with};
use serde_json::{Value, json};
use tests::{Cluster, PATIENCE, Run, Story, Workload, among_others, create, within};

fn undo(run: &Run, story: &Story) -> Value {
    with(inverse(story), json!({"rollbackOf": {"name": run.name, "uid": run.uid}}))
}

async fn done(cluster: &Cluster, namespace: &str, spec: Value) -> (Run, Story) {
    let run = cluster.run(namespace, spec).await;
    let story = run.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    (run, story)
}

#[tokio::test]
async fn an_undo_takes_back_what_was_done_and_the_original_says_so() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("undo").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let (run, up) = done(&cluster, &space.name, scale(3)).await;
    let (back, down) = done(&cluster, &space.name, undo(&run, &up)).await;
    assert_eq!(web.settled().await.0, 1);
    assert_eq!(down.status("/summary"), "replicas 3 -> 1");

    run.until("it is told that it was undone", |kx| kx["status"]["reason"] == "RolledBack").await;
    let told = run.ended().await;
    assert_eq!(told.end(), ("Completed", "RolledBack"));
    let message = told.status("/message");
    assert!(message.contains("replicas 1 -> 3") && message.ends_with(&format!("Undone by {}.", back.name)), "{message}");
    assert_eq!((told.status("/rollback/state"), told.status("/rollback/undoneBy")), ("Done", back.name.as_str()));
    assert_eq!(told.condition("Succeeded"), ("True", "ChecksPassed"));
    assert_eq!(told.condition("RollbackReady"), ("False", "RolledBack"));
    assert_eq!(told.rows.last().unwrap()["reason"], "RolledBack");
    assert_eq!(told.status("/finishedAt"), up.status("/finishedAt"));

    let again = cluster.run(&space.name, undo(&run, &up)).await.ended().await;
    again.refused("UndoUnavailable", "Host", &format!("was undone already, by {}", back.name));
    let (_, forth) = done(&cluster, &space.name, undo(&back, &down)).await;
    assert_eq!(forth.status("/summary"), "replicas 1 -> 3");
}

#[tokio::test]
async fn what_somebody_changed_since_is_not_undone() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("undo").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let (run, up) = done(&cluster, &space.name, scale(3)).await;
    web.patch(json!({"spec": {"replicas": 2}})).await.unwrap();
    let story = cluster.run(&space.name, undo(&run, &up)).await.ended().await;
    story.refused("TargetMovedOn", "Host", "/spec/replicas is 2, and was left at 3");
    assert_eq!(story.status("/refusal/tryInstead"), up.status("/rollback/command"));
    story.made_no_job();
    assert_eq!(web.now().await["spec"]["replicas"], 2);
    assert_eq!(run.now().await.unwrap()["status"]["rollback"]["state"], "Ready");
}

#[tokio::test]
async fn what_somebody_else_wrote_since_is_not_undone_though_it_is_as_it_was_left() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("undo").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let (run, up) = done(&cluster, &space.name, scale(3)).await;
    for replicas in [2, 3] {
        web.patch_as("deployer", json!({"spec": {"replicas": replicas}})).await.unwrap();
    }
    let story = cluster.run(&space.name, undo(&run, &up)).await.ended().await;
    story.refused("TargetMovedOn", "Host", "deployer owns spec.replicas since ");
    assert_eq!(story.status("/refusal/violations/0/rule"), "owner");
    story.made_no_job();
}

#[tokio::test]
async fn what_an_autoscaler_took_since_is_not_undone() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("undo").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let (run, up) = done(&cluster, &space.name, scale(3)).await;
    // Its bounds alone make it write: no metrics are needed for that.
    create(&cluster.admin, &super::owners::autoscaler(&space.name, 2, 2)).await.unwrap();
    within(PATIENCE, "it sets the replicas", async || (web.now().await["spec"]["replicas"] == 2).then_some(())).await;
    let story = cluster.run(&space.name, undo(&run, &up)).await.ended().await;
    story.refused("TargetMovedOn", "Host", "horizontalpodautoscaler/web owns spec.replicas (now 2)");
    story.made_no_job();
    assert_eq!(web.now().await["spec"]["replicas"], 2);
}

/// Its word is the value that is there; undoing that would fight it.
#[tokio::test]
async fn what_a_gitops_tool_declared_since_is_not_undone() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("undo").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let (run, up) = done(&cluster, &space.name, scale(3)).await;
    web.apply_as("argocd-controller", json!({"metadata": {"name": "web"}, "spec": {"replicas": 3}})).await.unwrap();
    let story = cluster.run(&space.name, undo(&run, &up)).await.ended().await;
    story.refused("TargetMovedOn", "Host", "Argo CD owns spec.replicas");
    assert_eq!(story.status("/refusal/violations/0/rule"), "owner");
    assert_eq!(web.now().await["spec"]["replicas"], 3);
    assert_eq!(run.now().await.unwrap()["status"]["rollback"]["state"], "Ready");
}

#[tokio::test]
async fn another_change_under_the_name_of_an_undo_is_refused() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("undo").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let (run, up) = done(&cluster, &space.name, scale(3)).await;
    let generation = web.now().await["metadata"]["generation"].clone();
    let more = with(undo(&run, &up), json!({"parameters": {"replicas": 5}}));
    let story = cluster.run(&space.name, more).await.ended().await;
    story.refused("UndoDiffers", "Host", "has stored: spec.parameters.");
    let nobody = json!({"rollbackOf": {"name": run.name, "uid": "22222222-2222-4222-8222-222222222222"}});
    let story = cluster.run(&space.name, with(undo(&run, &up), nobody)).await.ended().await;
    story.refused("UndoUnavailable", "Host", "There is no execution");
    assert_eq!(web.now().await["metadata"]["generation"], generation);
}
