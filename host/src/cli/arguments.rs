//! `k=v` on the command line into typed parameters, by the action's own JSON Schema.
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// All that is wrong is told at once; what the schema itself forbids, the host will say.
pub fn parameters(schema: &Value, pairs: &[String]) -> Result<Map<String, Value>, String> {
    let mut parameters = Map::new();
    let mut named = BTreeSet::new();
    let mut wrong = Vec::new();
    for pair in pairs {
        match pair.split_once('=') {
            Some((key, _)) if !named.insert(key) => wrong.push(format!("{pair}: {key} was given before")),
            Some((key, text)) => match typed(schema, key, text) {
                Ok(value) => drop(parameters.insert(key.into(), value)),
                Err(why) => wrong.push(why),
            },
            None => wrong.push(format!("{pair:?} is no parameter; write name=value")),
        }
    }
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let missing: Vec<&str> = required.filter(|name| !named.contains(name)).collect();
    if !missing.is_empty() {
        // The host would name them, and is not asked.
        let known: Vec<&str> =
            schema.get("properties").and_then(Value::as_object).into_iter().flatten().map(|(k, _)| k.as_str()).collect();
        let unknown = named.iter().filter(|name| !known.contains(name));
        wrong.extend(unknown.map(|name| format!("{name} is no parameter ({})", known.join(", "))));
        wrong.push(format!("missing: {}", missing.iter().map(|m| described(schema, m)).collect::<Vec<_>>().join(", ")));
    }
    if wrong.is_empty() { Ok(parameters) } else { Err(wrong.join("\n  ")) }
}

fn described(schema: &Value, name: &str) -> String {
    let text = schema.pointer(&format!("/properties/{name}/description")).and_then(Value::as_str);
    text.map_or_else(|| name.to_owned(), |t| format!("{name} ({})", t.trim_end_matches('.')))
}

/// A parameter the schema does not know stays text: the host names it in its refusal, beside everything else that is wrong.
fn typed(schema: &Value, key: &str, text: &str) -> Result<Value, String> {
    let kinds = kinds(schema, key);
    let takes = |kind: &str| kinds.iter().any(|k| k == kind);
    if takes("string") || kinds.is_empty() {
        return Ok(Value::String(text.into()));
    }
    match serde_json::from_str::<Value>(text) {
        Ok(value) => Ok(value),
        Err(_) => Err(format!("{key}={text}: wants {}", kinds.iter().map(|k| words(k)).collect::<Vec<_>>().join(" or "))),
    }
}

fn words(kind: &str) -> String {
    match kind {
        "integer" => "an integer".into(),
        "boolean" => "true or false".into(),
        "array" => "a list, as JSON".into(),
        "object" => "an object, as JSON".into(),
        other => format!("a {other}"),
    }
}

fn kinds(schema: &Value, key: &str) -> Vec<String> {
    match schema.pointer(&format!("/properties/{key}/type")) {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).map(Into::into).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> Value {
        json!({"properties": {"replicas": {"type": "integer", "description": "How many."}, "name": {"type": "string"}}, "required": ["replicas"]})
    }

    #[test]
    fn values_take_the_type_the_schema_gives() {
        let pairs = ["replicas=3".to_owned(), "name=3".to_owned(), "max=5".to_owned()];
        let all = parameters(&schema(), &pairs).unwrap();
        assert_eq!(Value::Object(all), json!({"replicas": 3, "name": "3", "max": "5"}));
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let said = parameters(&schema(), &["name".to_owned()]).unwrap_err();
        assert_eq!(said, "\"name\" is no parameter; write name=value\n  missing: replicas (How many)");
        let mistyped = parameters(&schema(), &["replica=3".to_owned()]).unwrap_err();
        assert_eq!(mistyped, "replica is no parameter (name, replicas)\n  missing: replicas (How many)");
        assert_eq!(parameters(&schema(), &["replicas=many".to_owned()]).unwrap_err(), "replicas=many: wants an integer");
        let twice = ["replicas=3".to_owned(), "replicas=4".to_owned()];
        assert_eq!(parameters(&schema(), &twice).unwrap_err(), "replicas=4: replicas was given before");
    }
}
