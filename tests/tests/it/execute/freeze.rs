//! What a freeze holds back, in the test's own namespace alone.
use super::scale;
use crds::labels::{LABEL_EXECUTION_UID, NAMESPACE_RUNS};
use serde_json::{Value, json};
use tests::{Cluster, Run, Standing, Workload, all, among_others};

async fn frozen(cluster: &Cluster, namespace: &str) -> Standing {
    let spec = json!({"reason": "release day", "selector": {"namespaces": [namespace]}});
    let meta = json!({"name": format!("freeze-{namespace}")});
    let freeze = json!({"apiVersion": "writ.dev/v1alpha1", "kind": "ExecutionFreeze", "metadata": meta, "spec": spec});
    cluster.stand(freeze).await.unwrap()
}

/// When it waits, with what it says.
async fn waits(run: &Run) -> String {
    let now = run.until("it waits for the thaw", |kx| kx["status"]["reason"] == "Frozen").await;
    assert_eq!(now["status"]["phase"], "Preparing");
    now["status"]["message"].as_str().unwrap().to_owned()
}

/// Neither an account nor a Job was made for it.
async fn nothing_started(cluster: &Cluster, run: &Run) {
    for (version, kind) in [("v1", "ServiceAccount"), ("batch/v1", "Job")] {
        let kind: Value = json!({"apiVersion": version, "kind": kind, "metadata": {"namespace": NAMESPACE_RUNS}});
        let made = all(&cluster.admin, &kind, &format!("{LABEL_EXECUTION_UID}={}", run.uid)).await.unwrap();
        assert!(made.is_empty(), "{made:?}");
    }
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
