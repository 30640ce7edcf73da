//! Parts of an object, by JSON Pointers. Pure.
use serde_json::{Map, Value};

/// Kept in every answer, whatever was asked for.
const ALWAYS: [&str; 5] = ["/apiVersion", "/kind", "/metadata/name", "/metadata/namespace", "/metadata/uid"];

/// What is left.
pub(super) enum Picked {
    /// Nothing was picked: everything.
    All,
    /// These parts, in their places.
    Parts(Value),
}

/// The parts that are there; what is not there is left out.
pub(super) fn pick(body: &Value, parts: &[String]) -> Picked {
    if parts.is_empty() || parts.iter().any(String::is_empty) {
        return Picked::All;
    }
    let mut kept = Value::Object(Map::new());
    for pointer in ALWAYS.into_iter().chain(parts.iter().map(String::as_str)) {
        if let Some(value) = body.pointer(pointer) {
            let tokens: Vec<String> = pointer.split('/').skip(1).map(|t| t.replace("~1", "/").replace("~0", "~")).collect();
            place(&mut kept, body, &tokens, value);
        }
    }
    Picked::Parts(kept)
}

/// Puts `value` where it stands in `from`. An element of a list keeps its index: those before it are null.
fn place(into: &mut Value, from: &Value, tokens: &[String], value: &Value) {
    let Some((token, rest)) = tokens.split_first() else {
        *into = value.clone();
        return;
    };
    let slot = match from {
        Value::Array(_) => element(into, token),
        _ => member(into, token),
    };
    let next = from.get(token).or_else(|| from.get(token.parse::<usize>().ok()?));
    if let (Some(slot), Some(next)) = (slot, next) {
        place(slot, next, rest, value);
    }
}

fn member<'a>(into: &'a mut Value, token: &str) -> Option<&'a mut Value> {
    if !into.is_object() {
        *into = Value::Object(Map::new());
    }
    Some(into.as_object_mut()?.entry(token.to_owned()).or_insert(Value::Null))
}

fn element<'a>(into: &'a mut Value, token: &str) -> Option<&'a mut Value> {
    let index: usize = token.parse().ok()?;
    if !into.is_array() {
        *into = Value::Array(vec![]);
    }
    let list = into.as_array_mut()?;
    if list.len() <= index {
        list.resize(index.checked_add(1)?, Value::Null);
    }
    list.get_mut(index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn picked(parts: &[&str]) -> Value {
        let body = json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "shop", "uid": "u", "labels": {"a/b": "1", "c": "2"}},
            "spec": {"replicas": 3, "list": [{"x": 1, "y": 2}, {"x": 3, "y": 4}]},
        });
        match pick(&body, &parts.iter().map(|p| (*p).to_owned()).collect::<Vec<_>>()) {
            Picked::All => body,
            Picked::Parts(parts) => parts,
        }
    }

    #[test]
    fn only_what_was_asked_for_and_the_identity_is_kept() {
        let identity = json!({"name": "web", "namespace": "shop", "uid": "u"});
        let expected = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": identity, "spec": {"replicas": 3}});
        assert_eq!(picked(&["/spec/replicas", "/status/nothing"]), expected);
    }

    #[test]
    fn pointers_reach_escaped_keys_and_elements_of_lists() {
        let kept = picked(&["/metadata/labels/a~1b", "/spec/list/1/x"]);
        assert_eq!(kept.pointer("/metadata/labels"), Some(&json!({"a/b": "1"})));
        assert_eq!(kept.pointer("/spec/list"), Some(&json!([null, {"x": 3}])));
    }

    #[test]
    fn nothing_picked_means_everything() {
        assert_eq!(picked(&[]), picked(&[""]));
        assert!(picked(&[]).pointer("/spec/list/0/y").is_some());
    }

    #[test]
    fn a_part_inside_of_a_part_leaves_the_larger_one_whole() {
        assert_eq!(picked(&["/spec", "/spec/list/1/x"]).pointer("/spec/list/1/y"), Some(&json!(4)));
    }
}
