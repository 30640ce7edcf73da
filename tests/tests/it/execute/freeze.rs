//! What a freeze holds back, in the test's own namespace alone.
use super::{
    approval::{LEADS, approver, ballot, counted, many, nothing_started, production, say},
    scale, with,
};
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use tests::{Cluster, Run, Said, Standing, Typed, Workload, among_others, get};

pub(super) async fn frozen(cluster: &Cluster, namespace: &str) -> Standing {
    freeze(cluster, namespace, json!({"selector": {"namespaces": [namespace]}})).await
}

async fn freeze(cluster: &Cluster, namespace: &str, more: Value) -> Standing {
    let spec = with(json!({"reason": "release day"}), more);
    let meta = json!({"name": format!("freeze-{namespace}")});
    let freeze = json!({"apiVersion": "writ.dev/v1alpha1", "kind": "ExecutionFreeze", "metadata": meta, "spec": spec});
    cluster.stand(freeze).await.unwrap()
}

/// When it waits, with what it says.
pub(super) async fn waits(run: &Run) -> String {
    let now = run.until("it waits for the thaw", |kx| kx["status"]["reason"] == "Frozen").await;
    assert_eq!(now["status"]["phase"], "Preparing");
    let line = now["status"]["summary"].as_str().unwrap();
    assert!(
        line.starts_with("Frozen until it is thawed by ") || line.starts_with("Frozen until 2"),
        "the list shows no message: {line}"
    );
    now["status"]["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn nothing_starts_while_it_is_frozen_and_it_goes_on_when_it_is_thawed() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-freeze").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let freeze = frozen(&cluster, &space.name).await;
    let run = cluster.run(&space.name, scale(2)).await;
    let message = waits(&run).await;
    assert!(message.contains("release day") && message.contains("Thaw: writ thaw freeze-"), "{message}");
    nothing_started(&cluster, &run).await;
    assert_eq!(web.now().await["spec"]["replicas"], 1);
    drop(freeze);
    let story = run.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    assert_eq!(web.now().await["spec"]["replicas"], 2);
}

#[tokio::test]
async fn what_was_frozen_goes_on_in_the_order_of_acceptance() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-freeze").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let freeze = frozen(&cluster, &space.name).await;
    let first = cluster.run(&space.name, scale(2)).await;
    waits(&first).await;
    let second = cluster.run(&space.name, scale(3)).await;
    waits(&second).await;
    drop(freeze);
    let (first, second) = (first.ended().await, second.ended().await);
    for story in [&first, &second] {
        assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    }
    assert!(first.status("/finishedAt") < second.status("/finishedAt"));
    assert_eq!(web.now().await["spec"]["replicas"], 3);
}

#[tokio::test]
async fn what_is_frozen_can_be_cancelled() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-freeze").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let _freeze = frozen(&cluster, &space.name).await;
    let run = cluster.run(&space.name, scale(2)).await;
    waits(&run).await;
    run.cancel(&cluster.admin, "not today").await.unwrap();
    let story = run.ended().await;
    assert_eq!(story.end(), ("Cancelled", "CancelRequested"), "{:#}", story.object["status"]);
    assert_eq!(web.now().await["spec"]["replicas"], 1);
}

#[tokio::test]
async fn what_was_approved_waits_for_the_thaw_all_the_same() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let (space, web) = production(&cluster).await;
    let freeze = frozen(&cluster, &space.name).await;
    let run = cluster.run(&space.name, many()).await;
    let hash = super::approval::waits(&run).await;
    let lena = approver(&cluster, &space, "lena", LEADS).await;
    let said = say(&lena, &ballot(&run, &hash, json!({}))).await;
    assert_eq!(counted(&cluster, &said).await, ("True".to_owned(), "Counted".to_owned()));
    waits(&run).await;
    assert_eq!(run.now().await.unwrap()["status"]["approval"]["state"], "Approved");
    nothing_started(&cluster, &run).await;
    assert_eq!(web.now().await["spec"]["replicas"], 1);
    drop(freeze);
    let story = run.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    assert_eq!(web.settled().await.0, 5);
}

#[tokio::test]
async fn a_freeze_with_an_end_is_over_by_itself_and_not_before() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-freeze").await.unwrap();
    Workload::deployment(&cluster, &space.name, 1).await;
    let until = Timestamp::from_second(Timestamp::now().as_second()).unwrap() + 10.seconds();
    let ends = json!({"selector": {"namespaces": [space.name]}, "until": until.to_string()});
    let _freeze = freeze(&cluster, &space.name, ends).await;
    let run = cluster.run(&space.name, scale(2)).await;
    let message = waits(&run).await;
    assert!(message.contains(&format!("until {until}")), "{message}");
    let story = run.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    let timeline = story.object["status"]["timeline"].as_array().unwrap();
    let promised = timeline.iter().find(|e| e["phase"] == "Executing").unwrap()["at"].as_str().unwrap();
    assert!(promised.parse::<Timestamp>().unwrap() >= until, "{promised} is before {until}");
}

#[tokio::test]
async fn a_freeze_of_one_action_holds_back_that_one_alone() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-freeze").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let restarts = json!({"selector": {"namespaces": [space.name], "actions": ["rollout_restart"]}});
    let freeze = freeze(&cluster, &space.name, restarts).await;
    let restart = json!({"action": "rollout_restart", "target": {"name": "web", "kind": "Deployment"}, "reason": "a test"});
    let held = cluster.run(&space.name, restart).await;
    waits(&held).await;
    let story = cluster.run(&space.name, scale(2)).await.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    web.settled().await;
    nothing_started(&cluster, &held).await;
    drop(freeze);
    let story = held.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
}

async fn typed(arguments: &[&str]) -> Said {
    let said = Typed::start(None, arguments).ended().await;
    assert_eq!(said.code, Some(0), "{said:?}");
    said
}

#[tokio::test]
async fn writ_freeze_holds_back_and_what_it_prints_thaws() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-freeze").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    // For an hour at most: should this test end before its thaw, nobody is kept waiting for ever.
    let said = typed(&["freeze", "release day", "--for", "1h", "--in", &space.name]).await;
    assert!(said.out.contains(&format!("every action in namespace {}", space.name)), "{said:?}");
    let (_, name) = said.out.trim_end().rsplit_once("writ thaw ").unwrap();
    let made = json!({"apiVersion": "writ.dev/v1alpha1", "kind": "ExecutionFreeze", "metadata": {"name": name}});
    let now = get(&cluster.admin, &made).await.unwrap().unwrap();
    assert_eq!((&now["spec"]["reason"], &now["spec"]["selector"]), (&json!("release day"), &json!({"namespaces": [space.name]})));
    let run = cluster.run(&space.name, scale(2)).await;
    let message = waits(&run).await;
    assert!(message.contains(&format!("Thaw: writ thaw {name}")), "{message}");
    let said = typed(&["thaw", name]).await;
    assert!(said.out.starts_with(&format!("Thawed: {name} is gone")), "{said:?}");
    let story = run.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    assert_eq!(web.settled().await.0, 2);
}
