//! No more at work at once than a policy allows, on targets that have nothing to do with each other; and what was done a moment ago is left
//! alone where a policy looks back.
use super::{approval::demanding, inverse, scale, with};
use crds::labels::NAMESPACE_RUNS;
use serde_json::{Value, json};
use tests::{BlackHole, Cluster, Run, Standing, Story, Workload, all, alone, among_others, create, get};

/// Two Deployments more, like that one.
async fn others(cluster: &Cluster, web: &Workload) {
    for name in ["api", "db"] {
        let mut object = web.object.clone();
        object["metadata"]["name"] = json!(name);
        object["spec"]["selector"]["matchLabels"]["app"] = json!(name);
        object["spec"]["template"]["metadata"]["labels"]["app"] = json!(name);
        create(&cluster.admin, &object).await.unwrap();
    }
}

fn of(name: &str, replicas: u32) -> Value {
    with(scale(replicas), json!({"target": {"name": name}}))
}

/// Waits for the limit of its namespace, with so many before it, and holds nothing: no claim, no account, no Job.
async fn at_the_limit(run: &Run, behind: &Run, ahead: i64) -> Value {
    let lock = json!({"state": "Queued", "behind": behind.name, "ahead": ahead, "limit": "Namespace"});
    let waits = |kx: &Value| {
        let now = &kx["status"]["lock"];
        kx["status"]["reason"] == "LimitReached"
            && ["state", "behind", "ahead", "limit"].iter().all(|part| now[part] == lock[part])
    };
    let now = run.until("it waits for the limit", waits).await;
    assert_eq!((run.identity().await, run.jobs().await), (vec![], vec![]));
    now
}

/// From the promise of its Job to its end.
fn work(story: &Story) -> (String, String) {
    let timeline = story.object["status"]["timeline"].as_array().unwrap();
    let begun = timeline.iter().find(|e| e["phase"] == "Executing").unwrap()["at"].as_str().unwrap().to_owned();
    (begun, story.status("/finishedAt").to_owned())
}

#[tokio::test]
async fn no_more_at_once_than_a_policy_allows_and_the_next_when_one_is_over() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-limits").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    others(&cluster, &web).await;
    let _policy = demanding(&cluster, &space.name, r#"{"limits": {"namespace": 1}}"#).await;
    let hole = BlackHole::over(&cluster, &web).await;
    let first = cluster.run(&space.name, of("web", 2)).await;
    let held = hole.swallowed().await;
    let second = cluster.run(&space.name, of("api", 2)).await;
    let now = at_the_limit(&second, &first, 1).await;
    let message = now["status"]["message"].as_str().unwrap();
    assert!(message.starts_with(&format!("No more than 1 execution in namespace {} at once", space.name)), "{message}");
    let third = cluster.run(&space.name, of("db", 2)).await;
    at_the_limit(&third, &first, 2).await;
    let refuses = cluster.run(&space.name, with(of("db", 3), json!({"onConflict": "Refuse"}))).await;
    refuses.ended().await.refused("LimitReached", "Lock", &format!("1 execution in namespace {} at once", space.name));
    // Elsewhere nobody waits.
    let elsewhere = cluster.scratch("execute-limits").await.unwrap();
    Workload::deployment(&cluster, &elsewhere.name, 1).await;
    assert_eq!(cluster.run(&elsewhere.name, scale(2)).await.ended().await.end(), ("Completed", "ChecksPassed"));

    hole.closed(&web).await;
    first.cancel(&cluster.admin, "it hangs").await.unwrap();
    assert_eq!(first.ended().await.end(), ("Cancelled", "StoppedMidway"));
    drop(held);
    let (second, third) = (second.ended().await, third.ended().await);
    for story in [&second, &third] {
        assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    }
    assert!(work(&second).1 <= work(&third).0, "{:?} {:?}", work(&second), work(&third));
}

#[tokio::test]
async fn three_at_once_run_one_after_another_where_one_may_run() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-limits").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    others(&cluster, &web).await;
    let _policy = demanding(&cluster, &space.name, r#"{"limits": {"namespace": 1}}"#).await;
    let ask = async |name: &str| cluster.run(&space.name, of(name, 2)).await;
    let (a, b, c) = tokio::join!(ask("web"), ask("api"), ask("db"));
    let (a, b, c) = tokio::join!(a.ended(), b.ended(), c.ended());
    let mut all: Vec<_> = [a, b, c]
        .iter()
        .map(|story| {
            assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
            work(story)
        })
        .collect();
    all.sort();
    let apart = all.iter().zip(all.iter().skip(1)).all(|(one, next)| one.1 <= next.0);
    assert!(apart, "two were at work at once: {all:#?}");
    assert_eq!(claims(&cluster, &space.name).await, Vec::<Value>::new(), "a claim is left");
}

async fn claims(cluster: &Cluster, namespace: &str) -> Vec<Value> {
    let leases = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"namespace": NAMESPACE_RUNS}});
    all(&cluster.admin, &leases, &format!("{}={namespace}", crds::labels::LABEL_NAMESPACE)).await.expect("the API server answers")
}

/// The default policy once more, with a cooldown.
async fn cooling_down(cluster: &Cluster, name: &str) -> Standing {
    let default = json!({"apiVersion": "writ.dev/v1alpha1", "kind": "ExecutionPolicy", "metadata": {"name": "default"}});
    let mut policy = get(&cluster.admin, &default).await.unwrap().unwrap();
    (policy["metadata"], policy["status"]) = (json!({"name": name}), Value::Null);
    policy["spec"]["data"]["cooldown"] = json!("10m");
    policy["apiVersion"] = default["apiVersion"].clone();
    policy["kind"] = default["kind"].clone();
    cluster.stand(policy).await.unwrap().once("Ready").await
}

/// Alone: whatever else runs is asked about by this policy too.
#[tokio::test]
async fn a_cooldown_denies_the_next_run_and_says_until_when_but_no_undo() {
    let _turn = alone().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-limits").await.unwrap();
    Workload::deployment(&cluster, &space.name, 1).await;
    let _policy = cooling_down(&cluster, &space.name).await;
    let first = cluster.run(&space.name, scale(2)).await;
    let story = first.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    let ended: jiff::Timestamp = story.status("/finishedAt").parse().unwrap();
    let until = jiff::Timestamp::from_second(ended.as_second() + 600).unwrap();

    let denied = cluster.run(&space.name, scale(3)).await.ended().await;
    denied.refused("PolicyDenied", "Policy", &format!("{} ran on it until", first.name));
    let message = denied.status("/message");
    assert!(message.contains(&format!("a cooldown of 10m lets nothing else before {until}")), "{message}");
    let undo = with(inverse(&story), json!({"rollbackOf": {"name": first.name, "uid": first.uid}}));
    let undone = cluster.run(&space.name, undo).await.ended().await;
    assert_eq!(undone.end(), ("Completed", "ChecksPassed"), "{:#}", undone.object["status"]);
}
