//! Objects as an API server shows them, as far as the actions look at them.
use serde_json::{Value, json};
use writ_action::serde_json;

pub(crate) const UID: &str = "9a4f0d2e-1111-4000-8000-000000000001";

fn status(replicas: i64) -> Value {
    json!({
        "observedGeneration": 7, "replicas": replicas, "updatedReplicas": replicas,
        "readyReplicas": replicas, "availableReplicas": replicas,
    })
}

pub(crate) fn deployment(replicas: i64) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {
            "name": "web", "namespace": "shop", "uid": UID, "generation": 7,
            "annotations": {"deployment.kubernetes.io/revision": "5", "kubernetes.io/change-cause": "web 5"},
        },
        "spec": {
            "replicas": replicas,
            "revisionHistoryLimit": 10,
            "selector": {"matchLabels": {"app": "web"}},
            "strategy": {"type": "RollingUpdate"},
            "template": template("web:5"),
        },
        "status": status(replicas),
    })
}

pub(crate) fn stateful_set(replicas: i64) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet",
        "metadata": {"name": "db", "namespace": "shop", "uid": UID, "generation": 7},
        "spec": {
            "replicas": replicas,
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
            "template": template("db:1"),
            "volumeClaimTemplates": [{"metadata": {"name": "data"}}],
            "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
        },
        "status": status(replicas),
    })
}

pub(crate) fn daemon_set(nodes: i64) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": {"name": "agent", "namespace": "shop", "uid": UID, "generation": 7},
        "spec": {"updateStrategy": {"type": "RollingUpdate"}, "template": template("agent:1")},
        "status": {
            "observedGeneration": 7, "desiredNumberScheduled": nodes, "currentNumberScheduled": nodes,
            "updatedNumberScheduled": nodes, "numberReady": nodes, "numberAvailable": nodes,
        },
    })
}

pub(crate) fn template(image: &str) -> Value {
    json!({
        "metadata": {"creationTimestamp": null, "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "main", "image": image, "command": ["sh", "-c", "warm && serve > /log"]}]},
    })
}

/// The ReplicaSet that keeps a revision of the Deployment `web`.
pub(crate) fn replica_set(revision: u64, image: &str) -> Value {
    let mut template = template(image);
    template["metadata"]["labels"]["pod-template-hash"] = format!("hash{revision}").into();
    json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {
            "name": format!("web-hash{revision}"), "namespace": "shop", "uid": format!("rs-{revision}"),
            "labels": {"app": "web", "pod-template-hash": format!("hash{revision}")},
            "annotations": {
                "deployment.kubernetes.io/revision": revision.to_string(),
                "kubernetes.io/change-cause": format!("web {revision}"),
            },
            "ownerReferences": [{"kind": "Deployment", "name": "web", "uid": UID, "controller": true}],
        },
        "spec": {"template": template},
    })
}

/// A rollout that passed its deadline at that time, as the Deployment controller says it.
pub(crate) fn deadline_passed(replica_set: &str, time: &str) -> Value {
    json!([{
        "type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded",
        "message": format!("ReplicaSet \"{replica_set}\" has timed out progressing."),
        "lastUpdateTime": time, "lastTransitionTime": time,
    }])
}
