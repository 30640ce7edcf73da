//! Questions, from the model's words into those of the contract. They are ours, so there is nothing to check.
use super::super::v0_1::types as wit;
use decide::model::{Api, Found, Object, ObjectRef, Request, State};

pub(in crate::plugin) fn request(r: &Request) -> wit::Request {
    wit::Request {
        id: r.id.to_string(),
        action: r.action.to_string(),
        namespace: r.namespace.clone(),
        target: r.target.as_ref().map(object_ref),
        parameters: r.parameters.to_string(),
        created_at: r.created_at.clone(),
        kubernetes: r.kubernetes.clone(),
    }
}

pub(in crate::plugin) fn state(s: &State) -> wit::State {
    let answer = |(key, found): &(String, Found)| wit::Answer { key: key.clone(), found: self::found(found) };
    wit::State { target: s.target.as_ref().map(object), answers: s.answers.iter().map(answer).collect() }
}

fn found(found: &Found) -> wit::Found {
    match found {
        Found::Objects(all) => wit::Found::Objects(all.iter().map(object).collect()),
        Found::NoSuchKind => wit::Found::NoSuchKind,
        Found::TooMany(n) => wit::Found::TooMany(*n),
    }
}

fn object(o: &Object) -> wit::Object {
    wit::Object { id: object_ref(&o.id), uid: o.uid.to_string(), body: o.body.to_string() }
}

fn object_ref(o: &ObjectRef) -> wit::ObjectRef {
    let Api { group, version, kind, resource } = o.api.clone();
    wit::ObjectRef { api: wit::Api { group, version, kind, resource }, namespace: o.namespace.clone(), name: o.name.clone() }
}
