//! What never rests can be approved all the same: its status and its resourceVersion change all the time, its plan does not.
use super::{
    approval::{LEADS, approver, ballot, counted, many, production, say, waits},
    with,
};
use kube::{
    Api,
    api::{DynamicObject, Patch, PatchParams},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tests::{Cluster, PATIENCE, Run, Story, Workload, all, among_others, api, within};

/// Somebody who writes the status of `web` again and again, as whatever looks after something that crashes does.
struct Restless {
    begun: Instant,
    versions: Arc<Mutex<BTreeSet<String>>>,
    writer: tokio::task::JoinHandle<()>,
}

impl Restless {
    fn over(cluster: &Cluster, web: &Workload) -> Self {
        let versions = Arc::default();
        let writer = tokio::spawn(writes(api(&cluster.admin, &web.object), Arc::clone(&versions)));
        Self { begun: Instant::now(), versions, writer }
    }

    /// It wrote until now, five times a second or more, and every time it was another object.
    fn stopped(self) {
        let took = self.begun.elapsed();
        assert!(!self.writer.is_finished(), "it gave up");
        self.writer.abort();
        let versions = u128::try_from(self.versions.lock().unwrap().len()).unwrap();
        assert!(versions * 1000 >= 5 * took.as_millis(), "{versions} versions in {took:?}");
    }
}

async fn writes(deployments: Api<DynamicObject>, versions: Arc<Mutex<BTreeSet<String>>>) {
    let mut next = tokio::time::interval(Duration::from_millis(150));
    for n in 0_u64.. {
        next.tick().await;
        let condition = json!({"type": "Restless", "status": "True", "reason": "Test", "message": n.to_string()});
        let status = Patch::Strategic(json!({"status": {"conditions": [condition]}}));
        let now = deployments.patch_status("web", &PatchParams::default(), &status).await.expect("the administrator may");
        versions.lock().unwrap().insert(now.metadata.resource_version.expect("a version"));
    }
}

/// Nothing of it was made anew on its way.
fn never_drifted(story: &Story) {
    let told = story.object["status"]["timeline"].as_array().unwrap().iter().chain(&story.rows);
    let drifted: Vec<&Value> = told.filter(|e| e["reason"] == "Drifted").collect();
    assert!(drifted.is_empty(), "{drifted:#?}");
}

async fn started(run: &Run) {
    let begun =
        |kx: &Value| matches!(kx["status"]["phase"].as_str(), Some("Executing" | "Verifying")) || Story::is_end(&kx["status"]);
    run.until("its Job is promised", begun).await;
}

#[tokio::test]
async fn a_deployment_whose_status_never_rests_can_be_approved() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let (space, web) = production(&cluster).await;
    let lena = approver(&cluster, &space, "lena", LEADS).await;
    let restless = Restless::over(&cluster, &web);
    let run = cluster.run(&space.name, many()).await;
    let hash = waits(&run).await;
    let said = say(&lena, &ballot(&run, &hash, json!({}))).await;
    assert_eq!(counted(&cluster, &said).await.1, "Counted");
    started(&run).await;
    restless.stopped();
    let story = run.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    never_drifted(&story);
}

/// Its one pod is replaced by one whose container ends at once, with the image that runs have: it is there, and has a program that can fail.
async fn crashes(cluster: &Cluster, web: &Workload) {
    let shown = cluster.run(web.namespace(), with(many(), json!({"dryRun": "Plan"}))).await.ended().await;
    let container = json!({"name": "web", "image": shown.status("/plan/image"), "command": ["/bin/kubectl", "crash"]});
    let strategy = json!({"type": "Recreate", "rollingUpdate": null});
    web.patch(json!({"spec": {"strategy": strategy, "template": {"spec": {"containers": [container]}}}})).await.unwrap();
    let pods = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": web.namespace()}});
    within(PATIENCE, "it crashed more than once", async || {
        let pods = all(&cluster.admin, &pods, "app=web").await.ok()?;
        let again = |p: &Value| p["status"]["containerStatuses"][0]["restartCount"].as_u64() >= Some(1);
        (!pods.is_empty() && pods.iter().all(again)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_deployment_that_crashes_again_and_again_can_be_approved() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let (space, web) = production(&cluster).await;
    let lena = approver(&cluster, &space, "lena", LEADS).await;
    crashes(&cluster, &web).await;
    let restless = Restless::over(&cluster, &web);
    let run = cluster.run(&space.name, many()).await;
    let hash = waits(&run).await;
    say(&lena, &ballot(&run, &hash, json!({}))).await;
    started(&run).await;
    restless.stopped();
    let ran = |kx: &Value| kx["status"]["phase"] == "Verifying" || Story::is_end(&kx["status"]);
    run.until("the command has run", ran).await;
    // More pods of that never get ready: nobody waits for it any longer.
    run.cancel(&cluster.admin, "it crashes").await.unwrap();
    let story = run.ended().await;
    assert_eq!(story.phase(), "Failed", "{:#}", story.object["status"]);
    assert!(story.rows.iter().any(|r| r["reason"] == "JobSucceeded"), "{:#?}", story.rows);
    assert_eq!(web.now().await["spec"]["replicas"], 5);
    never_drifted(&story);
}
