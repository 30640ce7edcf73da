//! What a run prints while it takes its time: on the execution as Events, in `writ watch`, in `writ logs -f`.
use serde_json::{Value, json};
use tests::{BlackHole, Cluster, Component, Run, Typed, Workload, all, alone};

/// As a slow admission webhook makes a command slow. Longer than the operator takes between two looks.
const SECONDS: u32 = 9;

/// What was told of it, oldest first.
async fn told(cluster: &Cluster, run: &Run) -> Vec<String> {
    let kind = json!({"apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"namespace": run.namespace}});
    let mut events = all(&cluster.admin, &kind, "").await.unwrap();
    events.retain(|e| e["reason"] == "Progress" && e["regarding"]["uid"] == json!(run.uid));
    events.sort_by_key(|e| e["eventTime"].as_str().unwrap().to_owned());
    assert!(events.iter().all(|e| e["type"] == "Normal"), "{events:#?}");
    events.iter().map(|e| e["note"].as_str().unwrap().to_owned()).collect()
}

fn typed(command: &str, run: &Run) -> Typed {
    let mut words: Vec<&str> = command.split(' ').collect();
    words.extend([run.name.as_str(), "-n", run.namespace.as_str()]);
    Typed::start(None, &words)
}

/// Three commands, one after the other, each of which the API server takes its time to answer. Alone: what the component exports is there
/// for everybody.
#[tokio::test]
async fn what_a_run_that_takes_long_prints_is_told_while_it_runs() {
    let _turn = alone().await;
    let cluster = Cluster::connect().await.unwrap();
    let _hostile = Component::install(&cluster, "hostile", &Component::guest("hostile")).await.standing();
    let space = cluster.scratch("execute-progress").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let _slow = BlackHole::slow(&cluster, &web, SECONDS).await;
    let asked = json!({
        "action": "misbehave", "target": {"name": "web"}, "parameters": {"in": "plan", "do": "step-by-step"}, "reason": "a test",
    });
    let run = cluster.run(&space.name, asked).await;
    let (mut logs, mut watch) = (typed("logs -f", &run), typed("watch", &run));
    let phase = async || run.now().await.unwrap()["status"]["phase"].clone();

    // The first command has ended, the second hangs.
    let (first, second) = ("deployment.apps/web scaled", "scale.autoscaling/web patched");
    assert_eq!((logs.line().await.as_str(), phase().await), (first, Value::from("Executing")));
    let mut seen = Vec::new();
    while seen.last().is_none_or(|l| l != &format!("    {first}")) {
        seen.push(watch.line().await);
    }
    assert_eq!(phase().await, "Executing", "{seen:?}");
    let status_line = seen.iter().rev().nth(1).unwrap();
    assert!(status_line.starts_with("  ● running") && status_line.ends_with(" of 1m00s"), "{seen:?}");
    assert_eq!(told(&cluster, &run).await, [first]);
    // The third hangs.
    assert_eq!(watch.line().await, format!("    {second}"));
    assert_eq!(phase().await, "Executing");

    let story = run.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    // A line that was told is not told again. What the third prints is told where somebody looked between that and the end of its container.
    let told = told(&cluster, &run).await;
    assert!(told == [first, second] || told == [first, second, first], "{told:?}");
    // It is no part of the record.
    assert!(story.rows.iter().all(|r| r["reason"] != "Progress"), "{:#?}", story.rows);
    let (logs, watch) = (logs.ended().await, watch.ended().await);
    assert_eq!((logs.out, logs.code), (format!("{second}\n{first}\n"), Some(0)), "{}", logs.err);
    let again = watch.out.matches("    deployment").count();
    assert!(watch.code == Some(0) && again < told.len() - 1 && watch.out.contains("✓ ran"), "{watch:?}");
}
