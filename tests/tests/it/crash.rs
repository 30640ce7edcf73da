//! The operator is killed (kill -9) in the middle of an execution, at each moment that matters; every one of them ends with one Job, one
//! mutation, one end. The moment is a thing seen in the cluster, not a time. Each test runs alone.
mod ends;
mod place;
mod undone;
mod waits;

use serde_json::{Value, json};
use tests::{AuditLog, Cluster, Operator, Run, Scratch, Sight, Workload, alone};

/// A moment: where it is seen, and what is seen there.
struct Moment {
    kind: &'static str,
    version: &'static str,
    runs: bool,
    is: fn(&Value) -> bool,
}

const fn of_execution(is: fn(&Value) -> bool) -> Moment {
    Moment { kind: "KubernetesExecution", version: "writ.dev/v1alpha1", runs: false, is }
}

const fn of_run(version: &'static str, kind: &'static str, is: fn(&Value) -> bool) -> Moment {
    Moment { kind, version, runs: true, is }
}

fn phase(kx: &Value) -> &str {
    kx["status"]["phase"].as_str().unwrap_or_default()
}

fn held(kx: &Value) -> bool {
    kx["metadata"]["finalizers"].as_array().is_some_and(|f| f.contains(&json!(crds::labels::FINALIZER_RECORD)))
}

fn labeled(object: &Value) -> bool {
    object["metadata"]["labels"].get(crds::labels::LABEL_EXECUTION_UID).is_some()
}

/// Of a namespace, or of that of the runs.
async fn sight(cluster: &Cluster, space: &Scratch, moment: &Moment) -> Sight {
    let namespace = if moment.runs { crds::labels::NAMESPACE_RUNS } else { &space.name };
    let kind = json!({"apiVersion": moment.version, "kind": moment.kind, "metadata": {"namespace": namespace}});
    Sight::open(&cluster.admin, &kind).await
}

/// Where it belongs to this test: others' are not in its namespace; what stands in that of the runs says whose it is.
fn ours(object: &Value, moment: &Moment, uid: &str, run: &str) -> bool {
    let of_target = object["metadata"]["name"].as_str().is_some_and(|n| n.ends_with(&format!(".{uid}")));
    !moment.runs || of_target || object["metadata"]["annotations"][crds::labels::ANNOTATION_EXECUTION] == run
}

async fn killed(moment: Moment) {
    let _turn = alone().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("crash").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let before = web.now().await["metadata"].clone();
    let target = before["uid"].as_str().unwrap().to_owned();
    let log = AuditLog::from_now();
    let operator = Operator::found(&cluster).await;
    let mut sight = sight(&cluster, &space, &moment).await;
    let spec =
        json!({"action": "scale_deployment", "target": {"name": "web"}, "parameters": {"replicas": 2}, "reason": "a crash"});

    let run = cluster.run(&space.name, spec).await;
    let name = format!("{}/{}", run.namespace, run.name);
    sight.until(|object| ours(object, &moment, &target, &name) && (moment.is)(object)).await;
    operator.killed(&cluster).await;

    let story = run.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    assert_eq!(story.condition("Succeeded"), ("True", "ChecksPassed"));
    let (ready, after) = web.settled().await;
    assert_eq!(ready, 2);
    // Written once: the first time makes another generation, and a second with the same number would not. That is in the log.
    assert_eq!(after["metadata"]["generation"].as_i64(), before["generation"].as_i64().map(|g| g + 1));
    one_job(&run, &story, log.as_ref(), &target);
}

fn one_job(run: &Run, story: &tests::Story, log: Option<&AuditLog>, target: &str) {
    assert_eq!(story.jobs.len(), 1);
    assert_eq!(story.jobs[0]["metadata"]["uid"], story.object["status"]["job"]["uid"]);
    assert_eq!(story.pods.len(), 1);
    once(run, log, target, ("update", "web/scale"));
}

/// One Job was made for it, and wrote this once.
fn once(run: &Run, log: Option<&AuditLog>, target: &str, (verb, object): (&str, &str)) {
    // Only where the API server's own log is within reach: no cluster but the local one shows it.
    if let Some(log) = log {
        assert_eq!(log.jobs_made(&format!("run-{}", run.uid)), 1);
        let once = format!("{verb} /apis/apps/v1/namespaces/{}/deployments/{object}", run.namespace);
        assert_eq!(log.written_by(&format!("run-{}.{target}", run.uid)), [once]);
    }
}

#[tokio::test]
async fn killed_right_after_the_execution_was_created() {
    killed(of_execution(|_| true)).await;
}

#[tokio::test]
async fn killed_when_the_finalizer_is_on() {
    killed(of_execution(held)).await;
}

#[tokio::test]
async fn killed_when_preparing_is_recorded() {
    killed(of_execution(|kx| phase(kx) == "Preparing")).await;
}

#[tokio::test]
async fn killed_when_the_target_is_claimed() {
    killed(of_run("coordination.k8s.io/v1", "Lease", labeled)).await;
}

#[tokio::test]
async fn killed_when_the_account_of_the_run_is_there() {
    killed(of_run("v1", "ServiceAccount", labeled)).await;
}

#[tokio::test]
async fn killed_when_the_binding_of_the_run_is_there() {
    killed(Moment { kind: "RoleBinding", version: "rbac.authorization.k8s.io/v1", runs: false, is: labeled }).await;
}

#[tokio::test]
async fn killed_when_executing_is_recorded() {
    killed(of_execution(|kx| phase(kx) == "Executing")).await;
}

#[tokio::test]
async fn killed_when_the_job_is_there() {
    killed(of_run("batch/v1", "Job", labeled)).await;
}

#[tokio::test]
async fn killed_when_the_uid_of_the_job_is_recorded() {
    killed(of_execution(|kx| kx["status"]["job"]["uid"].is_string())).await;
}

#[tokio::test]
async fn killed_when_the_container_of_the_run_has_ended() {
    let ended = |pod: &Value| {
        let all = pod["status"]["containerStatuses"].as_array();
        all.is_some_and(|all| all.iter().any(|c| c["state"].get("terminated").is_some()))
    };
    killed(of_run("v1", "Pod", ended)).await;
}

#[tokio::test]
async fn killed_when_verifying_is_recorded() {
    killed(of_execution(|kx| phase(kx) == "Verifying")).await;
}

#[tokio::test]
async fn killed_when_it_is_over_and_something_is_still_owed() {
    killed(of_execution(|kx| phase(kx) == "Completed" && held(kx))).await;
}

/// A dry run asked for, and the operator killed at this moment of it: nothing is written, and it ends as if nothing had been.
async fn killed_while_it_is_tried(version: &str, kind: &str, there: bool, is: fn(&Value) -> bool) {
    let _turn = alone().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("crash").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let before = web.now().await["metadata"]["generation"].clone();
    let operator = Operator::found(&cluster).await;
    let namespace = if there { crds::labels::NAMESPACE_DRYRUN } else { &space.name };
    let kind = json!({"apiVersion": version, "kind": kind, "metadata": {"namespace": namespace}});
    let mut sight = Sight::open(&cluster.admin, &kind).await;
    let parameters = json!({"replicas": 2});
    let spec = json!({
        "action": "scale_deployment", "target": {"name": "web"}, "parameters": parameters, "reason": "a crash", "dryRun": "Server",
    });
    let run = cluster.run(&space.name, spec).await;
    let name = format!("{}/{}", run.namespace, run.name);
    let ours = |object: &Value| {
        let meta = &object["metadata"];
        !there
            || meta["labels"][crds::labels::LABEL_EXECUTION_UID] == json!(run.uid)
            || meta["annotations"][crds::labels::ANNOTATION_EXECUTION] == json!(name)
    };
    sight.until(|object| ours(object) && is(object)).await;
    operator.killed(&cluster).await;
    let story = run.ended().await;
    assert_eq!(story.end(), ("Completed", "DryRunPassed"), "{:#}", story.object["status"]);
    let diff = json!([{"pointer": "/spec/replicas", "before": "1", "after": "2", "announced": true}]);
    assert_eq!(story.object["status"]["diff"], diff);
    story.made_no_job();
    assert_eq!(web.now().await["metadata"]["generation"], before);
}

#[tokio::test]
async fn killed_when_dry_running_is_recorded() {
    killed_while_it_is_tried("writ.dev/v1alpha1", "KubernetesExecution", false, |kx| phase(kx) == "DryRunning").await;
}

#[tokio::test]
async fn killed_when_the_account_of_the_dry_run_is_there() {
    killed_while_it_is_tried("v1", "ServiceAccount", true, labeled).await;
}

#[tokio::test]
async fn killed_when_the_job_of_the_dry_run_is_there() {
    killed_while_it_is_tried("batch/v1", "Job", true, labeled).await;
}

#[tokio::test]
async fn killed_when_the_answer_of_the_dry_run_is_recorded() {
    let answered = |kx: &Value| kx["status"]["dryRun"]["answeredAt"].is_string();
    killed_while_it_is_tried("writ.dev/v1alpha1", "KubernetesExecution", false, answered).await;
}
