//! Who may ask for which action where is RBAC: the verb `run` on the action's name.
use super::execution;
use serde_json::json;
use tests::{Cluster, create, eventually, refused, would_create};

#[tokio::test]
async fn who_may_not_run_an_action_is_told_which_right_is_missing() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-run").await.unwrap();
    let dave = space.user("dave", "writ-user").await.unwrap();
    let message = refused(would_create(&dave, &execution(&space.name)).await, "may not run");
    let says = format!("dave-{0} may not run admit_probe in {0}; needs verb \"run\" on actions.writ.dev/admit-probe", space.name);
    assert!(message.contains(&says), "{message}");
}

#[tokio::test]
async fn the_right_to_run_is_for_one_action_in_one_namespace() {
    let cluster = Cluster::connect().await.unwrap();
    let (space, other) = (cluster.scratch("admit-run").await.unwrap(), cluster.scratch("admit-run").await.unwrap());
    let dave = space.user("dave", "writ-user").await.unwrap();
    let user = format!("dave-{}", space.name);
    grant(&cluster, &space.name, &user).await;
    eventually("the right is in force", async || would_create(&dave, &execution(&space.name)).await.ok()).await;
    let another = super::with(execution(&space.name), json!({"spec": {"action": "admit_another"}}));
    refused(would_create(&dave, &another).await, "may not run admit_another");
    // Elsewhere he may make executions, and run nothing.
    let rbac = "rbac.authorization.k8s.io";
    create(
        &cluster.admin,
        &json!({
            "apiVersion": format!("{rbac}/v1"), "kind": "RoleBinding", "metadata": {"name": "dave", "namespace": other.name},
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": "writ-user"},
            "subjects": [{"apiGroup": rbac, "kind": "User", "name": user}],
        }),
    )
    .await
    .unwrap();
    eventually("the other binding is in force", async || {
        let answer = would_create(&dave, &execution(&other.name)).await;
        matches!(&answer, Err(kube::Error::Api(s)) if s.message.contains("may not run admit_probe")).then_some(())
    })
    .await;
}

async fn grant(cluster: &Cluster, namespace: &str, user: &str) {
    let rbac = "rbac.authorization.k8s.io";
    let meta = json!({"name": "run-admit-probe", "namespace": namespace});
    let role = json!({
        "apiVersion": format!("{rbac}/v1"), "kind": "Role", "metadata": meta,
        "rules": [{"apiGroups": ["writ.dev"], "resources": ["actions"], "resourceNames": ["admit-probe"], "verbs": ["run"]}],
    });
    let binding = json!({
        "apiVersion": format!("{rbac}/v1"), "kind": "RoleBinding", "metadata": meta,
        "roleRef": {"apiGroup": rbac, "kind": "Role", "name": "run-admit-probe"},
        "subjects": [{"apiGroup": rbac, "kind": "User", "name": user}],
    });
    create(&cluster.admin, &role).await.unwrap();
    create(&cluster.admin, &binding).await.unwrap();
}
