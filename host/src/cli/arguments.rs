//! `k=v` on the command line into typed parameters, by the action's own JSON Schema; and what is said where one was written otherwise.
use clap::error::{ContextKind, ContextValue, ErrorKind};
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
            None if matches!(pair.as_str(), "plan" | "server") => {
                wrong.push(format!("{pair:?} is no parameter; write name=value, or --dry-run={pair}"));
            }
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

/// `--replicas=4` where `replicas=4` may be meant. Which parameters there are only the cluster knows, which was not asked.
#[must_use]
pub fn dashed(mistake: &clap::Error, line: &[String]) -> Option<String> {
    let runs = line.get(1).is_some_and(|command| command == "run");
    let unknown = mistake.get(ContextKind::InvalidArg).filter(|_| runs && mistake.kind() == ErrorKind::UnknownArgument);
    let Some(ContextValue::String(option)) = unknown else { return None };
    let mut from = line.iter().map(String::as_str).skip_while(|word| word.split('=').next() != Some(option.as_str()));
    let value = from.next()?.split_once('=').map(|(_, value)| value);
    let value = value.or_else(|| from.next().filter(|word| !word.starts_with('-'))).unwrap_or("VALUE");
    let name = option.strip_prefix("--")?;
    Some(format!("If {name} is a parameter of the action: parameters are written {name}={value}"))
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
    use crate::cli::Writ;
    use clap::Parser;
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
        let apart = ["replicas=3".to_owned(), "server".to_owned()];
        let said = "\"server\" is no parameter; write name=value, or --dry-run=server";
        assert_eq!(parameters(&schema(), &apart).unwrap_err(), said);
    }

    #[test]
    fn a_parameter_with_dashes_is_answered_with_how_it_is_written() {
        let said = |line: &str| {
            let words: Vec<String> = line.split(' ').map(Into::into).collect();
            dashed(&Writ::try_parse_from(&words).unwrap_err(), &words)
        };
        let hint = |pair: &str| Some(format!("If replicas is a parameter of the action: parameters are written {pair}"));
        assert_eq!(said("writ run scale_deployment web --replicas=4"), hint("replicas=4"));
        assert_eq!(said("writ run scale_deployment web --replicas 4 -y"), hint("replicas=4"));
        assert_eq!(said("writ run scale_deployment web --replicas -y"), hint("replicas=VALUE"));
        assert_eq!(said("writ get web --replicas=4"), None);
        assert_eq!(said("writ run scale_deployment web --dry-run=client"), None);
    }
}
