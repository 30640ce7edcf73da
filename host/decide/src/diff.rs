//! What a dry run would change: each object as it is against the API server's answer, field by field, without what changes by itself; and
//! which of it the plan announced. Pure; owns what counts as noise.
use crate::{
    canonical,
    model::{ChangeEffect, Field, Json, Object, ObjectRef, Planned},
    observed::After,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Moves with every write, or on its own; of a new object every answer has another.
const NOISE: [&str; 7] = [
    "/metadata/uid",
    "/metadata/creationTimestamp",
    "/metadata/managedFields",
    "/metadata/resourceVersion",
    "/metadata/generation",
    "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration",
    "/status",
];

/// One field.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// JSON Pointer.
    pub at: String,
    /// None: it is not there.
    pub before: Option<Value>,
    /// None: it would be removed.
    pub after: Option<Value>,
}

/// Every field that differs, in the order of their pointers. Maps to their leaves; a list of another length as a whole, because nothing
/// says which of its items is which.
#[must_use]
pub fn between(before: &Value, after: &Value) -> Vec<Difference> {
    let mut all = Vec::new();
    walk("", Some(before), Some(after), &mut all);
    all
}

fn walk(at: &str, before: Option<&Value>, after: Option<&Value>, all: &mut Vec<Difference>) {
    if before == after || NOISE.contains(&at) {
        return;
    }
    let map = |v: Option<&Value>| v.is_none_or(Value::is_object);
    let empty = |v: Option<&Value>| v.and_then(Value::as_object).is_none_or(serde_json::Map::is_empty);
    match (before, after) {
        (Some(Value::Array(old)), Some(Value::Array(new))) if old.len() == new.len() => {
            for (n, (old, new)) in old.iter().zip(new).enumerate() {
                walk(&format!("{at}/{n}"), Some(old), Some(new), all);
            }
        }
        // An empty map has no leaves, and is not nothing: to a selector it is everything.
        _ if map(before) && map(after) && !(empty(before) && empty(after)) => {
            let maps = [before, after].into_iter().flatten().filter_map(Value::as_object);
            let keys: BTreeSet<&String> = maps.flat_map(|m| m.keys()).collect();
            for key in keys {
                let of = |v: Option<&Value>| v.and_then(|v| v.get(key)).cloned();
                walk(&format!("{at}/{}", escaped(key)), of(before).as_ref(), of(after).as_ref(), all);
            }
        }
        _ => all.push(Difference { at: at.to_owned(), before: before.cloned(), after: after.cloned() }),
    }
}

/// As a part of a JSON Pointer (RFC 6901).
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Of several answers about one object, each of them to a command by itself: all that any of them would change. None, before: it is not
/// there; none, as an answer: it would go.
#[must_use]
pub fn all(before: Option<&Value>, answers: &[Option<Value>]) -> Vec<Difference> {
    let each = answers.iter().flat_map(|after| one(before, after.as_ref())).map(|d| (d.at.clone(), d));
    each.collect::<BTreeMap<_, _>>().into_values().collect()
}

/// That an object comes to be, or goes, is a difference of its own: one that says nothing beside its name is there all the same.
fn one(before: Option<&Value>, after: Option<&Value>) -> Vec<Difference> {
    let itself = |before, after| Difference { at: String::new(), before, after };
    let there = || Some(json!("exists"));
    match (before, after) {
        (Some(before), Some(after)) => between(before, after),
        (None, Some(after)) => {
            let mut all = vec![itself(None, there())];
            all.extend(between(&only_named(after), after));
            all
        }
        (_, None) => vec![itself(there(), None)],
    }
}

/// What is known of an object without looking at it.
fn only_named(object: &Value) -> Value {
    let part = |at: &str| object.pointer(at).cloned().unwrap_or_default();
    let metadata = json!({"name": part("/metadata/name"), "namespace": part("/metadata/namespace")});
    json!({"apiVersion": part("/apiVersion"), "kind": part("/kind"), "metadata": metadata})
}

/// What one answer comes to: the text of a JSON Patch (RFC 6902) of the object as it is, where it is.
#[must_use]
pub fn patch(before: Option<&Object>, after: &After) -> String {
    let value = |object: &Object| canonical::value(object.body.as_str()).map(|v| quiet(&v)).unwrap_or_default();
    let patch = match (before, after) {
        (Some(before), After::Is(after)) => json!(json_patch::diff(&value(before), &value(after))),
        (None, After::Is(after)) => json!([{"op": "add", "path": "", "value": value(after)}]),
        (_, After::Gone(_)) => json!([{"op": "remove", "path": ""}]),
    };
    patch.to_string()
}

/// Without what is noise.
fn quiet(object: &Value) -> Value {
    let mut object = object.clone();
    for at in NOISE {
        let Some((parent, key)) = at.rsplit_once('/') else { continue };
        if let Some(Value::Object(map)) = object.pointer_mut(parent) {
            map.remove(&key.replace("~1", "/"));
        }
    }
    object
}

/// Whether the plan says this of that object. What it creates it announces as a whole: what it is made of stands in the plan's files.
#[must_use]
pub fn announced(planned: &Planned, object: &ObjectRef, found: &Difference) -> bool {
    effects(planned, object).any(|effect| match effect {
        ChangeEffect::Created => !(found.at.is_empty() && found.after.is_none()),
        ChangeEffect::Deleted => found.at.is_empty() && found.after.is_none(),
        ChangeEffect::Set(fields) => fields.iter().any(|f| says(f, found)),
        ChangeEffect::Other(_) => false,
    })
}

fn says(field: &Field, found: &Difference) -> bool {
    let below = found.at.strip_prefix(&field.at).filter(|rest| rest.is_empty() || rest.starts_with('/'));
    below.is_some_and(|rest| value(field.after.as_ref()).as_ref().and_then(|v| v.pointer(rest)) == found.after.as_ref())
}

/// What the plan says of that object, and no answer shows; empty: that it comes to be, or goes.
#[must_use]
pub fn unseen<'a>(planned: &'a Planned, object: &'a ObjectRef, answers: &[Option<Value>]) -> Vec<&'a str> {
    let there = |at: &str| answers.iter().flatten().map(|a| a.pointer(at).cloned()).collect::<Vec<_>>();
    let shown = |f: &Field| f.before == f.after || there(&f.at).contains(&value(f.after.as_ref()));
    let unseen = |effect: &'a ChangeEffect| match effect {
        ChangeEffect::Created if !answers.iter().any(Option::is_some) => vec![""],
        ChangeEffect::Deleted if !answers.iter().any(Option::is_none) => vec![""],
        ChangeEffect::Set(fields) => fields.iter().filter(|f| !shown(f)).map(|f| f.at.as_str()).collect(),
        ChangeEffect::Created | ChangeEffect::Deleted | ChangeEffect::Other(_) => vec![],
    };
    effects(planned, object).flat_map(unseen).collect()
}

fn effects<'a>(planned: &'a Planned, object: &'a ObjectRef) -> impl Iterator<Item = &'a ChangeEffect> {
    planned.proposal.changes.iter().filter(move |c| c.object == *object).map(|c| &c.effect)
}

fn value(json: Option<&Json>) -> Option<Value> {
    json.and_then(|j| canonical::value(j.as_str()).ok())
}

#[cfg(test)]
mod tests;
