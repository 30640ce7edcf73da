//! What is shown to plugins: any object by its kind, without discovery. Owns the paths, the limits, and that no value of a Secret
//! leaves this file (`secret` holds how).
use super::{
    client::{CallError, Cluster, within},
    path,
    pick::{Picked, pick},
};
use decide::{
    model::{Api, Found, Json, Object, ObjectRef, Read, Selector, Uid},
    owners,
};
use kube::core::{
    Request,
    params::{GetParams, ListParams},
};
use serde_json::{Value, json};

/// The most objects that one read may answer; the contract says so.
const MOST: u32 = 500;

/// What the server has under a path.
enum Answer {
    There(Value),
    /// The kind is served; there is no such object.
    NoObject,
    /// The kind is not served.
    NoKind,
}

impl Cluster {
    /// One object, whole.
    pub async fn target(&self, id: &ObjectRef) -> Result<Option<Object>, CallError> {
        match self.one(&id.api, id.namespace.as_deref(), &id.name).await? {
            Answer::There(body) => Ok(self.object(&id.api, body, &[])),
            Answer::NoObject | Answer::NoKind => Ok(None),
        }
    }

    /// What one read of a plugin finds.
    pub async fn answer(&self, read: &Read) -> Result<Found, CallError> {
        match &read.by {
            Selector::Name(name) => match self.one(&read.api, read.namespace.as_deref(), name).await? {
                Answer::There(body) => Ok(Found::Objects(self.object(&read.api, body, &read.pick).into_iter().collect())),
                Answer::NoObject => Ok(Found::Objects(vec![])),
                Answer::NoKind => Ok(Found::NoSuchKind),
            },
            Selector::Matching { labels, fields } => self.many(read, labels, fields).await,
        }
    }

    async fn one(&self, api: &Api, namespace: Option<&str>, name: &str) -> Result<Answer, CallError> {
        let Some(path) = path::of(api, namespace) else { return Ok(Answer::NoKind) };
        // A name that cannot be part of a path is the name of nothing.
        let Some(name) = path::segment(name) else { return Ok(Answer::NoObject) };
        self.ask(Request::new(path).get(&name, &GetParams::default())).await
    }

    async fn many(&self, read: &Read, labels: &str, fields: &str) -> Result<Found, CallError> {
        let Some(path) = path::of(&read.api, read.namespace.as_deref()) else { return Ok(Found::NoSuchKind) };
        let limit = read.limit.min(MOST);
        let wanted = ListParams::default().labels(labels).fields(fields).limit(limit.saturating_add(1));
        match self.ask(Request::new(path).list(&wanted)).await? {
            Answer::There(list) => Ok(self.found(read, limit, list)),
            Answer::NoObject | Answer::NoKind => Ok(Found::NoSuchKind),
        }
    }

    fn found(&self, read: &Read, limit: u32, mut list: Value) -> Found {
        let more = list.pointer("/metadata/continue").and_then(Value::as_str).is_some_and(|c| !c.is_empty());
        let Some(Value::Array(items)) = list.get_mut("items").map(Value::take) else { return Found::Objects(vec![]) };
        if more || u32::try_from(items.len()).is_ok_and(|n| n > limit) {
            return Found::TooMany(limit);
        }
        let mut objects: Vec<Object> = items.into_iter().filter_map(|item| self.object(&read.api, item, &read.pick)).collect();
        objects.sort_by(|a, b| (&a.id.namespace, &a.id.name).cmp(&(&b.id.namespace, &b.id.name)));
        Found::Objects(objects)
    }

    async fn ask(&self, request: Result<http::Request<Vec<u8>>, kube::core::request::Error>) -> Result<Answer, CallError> {
        let request = request.map_err(kube::Error::BuildRequest)?;
        within(async {
            match self.client.request::<Value>(request).await {
                Err(kube::Error::Api(status)) if status.code == 404 => Ok(missing(&status)),
                answer => answer.map(Answer::There),
            }
        })
        .await
    }

    /// None where the server's answer is not an object at all.
    pub(super) fn object(&self, api: &Api, mut body: Value, parts: &[String]) -> Option<Object> {
        // By what the server says it is, too: which kind is under a resource is a plugin's word.
        let is = |at: &str, what: &str| body.get(at).and_then(Value::as_str) == Some(what);
        let secret = (api.group.is_empty() && api.resource == "secrets") || (is("kind", "Secret") && is("apiVersion", "v1"));
        let map = body.as_object_mut()?;
        // Items of a list come without them.
        map.insert("apiVersion".into(), json!(api.api_version()));
        map.insert("kind".into(), json!(api.kind));
        let managed = map.get_mut("metadata")?.as_object_mut()?.remove("managedFields");
        if secret {
            self.secrets.hide(&mut body);
        }
        let text = |at: &str| body.pointer(at).and_then(Value::as_str).map(str::to_owned);
        let (namespace, name, uid) = (text("/metadata/namespace"), text("/metadata/name")?, text("/metadata/uid")?);
        let body = match pick(&body, parts) {
            Picked::All => body,
            Picked::Parts(parts) => parts,
        };
        Some(Object {
            id: ObjectRef { api: api.clone(), namespace, name },
            uid: Uid::try_from(uid).ok()?,
            body: Json::try_from(body.to_string()).ok()?,
            managers: managed.as_ref().map(owners::managers).unwrap_or_default(),
        })
    }
}

/// A 404 about an object names it; a 404 about a kind names nothing.
fn missing(status: &kube::core::Status) -> Answer {
    match &status.details {
        Some(details) if !details.name.is_empty() => Answer::NoObject,
        _ => Answer::NoKind,
    }
}
