//! The same while it waits for something, goes without somebody, takes something back, or is told of that.
use super::{
    one_job, phase,
    place::{Place, well},
};
use crate::execute::approval::demanding;
use serde_json::{Value, json};
use tests::{AuditLog, BlackHole, alone, create};

#[tokio::test]
async fn killed_while_it_is_frozen() {
    let _turn = alone().await;
    let place = Place::make(json!({})).await;
    let (target, log) = (place.uid().await, AuditLog::from_now());
    let name = format!("freeze-{}", place.space.name);
    let spec = json!({"reason": "release day", "selector": {"namespaces": [place.space.name]}});
    let freeze = json!({"apiVersion": "writ.dev/v1alpha1", "kind": "ExecutionFreeze", "metadata": {"name": name}, "spec": spec});
    let freeze = place.cluster.stand(freeze).await.unwrap();
    let (operator, mut sight) = place.watched().await;
    let run = place.asked(2, json!({})).await;
    place.killed_when(operator, &mut sight, &run, |kx| kx["status"]["reason"] == "Frozen").await;
    assert_eq!((run.identity().await, run.jobs().await), (vec![], vec![]));
    drop(freeze);
    one_job(&run, &well(&run).await, log.as_ref(), &target);
    assert_eq!(place.web.settled().await.0, 2);
}

#[tokio::test]
async fn killed_while_another_has_the_target() {
    let _turn = alone().await;
    let place = Place::make(json!({})).await;
    let (target, log) = (place.uid().await, AuditLog::from_now());
    let hole = BlackHole::over(&place.cluster, &place.web).await;
    let first = place.asked(2, json!({})).await;
    let held = hole.swallowed().await;
    let (operator, mut sight) = place.watched().await;
    let second = place.asked(3, json!({})).await;
    place.killed_when(operator, &mut sight, &second, |kx| kx["status"]["reason"] == "Queued").await;
    hole.closed(&place.web).await;
    first.cancel(&place.cluster.admin, "it hangs").await.unwrap();
    assert_eq!(first.ended().await.end(), ("Cancelled", "StoppedMidway"));
    drop(held);
    one_job(&second, &well(&second).await, log.as_ref(), &target);
    assert_eq!(place.web.settled().await.0, 3);
}

/// A second Deployment, which has nothing to do with the first.
async fn another(place: &Place) {
    let mut object = place.web.object.clone();
    object["metadata"]["name"] = json!("api");
    for labels in ["/spec/selector/matchLabels/app", "/spec/template/metadata/labels/app"] {
        *object.pointer_mut(labels).unwrap() = json!("api");
    }
    create(&place.cluster.admin, &object).await.unwrap();
}

#[tokio::test]
async fn killed_while_no_more_may_be_at_work_at_once() {
    let _turn = alone().await;
    let place = Place::make(json!({})).await;
    let (target, log) = (place.uid().await, AuditLog::from_now());
    another(&place).await;
    let _policy = demanding(&place.cluster, &place.space.name, r#"{"limits": {"namespace": 1}}"#).await;
    let hole = BlackHole::over(&place.cluster, &place.web).await;
    let first = place.asked(2, json!({"target": {"name": "api"}})).await;
    let held = hole.swallowed().await;
    let waits = |kx: &Value| {
        let lock = &kx["status"]["lock"];
        let second_of_one = lock["behind"] == json!(first.name) && lock["ahead"] == 1 && lock["limit"] == "Namespace";
        kx["status"]["reason"] == "LimitReached" && second_of_one
    };
    let (operator, mut sight) = place.watched().await;
    let second = place.asked(2, json!({})).await;
    place.killed_when(operator, &mut sight, &second, waits).await;
    let now = second.now().await.unwrap();
    assert!(waits(&now), "{:#}", now["status"]);
    assert_eq!((second.identity().await, second.jobs().await), (vec![], vec![]));
    hole.closed(&place.web).await;
    first.cancel(&place.cluster.admin, "it hangs").await.unwrap();
    assert_eq!(first.ended().await.end(), ("Cancelled", "StoppedMidway"));
    drop(held);
    one_job(&second, &well(&second).await, log.as_ref(), &target);
    if let Some(log) = &log {
        assert_eq!(log.jobs_made(&format!("run-{}", first.uid)), 1);
    }
    assert_eq!(place.web.settled().await.0, 2);
}

#[tokio::test]
async fn killed_when_the_glass_is_broken() {
    let _turn = alone().await;
    let place = Place::make(json!({"environment": "production"})).await;
    let (target, log) = (place.uid().await, AuditLog::from_now());
    let (operator, mut sight) = place.watched().await;
    let run = place.broken().await;
    place.killed_when(operator, &mut sight, &run, |kx| kx["status"]["reason"] == "BreakGlass").await;
    let story = well(&run).await;
    one_job(&run, &story, log.as_ref(), &target);
    let told = story.rows.iter().filter(|row| row["reason"] == "BreakGlass").count();
    assert_eq!((told, story.status("/review/state")), (1, "Due"), "who was not asked is told once, and owed a review");
}

/// Of an execution that is taken back: killed when either of both is seen so.
async fn killed_while_it_is_undone(of_undo: bool, is: fn(&Value) -> bool) {
    let _turn = alone().await;
    let place = Place::make(json!({})).await;
    let target = place.uid().await;
    let run = place.asked(2, json!({})).await;
    well(&run).await;
    let log = AuditLog::from_now();
    let (operator, mut sight) = place.watched().await;
    let undo = place.asked(1, json!({"rollbackOf": {"name": run.name, "uid": run.uid}})).await;
    place.killed_when(operator, &mut sight, if of_undo { &undo } else { &run }, is).await;
    one_job(&undo, &well(&undo).await, log.as_ref(), &target);
    assert_eq!(place.web.settled().await.0, 1);
    run.until("it says that it was undone", |kx| kx["status"]["reason"] == "RolledBack").await;
    let told = run.ended().await.rows.iter().filter(|row| row["reason"] == "RolledBack").count();
    assert_eq!(told, 1);
}

#[tokio::test]
async fn killed_when_an_undo_is_prepared() {
    killed_while_it_is_undone(true, |kx| phase(kx) == "Preparing").await;
}

#[tokio::test]
async fn killed_when_an_undo_runs() {
    killed_while_it_is_undone(true, |kx| phase(kx) == "Executing").await;
}

#[tokio::test]
async fn killed_when_the_effect_of_an_undo_is_waited_for() {
    killed_while_it_is_undone(true, |kx| phase(kx) == "Verifying").await;
}

#[tokio::test]
async fn killed_when_what_was_undone_says_so() {
    killed_while_it_is_undone(false, |kx| kx["status"]["reason"] == "RolledBack").await;
}
