//! Objects of the catalogue: only what differs is written, and the first list is whole.
use super::api::{Answer, cluster, list, missing, no, ok};
use crds::{Action, ActionPlugin, ActionPluginStatus, ActionSpec};
use futures::StreamExt;
use serde_json::{Value, json};

fn action(name: &str, summary: &str) -> Action {
    Action::new(name, ActionSpec { name: name.into(), summary: summary.into(), ..ActionSpec::default() })
}

fn value(object: &impl serde::Serialize) -> Value {
    serde_json::to_value(object).unwrap()
}

#[tokio::test]
async fn actions_are_written_where_they_differ_and_removed_where_they_are_no_more() {
    let there = [action("same", "s"), action("other", "old"), action("gone", "g")].map(|a| value(&a));
    let (cluster, heard) = cluster(move |call| if call.is("GET") { list(&there) } else { ok(value(&action("x", "x"))) });
    cluster.publish_actions(vec![action("same", "s"), action("other", "new"), action("fresh", "f")]).await.unwrap();
    let root = "/apis/writ.dev/v1alpha1/actions";
    let writes: Vec<String> = heard.lines().into_iter().skip(1).map(|l| l.split('?').next().unwrap().to_owned()).collect();
    assert_eq!(writes, [format!("PATCH {root}/other"), format!("PATCH {root}/fresh"), format!("DELETE {root}/gone")]);
}

fn plugin(name: &str, created: &str) -> Value {
    json!({
        "metadata": {"name": name, "uid": name, "creationTimestamp": created, "resourceVersion": "1"},
        "spec": {"source": {}, "digest": "d", "owner": "o"},
        "status": {"version": "1"},
    })
}

#[tokio::test]
async fn a_status_that_is_the_same_is_not_written_and_another_is_of_this_uid() {
    let (cluster, heard) = cluster(|_| ok(plugin("a", "2026-01-01T00:00:00Z")));
    let a: ActionPlugin = serde_json::from_value(plugin("a", "2026-01-01T00:00:00Z")).unwrap();
    cluster.plugin_status(&a, ActionPluginStatus { version: "1".into(), ..ActionPluginStatus::default() }).await.unwrap();
    assert_eq!(heard.lines(), Vec::<String>::new());
    cluster.plugin_status(&a, ActionPluginStatus { version: "2".into(), ..ActionPluginStatus::default() }).await.unwrap();
    let [call] = &heard.calls()[..] else { panic!("{:?}", heard.lines()) };
    assert_eq!(call.line, "PATCH /apis/writ.dev/v1alpha1/actionplugins/a/status");
    assert_eq!((&call.body["metadata"]["uid"], &call.body["status"]["version"]), (&json!("a"), &json!("2")));
}

#[tokio::test]
async fn plugins_come_whole_and_oldest_first() {
    let (cluster, _) = cluster(|call| match call.line.contains("watch=") {
        true => Answer::Hang,
        false => list(&[plugin("young", "2026-02-01T00:00:00Z"), plugin("old", "2026-01-01T00:00:00Z")]),
    });
    let first = Box::pin(cluster.plugins()).next().await.unwrap();
    let names: Vec<_> = first.iter().map(|p| p.metadata.name.clone().unwrap()).collect();
    assert_eq!(names, ["old", "young"]);
}

#[tokio::test]
async fn no_plugins_is_a_list_too() {
    let (cluster, _) = cluster(|call| if call.line.contains("watch=") { Answer::Hang } else { list(&[]) });
    assert_eq!(Box::pin(cluster.plugins()).next().await, Some(vec![]));
}

#[tokio::test]
async fn a_component_is_read_from_binary_data_only() {
    let (cluster, heard) =
        cluster(|_| ok(json!({"metadata": {"name": "c"}, "binaryData": {"a.wasm": "AGFzbQ=="}, "data": {"b.wasm": "text"}})));
    assert_eq!(cluster.config_map_bytes("c", "a.wasm").await.unwrap(), Some(b"\0asm".to_vec()));
    assert_eq!(cluster.config_map_bytes("c", "b.wasm").await.unwrap(), None);
    assert_eq!(heard.lines()[0], "GET /api/v1/namespaces/writ-system/configmaps/c");
    let (none, _) = super::api::cluster(|_| missing("c"));
    assert_eq!(none.config_map_bytes("c", "a.wasm").await.unwrap(), None);
}

#[tokio::test]
async fn an_event_told_twice_is_told_once() {
    let (cluster, heard) = cluster(|_| no(409, "AlreadyExists", "there"));
    let mut kx: crds::KubernetesExecution = serde_json::from_value(super::api::stored("42")).unwrap();
    kx.status = Some(crds::ExecutionStatus { seq: 4, ..crds::ExecutionStatus::default() });
    for _ in 0..2 {
        cluster.event(&kx, crds::Reason::JobSeen, &"é".repeat(2000), true).await.unwrap();
    }
    let [first, second] = &heard.calls()[..] else { panic!("{:?}", heard.lines()) };
    assert_eq!(first.line, "POST /apis/events.k8s.io/v1/namespaces/shop/events");
    assert_eq!(first.body["metadata"]["name"], second.body["metadata"]["name"]);
    assert_eq!((&first.body["reason"], &first.body["type"]), (&json!("JobSeen"), &json!("Warning")));
    assert_eq!(first.body["regarding"]["uid"], json!(super::api::EXECUTION));
    assert!(first.body["note"].as_str().unwrap().len() <= 1024);
}
