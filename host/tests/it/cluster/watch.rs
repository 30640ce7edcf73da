//! Who is woken, on what object, and what is never woken.
use super::api::{Answer, Call, cluster, list, ok};
use host::cluster::{Live, Next};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
};
use tokio::sync::{mpsc, oneshot};

fn kx(name: &str, phase: &str, finalizers: &[&str], version: &str) -> Value {
    json!({
        "apiVersion": "writ.dev/v1alpha1", "kind": "KubernetesExecution",
        "metadata": {"name": name, "namespace": "shop", "uid": name, "resourceVersion": version, "finalizers": finalizers},
        "spec": {"action": "a"},
        "status": {"phase": phase},
    })
}

fn serve(listed: Vec<Value>, live: impl Fn(&str) -> Value + Send) -> impl Fn(&Call) -> Answer + Send {
    move |call| {
        let path = call.line.split('?').next().unwrap_or_default();
        match () {
            () if call.line.contains("watch=") => Answer::Hang,
            () if path.ends_with("/kubernetesexecutions") => list(&listed),
            () if path.contains("/kubernetesexecutions/") => ok(live(path.rsplit('/').next().unwrap())),
            () => list(&[]),
        }
    }
}

/// Runs until the reconciler was called `calls` times; what it was called with, as `name@version`.
async fn woken(listed: Vec<Value>, live: impl Fn(&str) -> Value + Send + 'static, answers: Vec<Next>) -> Vec<String> {
    let (cluster, _) = cluster(serve(listed, live));
    let (tell, mut told) = mpsc::unbounded_channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let expected = answers.len();
    let answers = Arc::new(std::sync::Mutex::new(answers.into_iter()));
    let reconcile = move |kx: Live| {
        let (tell, answers) = (tell.clone(), answers.clone());
        async move {
            let kx = kx.unwrap();
            let meta = &kx.metadata;
            tell.send(format!("{}@{}", meta.name.clone().unwrap(), meta.resource_version.clone().unwrap())).unwrap();
            Ok::<_, Infallible>(answers.lock().unwrap().next().unwrap_or(Next::Nothing))
        }
    };
    let run = tokio::spawn(async move { cluster.run(reconcile, async { drop(stopped.await) }).await });
    let mut all = vec![];
    for _ in 0..expected {
        all.push(told.recv().await.unwrap());
    }
    stop.send(()).unwrap();
    run.await.unwrap();
    // What was woken beside that comes to light here: the run has ended, so nobody can tell any more.
    while let Ok(more) = told.try_recv() {
        all.push(more);
    }
    all
}

#[tokio::test]
async fn what_is_over_and_let_go_is_not_woken_and_everything_else_is() {
    let listed = vec![
        kx("done", "Completed", &[], "1"),
        kx("owing", "Completed", &["writ.dev/record"], "1"),
        kx("future", "PhaseOfANewerBuild", &[], "1"),
        json!({"metadata": {"name": "new", "namespace": "shop", "uid": "new", "resourceVersion": "1"}, "spec": {"action": "a"}}),
    ];
    let mut all = woken(listed, |name| kx(name, "Validating", &[], "1"), vec![Next::Nothing; 3]).await;
    all.sort();
    assert_eq!(all, ["future@1", "new@1", "owing@1"]);
}

/// A fresh process hears of it from the list alone.
#[tokio::test]
async fn what_was_undone_is_woken_though_it_is_over_and_let_go() {
    let undo = |name: &str, of: &str, reason: &str| {
        let mut kx = kx(name, "Completed", &[], "1");
        kx["spec"]["rollbackOf"] = json!({"name": of, "uid": of});
        kx["status"]["reason"] = json!(reason);
        kx
    };
    let listed = vec![
        kx("original", "Completed", &[], "1"),
        undo("back", "original", "ChecksPassed"),
        kx("planned", "Completed", &[], "1"),
        undo("plan", "planned", "PlanOnly"),
    ];
    let all = woken(listed, |name| kx(name, "Completed", &[], "1"), vec![Next::Nothing]).await;
    assert_eq!(all, ["original@1"]);
}

/// As many of the one namespace as are worked on at the same time, and many more; then one of another.
#[tokio::test]
async fn a_namespace_that_floods_does_not_keep_another_one_waiting() {
    const AT_ONCE: usize = 64;
    let of = |namespace: &str, name: &str| {
        let mut kx = kx(name, "Validating", &[], "1");
        kx["metadata"]["namespace"] = json!(namespace);
        kx
    };
    let mut listed: Vec<Value> = (0..4 * AT_ONCE).map(|n| of("flood", &format!("flood-{n}"))).collect();
    listed.push(of("quiet", "quiet"));
    let (cluster, _) = cluster(serve(listed, |name| kx(name, "Validating", &[], "1")));
    let (tell, mut told) = mpsc::unbounded_channel();
    let done = Arc::new(tokio::sync::Semaphore::new(0));
    let permits = done.clone();
    let reconcile = move |kx: Live| {
        tell.send(kx.unwrap().metadata.name.clone().unwrap()).unwrap();
        let permits = permits.clone();
        async move {
            permits.acquire().await.unwrap().forget();
            Ok::<_, Infallible>(Next::Nothing)
        }
    };
    let run = tokio::spawn(async move { cluster.run(reconcile, std::future::pending()).await });
    let mut calls = 0;
    while told.recv().await.unwrap() != "quiet" {
        calls += 1;
        // One is over, and the next has its turn.
        done.add_permits(usize::from(calls >= AT_ONCE));
    }
    assert!(calls < 2 * AT_ONCE, "it came after {calls} others");
    run.abort();
}

#[tokio::test]
async fn the_object_is_read_live_and_again_when_it_moved() {
    let version = AtomicU32::new(5);
    let live = move |name: &str| kx(name, "Validating", &[], &version.fetch_add(1, SeqCst).to_string());
    let all = woken(vec![kx("x", "Validating", &[], "1")], live, vec![Next::Again, Next::Nothing]).await;
    assert_eq!(all, ["x@5", "x@6"], "never the version of the list");
}

fn approval(execution: &str, told: bool) -> Value {
    let counted = json!({"type": "Counted", "status": "True", "reason": "Counted", "message": "", "lastTransitionTime": "2026-11-23T03:12:07Z"});
    json!({
        "metadata": {"name": format!("of-{execution}"), "namespace": "shop", "uid": execution, "resourceVersion": "1"},
        "spec": {
            "execution": {"name": execution, "uid": "u"}, "action": "a", "planHash": "h", "decision": "Approve",
            "approver": {"username": "jonas"},
        },
        "status": {"conditions": if told { json!([counted]) } else { json!([]) }},
    })
}

/// `done` is over and let go: only somebody who approves it all the same is a reason to look at it.
#[tokio::test]
async fn an_approval_wakes_its_execution_until_it_is_told_whether_it_counts() {
    let (cluster, _) = cluster(|call| match () {
        () if call.line.contains("watch=") => Answer::Hang,
        () if call.is("GET /apis/writ.dev/v1alpha1/executionapprovals") => {
            list(&[approval("told", true), approval("done", false)])
        }
        () if call.is("GET /apis/writ.dev/v1alpha1/kubernetesexecutions") => {
            list(&[kx("done", "Completed", &[], "1"), kx("told", "Completed", &[], "1")])
        }
        () if call.line.contains("/kubernetesexecutions/done") => ok(kx("done", "Completed", &[], "1")),
        () => list(&[]),
    });
    let (tell, mut told) = mpsc::unbounded_channel();
    let reconcile = move |kx: Live| {
        tell.send(kx.unwrap().metadata.name.clone().unwrap()).unwrap();
        async { Ok::<_, Infallible>(Next::Nothing) }
    };
    let run = tokio::spawn(async move { cluster.run(reconcile, std::future::pending()).await });
    assert_eq!(told.recv().await.as_deref(), Some("done"));
    run.abort();
}

#[tokio::test]
async fn a_wait_until_a_moment_that_is_past_is_over_at_once() {
    let past = Next::Await(Some(Timestamp::UNIX_EPOCH));
    let all = woken(vec![kx("x", "Validating", &[], "1")], |n| kx(n, "Validating", &[], "1"), vec![past, Next::Nothing]).await;
    assert_eq!(all, ["x@1", "x@1"]);
}

#[tokio::test]
async fn waiting_for_an_object_watches_that_object_alone() {
    let (cluster, heard) = cluster(|call| match () {
        () if call.line.contains("watch=") => Answer::Hang,
        () if call.is("GET /apis/writ.dev/v1alpha1/kubernetesexecutions") => {
            list(&[kx("x", "Verifying", &["writ.dev/record"], "1")])
        }
        () if call.is("GET /apis/writ.dev") => ok(kx("x", "Verifying", &["writ.dev/record"], "1")),
        () if call.is("GET /apis/apps/v1/namespaces/shop/deployments") => {
            list(&[json!({"metadata": {"name": "web", "namespace": "shop"}})])
        }
        () => list(&[]),
    });
    let (tell, mut told) = mpsc::unbounded_channel();
    let reconcile = move |_| {
        tell.send(()).unwrap();
        async { Ok::<_, Infallible>(Next::AwaitObject(None, super::api::deployment("web"))) }
    };
    let run = tokio::spawn(async move { cluster.run(reconcile, std::future::pending()).await });
    for _ in 0..2 {
        told.recv().await.unwrap();
    }
    let asked: Vec<String> = heard.lines().into_iter().filter(|l| l.contains("/deployments")).collect();
    assert!(asked.iter().all(|l| l.contains("fieldSelector=metadata.name%3Dweb")), "{asked:?}");
    run.abort();
}

#[tokio::test]
async fn a_panic_ends_one_wake_up_and_not_the_operator() {
    let (cluster, _) = cluster(serve(vec![kx("x", "Validating", &[], "1")], |n| kx(n, "Validating", &[], "1")));
    let (tell, mut told) = mpsc::unbounded_channel();
    let count = AtomicU32::new(0);
    let reconcile = move |_| {
        tell.send(()).unwrap();
        let first = count.fetch_add(1, SeqCst) == 0;
        async move { if first { panic!("on purpose") } else { Ok::<_, Infallible>(Next::Nothing) } }
    };
    let run = tokio::spawn(async move { cluster.run(reconcile, std::future::pending()).await });
    for _ in 0..2 {
        told.recv().await.unwrap();
    }
    run.abort();
}

/// The loop that wrote a version has gone on with it: nobody is woken for it. A version of somebody else wakes.
#[tokio::test]
async fn what_this_process_wrote_itself_wakes_nobody() {
    let (cluster, _) = cluster(|call| match () {
        () if call.line.contains("watch=") => Answer::Hang,
        () if call.is("PUT") => ok(super::api::stored("42")),
        () if call.is("GET /apis/writ.dev/v1alpha1/kubernetesexecutions") => {
            list(&[super::api::stored("42"), kx("other", "Validating", &[], "42")])
        }
        () if call.line.contains("/kubernetesexecutions/") => ok(kx("other", "Validating", &[], "42")),
        () => list(&[]),
    });
    let own = super::api::execution();
    cluster.record(&own, &own.status).await.unwrap();
    let (tell, mut told) = mpsc::unbounded_channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let reconcile = move |kx: Live| {
        tell.send(kx.unwrap().metadata.name.clone().unwrap()).unwrap();
        async { Ok::<_, Infallible>(Next::Nothing) }
    };
    let run = tokio::spawn(async move { cluster.run(reconcile, async { drop(stopped.await) }).await });
    assert_eq!(told.recv().await.as_deref(), Some("other"));
    stop.send(()).unwrap();
    run.await.unwrap();
    assert_eq!(told.try_recv().ok(), None);
}

/// Who waits for its target, and who waits for a limit that the claim counts for.
#[tokio::test]
async fn a_claim_that_changes_wakes_whoever_waits_for_its_target_or_for_what_it_counts_for() {
    let waits = |name: &str, namespace: &str, reason: &str, limit: Value| {
        let mut kx = kx(name, "Preparing", &["writ.dev/record"], "1");
        kx["metadata"]["namespace"] = json!(namespace);
        kx["spec"] = json!({"action": "scale", "requester": {"username": "maria"}});
        kx["status"] = json!({
            "phase": "Preparing", "reason": reason, "startedAt": "2026-11-23T03:12:07Z", "target": {"uid": "web"},
            "lock": {"state": "Queued", "seq": 1, "limit": limit},
        });
        kx
    };
    let listed = vec![
        waits("target", "shop", "Queued", Value::Null),
        waits("namespace", "shop", "LimitReached", json!("Namespace")),
        waits("action", "pay", "LimitReached", json!("Action")),
        waits("requester", "pay", "LimitReached", json!("Requester")),
        waits("elsewhere", "pay", "LimitReached", json!("Namespace")),
    ];
    let counts = decide::lock::Counts::new("shop", "scale", "maria", None);
    let lease = json!({"metadata": {"name": "target-web", "namespace": "writ-runs", "resourceVersion": "2", "labels": {
        "writ.dev/execution-uid": "x", "writ.dev/namespace": counts.namespace, "writ.dev/action": counts.action,
        "writ.dev/requester": counts.requester,
    }}});
    let (tell, mut told) = mpsc::unbounded_channel::<String>();
    let released = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let release = released.clone();
    let (cluster, _) = cluster(move |call| {
        let path = call.line.split('?').next().unwrap_or_default();
        match () {
            () if call.line.contains("watch=") => Answer::Hang,
            // Asked again until everybody is known to wait.
            () if path.ends_with("/leases") && !released.load(SeqCst) => super::api::no(410, "Gone", "later"),
            () if path.ends_with("/leases") => list(std::slice::from_ref(&lease)),
            () if path.ends_with("/kubernetesexecutions") => list(&listed),
            () if path.contains("/kubernetesexecutions/") => {
                ok(kx(path.rsplit('/').next().unwrap(), "Preparing", &["writ.dev/record"], "1"))
            }
            () => list(&[]),
        }
    });
    let reconcile = move |kx: Live| {
        tell.send(kx.unwrap().metadata.name.clone().unwrap()).unwrap();
        async { Ok::<_, Infallible>(Next::Nothing) }
    };
    let run = tokio::spawn(async move { cluster.run(reconcile, std::future::pending()).await });
    for _ in 0..5 {
        told.recv().await.unwrap();
    }
    release.store(true, SeqCst);
    let mut again = vec![];
    for _ in 0..4 {
        again.push(told.recv().await.unwrap());
    }
    again.sort();
    assert_eq!(again, ["action", "namespace", "requester", "target"]);
    run.abort();
}
