//! The Job of a dry run: ours only by uid and plan hash; what it printed, as objects; and the guard, believed only by its own words.
use super::{
    api::{Answer, Call, EXECUTION, HASH, IMAGE, TARGET, cluster, execution, list, missing, no, ok, planned, uid},
    guards::{installed, known, serve},
};
use decide::{
    execution::DryRunning,
    observed::{After, Answer as Answered, DryGuard, DryJob, PodSeen},
};
use jiff::Timestamp;
use k8s_openapi::api::batch::v1::Job;
use serde_json::{Value, json};

const JOBS: &str = "/apis/batch/v1/namespaces/writ-dryrun/jobs";
const PROBE: &str = "POST /api/v1/namespaces/writ-dryrun/serviceaccounts";

fn asked() -> DryRunning {
    let job = format!("dry-{EXECUTION}").try_into().unwrap();
    DryRunning { planned: planned(), job, answered: false, since: Timestamp::UNIX_EPOCH }
}

fn template() -> Value {
    json!({"containers": [{"name": "c0", "image": IMAGE, "command": ["/bin/kubectl"]}]})
}

fn job() -> Value {
    json!({
        "metadata": {
            "name": asked().job, "uid": "j",
            "labels": {"writ.dev/execution-uid": EXECUTION}, "annotations": {"writ.dev/plan-hash": HASH},
        },
        "spec": {"template": {"spec": template()}},
    })
}

fn pod(code: i32) -> Value {
    let state = json!({"terminated": {"exitCode": code, "finishedAt": "2026-01-01T00:00:09Z"}});
    json!({
        "metadata": {
            "name": "p", "uid": "p", "creationTimestamp": "2026-01-01T00:00:00Z",
            "ownerReferences": [{"apiVersion": "batch/v1", "kind": "Job", "name": asked().job, "uid": "j", "controller": true}],
        },
        "spec": template(),
        "status": {"containerStatuses": [{"name": "c0", "image": IMAGE, "imageID": IMAGE, "ready": false, "restartCount": 0, "state": state}]},
    })
}

fn web(replicas: u32) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": replicas},
        "metadata": {"name": "web", "namespace": "shop", "uid": TARGET, "managedFields": [{"manager": "x"}]},
    })
}

/// The server has this Job, its pod ended so, and printed this.
async fn seen(job: Option<Value>, code: i32, printed: &'static str) -> (DryJob, Vec<String>) {
    let (cluster, heard) = cluster(move |call: &Call| match () {
        () if call.line.contains("/log") => Answer::Text(printed),
        () if call.line.contains("/pods") => list(&[pod(code)]),
        () if call.line.contains("/deployments/web") => ok(web(2)),
        () => job.clone().map_or_else(|| missing("dry"), ok),
    });
    (cluster.dry_run(&execution(), &asked()).await.unwrap(), heard.lines())
}

async fn answer(printed: &'static str) -> Answered {
    let (seen, _) = seen(Some(job()), 0, printed).await;
    let DryJob::Ours { pod: PodSeen::Ended { exit_code: 0, .. }, answer: Some(answer), .. } = seen else { panic!("{seen:?}") };
    answer
}

const WEB: &str = r#"Warning: spec.old is deprecated
{
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop", "uid": "00000000-0000-4000-8000-000000000002"},
    "spec": {"replicas": 5}
}
"#;

#[tokio::test]
async fn what_the_commands_print_is_read_as_objects_beside_the_target_as_it_is() {
    let Answered::Objects { before, after, warnings, .. } = answer(WEB).await else { panic!() };
    let (before, After::Is(after)) = (&before[0], &after[0]) else { panic!() };
    assert_eq!((&before.id, &before.uid), (&after.id, &after.uid));
    assert!(before.body.as_str().contains(r#""replicas":2"#) && !before.body.as_str().contains("managedFields"));
    assert!(after.body.as_str().contains(r#""replicas":5"#), "{}", after.body);
    assert_eq!(warnings, ["spec.old is deprecated"]);
}

#[tokio::test]
async fn what_is_no_object_of_the_targets_kind_is_no_answer() {
    for (printed, words) in [
        ("deployment.apps/web scaled\n", "something else than objects"),
        ("", "printed nothing"),
        ("unable to retrieve container logs for x", "is gone with its container"),
        (
            r#"{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "web", "uid": "u"}, "data": {"a": "aHVudGVyMg=="}}"#,
            "printed a Secret, which the plan does not write",
        ),
        (
            r#"{"apiVersion": "apps/v1beta1", "kind": "Deployment", "metadata": {"name": "web", "uid": "u"}}"#,
            "printed a Deployment, which the plan does not write",
        ),
    ] {
        let Answered::Unreadable { why } = answer(printed).await else { panic!("{printed}") };
        assert!(why.contains(words), "{why}");
    }
}

#[tokio::test]
async fn more_than_any_object_is_not_looked_at() {
    static MUCH: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| " ".repeat(5 * 1024 * 1024));
    assert_eq!(answer(&MUCH).await, Answered::TooLarge);
}

/// No value of a Secret comes out, and that it changes does.
#[tokio::test]
async fn of_a_secret_only_digests_are_shown() {
    let secret = |value: &str| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "web", "namespace": "shop", "uid": TARGET}, "data": {"a": value}});
    let printed: &'static str = Box::leak(secret("bmV3").to_string().into_boxed_str());
    let (cluster, _) = cluster(move |call: &Call| match () {
        () if call.line.contains("/log") => Answer::Text(printed),
        () if call.line.contains("/pods") => list(&[pod(0)]),
        () if call.line.contains("/secrets/web") => ok(secret("b2xk")),
        () => ok(job()),
    });
    let mut asked = asked();
    let target = &mut asked.planned.proposal.writes[0].object;
    (target.api.group, target.api.version) = (String::new(), "v1".into());
    (target.api.kind, target.api.resource) = ("Secret".into(), "secrets".into());
    let DryJob::Ours { answer: Some(Answered::Objects { before, after, .. }), .. } =
        cluster.dry_run(&execution(), &asked).await.unwrap()
    else {
        panic!()
    };
    let After::Is(after) = &after[0] else { panic!() };
    let (before, after) = (before[0].body.as_str(), after.body.as_str());
    assert!(!before.contains("b2xk") && !after.contains("bmV3"), "{before} {after}");
    assert!(before.contains("hmac-sha256:") && before != after);
}

#[tokio::test]
async fn a_job_is_ours_only_with_our_uid_and_stale_with_another_plan() {
    let with = |pointer: &str, value: Value| {
        let mut job = job();
        *job.pointer_mut(pointer).unwrap() = value;
        Some(job)
    };
    assert_eq!(seen(None, 0, WEB).await.0, DryJob::Absent);
    assert_eq!(seen(with("/metadata/labels", json!({})), 0, WEB).await.0, DryJob::Foreign { uid: uid("j") });
    let other = json!({"writ.dev/plan-hash": "sha256:bb"});
    let stale = DryJob::Stale { uid: uid("j"), stopping: false };
    assert_eq!(seen(with("/metadata/annotations", other), 0, WEB).await.0, stale);
}

#[tokio::test]
async fn one_that_failed_says_why_and_is_not_taken_for_an_answer() {
    let (DryJob::Ours { pod: PodSeen::Ended { output, .. }, answer: None, .. }, lines) =
        seen(Some(job()), 1, "error: Expected replicas to be 2, was 3\n").await
    else {
        panic!()
    };
    assert_eq!(output.tail, "error: Expected replicas to be 2, was 3\n");
    assert!(lines.iter().all(|l| !l.contains("/writ-runs/")), "{lines:?}");
}

#[tokio::test]
async fn it_is_made_and_taken_away_where_dry_runs_live() {
    let (cluster, heard) = cluster(|call| if call.is("POST") { no(409, "AlreadyExists", "there") } else { ok(job()) });
    cluster.create_dry_run(&Job::default()).await.unwrap();
    cluster.end_dry_run(&asked().job, &uid("j")).await.unwrap();
    assert_eq!(heard.lines(), [format!("POST {JOBS}"), format!("DELETE {JOBS}/dry-{EXECUTION}")]);
    assert_eq!(heard.calls()[1].body["preconditions"]["uid"], json!("j"));
}

#[tokio::test]
async fn the_guard_is_believed_only_where_it_refuses_by_its_own_words() {
    let its_own = "serviceaccounts \"dry-probe\" is forbidden: ValidatingAdmissionPolicy 'writ-dry-run-only' with binding \
                   'writ-dry-run-only' denied request: writ: this identity may only dry-run";
    let listed = serve(installed());
    let (guarded, heard) = cluster(move |call| if call.is("POST") { no(403, "Forbidden", its_own) } else { listed(call) });
    // Who cannot say since when it is there does not rely on it.
    assert!(matches!(guarded.dry_run_guard().await.unwrap(), DryGuard::Open { .. }));
    known(&guarded).await;
    let before = heard.calls().len();
    let since = "2026-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(guarded.dry_run_guard().await.unwrap(), DryGuard::InForce { since });
    assert_eq!(heard.lines()[before..], [PROBE]);
    assert_eq!(heard.calls()[before].body["metadata"]["name"], json!("dry-probe"));
    for (code, message) in
        [(403, "serviceaccounts is forbidden: User cannot create resource"), (409, "already exists"), (422, its_own)]
    {
        let (open, _) = cluster(move |_| no(code, "No", message));
        assert_eq!(open.dry_run_guard().await.unwrap(), DryGuard::Open { why: message.into() }, "{code}");
    }
    let (broken, _) = cluster(|_| no(500, "InternalError", "etcd"));
    assert!(broken.dry_run_guard().await.is_err(), "no telling");
}

#[tokio::test]
async fn a_write_that_went_through_is_told_and_taken_away_again() {
    let (cluster, heard) =
        cluster(|call| Answer::Json(if call.is("POST") { 201 } else { 200 }, json!({"metadata": {"name": "dry-probe"}})));
    assert!(matches!(cluster.dry_run_guard().await.unwrap(), DryGuard::Open { .. }));
    assert_eq!(heard.lines(), [PROBE.to_owned(), format!("DELETE {}/dry-probe", PROBE.trim_start_matches("POST "))]);
}
