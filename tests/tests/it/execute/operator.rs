//! What takes another operator, or none for a while. These run alone.
use super::scale;
use k8s_openapi::api::authorization::v1::ResourceAttributes;
use serde_json::json;
use tests::{Cluster, Operator, Workload, alone, api, eventually};

#[tokio::test]
async fn an_image_that_cannot_be_pulled_ends_as_never_started_and_says_why() {
    let _turn = alone().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-image").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let image = format!("registry.invalid/kubectl@sha256:{}", "0".repeat(64));
    let _operator = Operator::changed(&cluster, 1, &[("WRIT_RUN_IMAGE", &image), ("WRIT_START_GRACE", "6")]).await;
    let run = cluster.run(&space.name, scale(2)).await;
    let story = run.ended().await;
    assert_eq!(story.end(), ("Failed", "NeverStarted"), "{:#}", story.object["status"]);
    let message = story.status("/message");
    assert!(message.contains("pull") && message.contains("registry.invalid"), "{message}");
    assert!(message.contains("Nothing was touched."), "{message}");
    assert_eq!(story.condition("RollbackReady"), ("False", "Unneeded"));
    assert_eq!(web.now().await["spec"]["replicas"], 1);
}

#[tokio::test]
async fn a_right_that_is_withdrawn_before_the_run_counts() {
    let _turn = alone().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-right").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let dave = space.user("dave", "writ-user").await.unwrap();
    let user = format!("dave-{}", space.name);
    super::may_run(&cluster, &space.name, &user).await;
    let run = {
        let _nobody = Operator::changed(&cluster, 0, &[]).await;
        let run = eventually("the right is in force", async || cluster.run_as(&dave, &space.name, scale(2)).await.ok()).await;
        let binding =
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"namespace": space.name}});
        api(&cluster.admin, &binding).delete("may-run", &Default::default()).await.unwrap();
        let right = ResourceAttributes {
            verb: Some("run".into()),
            group: Some("writ.dev".into()),
            resource: Some("actions".into()),
            name: Some("scale-deployment".into()),
            namespace: Some(space.name.clone()),
            ..ResourceAttributes::default()
        };
        let gone = async || cluster.allows(&user, &[], right.clone()).await.is_ok_and(|a| !a).then_some(());
        eventually("the right is gone", gone).await;
        run
    };
    let story = run.ended().await;
    story.refused("NotAllowed", "Rbac", "may not run scale_deployment in namespace");
    assert_eq!(web.now().await["spec"]["replicas"], 1);
}
