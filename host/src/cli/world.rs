//! A world of files, for `writ plan`: the objects given with `--object`, and nothing else. What is not given is not there.
use crate::judge::{Looked, World};
use decide::{
    execution::Execution,
    model::{Api, Found, Object, ObjectRef, Read, Selector, Uid},
    owners,
    question::{self, Facts},
};
use serde_json::Value;
use std::{collections::BTreeMap, convert::Infallible};

/// The objects given.
pub struct Files(pub Vec<Value>);

impl Files {
    fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
        object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    fn of<'a>(&'a self, api: &'a Api) -> impl Iterator<Item = &'a Value> {
        self.0.iter().filter(|o| Self::text(o, "/apiVersion") == api.api_version() && Self::text(o, "/kind") == api.kind)
    }

    fn object(api: &Api, namespace: Option<&str>, value: &Value) -> Option<Object> {
        let id = ObjectRef {
            api: api.clone(),
            namespace: namespace.map(Into::into),
            name: Self::text(value, "/metadata/name").into(),
        };
        let uid = Uid::try_from(Self::text(value, "/metadata/uid").to_owned()).ok()?;
        let managers = value.pointer("/metadata/managedFields").map(owners::managers).unwrap_or_default();
        Some(Object { id, uid, body: decide::canonical::json(&without_managers(value)).ok()?, managers })
    }

    fn labels(&self, namespace: &str) -> BTreeMap<String, String> {
        let api = Api { group: String::new(), version: "v1".into(), kind: "Namespace".into(), resource: "namespaces".into() };
        let found = self.of(&api).find(|o| Self::text(o, "/metadata/name") == namespace);
        let labels = found.and_then(|o| o.pointer("/metadata/labels")).and_then(Value::as_object);
        labels.into_iter().flatten().map(|(k, v)| (k.clone(), v.as_str().unwrap_or_default().to_owned())).collect()
    }
}

/// As a cluster shows it to plugins.
fn without_managers(value: &Value) -> Value {
    let mut body = value.clone();
    if let Some(metadata) = body.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
    }
    body
}

/// `a=b,c=d` only: what a file is asked for has no need of more.
fn selected(selector: &str, value: &Value) -> bool {
    let labels = value.pointer("/metadata/labels");
    selector.split(',').filter(|s| !s.is_empty()).all(|pair| match pair.split_once('=') {
        Some((key, wanted)) => labels.and_then(|l| l.get(key)).and_then(Value::as_str) == Some(wanted.trim_start_matches('=')),
        None => labels.is_some_and(|l| l.get(pair).is_some()),
    })
}

impl World for Files {
    type Error = Infallible;

    async fn target(&self, id: &ObjectRef) -> Result<Option<Object>, Infallible> {
        let found = self.of(&id.api).find(|o| Self::text(o, "/metadata/name") == id.name);
        Ok(found.and_then(|o| Self::object(&id.api, id.namespace.as_deref(), o)))
    }

    async fn answer(&self, read: &Read) -> Result<Found, Infallible> {
        let wanted = |o: &&Value| match &read.by {
            Selector::Name(name) => Self::text(o, "/metadata/name") == name,
            Selector::Matching { labels, .. } => selected(labels, o),
        };
        let found = self.of(&read.api).filter(wanted);
        Ok(Found::Objects(found.filter_map(|o| Self::object(&read.api, read.namespace.as_deref(), o)).collect()))
    }

    async fn may_run(&self, _: &Execution) -> Result<Result<(), String>, Infallible> {
        Ok(Ok(()))
    }

    async fn may_read(&self, _: &Execution, _: &Looked<'_>) -> Result<Result<(), String>, Infallible> {
        Ok(Ok(()))
    }

    async fn facts(&self, exec: &Execution, target: Option<&Object>) -> Result<Option<Facts>, Infallible> {
        let body = target.and_then(|t| serde_json::from_str(t.body.as_str()).ok()).unwrap_or(Value::Null);
        Ok(Some(Facts {
            namespace_labels: self.labels(&exec.namespace),
            target_labels: question::labels(&body),
            priority_class: question::priority_class(&body),
            ..Facts::default()
        }))
    }
}
