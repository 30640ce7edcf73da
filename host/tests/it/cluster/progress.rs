//! What a run prints while it runs: read from the container that ran last and has something to say, bounded, and told once.
use super::api::{Answer, EXECUTION, cluster, list, no, uid};
use host::cluster::{AtWork, Printed};
use jiff::Timestamp;
use serde_json::{Value, json};

fn who() -> AtWork {
    AtWork { uid: uid(EXECUTION), namespace: "shop".into(), name: "scale".into() }
}

/// The first has ended, the second is in this state, the third waits.
fn pod(second: Value) -> Value {
    let status = |name: &str, state: Value| json!({"name": name, "image": "i", "imageID": "i", "ready": false, "restartCount": 0, "state": state});
    let first = json!({"terminated": {"exitCode": 0, "startedAt": "2026-11-23T03:12:09Z"}});
    json!({
        "metadata": {"name": "p", "uid": "pod"},
        "status": {
            "initContainerStatuses": [status("c0", first), status("c1", second)],
            "containerStatuses": [status("c2", json!({"waiting": {}}))],
        },
    })
}

async fn last(second: Value, of_the_second: &'static str) -> (Option<Printed>, Vec<String>) {
    let (cluster, heard) = cluster(move |call| match () {
        () if call.line.contains("container=c0") => Answer::Text("one of three\n"),
        () if call.line.contains("container=c1") => Answer::Text(of_the_second),
        () => list(&[pod(second.clone())]),
    });
    (cluster.printed_last(&who()).await.unwrap(), heard.lines())
}

fn runs() -> Value {
    json!({"running": {"startedAt": "2026-11-23T03:12:19Z"}})
}

fn printed(line: &str) -> Printed {
    Printed { pod: "pod".into(), since: "2026-11-23T03:12:09Z".parse::<Timestamp>().unwrap(), line: line.into() }
}

#[tokio::test]
async fn the_last_line_is_that_of_the_container_that_runs_or_of_the_one_before_while_it_is_silent() {
    let (told, lines) = last(runs(), "password=hunter2\ntwo of").await;
    assert_eq!(told, Some(printed("password=[redacted]")));
    assert!(lines[0].contains(&format!("labelSelector=writ.dev%2Fexecution-uid%3D{EXECUTION}")), "{lines:?}");
    assert!(lines[1].contains("tailLines=200") && lines[1].contains("limitBytes=") && !lines[1].contains("follow"), "{lines:?}");
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(last(runs(), "two of").await.0, Some(printed("one of three")));
    assert_eq!(last(runs(), "unable to retrieve container logs for x\n").await.0, Some(printed("one of three")));
}

#[tokio::test]
async fn of_what_does_not_run_nothing_is_read() {
    let (told, lines) = last(json!({"terminated": {"exitCode": 1}}), "two of three\n").await;
    assert_eq!((told, lines.len()), (None, 1), "its end is told by its record");
    let (none, _) = cluster(|_| list(&[]));
    assert_eq!(none.printed_last(&who()).await.unwrap(), None);
}

#[tokio::test]
async fn a_line_is_an_event_of_the_execution_and_told_twice_is_told_once() {
    let (cluster, heard) = cluster(|_| no(409, "AlreadyExists", "there"));
    for number in [3, 3, 4] {
        cluster.progress(&who(), &printed("two of three"), number).await.unwrap();
    }
    let [first, again, next] = &heard.calls()[..] else { panic!("{:?}", heard.lines()) };
    assert_eq!(first.line, "POST /apis/events.k8s.io/v1/namespaces/shop/events");
    let name = |call: &super::api::Call| call.body["metadata"]["name"].clone();
    assert!(name(first) == name(again) && name(first) != name(next), "{:?}", heard.calls());
    let regarding = json!({
        "apiVersion": "writ.dev/v1alpha1", "kind": "KubernetesExecution", "namespace": "shop", "name": "scale", "uid": EXECUTION,
    });
    assert_eq!(first.body["regarding"], regarding);
    let said = ["reason", "type", "note"].map(|part| first.body[part].as_str().unwrap());
    assert_eq!(said, ["Progress", "Normal", "two of three"]);
}
