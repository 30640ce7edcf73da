//! A new version of a plugin beside the old one: nobody is refused for it, and what the old one planned it also ends.
use super::{
    approval::{LEADS, approver, ballot, counted, many, production, say, waits},
    scale, with,
};
use serde_json::{Value, json};
use tests::{Cluster, Component, Run, alone};

fn digest(kx: &Value) -> &Value {
    &kx["status"]["plugin"]["digest"]
}

/// Alone: the plugin is everybody's.
#[tokio::test]
async fn a_plugin_is_upgraded_while_it_works_and_nobody_notices() {
    let _turn = alone().await;
    let cluster = Cluster::connect().await.unwrap();
    let (space, web) = production(&cluster).await;
    let old = Component::install(&cluster, "workload", &Component::guest("workload")).await;
    let waiting = cluster.run(&space.name, many()).await;
    let hash = waits(&waiting).await;

    // Somebody asks all the time.
    let asks = async || {
        let mut asked: Vec<Run> = Vec::new();
        loop {
            let run = cluster.run(&space.name, with(scale(2), json!({"dryRun": "Plan", "reason": "INC-1 all the time"}))).await;
            let now = run.until("it is over", |kx| kx["status"]["finishedAt"].is_string()).await;
            let is_new = digest(&now) != old.digest();
            asked.push(run);
            if is_new {
                return asked;
            }
        }
    };
    let bytes = Component::rebuilt(Component::guest("workload"));
    let upgrade = Component::install(&cluster, "workload", &bytes);
    let (new, asked) = futures::join!(upgrade, asks());
    assert_ne!(new.digest(), old.digest());
    assert!(asked.len() > 1, "nobody asked during the upgrade");
    for run in asked {
        let story = run.ended().await;
        assert_eq!(story.end(), ("Completed", "PlanOnly"), "{:#}", story.object["status"]);
    }

    // What the old one planned is approved, run and checked by the old one.
    let jonas = approver(&cluster, &space, "jonas", LEADS).await;
    let vote = say(&jonas, &ballot(&waiting, &hash, json!({}))).await;
    assert_eq!(counted(&cluster, &vote).await.1, "Counted");
    let story = waiting.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    assert_eq!(digest(&story.object), old.digest());
    assert_eq!(web.settled().await.0, 5);

    let next = cluster.run(&space.name, with(scale(6), json!({"reason": "INC-2 with the new one"}))).await.ended().await;
    assert_eq!(next.end(), ("Completed", "ChecksPassed"), "{:#}", next.object["status"]);
    assert_eq!(digest(&next.object), new.digest());
    // As it was found.
    old.apply().await;
}
