//! Fields with their default values, written out as a template or a GitOps tool does, change nothing.
use super::{scale, with};
use serde_json::json;
use tests::{Cluster, Workload, among_others};

#[tokio::test]
async fn fields_with_their_default_values_are_no_reason_to_refuse() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-later").await.unwrap();
    Workload::deployment(&cluster, &space.name, 1).await;
    let harmless = json!({
        "dryRun": "Plan", "breakGlass": false, "rollback": {"onFailure": "Never", "keepFor": "1h"}, "timeout": "1m",
        "origin": {"ticket": "INC-1"},
    });
    let story = cluster.run(&space.name, with(scale(2), harmless)).await.ended().await;
    assert_eq!(story.end(), ("Completed", "PlanOnly"), "{:#}", story.object["status"]);
    assert_eq!(story.object["status"]["plan"]["deadlineSeconds"], 60);
}
