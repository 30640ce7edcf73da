//! A plan of more than one object, one of them new: shown, done and undone as one.
use super::{inverse, with};
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};
use tests::{Cluster, Component, Run, Story, alone, api, create, get, image};

pub(super) fn pod(namespace: &str, name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace},
        "spec": {"terminationGracePeriodSeconds": 0, "containers": [{"name": "c", "image": image()}]},
    })
}

/// The pod, once it is there: a namespace gets the account that pods need a moment after it was made.
pub(super) async fn running(cluster: &Cluster, pod: &Value) -> String {
    let made = tests::eventually("a pod can be made", async || create(&cluster.admin, pod).await.ok()).await;
    made.metadata.uid.expect("a uid")
}

pub(super) fn quarantine(pod: &Value) -> Value {
    json!({"action": "quarantine_pod", "target": {"name": pod["metadata"]["name"]}, "reason": "it calls home"})
}

fn policy(namespace: &str) -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "quarantine-suspect", "namespace": namespace},
    })
}

fn undo(run: &Run, story: &Story) -> Value {
    let of = json!({"rollbackOf": {"name": run.name, "uid": run.uid}, "target": {"name": "suspect"}});
    with(inverse(story), of)
}

const PLACE: &str = "/metadata/labels/writ.dev~1quarantined";

/// Alone: what it exports is there for everybody.
#[tokio::test]
async fn a_pod_is_quarantined_by_a_label_and_a_policy_and_both_are_undone() {
    let _turn = alone().await;
    let cluster = Cluster::connect().await.unwrap();
    let _pods = Component::install(&cluster, "pods", &Component::guest("pods")).await.standing();
    let space = cluster.scratch("execute-several").await.unwrap();
    let (suspect, policy) = (pod(&space.name, "suspect"), policy(&space.name));
    let uid = running(&cluster, &suspect).await;
    let there = async || {
        let label = get(&cluster.admin, &suspect).await.unwrap().unwrap().pointer(PLACE).cloned();
        (label, get(&cluster.admin, &policy).await.unwrap().map(|p| p["spec"].clone()))
    };

    // Shown, and nothing written.
    let story = cluster.run(&space.name, with(quarantine(&suspect), json!({"dryRun": "Server"}))).await.ended().await;
    assert_eq!(story.end(), ("Completed", "DryRunPassed"), "{:#}", story.object["status"]);
    let name = format!("NetworkPolicy {}/quarantine-suspect", space.name);
    let diff = story.object["status"]["diff"].as_array().unwrap();
    let shown = |object: &Value, pointer: &str, after: Value| {
        diff.iter().any(|d| d["object"] == *object && d["pointer"] == pointer && d["after"] == after && d["announced"] == true)
    };
    assert!(shown(&json!(name), "", json!("\"exists\"")), "{diff:#?}");
    assert!(shown(&json!(name), "/spec/policyTypes", json!("[\"Ingress\",\"Egress\"]")), "{diff:#?}");
    assert!(shown(&Value::Null, PLACE, json!(format!("\"{uid}\""))), "{diff:#?}");
    assert!(diff.iter().all(|d| d["announced"] == true), "{diff:#?}");
    assert_eq!(there().await, (None, None), "something was written");

    let run = cluster.run(&space.name, quarantine(&suspect)).await;
    let story = run.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    let (label, spec) = there().await;
    assert_eq!(label, Some(json!(uid)));
    let selects = json!({"matchLabels": {"writ.dev/quarantined": uid}});
    assert_eq!(spec.unwrap()["podSelector"], selects);

    // Somebody opened the policy: taking it away would take his work away.
    let opened = json!({"spec": {"egress": [{}]}});
    let as_somebody = PatchParams { field_manager: Some("somebody".into()), ..PatchParams::default() };
    api(&cluster.admin, &policy).patch("quarantine-suspect", &as_somebody, &Patch::Merge(&opened)).await.unwrap();
    let refused = cluster.run(&space.name, undo(&run, &story)).await.ended().await;
    refused.refused("TargetMovedOn", "Host", &format!("somebody wrote {name}"));
    assert!(there().await.1.is_some());
}

#[tokio::test]
async fn an_undo_takes_away_what_was_made_and_the_undo_of_that_makes_it_again() {
    let _turn = alone().await;
    let cluster = Cluster::connect().await.unwrap();
    let _pods = Component::install(&cluster, "pods", &Component::guest("pods")).await.standing();
    let space = cluster.scratch("execute-several").await.unwrap();
    let (suspect, policy) = (pod(&space.name, "suspect"), policy(&space.name));
    running(&cluster, &suspect).await;
    let done = async |spec: Value| {
        let run = cluster.run(&space.name, spec).await;
        let story = run.ended().await;
        assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
        (run, story)
    };
    let held = async || {
        let label = get(&cluster.admin, &suspect).await.unwrap().unwrap().pointer(PLACE).is_some();
        (label, get(&cluster.admin, &policy).await.unwrap().is_some())
    };
    let (run, story) = done(quarantine(&suspect)).await;
    assert_eq!(held().await, (true, true));
    // The way back is shown before it is taken, too.
    let shown = cluster.run(&space.name, with(undo(&run, &story), json!({"dryRun": "Server"}))).await.ended().await;
    assert_eq!(shown.end(), ("Completed", "DryRunPassed"), "{:#}", shown.object["status"]);
    let goes = json!({
        "object": format!("NetworkPolicy {}/quarantine-suspect", space.name), "pointer": "", "before": "\"exists\"", "announced": true,
    });
    assert!(shown.object["status"]["diff"].as_array().unwrap().contains(&goes), "{:#}", shown.object["status"]["diff"]);
    assert_eq!(held().await, (true, true), "something was written");
    let (back, story) = done(undo(&run, &story)).await;
    assert_eq!(held().await, (false, false));
    run.until("it is told that it was undone", |kx| kx["status"]["reason"] == "RolledBack").await;
    done(undo(&back, &story)).await;
    assert_eq!(held().await, (true, true));
}
