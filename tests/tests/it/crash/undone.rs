//! The same while what failed is taken back by itself: whenever the operator dies, there is one undo, and it is seen to its end.
use super::once;
use crate::execute::automatic::web;
use serde_json::{Value, json};
use tests::{AuditLog, Cluster, Operator, Run, Sight, alone};

/// A rollback to what does not start is undone by itself, and the operator killed when this is seen of it or of its undo.
async fn killed_while_it_is_undone_by_itself(is: impl Fn(&Run, &Value) -> bool) {
    let _turn = alone().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("crash").await.unwrap();
    let web = web(&cluster, &space.name).await;
    let before = web.now().await;
    let target = before["metadata"]["uid"].as_str().unwrap();
    let log = AuditLog::from_now();
    let operator = Operator::found(&cluster).await;
    let all = Run::manifest(&space.name, json!({}));
    let mut sight = Sight::open(&cluster.admin, &all).await;
    let spec = json!({
        "action": "rollback_deployment", "target": {"name": "web"}, "parameters": {"revision": 2}, "reason": "INC-7 a crash",
        "rollback": {"onFailure": "Automatic"},
    });
    let run = cluster.run_as(&cluster.almighty("maria"), &space.name, spec).await.unwrap();
    sight.until(|kx| is(&run, kx)).await;
    operator.killed(&cluster).await;

    let told = run.until("it says that it was undone", |kx| kx["status"]["reason"] == "RolledBack").await;
    let mut undos = tests::all(&cluster.admin, &all, "").await.unwrap();
    undos.retain(|kx| undoes(&run, kx));
    assert_eq!(undos.len(), 1, "{undos:#?}");
    let undo = Run::of(&cluster, &undos[0]);
    assert_eq!(told["status"]["rollback"]["automatic"], json!(undo.name));
    assert_eq!(told["status"]["rollback"]["undoneBy"], json!(undo.name));

    let (failed, undone) = (run.ended().await, undo.ended().await);
    let reasons: Vec<&str> = failed.rows.iter().map(|row| row["reason"].as_str().unwrap()).collect();
    assert!(reasons.ends_with(&["ChecksFailed", "RollbackStarted", "RolledBack"]), "{reasons:?}");
    assert_eq!(failed.end(), ("Failed", "RolledBack"));
    assert_eq!(undone.end(), ("Completed", "ChecksPassed"), "{:#}", undone.object["status"]);
    for (run, story) in [(&run, &failed), (&undo, &undone)] {
        assert_eq!((story.jobs.len(), story.pods.len()), (1, 1));
        once(run, log.as_ref(), target, ("patch", "web"));
    }
    web.settled().await;
    assert_eq!(web.now().await["spec"]["template"], before["spec"]["template"]);
}

fn undoes(run: &Run, kx: &Value) -> bool {
    kx["spec"]["rollbackOf"]["uid"] == json!(run.uid)
}

/// It is there, and what failed does not know of it yet.
#[tokio::test]
async fn killed_when_an_undo_was_asked_for_and_that_is_not_recorded() {
    killed_while_it_is_undone_by_itself(undoes).await;
}

#[tokio::test]
async fn killed_when_it_is_recorded_that_an_undo_was_asked_for() {
    let recorded = |run: &Run, kx: &Value| kx["metadata"]["uid"] == json!(run.uid) && kx["status"]["reason"] == "RollbackStarted";
    killed_while_it_is_undone_by_itself(recorded).await;
}
