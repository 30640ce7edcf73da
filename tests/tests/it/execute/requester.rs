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

/// He may run the action, and may not look at Deployments himself: so nobody looks for him.
#[tokio::test]
async fn what_the_requester_may_not_read_himself_is_not_shown_to_him_by_way_of_an_action() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-blind").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let blind = space.user("blind", "writ-user").await.unwrap();
    let (user, rbac) = (format!("blind-{}", space.name), "rbac.authorization.k8s.io");
    let meta = json!({"name": "runs", "namespace": space.name});
    let rules = json!([{"apiGroups": ["writ.dev"], "resources": ["actions"], "verbs": ["run"]}]);
    let role = json!({"apiVersion": format!("{rbac}/v1"), "kind": "Role", "metadata": meta, "rules": rules});
    let binding = json!({
        "apiVersion": format!("{rbac}/v1"), "kind": "RoleBinding", "metadata": meta,
        "roleRef": {"apiGroup": rbac, "kind": "Role", "name": "runs"}, "subjects": [{"apiGroup": rbac, "kind": "User", "name": user}],
    });
    for object in [&role, &binding] {
        tests::create(&cluster.admin, object).await.unwrap();
    }
    let run = eventually("the right is in force", async || cluster.run_as(&blind, &space.name, scale(2)).await.ok()).await;
    let story = run.ended().await;
    story.refused("NotAllowed", "Rbac", &format!("lacks the verb get on deployments.apps in namespace {}", space.name));
    assert!(!story.object["status"].to_string().contains("replicas"), "{:#}", story.object["status"]);
    assert_eq!(web.now().await["spec"]["replicas"], 1);
}
