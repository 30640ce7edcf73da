//! What this build does not honor, it refuses: a field, an obligation of a policy (`refusals` in the core). Never ignored.
use super::{scale, with};
use serde_json::{Value, json};
use tests::{Cluster, Workload, among_others};

#[tokio::test]
async fn every_field_that_is_not_honored_yet_is_refused() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-later").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let generation = web.now().await["metadata"]["generation"].clone();
    let table: [(&str, Value); 2] = [
        ("spec.breakGlass", json!({"breakGlass": true})),
        ("spec.rollback.onFailure: Automatic", json!({"rollback": {"onFailure": "Automatic"}})),
    ];
    let mut runs = Vec::new();
    for (field, spec) in table {
        runs.push((field, cluster.run(&space.name, with(scale(2), spec)).await));
    }
    for (field, run) in runs {
        let story = run.ended().await;
        story.refused("NotSupportedYet", "Host", &format!("does not honor {field} yet"));
        assert_eq!(story.status("/refusal/violations/0/rule"), field);
    }
    assert_eq!(web.now().await["metadata"]["generation"], generation);
}

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
