//! What the API server refuses by itself, with no operator running: each guard of `deploy/admission` and each rule of the CRDs, by a
//! test that fails when it is removed. Who asks is allowed everything by RBAC, wherever that is not the point.
mod approvals;
mod cluster_scope;
mod dry_run;
mod lock;
mod may_run;
mod network;
mod one_target;
mod operator;
mod records;
mod roles;
mod runs;
mod schema;
mod stamp;
mod system;

use kube::{
    Api, Client,
    api::{DynamicObject, Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};
use tests::api;

/// An action that no plugin exports: an operator that runs here as well says so and is done with it.
const ACTION: &str = "admit_probe";

/// A whole execution.
fn execution(namespace: &str) -> Value {
    json!({
        "apiVersion": "writ.dev/v1alpha1", "kind": "KubernetesExecution",
        "metadata": {"name": "probe", "namespace": namespace},
        "spec": {"action": ACTION, "target": {"name": "web"}, "parameters": {"replicas": 5}, "reason": "a test of admission"},
    })
}

/// `object` with `changes` merged in (RFC 7386).
fn with(mut object: Value, changes: Value) -> Value {
    merge(&mut object, changes);
    object
}

fn merge(object: &mut Value, changes: Value) {
    match (object, changes) {
        (Value::Object(object), Value::Object(changes)) => {
            for (key, change) in changes {
                merge(object.entry(key).or_insert(Value::Null), change);
            }
        }
        (object, change) => *object = change,
    }
}

/// Patches the object that a manifest names.
async fn patch(client: &Client, object: &Value, changes: Value) -> kube::Result<DynamicObject> {
    let name = object["metadata"]["name"].as_str().expect("a name");
    api(client, object).patch(name, &PatchParams::default(), &Patch::Merge(changes)).await
}

/// Patches a subresource of it.
async fn patch_sub(client: &Client, object: &Value, sub: &str, changes: Value) -> kube::Result<DynamicObject> {
    let name = object["metadata"]["name"].as_str().expect("a name");
    api(client, object).patch_subresource(sub, name, &PatchParams::default(), &Patch::Merge(changes)).await
}

/// The uid of an object.
fn uid(object: &DynamicObject) -> String {
    object.metadata.uid.clone().expect("a stored object has a uid")
}

/// Creates a subresource (a token, a connection, an eviction).
async fn post(api: &Api<DynamicObject>, sub: &str, name: &str, body: Value) -> kube::Result<Value> {
    api.create_subresource(sub, name, &PostParams::default(), &body).await
}
