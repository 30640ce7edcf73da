//! `FieldsV1`, the API server's set of fields: does it hold what a JSON Pointer names? Owns its notation (`f:`, `k:`, `v:`, `i:`).
use serde_json::Value;

/// Whether the set holds this field, a part of it, or as a whole what it is a part of. The object tells which item of a list is meant.
pub(super) fn holds(set: &Value, pointer: &str, object: &Value) -> bool {
    let parts: Vec<String> = pointer.split('/').skip(1).map(|t| t.replace("~1", "/").replace("~0", "~")).collect();
    inside(set, &parts, Some(object))
}

fn inside(set: &Value, parts: &[String], at: Option<&Value>) -> bool {
    let Some((first, rest)) = parts.split_first() else { return true };
    let Some(members) = set.as_object() else { return false };
    // A leaf is held with everything below it.
    if members.is_empty() {
        return true;
    }
    if let Some(Value::Array(items)) = at {
        let Some(n) = first.parse::<usize>().ok().filter(|n| *n < items.len()) else { return false };
        let item = items.get(n);
        return members.iter().any(|(key, member)| is_item(key, n, item) && inside(member, rest, item));
    }
    members.get(&format!("f:{first}")).is_some_and(|member| inside(member, rest, at.and_then(|v| v.get(first))))
}

/// `k:{"name":"web"}`, `v:"a"`, `i:0`.
fn is_item(key: &str, n: usize, item: Option<&Value>) -> bool {
    let Some((how, which)) = key.split_once(':') else { return false };
    let Some(item) = item else { return false };
    match how {
        "i" => which == n.to_string(),
        "v" => serde_json::from_str::<Value>(which).is_ok_and(|v| v == *item),
        "k" => serde_json::from_str::<serde_json::Map<String, Value>>(which)
            .is_ok_and(|keys| keys.iter().all(|(name, value)| item.get(name) == Some(value))),
        _ => false,
    }
}
