//! Who asked is who the API server authenticated, all the way into the ledger, whatever the request says.
use super::{scale, with};
use serde_json::json;
use tests::{Cluster, Workload, among_others, eventually};

#[tokio::test]
async fn a_forged_requester_runs_as_who_really_asked_and_is_recorded_so() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-forged").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let mallory = space.user("mallory", "writ-user").await.unwrap();
    let user = format!("mallory-{}", space.name);
    super::may_run(&cluster, &space.name, &user).await;
    let forged = json!({"requester": {"username": "admin", "uid": "0", "groups": ["system:masters", "oncall"]}});
    let run = eventually("the right is in force", async || {
        cluster.run_as(&mallory, &space.name, with(scale(2), forged.clone())).await.ok()
    })
    .await;
    let story = run.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    assert_eq!(web.settled().await.0, 2);
    let real = json!({"username": user, "groups": ["system:authenticated"]});
    assert_eq!(story.object["spec"]["requester"], real);
    assert!(story.rows.iter().all(|r| r["payload"]["requester"] == real), "{:#?}", story.rows);
    // And it is what the policy was asked about.
    let question: serde_json::Value =
        serde_json::from_str(&cluster.blob(story.status("/policy/inputDigest")).await.unwrap()).unwrap();
    assert_eq!(question["requester"]["username"], json!(user));
}
