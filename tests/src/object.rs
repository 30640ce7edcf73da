//! Objects as they stand in a manifest: any kind, from JSON. Owns how a kind becomes a URL.
use kube::{
    Api, Client,
    api::{DynamicObject, ListParams, PostParams},
    core::{ApiResource, GroupVersionKind},
};
use serde_json::Value;

/// Where objects like this one live.
///
/// # Panics
/// Where it has no kind: the test is wrong.
#[must_use]
pub fn api(client: &Client, object: &Value) -> Api<DynamicObject> {
    let text = |v: &Value| v.as_str().map(str::to_owned);
    let (version, kind) = (text(&object["apiVersion"]).expect("apiVersion"), text(&object["kind"]).expect("kind"));
    let (group, version) = version.split_once('/').unwrap_or(("", &version));
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, &kind));
    match text(&object["metadata"]["namespace"]) {
        Some(namespace) => Api::namespaced_with(client.clone(), &namespace, &resource),
        None => Api::all_with(client.clone(), &resource),
    }
}

/// Creates it.
///
/// # Errors
/// The API server's.
pub async fn create(client: &Client, object: &Value) -> kube::Result<DynamicObject> {
    api(client, object).create(&PostParams::default(), &typed(object)).await
}

/// Asks whether it could be created: the same admission, nothing stored. A guard that is missing leaves nothing behind.
///
/// # Errors
/// The API server's.
pub async fn would_create(client: &Client, object: &Value) -> kube::Result<DynamicObject> {
    api(client, object).create(&PostParams { dry_run: true, ..PostParams::default() }, &typed(object)).await
}

/// It as it is now, as JSON; none: it is not there.
///
/// # Errors
/// The API server's.
pub async fn get(client: &Client, object: &Value) -> kube::Result<Option<Value>> {
    let name = object["metadata"]["name"].as_str().expect("a name");
    Ok(api(client, object).get_opt(name).await?.map(plain))
}

/// All objects of a kind that carry a label.
///
/// # Errors
/// The API server's.
pub async fn all(client: &Client, kind: &Value, labels: &str) -> kube::Result<Vec<Value>> {
    let list = api(client, kind).list(&ListParams::default().labels(labels)).await?;
    Ok(list.items.into_iter().map(plain).collect())
}

/// Whether this condition is `True` for the object as it is specified now.
#[must_use]
pub fn is(object: &Value, condition: &str) -> bool {
    let generation = &object["metadata"]["generation"];
    let current = |c: &Value| c["observedGeneration"].is_null() || c["observedGeneration"] == *generation;
    let conditions = object["status"]["conditions"].as_array();
    conditions.is_some_and(|all| all.iter().any(|c| c["type"] == condition && c["status"] == "True" && current(c)))
}

pub(crate) fn plain(object: DynamicObject) -> Value {
    serde_json::to_value(object).expect("an object")
}

fn typed(object: &Value) -> DynamicObject {
    serde_json::from_value(object.clone()).expect("a manifest")
}
