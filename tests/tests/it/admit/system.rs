//! The operator's own namespace: rights in it are not enough to become the operator.
use super::{patch_sub, post, with};
use crds::labels::NAMESPACE_SYSTEM;
use kube::Client;
use serde_json::{Value, json};
use tests::{Cluster, all, api, create, eventually, refused, would_create};

const REPLICAS: &str = "system:serviceaccount:kube-system:replicaset-controller";

fn object(kind: &str, version: &str, rest: Value) -> Value {
    let head = json!({"apiVersion": version, "kind": kind, "metadata": {"name": "admit-probe", "namespace": NAMESPACE_SYSTEM}});
    with(head, rest)
}

fn pod_spec() -> Value {
    json!({
        "serviceAccountName": "writ",
        "securityContext": {"runAsNonRoot": true, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{"name": "c", "image": "none.invalid/none",
            "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}],
    })
}

fn workload(kind: &str) -> Value {
    let template = json!({"metadata": {"labels": {"app": "x"}}, "spec": pod_spec()});
    object(kind, "apps/v1", json!({"spec": {"selector": {"matchLabels": {"app": "x"}}, "template": template}}))
}

/// Allowed everything in `writ-system`, and nothing else. What `ask` asks of the cluster is over before the binding is taken away.
async fn as_its_admin<T>(cluster: &Cluster, ask: impl AsyncFnOnce(&Client) -> T) -> T {
    let space = cluster.scratch("admit-system").await.unwrap();
    let (rbac, user) = ("rbac.authorization.k8s.io", space.name.clone());
    let binding = json!({
        "apiVersion": format!("{rbac}/v1"), "kind": "RoleBinding", "metadata": {"name": user, "namespace": NAMESPACE_SYSTEM},
        "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"apiGroup": rbac, "kind": "User", "name": user}],
    });
    create(&cluster.admin, &binding).await.unwrap();
    let client = cluster.as_user(&user, &[]);
    let map = object("ConfigMap", "v1", json!({}));
    eventually("the binding is in force", async || would_create(&client, &map).await.ok()).await;
    let answer = ask(&client).await;
    api(&cluster.admin, &binding).delete(&user, &Default::default()).await.unwrap();
    answer
}

#[tokio::test]
async fn rights_in_the_namespace_are_not_the_right_to_install() {
    let cluster = Cluster::connect().await.unwrap();
    let job = json!({"spec": {"template": {"spec": with(pod_spec(), json!({"restartPolicy": "Never"}))}}});
    let rbac = "rbac.authorization.k8s.io";
    let all = [
        workload("Deployment"),
        workload("ReplicaSet"),
        workload("DaemonSet"),
        with(workload("StatefulSet"), json!({"spec": {"serviceName": "x"}})),
        object("Job", "batch/v1", job.clone()),
        object("CronJob", "batch/v1", json!({"spec": {"schedule": "0 0 1 1 *", "jobTemplate": job}})),
        object("ServiceAccount", "v1", json!({})),
        object("Role", "rbac.authorization.k8s.io/v1", json!({"rules": []})),
        object(
            "RoleBinding",
            "rbac.authorization.k8s.io/v1",
            json!({
                "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": "view"}, "subjects": [{"apiGroup": rbac, "kind": "User", "name": "x"}],
            }),
        ),
    ];
    let answers = as_its_admin(&cluster, async |admin| {
        let mut answers = Vec::new();
        for object in &all {
            answers.push(would_create(admin, object).await);
        }
        answers
    })
    .await;
    for answer in answers {
        refused(answer, "verb \"install\" on installations.writ.dev");
    }
    for object in &all {
        would_create(&cluster.admin, object).await.unwrap();
    }
}

#[tokio::test]
async fn pods_of_the_operator_come_from_its_deployment_only() {
    let cluster = Cluster::connect().await.unwrap();
    let pod = object("Pod", "v1", json!({"spec": pod_spec()}));
    let owner = json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "x", "uid": "22222222-2222-4222-8222-222222222222", "controller": true}]);
    let owned = with(pod.clone(), json!({"metadata": {"ownerReferences": owner}}));
    for object in [&pod, &owned] {
        refused(would_create(&cluster.admin, object).await, "pods here come only from the operator's Deployment");
    }
    refused(would_create(&cluster.almighty(REPLICAS), &pod).await, "pods here come only from the operator's Deployment");
    would_create(&cluster.almighty(REPLICAS), &owned).await.unwrap();
}

#[tokio::test]
async fn nobody_enters_the_operator_or_gets_its_token() {
    let cluster = Cluster::connect().await.unwrap();
    let pods = api(&cluster.admin, &object("Pod", "v1", json!({})));
    for way in ["exec", "attach", "proxy"] {
        let answer = post(&pods, way, "admit-probe", json!({})).await;
        refused(answer, "nobody enters the operator");
    }
    // These look at the pod first: one of its own (others may stop and start it meanwhile), of which nothing would be different.
    for way in ["ephemeralcontainers", "resize"] {
        let tried = async || {
            let pods = all(&cluster.admin, &object("Pod", "v1", json!({})), "").await.ok()?;
            let name = &pods.first()?["metadata"]["name"];
            let pod = with(object("Pod", "v1", json!({})), json!({"metadata": {"name": name}}));
            let no = patch_sub(&cluster.admin, &pod, way, json!({})).await.err()?;
            no.to_string().contains("nobody enters the operator").then_some(())
        };
        eventually(&format!("{way} of the operator is refused"), tried).await;
    }
    let accounts = api(&cluster.admin, &object("ServiceAccount", "v1", json!({})));
    let request = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}});
    let token = post(&accounts, "token", "writ", request).await;
    refused(token.map(|_| "a token"), "only a kubelet gets tokens");
    let secret = json!({"type": "kubernetes.io/service-account-token", "metadata": {"annotations": {"kubernetes.io/service-account.name": "writ"}}});
    refused(would_create(&cluster.admin, &object("Secret", "v1", secret)).await, "no long-lived tokens here");
}
