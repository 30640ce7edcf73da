//! The table: what a pod looks like, and what is made of it.
use super::*;
use expect_test::{Expect, expect};
use serde_json::{Value, json};

const IMAGE: &str = "registry.example/kubectl@sha256:aa";

/// Two commands: `c0` runs as an init container, `c1` as the container.
fn pod(status: Value) -> Value {
    let container = |name: &str| json!({"name": name, "image": IMAGE, "command": ["/bin/kubectl"], "args": [name]});
    json!({
        "metadata": {"name": "p", "uid": "p", "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"nodeName": "n", "serviceAccountName": "run-a.b", "initContainers": [container("c0")], "containers": [container("c1")]},
        "status": status,
    })
}

fn with(mut pod: Value, pointer: &str, key: &str, value: Value) -> Value {
    pod.pointer_mut(pointer).unwrap()[key] = value;
    pod
}

fn status(name: &str, state: Value) -> Value {
    json!({"name": name, "image": IMAGE, "imageID": IMAGE, "ready": false, "restartCount": 0, "state": state})
}

fn ended_with(code: i32) -> Value {
    json!({"terminated": {"exitCode": code, "finishedAt": "2026-01-01T00:00:09Z"}})
}

/// Phase, then what each command's container says.
fn pair(phase: &str, c0: Value, c1: Value) -> Value {
    pod(json!({"phase": phase, "initContainerStatuses": [status("c0", c0)], "containerStatuses": [status("c1", c1)]}))
}

fn waits(reason: &str) -> Value {
    json!({"waiting": {"reason": reason}})
}

fn disrupted(pod: Value, reason: &str) -> Value {
    with(pod, "/status", "conditions", json!([{"type": "DisruptionTarget", "status": "True", "reason": reason, "message": "m"}]))
}

/// Asked to go at second 5, with 30 seconds to do so.
fn deleted(pod: Value) -> Value {
    let pod = with(pod, "/metadata", "deletionTimestamp", json!("2026-01-01T00:00:35Z"));
    with(pod, "/metadata", "deletionGracePeriodSeconds", json!(30))
}

fn typed<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn look(pods: &[Value], stopped: bool) -> PodSeen {
    let template: PodSpec = typed(pod(json!({}))["spec"].clone());
    let pods: Vec<Pod> = pods.iter().cloned().map(typed).collect();
    of_all(&Asked { template: Some(&template), image: IMAGE, stopped }, &pods)
}

fn table(rows: &[(&str, Value)], expect: Expect) {
    let lines: Vec<String> =
        rows.iter().map(|(name, pod)| format!("{name}: {}", short(&look(std::slice::from_ref(pod), false)))).collect();
    expect.assert_eq(&lines.join("\n"));
}

fn short(seen: &PodSeen) -> String {
    match seen {
        PodSeen::Ended { command, exit_code, at, .. } => format!("Ended command {command}, code {exit_code}, {at}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn nothing_has_started_yet() {
    let unscheduled = json!([{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes"}]);
    let pull = json!({"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}});
    table(
        &[
            ("no status at all", pod(json!({}))),
            ("unschedulable", pod(json!({"phase": "Pending", "conditions": unscheduled}))),
            ("the image does not pull", pair("Pending", pull, waits("PodInitializing"))),
            ("a volume is missing", pair("Pending", waits("CreateContainerConfigError"), waits("PodInitializing"))),
            ("being deleted on its node", deleted(pair("Pending", waits("ContainerCreating"), waits("PodInitializing")))),
        ],
        expect![[r#"
            no status at all: NotStarted { since: 2026-01-01T00:00:00Z, why: "waiting for a node" }
            unschedulable: NotStarted { since: 2026-01-01T00:00:00Z, why: "Unschedulable: 0/1 nodes" }
            the image does not pull: NotStarted { since: 2026-01-01T00:00:00Z, why: "ImagePullBackOff: no such image" }
            a volume is missing: NotStarted { since: 2026-01-01T00:00:00Z, why: "CreateContainerConfigError" }
            being deleted on its node: NotStarted { since: 2026-01-01T00:00:00Z, why: "ContainerCreating" }"#]],
    );
}

#[test]
fn nothing_started_and_nothing_will() {
    let refused = pod(json!({"phase": "Failed", "reason": "OutOfcpu", "message": "node has no cpu"}));
    let homeless = with(deleted(pod(json!({"phase": "Pending"}))), "/spec", "nodeName", Value::Null);
    // As a kubelet tells of containers that it never made, when their pod is deleted.
    let unmade = |name: &str| {
        let unknown =
            json!({"terminated": {"exitCode": 137, "reason": "ContainerStatusUnknown", "startedAt": null, "finishedAt": null}});
        with(status(name, unknown), "", "imageID", json!(""))
    };
    let pulls = pod(json!({"phase": "Failed", "initContainerStatuses": [unmade("c0")], "containerStatuses": [unmade("c1")]}));
    table(
        &[
            ("refused by the kubelet", refused),
            ("deleted while its image did not pull", deleted(pulls)),
            ("deleted before it had a node", homeless),
        ],
        expect![[r#"
            refused by the kubelet: NeverRan { why: "OutOfcpu: node has no cpu" }
            deleted while its image did not pull: NeverRan { why: "the node gave the pod up" }
            deleted before it had a node: NeverRan { why: "its pod was deleted before it had a node" }"#]],
    );
}

#[test]
fn it_runs() {
    let running = json!({"running": {"startedAt": "2026-01-01T00:00:01Z"}});
    table(
        &[
            ("the first command", pair("Pending", running.clone(), waits("PodInitializing"))),
            ("between the two", pair("Pending", ended_with(0), waits("PodInitializing"))),
            ("the last command", pair("Running", ended_with(0), running.clone())),
            ("asked to go, still running", disrupted(deleted(pair("Running", ended_with(0), running)), "EvictionByEvictionAPI")),
        ],
        expect![[r#"
            the first command: Running { command: 0 }
            between the two: Running { command: 1 }
            the last command: Running { command: 1 }
            asked to go, still running: Running { command: 1 }"#]],
    );
}

/// The phase is behind by a second or two: it is not asked.
#[test]
fn it_has_ended() {
    let start_error = json!({"terminated": {"exitCode": 128, "reason": "StartError", "finishedAt": "2026-01-01T00:00:02Z"}});
    table(
        &[
            ("all commands succeeded, phase behind", pair("Running", ended_with(0), ended_with(0))),
            ("the first failed, phase behind", pair("Pending", ended_with(3), waits("PodInitializing"))),
            ("the last failed", pair("Failed", ended_with(0), ended_with(1))),
            ("its program is not there", pair("Failed", start_error, waits("PodInitializing"))),
            (
                "succeeded, and evicted afterwards",
                disrupted(pair("Succeeded", ended_with(0), ended_with(0)), "EvictionByEvictionAPI"),
            ),
            ("succeeded, and deleted afterwards", deleted(pair("Succeeded", ended_with(0), ended_with(0)))),
            ("failed by itself, deleted later", {
                let early = json!({"terminated": {"exitCode": 1, "finishedAt": "2026-01-01T00:00:04Z"}});
                deleted(pair("Failed", ended_with(0), early))
            }),
        ],
        expect![[r#"
            all commands succeeded, phase behind: Ended command 1, code 0, 2026-01-01T00:00:09Z
            the first failed, phase behind: Ended command 0, code 3, 2026-01-01T00:00:09Z
            the last failed: Ended command 1, code 1, 2026-01-01T00:00:09Z
            its program is not there: Ended command 0, code 128, 2026-01-01T00:00:02Z
            succeeded, and evicted afterwards: Ended command 1, code 0, 2026-01-01T00:00:09Z
            succeeded, and deleted afterwards: Ended command 1, code 0, 2026-01-01T00:00:09Z
            failed by itself, deleted later: Ended command 1, code 1, 2026-01-01T00:00:04Z"#]],
    );
}

#[test]
fn something_outside_ended_it() {
    let running = json!({"running": {}});
    let lost = json!({"terminated": {"exitCode": 137, "reason": "ContainerStatusUnknown"}});
    table(
        &[
            ("evicted", disrupted(pair("Failed", ended_with(0), ended_with(143)), "EvictionByEvictionAPI")),
            ("node lost, containers as last seen", disrupted(pair("Failed", ended_with(0), running.clone()), "DeletionByPodGC")),
            ("node lost before anything was seen", disrupted(pod(json!({"phase": "Failed"})), "DeletionByPodGC")),
            ("the kubelet lost its container", pair("Failed", ended_with(0), lost)),
            ("over, and nobody says how", pair("Failed", ended_with(0), running)),
            ("somebody deleted it", deleted(pair("Failed", ended_with(0), ended_with(143)))),
        ],
        expect![[r#"
            evicted: Disrupted { why: "EvictionByEvictionAPI: m" }
            node lost, containers as last seen: Disrupted { why: "DeletionByPodGC: m" }
            node lost before anything was seen: Disrupted { why: "DeletionByPodGC: m" }
            the kubelet lost its container: Disrupted { why: "the kubelet lost sight of the container" }
            over, and nobody says how: Disrupted { why: "the pod is over, and nothing says how its container ended" }
            somebody deleted it: Disrupted { why: "its pod was deleted while it ran" }"#]],
    );
}

#[test]
fn a_container_that_was_killed_with_its_job_is_no_disruption() {
    let killed = deleted(pair("Failed", ended_with(0), ended_with(143)));
    assert!(matches!(look(&[killed], true), PodSeen::Ended { exit_code: 143, .. }));
}

#[test]
fn an_exit_code_is_believed_only_of_the_pod_that_was_asked_for() {
    let good = || pair("Running", ended_with(0), ended_with(0));
    let other_id = json!("registry.example/kubectl@sha256:bb");
    table(
        &[
            ("another image", with(good(), "/spec/containers/0", "image", json!("evil"))),
            (
                "the same name, another digest",
                with(good(), "/spec/initContainers/0", "image", json!("registry.example/kubectl@sha256:bb")),
            ),
            ("the runtime ran another image", with(good(), "/status/containerStatuses/0", "imageID", other_id)),
            ("other arguments", with(good(), "/spec/containers/0", "args", json!(["delete"]))),
            ("another program", with(good(), "/spec/containers/0", "command", json!(["/bin/true"]))),
            ("an environment", with(good(), "/spec/containers/0", "env", json!([{"name": "LD_PRELOAD", "value": "x"}]))),
            (
                "a container more",
                with(good(), "/spec", "initContainers", json!([{"name": "x", "image": IMAGE}, {"name": "c0", "image": IMAGE}])),
            ),
            ("somebody looks into it", with(good(), "/spec", "ephemeralContainers", json!([{"name": "debug"}]))),
            ("another account", with(good(), "/spec", "serviceAccountName", json!("default"))),
            (
                "an image that never came from a registry",
                with(good(), "/status/containerStatuses/0", "imageID", json!("sha256:cc")),
            ),
        ],
        expect![[r#"
            another image: Untrusted { why: "container c1 has image evil, planned was registry.example/kubectl@sha256:aa" }
            the same name, another digest: Untrusted { why: "container c0 has image registry.example/kubectl@sha256:bb, planned was registry.example/kubectl@sha256:aa" }
            the runtime ran another image: Untrusted { why: "container c1 ran image sha256:bb, planned was sha256:aa" }
            other arguments: Untrusted { why: "container c1 does not run the command that its Job asks for" }
            another program: Untrusted { why: "container c1 does not run the command that its Job asks for" }
            an environment: Untrusted { why: "container c1 does not run the command that its Job asks for" }
            a container more: Untrusted { why: "the pod has 3 containers, its Job asks for 2" }
            somebody looks into it: Untrusted { why: "somebody attached a container to the pod" }
            another account: Untrusted { why: "the pod runs under another account than its Job asks for" }
            an image that never came from a registry: Ended command 1, code 0, 2026-01-01T00:00:09Z"#]],
    );
}

#[test]
fn a_replacement_that_has_not_started_does_not_hide_what_the_first_pod_did() {
    let first = disrupted(pair("Failed", ended_with(0), ended_with(143)), "EvictionByEvictionAPI");
    let second = |phase, c0| {
        let pod = pair(phase, c0, waits("PodInitializing"));
        with(with(pod, "/metadata", "uid", json!("q")), "/metadata", "creationTimestamp", json!("2026-01-01T00:00:20Z"))
    };
    let waiting = second("Pending", waits("ContainerCreating"));
    assert!(matches!(look(&[first.clone(), waiting], false), PodSeen::Disrupted { .. }));
    let running = second("Pending", json!({"running": {}}));
    assert_eq!(look(&[first, running], false), PodSeen::Running { command: 0 });
    assert_eq!(look(&[], false), PodSeen::None);
}

#[test]
fn a_job_says_why_it_was_given_up() {
    let job = |type_: &str, reason: &str| -> Job {
        typed(json!({"status": {"conditions": [{"type": type_, "status": "True", "reason": reason}]}}))
    };
    assert_eq!(failed_by(&job("Failed", "DeadlineExceeded"), &PodSeen::None), Some(JobEnd::Deadline));
    assert_eq!(failed_by(&job("Failed", "BackoffLimitExceeded"), &PodSeen::None), Some(JobEnd::BackoffLimit));
    assert_eq!(failed_by(&job("Failed", "PodFailurePolicy"), &PodSeen::None), Some(JobEnd::Other));
    assert_eq!(failed_by(&job("Complete", "CompletionsReached"), &PodSeen::None), None);
    let ending = job("FailureTarget", "DeadlineExceeded");
    assert_eq!(failed_by(&ending, &PodSeen::Running { command: 0 }), None, "its pods may still run");
    let ended = PodSeen::Ended { command: 0, exit_code: 2, output: Output::default(), at: jiff::Timestamp::UNIX_EPOCH };
    assert_eq!(failed_by(&ending, &ended), Some(JobEnd::Deadline), "and this one has ended");
    assert!(Asked::by(&ending, IMAGE).stopped);
}
