//! What is stored under an execution's name and was not written by this host is never acted on: no deed, no record over it, no row of it. The
//! real loop, on a mock of the API server and a ledger in a file.
use crate::cluster::api::{Answer, Call, Heard, cluster, list, no, ok, uid};
use crds::KubernetesExecution;
use decide::{execution::Execution, row};
use host::{
    catalogue::Catalogue,
    cluster::{Cluster, Next, known},
    config::Operator,
    firsts::Firsts,
    gate::{Gate, GateLimits},
    ledger::{Ledger, Query},
    metrics::Metrics,
    observe::Engines,
    plugin::Plugins,
    reconcile::{Context, ReconcileError, reconcile, woken},
    suspects::Suspects,
};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock},
};
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};

/// What the host itself stores, from the first record to the last: `decide::tests::stored` keeps it.
static STAGES: LazyLock<Vec<Value>> = LazyLock::new(|| serde_json::from_str(include_str!("../../fuzz/stages.json")).unwrap());

/// As it is stored, but for the finalizer: whoever believed it would add that first of all, and be heard.
fn stored(stage: &str) -> Value {
    let stage = STAGES.iter().find(|s| s["name"] == stage).unwrap_or_else(|| panic!("{stage} is no stage"));
    json!({
        "apiVersion": "writ.dev/v1alpha1", "kind": "KubernetesExecution",
        "metadata": {
            "name": "scale-web-x7k2p", "namespace": "shop", "uid": "3c1f0a52-94d7-4be1-8a5e-0c1d2e3f4a5b", "resourceVersion": "1",
            "generation": 1, "creationTimestamp": "2026-11-23T03:12:07Z",
        },
        "spec": stage["spec"],
        "status": stage["status"],
    })
}

fn read(object: Value) -> KubernetesExecution {
    serde_json::from_value(object).unwrap()
}

struct Scratch {
    context: Arc<Context>,
    heard: Heard,
    _folder: TempDir,
}

impl Scratch {
    /// Whatever is asked for, the API server says no.
    async fn new() -> Self {
        Self::on(cluster(|_| no(403, "Forbidden", "no"))).await
    }

    async fn on((cluster, heard): (Cluster, Heard)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let engines = Engines {
            plugins: Plugins::new().unwrap(),
            gate: Gate::new(GateLimits::default()).unwrap(),
            cluster,
            ledger: Ledger::open(&folder.path().join("ledger.db")).await.unwrap(),
            catalogue: Arc::new(Catalogue::default()),
            site: Arc::new(Operator::offline().site("1.37".to_owned())),
            metrics: Metrics::new(),
        };
        let (suspects, firsts) = (Suspects::default(), Firsts::default());
        let context = Arc::new(Context { engines, cluster: uid("cluster"), suspects, firsts, now: jiff::Timestamp::now });
        Self { context, heard, _folder: folder }
    }

    async fn woken(&self, object: Value) -> Result<Next, ReconcileError> {
        reconcile(&self.context, Arc::new(read(object))).await
    }

    /// What was recorded of this stage is in the ledger.
    async fn recorded(&self, stage: &str) {
        let exec = Execution::parse(&self.context.cluster, &read(stored(stage))).unwrap();
        self.context.engines.ledger.append(&row::of(&exec).unwrap()).await.unwrap();
    }

    /// What readiness says.
    fn suspects(&self) -> Result<(), String> {
        self.context.suspects.none()
    }

    async fn rows(&self) -> usize {
        self.context.engines.ledger.query(&Query { limit: 100, ..Query::default() }).await.unwrap().len()
    }
}

/// Without this the tests below would hold for a loop that never does anything.
#[tokio::test]
async fn what_the_host_stored_and_the_ledger_has_is_acted_on() {
    let scratch = Scratch::new().await;
    scratch.recorded("preparing").await;
    // It asks for the finalizer, and the API server says no.
    let _ = scratch.woken(stored("preparing")).await;
    assert!(scratch.heard.lines().iter().any(|line| line.starts_with("PATCH ")), "{:?}", scratch.heard.lines());
    assert_eq!(scratch.suspects(), Ok(()));
}

/// Which stage, at which place of the status, what stands there.
type Spoiled = (&'static str, &'static str, Value);

fn foreign() -> Vec<Spoiled> {
    vec![
        ("fresh", "phase", json!("Executing")),
        ("fresh", "phase", json!("Completed")),
        ("fresh", "seq", json!(-1)),
        ("fresh", "job", json!({"namespace": "writ-runs", "name": "run-1", "serviceAccount": "run-1"})),
        ("drifted", "at", json!("yesterday")),
        ("preparing", "phase", json!("Executing")),
        ("preparing", "phase", json!("Validating")),
        ("preparing", "seq", json!(0)),
        ("preparing", "plan", Value::Null),
        ("preparing", "plugin", Value::Null),
        ("preparing", "lock", Value::Null),
        ("preparing", "finishedAt", json!("2026-11-23T03:12:09Z")),
        ("dry running", "dryRun", Value::Null),
        ("awaiting approval", "approval", Value::Null),
        ("prepared", "job", Value::Null),
        ("prepared", "phase", json!("Verifying")),
        ("verifying", "phase", json!("Preparing")),
        ("completed", "at", json!("")),
    ]
}

#[tokio::test]
async fn a_status_that_no_host_writes_is_neither_acted_on_nor_written_over() {
    let scratch = Scratch::new().await;
    for (stage, place, value) in foreign() {
        let mut object = stored(stage);
        object["status"][place] = value.clone();
        let woken = scratch.woken(object).await;
        assert!(matches!(woken, Err(ReconcileError::Parse(_))), "{stage}, {place} {value}: {woken:?}");
        assert_eq!(woken.map_err(|error| error.kind()), Err("parse"));
        assert!(scratch.suspects().unwrap_err().starts_with("1 execution is left alone"));
        assert!(scratch.heard.lines().is_empty(), "{stage}, {place} {value}: {:?}", scratch.heard.lines());
    }
    assert_eq!(scratch.rows().await, 0);
}

/// One that reads well, and that the ledger does not know, or knows as another: set back, ahead by more than one, or of other words. (Where
/// something is to be stopped, the brake looks first: it needs no ledger.)
#[tokio::test]
async fn a_status_that_is_not_what_the_ledger_has_is_neither_acted_on_nor_written_over() {
    for (stage, place, value) in [
        ("fresh", "seq", json!(0)),
        ("preparing", "seq", json!(9)),
        ("preparing", "reason", json!("Frozen")),
        ("preparing", "at", json!("2026-11-23T03:12:09Z")),
        ("preparing", "message", json!("Nothing happened.")),
        ("preparing", "by", json!("mallory")),
        ("prepared", "seq", json!(1)),
        ("job seen", "seq", json!(3)),
    ] {
        let scratch = Scratch::new().await;
        scratch.recorded("preparing").await;
        let mut object = stored(stage);
        object["status"][place] = value.clone();
        let woken = scratch.woken(object).await;
        assert!(matches!(woken, Ok(Next::Await(Some(_)))), "{stage}, {place} {value}: {woken:?}");
        assert!(scratch.heard.lines().is_empty(), "{stage}, {place} {value}: {:?}", scratch.heard.lines());
        assert_eq!(scratch.rows().await, 1);
        assert!(scratch.suspects().is_err(), "{stage}, {place} {value}");
        let _ = scratch.woken(stored("preparing")).await;
        assert_eq!(scratch.suspects(), Ok(()), "it was put right");
        let metrics = scratch.context.engines.metrics.text().unwrap();
        assert!(metrics.contains("writ_waits_total{why=\"Disagreement\"} 1\n"), "{stage}, {place} {value}: {metrics}");
    }
}

/// After an upgrade was rolled back.
#[tokio::test]
async fn a_status_that_says_more_than_this_build_knows_waits_for_one_that_does() {
    let scratch = Scratch::new().await;
    scratch.recorded("preparing").await;
    let mut object = stored("preparing");
    object["status"]["plan"]["stdin"] = json!("x");
    let left = woken(&scratch.context, known(&object)).await.unwrap_err();
    let ReconcileError::NotKnown(why) = &left else { panic!("{left:?}") };
    assert_eq!(
        why.to_string(),
        "status.plan.stdin is not known to this version of the operator; it is of a newer one: upgrade the operator again"
    );
    assert!(scratch.heard.lines().is_empty(), "{:?}", scratch.heard.lines());
    assert!(scratch.suspects().is_err());
    let _ = woken(&scratch.context, known(&stored("preparing"))).await;
    assert!(!scratch.heard.lines().is_empty());
    assert_eq!(scratch.suspects(), Ok(()));
}

/// It is not even read as an execution: a phase, a reason, a field or a form of a build that is newer, or of nobody.
#[tokio::test]
async fn a_status_of_another_build_is_looked_at_and_left() {
    let of = |name: &str, place: &str, value: Value| {
        let mut object = stored("preparing");
        object["metadata"]["name"] = json!(name);
        object["metadata"]["uid"] = json!(name);
        object["status"][place] = value;
        object
    };
    let all = vec![
        of("phase", "phase", json!("PhaseOfANewerBuild")),
        of("reason", "reason", json!("ReasonOfANewerBuild")),
        of("seq", "seq", json!("two")),
        of("plan", "plan", json!([])),
        of("field", "stdin", json!("x")),
        of("parsed", "phase", json!("Executing")),
    ];
    let names: BTreeSet<String> = all.iter().map(|kx| kx["metadata"]["name"].as_str().unwrap().to_owned()).collect();
    let (tell, mut told) = mpsc::unbounded_channel();
    let scratch = Scratch::on(cluster(serve(all, tell))).await;
    let (stop, stopped) = oneshot::channel::<()>();
    let (engines, context) = (scratch.context.engines.clone(), scratch.context.clone());
    let run = tokio::spawn(async move {
        let passes = move |live| {
            let context = context.clone();
            async move { woken(&context, live).await }
        };
        engines.cluster.run(passes, async { drop(stopped.await) }).await;
    });
    let mut looked_at = BTreeSet::new();
    while looked_at != names {
        looked_at.insert(told.recv().await.unwrap());
    }
    // It waits for the looks that are not over.
    stop.send(()).unwrap();
    run.await.unwrap();
    let written: Vec<String> = scratch.heard.lines().into_iter().filter(|line| !line.starts_with("GET ")).collect();
    assert!(written.is_empty(), "{written:?}");
    assert_eq!(scratch.rows().await, 0);
    assert!(scratch.suspects().unwrap_err().starts_with("6 executions are left alone"), "{:?}", scratch.suspects());
}

/// Says which one is read.
fn serve(all: Vec<Value>, tell: mpsc::UnboundedSender<String>) -> impl Fn(&Call) -> Answer + Send {
    move |call| {
        let path = call.line.trim_start_matches("GET ").split('?').next().unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or_default();
        match () {
            () if call.line.contains("watch=") => Answer::Hang,
            () if path.ends_with("/kubernetesexecutions") => list(&all),
            () if path.contains("/kubernetesexecutions/") => {
                tell.send(name.to_owned()).unwrap();
                ok(all.iter().find(|kx| kx["metadata"]["name"] == name).unwrap().clone())
            }
            () => list(&[]),
        }
    }
}
