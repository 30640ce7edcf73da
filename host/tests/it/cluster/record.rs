//! The record carries what it was decided on; the finalizer leaves the others alone.
use super::api::{Answer, cluster, execution, no, ok, stored};
use host::cluster::{CallError, Recorded};
use serde_json::{Value, json};

const OBJECT: &str = "/apis/writ.dev/v1alpha1/namespaces/shop/kubernetesexecutions/scale";

#[tokio::test]
async fn a_record_carries_the_version_and_the_uid_that_were_decided_on() {
    let (cluster, heard) = cluster(|_| ok(stored("42")));
    let recorded = cluster.record(&execution(), &execution().status).await.unwrap();
    assert!(matches!(recorded, Recorded::Done(kx) if kx.metadata.resource_version.as_deref() == Some("42")));
    let [call] = &heard.calls()[..] else { panic!("{:?}", heard.lines()) };
    assert_eq!(call.line, format!("PUT {OBJECT}/status"));
    assert_eq!(call.body.pointer("/metadata/resourceVersion"), Some(&json!("41")));
    assert_eq!(call.body.pointer("/metadata/uid"), Some(&json!(super::api::EXECUTION)));
    assert_eq!(call.body.pointer("/status/seq"), Some(&json!(3)));
}

#[tokio::test]
async fn every_answer_to_a_record_has_its_meaning_and_none_is_repeated() {
    for (answer, meaning) in [
        (409, "Ok(Conflict)"),
        (404, "Ok(Gone)"),
        (403, "Err(Refused"),
        (422, "Err(Refused"),
        (500, "Err(Unknown"),
        (504, "Err(Unknown"),
        (429, "Err(Throttled"),
    ] {
        let (cluster, heard) = cluster(move |_| no(answer, "Reason", "words"));
        let recorded = cluster.record(&execution(), &execution().status).await;
        assert!(format!("{recorded:?}").starts_with(meaning), "{answer}: {recorded:?}");
        assert_eq!(heard.calls().len(), 1, "{answer}");
    }
    let (cluster, heard) = cluster(|_| Answer::Broken);
    assert!(matches!(cluster.record(&execution(), &execution().status).await, Err(CallError::Unknown(_))));
    assert_eq!(heard.calls().len(), 1);
}

fn operations(body: &Value) -> Vec<String> {
    body.as_array()
        .unwrap()
        .iter()
        .map(|o| format!("{} {} {}", o["op"].as_str().unwrap(), o["path"].as_str().unwrap(), o["value"]))
        .collect()
}

#[tokio::test]
async fn the_first_finalizer_takes_one_call_and_no_reading() {
    let (cluster, heard) = cluster(|_| ok(stored("42")));
    assert!(matches!(cluster.finalizer(&execution(), true).await.unwrap(), Recorded::Done(_)));
    let [call] = &heard.calls()[..] else { panic!("{:?}", heard.lines()) };
    assert_eq!(call.line, format!("PATCH {OBJECT}"));
    let uid = super::api::EXECUTION;
    let expected = [
        format!("test /metadata/uid \"{uid}\""),
        "test /metadata/resourceVersion \"41\"".into(),
        "test /metadata/finalizers null".into(),
        "add /metadata/finalizers [\"writ.dev/record\"]".into(),
    ];
    assert_eq!(operations(&call.body), expected);
}

fn with_finalizers(version: &str, finalizers: &[&str]) -> Value {
    let mut object = stored(version);
    object["metadata"]["finalizers"] = json!(finalizers);
    object
}

#[tokio::test]
async fn finalizers_of_others_are_kept() {
    for (present, there, left) in [
        (true, vec!["foregroundDeletion"], vec!["foregroundDeletion", "writ.dev/record"]),
        (false, vec!["writ.dev/record", "a/b"], vec!["a/b"]),
    ] {
        let live = with_finalizers("41", &there);
        let (cluster, heard) = cluster(move |call| match () {
            () if call.is("GET") => ok(live.clone()),
            () if operations(&call.body).len() == 4 => no(422, "Invalid", "the server rejected our request"),
            () => ok(stored("42")),
        });
        assert!(matches!(cluster.finalizer(&execution(), present).await.unwrap(), Recorded::Done(_)));
        let last = heard.calls().pop().unwrap();
        assert_eq!(operations(&last.body).last().unwrap(), &format!("add /metadata/finalizers {}", json!(left)));
    }
}

#[tokio::test]
async fn a_finalizer_on_an_object_that_moved_is_a_conflict_and_nothing_is_written() {
    let (cluster, heard) =
        cluster(|call| if call.is("GET") { ok(with_finalizers("77", &[])) } else { no(422, "Invalid", "test failed") });
    assert!(matches!(cluster.finalizer(&execution(), true).await.unwrap(), Recorded::Conflict));
    assert_eq!(heard.lines().len(), 2, "the patch whose test failed, and a look");
}

#[tokio::test]
async fn an_object_that_is_gone_is_gone() {
    let (cluster, _) = cluster(|_| super::api::missing("scale"));
    assert!(matches!(cluster.finalizer(&execution(), false).await.unwrap(), Recorded::Gone));
    assert!(cluster.execution("shop", "scale").await.unwrap().is_none());
}
