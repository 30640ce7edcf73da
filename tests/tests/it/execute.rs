//! What executions do to real objects in a real cluster, each in a namespace of its own: what was asked for, nothing else, and a record
//! of it. What must be so of every one, however it ends, is held by `Run::ended`.
pub(crate) mod approval;
pub(crate) mod automatic;
mod cancel;
mod cover;
mod deadline;
mod defaults;
mod dry_run;
mod expiry;
mod explain;
mod failure;
mod freeze;
mod glass;
mod hostile;
mod limits;
mod lock;
mod logs;
mod node;
mod operator;
mod owners;
mod policy;
mod progress;
mod quorum;
mod refusal;
mod requester;
mod restless;
mod rollout;
mod scale;
mod several;
mod shown;
mod token;
mod undo;
mod unknown;
mod versions;
mod weakened;

use serde_json::{Value, json};

/// `scale_deployment` of `web`.
fn scale(replicas: u32) -> Value {
    json!({"action": "scale_deployment", "target": {"name": "web"}, "parameters": {"replicas": replicas}, "reason": "a test"})
}

/// `base` with some of its fields set.
fn with(mut base: Value, fields: Value) -> Value {
    for (key, value) in fields.as_object().into_iter().flatten() {
        base[key] = value.clone();
    }
    base
}

/// The stored inverse as a request of its own.
fn inverse(story: &tests::Story) -> Value {
    let parameters: Value = serde_json::from_str(story.status("/rollback/parameters")).expect("parameters are JSON");
    json!({"action": story.status("/rollback/action"), "target": {"name": "web"}, "parameters": parameters, "reason": "the way back"})
}

/// Lets a user run `scale_deployment` here, as an administrator of the namespace would.
async fn may_run(cluster: &tests::Cluster, namespace: &str, user: &str) {
    let (rbac, meta) = ("rbac.authorization.k8s.io", json!({"name": "may-run", "namespace": namespace}));
    let role = json!({
        "apiVersion": format!("{rbac}/v1"), "kind": "Role", "metadata": meta,
        "rules": [
            {"apiGroups": ["writ.dev"], "resources": ["actions"], "resourceNames": ["scale-deployment"], "verbs": ["run"]},
            // What he may not see himself nobody shows him by way of an action.
            {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"]},
        ],
    });
    let binding = json!({
        "apiVersion": format!("{rbac}/v1"), "kind": "RoleBinding", "metadata": meta,
        "roleRef": {"apiGroup": rbac, "kind": "Role", "name": "may-run"},
        "subjects": [{"apiGroup": rbac, "kind": "User", "name": user}],
    });
    tests::create(&cluster.admin, &role).await.expect("the administrator may");
    tests::create(&cluster.admin, &binding).await.expect("the administrator may");
}
