//! The Job: ours only by uid and plan hash, never "absent" while a pod of it is there, stopped and let go by uid.
use super::api::{Answer, Call, EXECUTION, HASH, IMAGE, cluster, execution, last_first, list, missing, no, ok, run, uid};
use decide::{
    execution::Over,
    model::JobName,
    observed::{Grants, JobSeen, PodSeen},
};
use host::cluster::{CallError, Cluster, Created};
use jiff::SignedDuration;
use k8s_openapi::api::batch::v1::Job;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};

const JOBS: &str = "/apis/batch/v1/namespaces/writ-runs/jobs";
const PODS: &str = "/api/v1/namespaces/writ-runs/pods";
const EVENTS: &str = "GET /api/v1/namespaces/writ-runs/events";

fn name() -> JobName {
    run(None).job
}

fn template() -> Value {
    json!({"containers": [{"name": "c0", "image": IMAGE, "command": ["/bin/kubectl"]}]})
}

fn job(uid: &str) -> Value {
    json!({
        "metadata": {
            "name": name(), "uid": uid,
            "labels": {"writ.dev/execution-uid": EXECUTION}, "annotations": {"writ.dev/plan-hash": HASH},
        },
        "spec": {"template": {"spec": template()}},
    })
}

fn pod(job: &str, state: Value) -> Value {
    json!({
        "metadata": {
            "name": "p", "uid": "p", "creationTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["writ.dev/outcome"],
            "labels": {"batch.kubernetes.io/controller-uid": job},
            "ownerReferences": [{"apiVersion": "batch/v1", "kind": "Job", "name": name(), "uid": job, "controller": true}],
        },
        "spec": template(),
        "status": {"containerStatuses": [{"name": "c0", "image": IMAGE, "imageID": IMAGE, "ready": false, "restartCount": 0, "state": state}]},
    })
}

fn done() -> Value {
    json!({"terminated": {"exitCode": 0, "finishedAt": "2026-01-01T00:00:09Z"}})
}

fn answers(job: Option<Value>, pods: Vec<Value>) -> impl Fn(&Call) -> Answer + Send {
    move |call| match () {
        () if call.is(EVENTS) => list(&[]),
        () if call.line.contains("/pods") => list(&pods),
        () => job.clone().map_or_else(|| missing("run"), ok),
    }
}

async fn seen(known: Option<&str>, job: Option<Value>, pods: Vec<Value>) -> JobSeen {
    let (cluster, _) = cluster(answers(job, pods));
    cluster.job(&execution(), &run(known)).await.unwrap()
}

#[tokio::test]
async fn a_create_says_whether_it_was_this_one() {
    let (cluster, heard) = cluster(|_| Answer::Json(201, job("j")));
    assert_eq!(cluster.create_job(&Job::default()).await.unwrap(), Created::New(uid("j")));
    assert_eq!(heard.lines(), [format!("POST {JOBS}")]);
    let (taken, _) = super::api::cluster(|_| no(409, "AlreadyExists", "there"));
    assert_eq!(taken.create_job(&Job::default()).await.unwrap(), Created::Exists);
    let (refused, _) = super::api::cluster(|_| no(403, "Forbidden", "quota"));
    assert!(matches!(refused.create_job(&Job::default()).await, Err(CallError::Refused { code: 403, .. })));
}

#[tokio::test]
async fn a_job_is_ours_only_with_our_uid_and_our_plan() {
    assert!(matches!(seen(None, Some(job("j")), vec![]).await, JobSeen::Ours { .. }));
    assert!(matches!(seen(Some("j"), Some(job("j")), vec![]).await, JobSeen::Ours { .. }));
    let without = |pointer: &str, value: Value| {
        let mut job = job("j");
        *job.pointer_mut(pointer).unwrap() = value;
        job
    };
    let foreign = JobSeen::Foreign { uid: uid("j") };
    assert_eq!(seen(None, Some(without("/metadata/labels", json!({}))), vec![]).await, foreign);
    assert_eq!(seen(None, Some(without("/metadata/annotations", json!({}))), vec![]).await, foreign);
    let other_plan = json!({"writ.dev/plan-hash": "sha256:bb"});
    assert_eq!(seen(None, Some(without("/metadata/annotations", other_plan)), vec![]).await, foreign);
    assert_eq!(
        seen(Some("first"), Some(job("j")), vec![]).await,
        foreign,
        "another Job of the same name is not the one that was seen"
    );
}

#[tokio::test]
async fn only_pods_of_this_very_job_count() {
    let JobSeen::Ours { pod: seen, .. } = seen(None, Some(job("j")), vec![pod("other", done())]).await else { panic!() };
    assert_eq!(seen, PodSeen::None);
}

#[tokio::test]
async fn a_job_without_its_object_is_told_from_its_pod_and_never_absent() {
    assert_eq!(seen(None, None, vec![]).await, JobSeen::Absent);
    for known in [None, Some("j")] {
        let orphan = seen(known, None, vec![pod("j", done())]).await;
        let JobSeen::Ours { uid: job, stopping: true, pod: PodSeen::Ended { exit_code: 0, .. }, failed_by: None } = orphan else {
            panic!("{orphan:?}")
        };
        assert_eq!(job, uid("j"));
    }
}

/// Torture found it: the collector takes the owner off, and the Job was made again beside its pod.
#[tokio::test]
async fn a_job_that_was_deleted_before_it_was_seen_and_orphaned_its_pod_is_not_absent() {
    let mut orphan = pod("j", done());
    orphan["metadata"]["ownerReferences"] = json!([]);
    let unseen = seen(None, None, vec![orphan.clone()]).await;
    assert!(matches!(unseen, JobSeen::Ours { stopping: true, .. }), "{unseen:?}");
    assert_eq!(seen(Some("j"), None, vec![orphan]).await, JobSeen::Absent, "it was followed: it vanished");
}

/// The pods would be listed before the Job was made, and the Job looked for after somebody had deleted it.
#[tokio::test]
async fn a_job_that_comes_and_goes_while_it_is_looked_for_is_not_absent() {
    let seen = comes_and_goes().job(&execution(), &run(None)).await.unwrap();
    assert!(matches!(seen, JobSeen::Ours { stopping: true, .. }), "{seen:?}");
    let left = comes_and_goes().left(&ended(WAY), &over()).await.unwrap();
    assert_eq!(left.held_pods, ["p"]);
}

/// Its pod is there once somebody has heard that the Job is not.
fn comes_and_goes() -> Cluster {
    let gone = AtomicBool::new(false);
    last_first(move |call| match () {
        () if call.line.contains("/jobs/") => {
            gone.store(true, Ordering::Relaxed);
            missing("run")
        }
        () if call.line.contains("/pods") && gone.load(Ordering::Relaxed) => list(&[pod("j", done())]),
        () => list(&[]),
    })
}

#[tokio::test]
async fn why_there_is_no_pod_is_read_from_the_events_of_the_job() {
    let mut waiting = job("j");
    waiting["status"] = json!({"startTime": "2026-01-01T00:00:00Z"});
    let (cluster, heard) = cluster(move |call| match () {
        () if call.is(EVENTS) => {
            list(&[json!({"metadata": {}, "involvedObject": {}, "message": "pods \"x\" is forbidden: exceeded quota"})])
        }
        () if call.line.contains("/pods") => list(&[]),
        () => ok(waiting.clone()),
    });
    let JobSeen::Ours { pod, .. } = cluster.job(&execution(), &run(None)).await.unwrap() else { panic!() };
    assert_eq!(pod, PodSeen::Rejected { why: "pods \"x\" is forbidden: exceeded quota".into() });
    let asked = &heard.lines()[heard.position(EVENTS)];
    assert!(asked.contains("involvedObject.uid%3Dj") && asked.contains("reason%3DFailedCreate"), "{asked}");
}

#[tokio::test]
async fn a_job_that_the_controller_has_not_looked_at_is_not_asked_about() {
    let (cluster, heard) = cluster(answers(Some(job("j")), vec![]));
    cluster.job(&execution(), &run(None)).await.unwrap();
    assert!(!heard.lines().iter().any(|l| l.starts_with(EVENTS)), "{:?}", heard.lines());
}

#[tokio::test]
async fn a_stop_is_in_the_foreground_and_of_this_uid_only() {
    for answer in [None, Some(404), Some(409)] {
        let (cluster, heard) = cluster(move |_| answer.map_or_else(|| ok(job("j")), |code| no(code, "R", "m")));
        cluster.stop_job(&name(), &uid("j")).await.unwrap();
        let [call] = &heard.calls()[..] else { panic!("{:?}", heard.lines()) };
        assert_eq!(call.line, format!("DELETE {JOBS}/{}", name()));
        assert_eq!(call.body["propagationPolicy"], json!("Foreground"));
        assert_eq!(call.body["preconditions"]["uid"], json!("j"));
    }
    let (cluster, _) = cluster(|_| no(500, "InternalError", "m"));
    assert!(matches!(cluster.stop_job(&name(), &uid("j")).await, Err(CallError::Unknown(_))));
}

#[tokio::test]
async fn a_time_to_live_is_set_on_this_uid_only() {
    let (cluster, heard) = cluster(|_| ok(job("j")));
    cluster.expire_job(&name(), &uid("j"), SignedDuration::from_secs(3600)).await.unwrap();
    let [call] = &heard.calls()[..] else { panic!("{:?}", heard.lines()) };
    assert_eq!(call.line, format!("PATCH {JOBS}/{}", name()));
    assert_eq!(call.body, json!({"metadata": {"uid": "j"}, "spec": {"ttlSecondsAfterFinished": 3600}}));
}

#[tokio::test]
async fn a_pod_is_let_go_by_taking_our_finalizer_off_and_nothing_else() {
    let mut held = pod("j", done());
    held["metadata"]["finalizers"] = json!(["a/b", "writ.dev/outcome"]);
    let (cluster, heard) = cluster(move |_| ok(held.clone()));
    cluster.release_pods(&["p".into()]).await.unwrap();
    let patch = heard.calls().pop().unwrap();
    assert_eq!(patch.line, format!("PATCH {PODS}/p"));
    let expected = json!([
        {"op": "test", "path": "/metadata/uid", "value": "p"},
        {"op": "test", "path": "/metadata/finalizers/1", "value": "writ.dev/outcome"},
        {"op": "remove", "path": "/metadata/finalizers/1"},
    ]);
    assert_eq!(patch.body, expected);
}

#[tokio::test]
async fn a_pod_that_is_free_or_gone_is_not_written() {
    let mut free = pod("j", done());
    free["metadata"]["finalizers"] = json!([]);
    for answer in [Some(free), None] {
        let (cluster, heard) = cluster(move |_| answer.clone().map_or_else(|| missing("p"), ok));
        cluster.release_pods(&["p".into()]).await.unwrap();
        assert!(heard.lines().iter().all(|l| l.starts_with("GET")), "{:?}", heard.lines());
    }
}

/// Of what ran and is over.
const WAY: &[crds::Phase] = &[crds::Phase::Preparing, crds::Phase::Completed];

fn over() -> Over {
    Over { phase: crds::Phase::Completed, job: Some((name(), Some(uid("j")))) }
}

async fn left(job: Option<Value>, pods: Vec<Value>) -> decide::observed::Over {
    let nothing =
        |call: &Call| call.line.contains("rolebindings") || call.line.contains("serviceaccounts") || call.line.contains("leases");
    let answer = answers(job, pods);
    let (cluster, _) = cluster(move |call| if nothing(call) { list(&[]) } else { answer(call) });
    cluster.left(&ended(WAY), &over()).await.unwrap()
}

/// It came through these phases.
fn ended(phases: &[crds::Phase]) -> decide::execution::Execution {
    let entry = |phase: &crds::Phase| crds::TimelineEntry { phase: *phase, ..crds::TimelineEntry::default() };
    let mut exec = execution();
    exec.status.timeline = phases.iter().map(entry).collect();
    exec
}

#[tokio::test]
async fn nothing_is_looked_for_where_nothing_was_ever_made() {
    use crds::Phase::{AwaitingApproval, DryRunning, Preparing, Refused, Validating};
    for (ways, asks) in [
        (&[Validating, Refused][..], false),
        (&[Validating, AwaitingApproval, Refused], false),
        (&[Validating, DryRunning, Validating, Refused], true),
        (&[Validating, Preparing, Refused], true),
        (&[Validating; crds::limits::TIMELINE], true),
    ] {
        let (cluster, heard) = cluster(|_| list(&[]));
        let over = cluster.left(&ended(ways), &Over { phase: Refused, job: None }).await.unwrap();
        assert_eq!((over.grants, over.held_pods.len(), over.claims.len()), (Grants::None, 0, 0));
        assert_eq!(!heard.lines().is_empty(), asks, "{ways:?}");
    }
}

#[tokio::test]
async fn what_is_left_is_found_also_where_the_job_is_gone() {
    let nothing = left(None, vec![]).await;
    assert_eq!((nothing.grants, nothing.job, nothing.held_pods), (Grants::None, None, vec![]));
    let orphan = left(None, vec![pod("j", done())]).await;
    assert_eq!((orphan.job, orphan.held_pods), (None, vec!["p".to_owned()]));
    let late = left(Some(job("another")), vec![]).await.job.map(|j| j.uid);
    assert_eq!(late, Some(uid("another")), "a lost request made it after the one that was seen: it ends here");
    let mut foreign = job("another");
    foreign["metadata"]["labels"] = json!({});
    assert_eq!(left(Some(foreign), vec![]).await.job, None, "another Job of that name is not ours to touch");
}

#[tokio::test]
async fn a_job_runs_as_long_as_a_container_of_it_may() {
    let finished = |mut job: Value| {
        job["status"] = json!({"conditions": [{"type": "Failed", "status": "True"}]});
        job
    };
    let stopping = |mut job: Value| {
        job["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
        job
    };
    let evicted = || {
        let mut pod = pod("j", json!({"terminated": {"exitCode": 143}}));
        pod["status"]["conditions"] = json!([{"type": "DisruptionTarget", "status": "True"}]);
        pod
    };
    let running = || pod("j", json!({"running": {}}));
    for (case, job, pods, expected) in [
        ("no pod yet", job("j"), vec![], true),
        ("finished without one", finished(job("j")), vec![], false),
        ("being deleted without one", stopping(job("j")), vec![], false),
        ("its container runs", job("j"), vec![running()], true),
        ("its container runs while the Job is deleted", stopping(job("j")), vec![running()], true),
        ("its container has ended", job("j"), vec![pod("j", done())], false),
        ("evicted: another pod may come", job("j"), vec![evicted()], true),
        ("evicted, and the Job gave up", finished(job("j")), vec![evicted()], false),
    ] {
        let left = left(Some(job), pods).await.job.unwrap();
        assert_eq!((left.running, left.expires), (expected, false), "{case}");
    }
}
