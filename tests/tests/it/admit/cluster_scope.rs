//! `writ-cluster` holds requests and the rights to make them.
use super::{execution, with};
use crds::labels::NAMESPACE_CLUSTER;
use serde_json::json;
use tests::{Cluster, refused, would_create};

#[tokio::test]
async fn nothing_that_could_be_a_target_is_made_in_writ_cluster() {
    let cluster = Cluster::connect().await.unwrap();
    let meta = json!({"name": "admit-probe", "namespace": NAMESPACE_CLUSTER});
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {}});
    let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta,
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}});
    for object in [map, claim] {
        refused(would_create(&cluster.admin, &object).await, "writ-cluster holds executions");
    }
}

#[tokio::test]
async fn requests_and_rights_are_made_there_and_other_places_are_left_alone() {
    let cluster = Cluster::connect().await.unwrap();
    would_create(&cluster.admin, &execution(NAMESPACE_CLUSTER)).await.unwrap();
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "admit-probe"}, "rules": []});
    would_create(&cluster.admin, &role).await.unwrap();
    let here = with(role, json!({"kind": "Role", "metadata": {"namespace": NAMESPACE_CLUSTER}}));
    would_create(&cluster.admin, &here).await.unwrap();
}
