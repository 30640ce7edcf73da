//! What a run printed: in order, bounded, redacted, and never a reason to fail.
use super::api::{Answer, Call, cluster, list, no, uid};
use serde_json::{Value, json};

fn pod(terminated: Value) -> Value {
    let status = |name: &str, state: Value| json!({"name": name, "image": "i", "imageID": "i", "ready": false, "restartCount": 0, "state": state});
    json!({
        "metadata": {"name": "p"},
        "status": {
            "initContainerStatuses": [status("c0", json!({"terminated": {"exitCode": 0}}))],
            "containerStatuses": [status("c1", json!({"terminated": terminated})), status("c2", json!({"waiting": {}}))],
        },
    })
}

async fn printed(
    terminated: Value,
    log: impl Fn(&Call) -> Answer + Send + 'static,
) -> (decide::observed::Output, String, Vec<String>) {
    let (cluster, heard) =
        cluster(move |call| if call.line.contains("/log") { log(call) } else { list(&[pod(terminated.clone())]) });
    let (output, whole) = cluster.output(&uid("j")).await.unwrap();
    (output, String::from_utf8(whole).unwrap(), heard.lines())
}

#[tokio::test]
async fn every_container_that_started_is_read_in_the_order_in_which_they_ran() {
    let log = |call: &Call| Answer::Text(if call.line.contains("container=c0") { "first\n" } else { "token=abc\n" });
    let (output, whole, lines) = printed(json!({"exitCode": 0}), log).await;
    assert_eq!(whole, "first\ntoken=[redacted]\n");
    assert_eq!((output.tail, output.truncated, output.digest), (whole, false, None));
    assert!(lines[0].contains("labelSelector=batch.kubernetes.io%2Fcontroller-uid%3Dj"), "{lines:?}");
    assert!(lines.iter().all(|l| !l.contains("container=c2")) && lines[1].contains("limitBytes="), "{lines:?}");
}

#[tokio::test]
async fn what_cannot_be_read_is_said_in_its_place() {
    let (output, ..) = printed(json!({"exitCode": 0}), |call| match call.line.contains("container=c0") {
        true => no(500, "InternalError", "kubelet gone"),
        false => Answer::Text("second\n"),
    })
    .await;
    assert!(
        output.tail.starts_with("[what c0 printed could not be read: ") && output.tail.ends_with("second\n"),
        "{}",
        output.tail
    );
}

#[tokio::test]
async fn a_container_that_never_spoke_is_spoken_for_by_the_runtime() {
    let end = json!({"exitCode": 128, "reason": "StartError", "message": "exec: no such file"});
    let (output, ..) = printed(end, |_| Answer::Text("")).await;
    assert_eq!(output.tail, "[StartError: exec: no such file]\n");
}

#[tokio::test]
async fn of_too_much_the_beginning_and_the_last_lines_are_kept() {
    static MUCH: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| "a line of output\n".repeat(20_000));
    let (output, whole, _) = printed(json!({"exitCode": 1}), |call| match call.line.contains("tailLines") {
        true => Answer::Text("the error\n"),
        false => Answer::Text(&MUCH),
    })
    .await;
    assert!(whole.len() <= 256 * 1024, "{}", whole.len());
    assert!(output.truncated && output.tail.ends_with("the error\n") && output.tail.len() <= 4096, "{}", output.tail);
}

#[tokio::test]
async fn a_pod_that_is_gone_printed_nothing() {
    let (cluster, _) = cluster(|_| list(&[]));
    assert_eq!(cluster.output(&uid("j")).await.unwrap(), (decide::observed::Output::default(), vec![]));
}
