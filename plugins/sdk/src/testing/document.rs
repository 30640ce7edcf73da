//! Kubernetes objects as JSON documents: identity, parts, labels, and writing at a pointer.
use crate::json::at;
use crate::wire;
use serde_json::{Map, Value, json};

pub(super) fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    at(object, pointer).as_str().unwrap_or("")
}

pub(super) fn is_of(object: &Value, api: &wire::Api) -> bool {
    text(object, "/kind") == api.kind && text(object, "/apiVersion") == api_version(api)
}

fn api_version(api: &wire::Api) -> String {
    if api.group.is_empty() { api.version.clone() } else { format!("{}/{}", api.group, api.version) }
}

pub(super) fn as_wire(object: &Value, api: &wire::Api, pick: &[String]) -> wire::Object {
    let metadata = |part: &str| text(object, &format!("/metadata/{part}")).to_owned();
    wire::Object {
        id: wire::ObjectRef {
            api: api.clone(),
            namespace: Some(metadata("namespace")).filter(|n| !n.is_empty()),
            name: metadata("name"),
        },
        uid: metadata("uid"),
        body: picked(object, pick).to_string(),
    }
}

/// Only what was asked for, and what is always kept: as the host does it.
fn picked(object: &Value, pick: &[String]) -> Value {
    if pick.is_empty() {
        return object.clone();
    }
    let always = ["/apiVersion", "/kind", "/metadata/name", "/metadata/namespace", "/metadata/uid"];
    let mut kept = json!({});
    for pointer in always.into_iter().chain(pick.iter().map(String::as_str)) {
        if let Some(part) = object.pointer(pointer) {
            put(&mut kept, pointer, part.clone());
        }
    }
    kept
}

/// Sets or, with `Null`, takes away; makes the objects on the way.
pub(super) fn put(document: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').unwrap_or(("", ""));
    let name = name.replace("~1", "/").replace("~0", "~");
    match container(document, parent) {
        Value::Array(items) => match name.parse::<usize>().ok().and_then(|i| items.get_mut(i)) {
            Some(item) => *item = value,
            None => panic!("{pointer} leads outside of a list"),
        },
        Value::Object(fields) if value.is_null() => {
            fields.remove(&name);
        }
        Value::Object(fields) => {
            fields.insert(name, value);
        }
        other => panic!("{pointer} leads into {other}"),
    }
}

fn container<'a>(document: &'a mut Value, pointer: &str) -> &'a mut Value {
    if pointer.is_empty() {
        return document;
    }
    if document.pointer(pointer).is_none() {
        put(document, pointer, Value::Object(Map::new()));
    }
    match document.pointer_mut(pointer) {
        Some(found) => found,
        None => panic!("{pointer} cannot be made"),
    }
}

/// `a=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, with commas between: as `kubectl -l`.
pub(super) fn matches_labels(object: &Value, selector: &str) -> bool {
    let labels = at(object, "/metadata/labels");
    requirements(selector).iter().all(|r| meets(labels, r.trim()))
}

/// Splits at the commas that stand outside of parentheses.
fn requirements(selector: &str) -> Vec<String> {
    let mut depth = 0;
    let mut found = vec![String::new()];
    for c in selector.chars() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        match found.last_mut() {
            Some(last) if c != ',' || depth > 0 => last.push(c),
            _ => found.push(String::new()),
        }
    }
    found.into_iter().filter(|r| !r.trim().is_empty()).collect()
}

fn meets(labels: &Value, requirement: &str) -> bool {
    let label = |name: &str| labels.get(name.trim()).and_then(Value::as_str);
    let is_among = |name: &str, values: &str| {
        label(name).is_some_and(|is| values.trim_matches(['(', ')', ' ']).split(',').any(|v| v.trim() == is))
    };
    if let Some((name, values)) = requirement.split_once(" notin ") {
        return !is_among(name, values);
    }
    if let Some((name, values)) = requirement.split_once(" in ") {
        return is_among(name, values);
    }
    match requirement.split_once('=') {
        Some((name, value)) => label(name) == Some(value.trim_start_matches('=').trim()),
        None => match requirement.strip_prefix('!') {
            Some(name) => label(name).is_none(),
            None => label(requirement).is_some(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_select_as_kubectl_does() {
        let object = json!({"metadata": {"labels": {"app": "web", "tier": "front"}}});
        for yes in ["", "app=web", "app==web,tier=front", "app in (api, web),tier", "!gone", "app notin (api)"] {
            assert!(matches_labels(&object, yes), "{yes}");
        }
        for no in ["app=api", "app=web,tier=back", "app in (api)", "gone", "!app", "app notin (web, api)"] {
            assert!(!matches_labels(&object, no), "{no}");
        }
    }

    #[test]
    fn putting_makes_the_way_and_null_takes_away() {
        let mut document = json!({"l": [1, 2]});
        put(&mut document, "/a/b~1c", json!(1));
        put(&mut document, "/l/1", json!(3));
        assert_eq!(document, json!({"a": {"b/c": 1}, "l": [1, 3]}));
        put(&mut document, "/a/b~1c", Value::Null);
        assert_eq!(document, json!({"a": {}, "l": [1, 3]}));
    }
}
