//! A new version of a plugin beside the old one: nobody is refused for it, and what the old one planned it also ends.
use super::{
    approval::{LEADS, approver, ballot, counted, many, nothing_started, production, say, waits},
    freeze, scale, with,
};
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};
use tests::{Cluster, Component, PATIENCE, Run, Workload, alone, api, get, within};

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

/// Suspends everybody's plugin, or lifts that; when the operator has heard of it.
async fn suspend(cluster: &Cluster, suspended: bool) -> kube::Result<()> {
    let plugin = json!({"apiVersion": "writ.dev/v1alpha1", "kind": "ActionPlugin", "metadata": {"name": "workload"}});
    let change = Patch::Merge(json!({"spec": {"suspended": suspended}}));
    api(&cluster.admin, &plugin).patch("workload", &PatchParams::default(), &change).await?;
    let reason = if suspended { "Suspended" } else { "Active" };
    within(PATIENCE, reason, async || {
        let now = get(&cluster.admin, &plugin).await.ok()??;
        let conditions = now["status"]["conditions"].as_array()?;
        conditions.iter().any(|c| c["type"] == "Active" && c["reason"] == reason).then_some(())
    })
    .await;
    Ok(())
}

/// Lifts it, however the test ends.
struct Lifted(Cluster);

impl Drop for Lifted {
    fn drop(&mut self) {
        self.0.afterwards("lift the suspension", async move |cluster| Ok(suspend(&cluster, false).await?));
    }
}

/// The off switch for a bad plugin: what it planned before, and what was approved, does not start after it.
#[tokio::test]
async fn what_waits_does_not_start_with_a_plugin_that_was_suspended_meanwhile() {
    let _turn = alone().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-suspended").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let frozen = freeze::frozen(&cluster, &space.name).await;
    let waiting = cluster.run(&space.name, scale(2)).await;
    freeze::waits(&waiting).await;
    let lifted = Lifted(cluster.clone());
    suspend(&cluster, true).await.unwrap();
    drop(frozen);
    let new = cluster.run(&space.name, scale(3)).await;
    for run in [&waiting, &new] {
        let story = run.ended().await;
        assert_eq!(story.end(), ("Refused", "PluginSuspended"), "{:#}", story.object["status"]);
        nothing_started(&cluster, run).await;
    }
    assert_eq!(web.now().await["spec"]["replicas"], 1);
    drop(lifted);
    let story = cluster.run(&space.name, scale(2)).await.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
}
