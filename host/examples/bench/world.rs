//! A world of one Deployment that runs, as a cluster would show it; and the request to scale it.
use anyhow::{Context, Result};
use decide::{
    execution::Execution,
    model::{Api, Found, Json, Object, ObjectRef, Read, Uid},
    question::Facts,
};
use host::judge::{Looked, World};
use serde_json::{Value, json};
use std::convert::Infallible;

/// One Deployment, nothing beside it.
#[derive(Clone)]
pub struct One {
    body: Json,
    uid: Uid,
}

const UID: &str = "6b07c0ee-2f4c-4f9c-bbcb-a611bc25f25f";

impl One {
    pub fn new() -> Result<Self> {
        Ok(Self { body: decide::canonical::json(&deployment())?, uid: Uid::try_from(UID.to_owned())? })
    }

    /// The object, under this name.
    pub fn object(&self, id: &ObjectRef) -> Object {
        Object { id: id.clone(), uid: self.uid.clone(), body: self.body.clone(), managers: vec![] }
    }
}

impl World for One {
    type Error = Infallible;

    async fn target(&self, id: &ObjectRef) -> Result<Option<Object>, Infallible> {
        Ok(Some(self.object(id)))
    }
    async fn answer(&self, _: &Read) -> Result<Found, Infallible> {
        Ok(Found::Objects(vec![]))
    }
    async fn may_run(&self, _: &Execution) -> Result<Result<(), String>, Infallible> {
        Ok(Ok(()))
    }
    async fn may_read(&self, _: &Execution, _: &Looked<'_>) -> Result<Result<(), String>, Infallible> {
        Ok(Ok(()))
    }
    async fn facts(&self, _: &Execution, _: Option<&Object>) -> Result<Option<Facts>, Infallible> {
        Ok(Some(Facts { nodes_total: 3, nodes_ready: 3, kubernetes: "1.37".into(), ..Facts::default() }))
    }
}

/// The target.
pub fn target() -> ObjectRef {
    let api = Api { group: "apps".into(), version: "v1".into(), kind: "Deployment".into(), resource: "deployments".into() };
    ObjectRef { api, namespace: Some("shop".into()), name: "web".into() }
}

/// Scale it from 3 to 5.
pub fn execution() -> Result<Execution> {
    let kx = json!({
        "apiVersion": "writ.dev/v1alpha1", "kind": "KubernetesExecution",
        "metadata": {
            "name": "scale-web-x7k2p", "namespace": "shop", "uid": "d46d1f22-f754-4fae-a559-d94bdf95e323", "resourceVersion": "3647",
            "generation": 1, "creationTimestamp": "2030-01-01T12:00:00Z", "finalizers": [decide::execution::FINALIZER],
        },
        "spec": {
            "action": "scale_deployment", "target": {"name": "web"}, "parameters": {"replicas": 5}, "reason": "INC-4312 more load",
            "requester": {"username": "maria@example.com", "groups": ["oncall", "system:authenticated"]},
        },
    });
    let cluster = Uid::try_from("5f0c2f3e-0000-4000-8000-000000000001".to_owned())?;
    Execution::parse(&cluster, &serde_json::from_value(kx)?).context("failed to understand the execution")
}

/// As large as they are: labels, probes, resources, conditions.
fn deployment() -> Value {
    let probe =
        json!({"httpGet": {"path": "/healthz", "port": 8080, "scheme": "HTTP"}, "periodSeconds": 10, "timeoutSeconds": 1});
    let labels = json!({"app.kubernetes.io/name": "web", "app.kubernetes.io/version": "4.2.0", "team": "shop"});
    let conditions: Vec<Value> = ["Available", "Progressing"]
        .map(|kind| json!({"type": kind, "status": "True", "reason": "Fine", "message": "as it should be", "lastUpdateTime": "2030-01-01T10:00:00Z"}))
        .into();
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {
            "name": "web", "namespace": "shop", "uid": UID, "resourceVersion": "3600", "generation": 7, "labels": labels,
            "creationTimestamp": "2030-01-01T08:00:00Z", "annotations": {"deployment.kubernetes.io/revision": "7"},
        },
        "spec": {
            "replicas": 3, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600, "selector": {"matchLabels": labels},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "containers": [{
                    "name": "web", "image": "example.com/shop/web:4.2.0", "ports": [{"containerPort": 8080, "protocol": "TCP"}],
                    "env": [{"name": "DATABASE", "value": "shop"}, {"name": "LOG", "value": "info"}],
                    "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
                    "livenessProbe": probe, "readinessProbe": probe,
                }]},
            },
        },
        "status": {
            "observedGeneration": 7, "replicas": 3, "updatedReplicas": 3, "readyReplicas": 3, "availableReplicas": 3,
            "conditions": conditions,
        },
    })
}
