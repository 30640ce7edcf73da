//! `spec.ttlAfterFinished`: the object goes when its time comes; its rows stay.
use super::{scale, with};
use serde_json::json;
use tests::{Cluster, Workload, among_others};

#[tokio::test]
async fn what_is_over_goes_when_its_time_comes_and_its_rows_stay() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-expiry").await.unwrap();
    Workload::deployment(&cluster, &space.name, 1).await;
    let soon = cluster.run(&space.name, with(scale(2), json!({"ttlAfterFinished": "3s"}))).await;
    let refused = cluster.run(&space.name, with(scale(0), json!({"ttlAfterFinished": "1s"}))).await;
    let late = cluster.run(&space.name, with(scale(2), json!({"ttlAfterFinished": "1h", "dryRun": "Plan"}))).await;
    soon.until("it is over", |kx| kx["status"]["phase"] == "Completed").await;
    assert_eq!(soon.gone().await.last().unwrap()["reason"], "ChecksPassed");
    assert_eq!(refused.gone().await.last().unwrap()["reason"], "ParametersInvalid");
    assert_eq!(late.ended().await.phase(), "Completed");
    assert!(late.now().await.is_some());
}
