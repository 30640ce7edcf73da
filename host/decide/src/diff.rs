//! What a dry run would change: the target as it is against the API server's answer, field by field, without what changes by itself; and
//! which of it the plan announced. Pure; owns what counts as noise.
use crate::{
    canonical,
    model::{Change, ChangeEffect, Field, Json, Object, Planned},
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Moves with every write, or on its own.
const NOISE: [&str; 5] = [
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

/// Of several answers, each of them to a command by itself: all that any of them would change.
#[must_use]
pub fn all(before: &Value, answers: &[Value]) -> Vec<Difference> {
    let each = answers.iter().flat_map(|after| between(before, after)).map(|d| (d.at.clone(), d));
    each.collect::<BTreeMap<_, _>>().into_values().collect()
}

/// What one answer comes to: the text of a JSON Patch (RFC 6902) of the target as it is.
#[must_use]
pub fn patch(before: &Object, after: &Object) -> String {
    let value = |object: &Object| canonical::value(object.body.as_str()).map(|v| quiet(&v)).unwrap_or_default();
    serde_json::to_string(&json_patch::diff(&value(before), &value(after))).unwrap_or_default()
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

/// Whether the plan says this of its target.
#[must_use]
pub fn announced(planned: &Planned, found: &Difference) -> bool {
    fields(planned).any(|f| {
        let below = found.at.strip_prefix(&f.at).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        below.is_some_and(|rest| value(f.after.as_ref()).as_ref().and_then(|v| v.pointer(rest)) == found.after.as_ref())
    })
}

/// What the plan says of its target, and no answer shows.
#[must_use]
pub fn unseen<'a>(planned: &'a Planned, answers: &[Value]) -> Vec<&'a Field> {
    let shown = |f: &Field| answers.iter().any(|a| a.pointer(&f.at) == value(f.after.as_ref()).as_ref());
    fields(planned).filter(|f| f.before != f.after && !shown(f)).collect()
}

fn fields(planned: &Planned) -> impl Iterator<Item = &Field> {
    let target = planned.target.as_ref().map(|(id, _)| id);
    let of_target = move |c: &&Change| Some(&c.object) == target;
    planned.proposal.changes.iter().filter(of_target).flat_map(|c| match &c.effect {
        ChangeEffect::Set(fields) => fields.as_slice(),
        ChangeEffect::Created | ChangeEffect::Deleted | ChangeEffect::Other(_) => &[],
    })
}

fn value(json: Option<&Json>) -> Option<Value> {
    json.and_then(|j| canonical::value(j.as_str()).ok())
}

#[cfg(test)]
mod tests;
