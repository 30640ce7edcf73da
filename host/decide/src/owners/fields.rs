//! `FieldsV1`, the API server's set of fields: does it hold what a JSON Pointer names? Owns its notation (`f:`, `k:`, `v:`, `i:`).
use serde_json::Value;

/// Whether the set holds this field, a part of it, or as a whole what it is a part of. The object tells which item of a list is meant.
pub(super) fn holds(set: &Value, pointer: &str, object: &Value) -> bool {
    found(set, pointer, object).is_some()
}

/// Whether the set holds this field as a whole, not only a part of it.
pub(super) fn holds_whole(set: &Value, pointer: &str, object: &Value) -> bool {
    found(set, pointer, object).and_then(Value::as_object).is_some_and(serde_json::Map::is_empty)
}

fn found<'a>(set: &'a Value, pointer: &str, object: &Value) -> Option<&'a Value> {
    let parts: Vec<String> = pointer.split('/').skip(1).map(|t| t.replace("~1", "/").replace("~0", "~")).collect();
    inside(set, &parts, Some(object))
}

fn inside<'a>(set: &'a Value, parts: &[String], at: Option<&Value>) -> Option<&'a Value> {
    let Some((first, rest)) = parts.split_first() else { return Some(set) };
    let members = set.as_object()?;
    // A leaf is held with everything below it.
    if members.is_empty() {
        return Some(set);
    }
    if let Some(Value::Array(items)) = at {
        let n = first.parse::<usize>().ok()?;
        let item = items.get(n)?;
        return members.iter().filter(|(key, _)| is_item(key, n, item)).find_map(|(_, member)| inside(member, rest, Some(item)));
    }
    inside(members.get(&format!("f:{first}"))?, rest, at.and_then(|v| v.get(first)))
}

/// `k:{"name":"web"}`, `v:"a"`, `i:0`.
fn is_item(key: &str, n: usize, item: &Value) -> bool {
    let Some((how, which)) = key.split_once(':') else { return false };
    match how {
        "i" => which == n.to_string(),
        "v" => serde_json::from_str::<Value>(which).is_ok_and(|v| v == *item),
        "k" => serde_json::from_str::<serde_json::Map<String, Value>>(which)
            .is_ok_and(|keys| keys.iter().all(|(name, value)| item.get(name) == Some(value))),
        _ => false,
    }
}
