//! The same when it is over: while somebody still has to look at what was done, and while it goes because its time to live is over.
use super::{
    held, once, one_job, phase,
    place::{Place, well},
};
use crate::execute::approval::{LEADS, approver, ballot, counted, say};
use crds::labels::FINALIZER_OUTCOME;
use kube::{
    Client,
    api::{Patch, PatchParams},
};
use serde_json::{Value, json};
use tests::{AuditLog, Operator, Run, Sight, Story, alone, api, eventually, would_create};

fn production() -> Value {
    json!({"environment": "production"})
}

/// Somebody who may look at it, and what he says.
async fn reviewer(place: &Place, run: &Run) -> (Client, Value) {
    let hash = run.now().await.unwrap()["status"]["review"]["planHash"].as_str().unwrap().to_owned();
    let review = ballot(run, &hash, json!({"decision": "Review", "comment": "it was right"}));
    (approver(&place.cluster, &place.space, "jonas", LEADS).await, review)
}

/// It is reviewed once, by what he said, and nothing was done again.
async fn is_reviewed(place: &Place, run: &Run, review: &Value, log: Option<&AuditLog>, target: &str) {
    run.until("it is reviewed", |kx| kx["status"]["reason"] == "Reviewed").await;
    let story = run.ended().await;
    assert_eq!(story.end(), ("Completed", "Reviewed"), "{:#}", story.object["status"]);
    let told = story.rows.iter().filter(|row| row["reason"] == "Reviewed").count();
    assert_eq!((told, story.status("/review/state")), (1, "Done"));
    assert_eq!(story.object["status"]["review"]["object"], review["metadata"]["name"]);
    assert_eq!(counted(&place.cluster, review).await, ("True".to_owned(), "Counted".to_owned()));
    one_job(run, &story, log, target);
    assert_eq!(place.web.settled().await.0, 5);
}

#[tokio::test]
async fn killed_when_it_is_over_and_a_review_is_due() {
    let _turn = alone().await;
    let place = Place::make(production()).await;
    let (target, log) = (place.uid().await, AuditLog::from_now());
    let (operator, mut sight) = place.watched().await;
    let run = place.broken().await;
    let due = |kx: &Value| Story::is_end(&kx["status"]) && kx["status"]["review"]["state"] == "Due";
    place.killed_when(operator, &mut sight, &run, due).await;
    // Nobody else's word, and not silence, ends that.
    assert_eq!(well(&run).await.status("/review/state"), "Due");
    let (jonas, review) = reviewer(&place, &run).await;
    let review = say(&jonas, &review).await;
    is_reviewed(&place, &run, &review, log.as_ref(), &target).await;
}

#[tokio::test]
async fn killed_when_somebody_has_just_reviewed_it() {
    let _turn = alone().await;
    let place = Place::make(production()).await;
    let (target, log) = (place.uid().await, AuditLog::from_now());
    let run = place.broken().await;
    well(&run).await;
    let (jonas, review) = reviewer(&place, &run).await;
    eventually("the right is in force", async || would_create(&jonas, &review).await.ok().map(drop)).await;
    let operator = Operator::found(&place.cluster).await;
    let mut sight = Sight::open(&place.cluster.admin, &review).await;
    let killed = async {
        sight.until(|said| said["spec"]["execution"]["uid"] == json!(run.uid)).await;
        operator.killed(&place.cluster).await;
    };
    let (review, ()) = tokio::join!(say(&jonas, &review), killed);
    is_reviewed(&place, &run, &review, log.as_ref(), &target).await;
}

/// It goes, its rows stay, and nothing else of it does, or not for ever.
async fn went(place: &Place, run: &Run, log: Option<&AuditLog>, target: &str) {
    let rows = run.gone().await;
    let last = rows.last().unwrap();
    assert_eq!((&last["phase"], &last["reason"]), (&json!("Completed"), &json!("ChecksPassed")));
    once(run, log, target, ("update", "web/scale"));
    for job in run.jobs().await {
        let goes = job["spec"]["ttlSecondsAfterFinished"].is_number() || job["metadata"].get("deletionTimestamp").is_some();
        assert!(goes, "a Job stays for ever: {job:#}");
    }
    for pod in run.pods().await {
        let held = pod["metadata"]["finalizers"].as_array().is_some_and(|f| f.contains(&json!(FINALIZER_OUTCOME)));
        assert!(!held, "a pod is still held: {pod:#}");
    }
    assert_eq!(place.web.settled().await.0, 2);
}

async fn killed_before_it_goes(ttl: &str, is: fn(&Value) -> bool) {
    let _turn = alone().await;
    let place = Place::make(json!({})).await;
    let (target, log) = (place.uid().await, AuditLog::from_now());
    let (operator, mut sight) = place.watched().await;
    let run = place.asked(2, json!({"ttlAfterFinished": ttl})).await;
    place.killed_when(operator, &mut sight, &run, is).await;
    went(&place, &run, log.as_ref(), &target).await;
}

/// By the time another operator works, its time is over.
#[tokio::test]
async fn killed_when_it_was_to_go_and_something_is_still_owed() {
    killed_before_it_goes("1s", |kx| phase(kx) == "Completed" && held(kx)).await;
}

#[tokio::test]
async fn killed_when_its_time_to_live_is_all_that_is_waited_for() {
    killed_before_it_goes("2s", Run::is_done).await;
}

const THEIRS: &str = "example.com/somebody-else";

async fn finalizers(place: &Place, run: &Run, change: Value) {
    let change = Patch::Json::<()>(serde_json::from_value(json!([change])).unwrap());
    let all = api(&place.cluster.admin, &Run::manifest(&run.namespace, json!({})));
    all.patch(&run.name, &PatchParams::default(), &change).await.unwrap();
}

/// What is deleted goes at once, unless somebody else still holds it: then it is seen going.
#[tokio::test]
async fn killed_when_it_is_being_deleted_because_its_time_is_over() {
    let _turn = alone().await;
    let place = Place::make(json!({})).await;
    let (target, log) = (place.uid().await, AuditLog::from_now());
    let (operator, mut sight) = place.watched().await;
    let run = place.asked(2, json!({"ttlAfterFinished": "1s"})).await;
    run.until("the operator holds it", held).await;
    finalizers(&place, &run, json!({"op": "add", "path": "/metadata/finalizers/-", "value": THEIRS})).await;
    let going = |kx: &Value| kx["metadata"].get("deletionTimestamp").is_some();
    let seen = place.killed_when(operator, &mut sight, &run, going).await;
    assert_eq!(seen["metadata"]["finalizers"], json!([THEIRS]), "it is deleted when nothing is owed");
    assert_eq!(run.ended().await.end(), ("Completed", "ChecksPassed"));
    finalizers(&place, &run, json!({"op": "remove", "path": "/metadata/finalizers"})).await;
    went(&place, &run, log.as_ref(), &target).await;
}
