//! An action's JSON Schema (2020-12): what of it is taken, and how it is compiled. Owns the guarantee that checking is offline and
//! ends soon, whatever a component wrote into it.
use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;
use std::collections::BTreeMap;

/// Subschemas, with every reference followed: checking takes time in proportion. Real ones have a few dozen.
const LARGEST: u64 = 5_000;
/// Deep enough for any form a person would fill in, and no stack is at risk.
const DEEPEST: u32 = 64;
/// Of one compiled pattern, bytes: `(a{1000}){1000}` is short.
const PATTERN: usize = 1 << 20;
/// Keywords that refer elsewhere in ways that cannot be followed from here.
const FOREIGN: [&str; 6] = ["$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor"];

/// A compiled schema, and the text of it, from which the messages are made.
pub(super) struct Schema {
    pub(super) root: Value,
    pub(super) validator: Validator,
}

impl Schema {
    /// Compiles a schema.
    ///
    /// # Errors
    /// In words, what of it cannot be taken.
    pub(super) fn compile(root: Value) -> Result<Self, String> {
        closed(&root)?;
        Size { root: &root, known: BTreeMap::new() }.of(&root, 0)?;
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            // In proportion to the text, always: the other engine backtracks, and a pattern is input of a stranger's.
            .with_pattern_options(PatternOptions::regex().size_limit(PATTERN))
            .should_validate_formats(true)
            // `secret-key-ref` is ours, and means something to the host only.
            .should_ignore_unknown_formats(true)
            .build(&root)
            .map_err(|e| format!("it is no valid JSON Schema 2020-12: {}", short(&e.to_string())))?;
        Ok(Self { root, validator })
    }
}

/// What nobody declared is not passed on.
fn closed(schema: &Value) -> Result<(), String> {
    let says = |key, value: Value| schema.get(key) == Some(&value);
    match says("type", "object".into()) && says("additionalProperties", false.into()) {
        true => Ok(()),
        false => Err("at the top it must say \"type\": \"object\" and \"additionalProperties\": false".into()),
    }
}

/// How large a schema is once its references are followed: two lines can name each other's doubles, twenty times over.
struct Size<'a> {
    root: &'a Value,
    /// Of what was followed; none while it is being followed.
    known: BTreeMap<&'a str, Option<u64>>,
}

impl<'a> Size<'a> {
    fn of(&mut self, value: &'a Value, depth: u32) -> Result<u64, String> {
        if depth > DEEPEST {
            return Err(format!("it is nested more than {DEEPEST} deep, references followed"));
        }
        let mut size = 1_u64;
        match value {
            Value::Object(map) => {
                for (key, inner) in map {
                    size = size.saturating_add(self.entry(key, inner, depth)?);
                }
            }
            Value::Array(all) => {
                for inner in all {
                    size = size.saturating_add(self.of(inner, depth + 1)?);
                }
            }
            _ => {}
        }
        match size > LARGEST {
            true => Err(format!("it has more than {LARGEST} parts, references followed")),
            false => Ok(size),
        }
    }

    fn entry(&mut self, key: &'a str, value: &'a Value, depth: u32) -> Result<u64, String> {
        match (key, value) {
            ("$schema", Value::String(url)) if url.trim_end_matches('#') != "https://json-schema.org/draft/2020-12/schema" => {
                Err(format!("$schema is {}; only 2020-12 is served", short(url)))
            }
            // A property may have any of these names; a keyword of these names has a text.
            (key, Value::String(_)) if FOREIGN.contains(&key) => Err(format!("{key} is not taken: refer to \"#/$defs/NAME\"")),
            ("$ref", Value::String(to)) => self.followed(to, depth),
            _ => self.of(value, depth + 1),
        }
    }

    fn followed(&mut self, to: &'a str, depth: u32) -> Result<u64, String> {
        match self.known.get(to) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => return Err(format!("{} refers to itself; parameters are not recursive", short(to))),
            None => {}
        }
        let found = to.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
        let found =
            found.ok_or_else(|| format!("$ref {} leads nowhere: refer to \"#/$defs/NAME\"; nothing is fetched", short(to)))?;
        self.known.insert(to, None);
        let size = self.of(found, depth + 1)?;
        self.known.insert(to, Some(size));
        Ok(size)
    }
}

fn short(text: &str) -> String {
    text.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with(extra: Value) -> Value {
        let mut schema = json!({"type": "object", "additionalProperties": false});
        schema.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        schema
    }

    #[test]
    fn a_schema_with_local_references_formats_of_ours_and_patterns_is_taken() {
        let schema = with(json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "properties": {"a": {"$ref": "#/$defs/name"}, "k": {"type": "object", "format": "secret-key-ref"},
                "p": {"prefixItems": [{"type": "integer"}]}},
            "$defs": {"name": {"type": "string", "pattern": "^[a-z]+$"}},
        }));
        let schema = Schema::compile(schema).unwrap().validator;
        assert!(schema.is_valid(&json!({"a": "abc", "k": {"name": "x", "key": "y"}})));
        assert!(!schema.is_valid(&json!({"a": "ABC"})));
        // Of 2020-12, and of no draft before.
        assert!(!schema.is_valid(&json!({"p": ["x"]})));
    }

    #[test]
    fn what_is_open_foreign_recursive_or_explodes_is_refused() {
        let doubling: Value = (0..14)
            .map(|i| {
                (
                    format!("d{i}"),
                    json!({"allOf": [{"$ref": format!("#/$defs/d{}", i + 1)}, {"$ref": format!("#/$defs/d{}", i + 1)}]}),
                )
            })
            .chain([("d14".to_owned(), json!({"type": "object"}))])
            .collect::<serde_json::Map<_, _>>()
            .into();
        let table = [
            (json!({"type": "object"}), "additionalProperties"),
            (json!({"additionalProperties": false}), "additionalProperties"),
            (json!(true), "additionalProperties"),
            (json!([]), "additionalProperties"),
            (with(json!({"properties": {"a": {"$ref": "https://example.com/schema"}}})), "nothing is fetched"),
            (with(json!({"properties": {"a": {"$ref": "#/$defs/gone"}}})), "leads nowhere"),
            (with(json!({"$ref": "#"})), "recursive"),
            (with(json!({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"})), "recursive"),
            (with(json!({"$id": "https://example.com/x"})), "$id is not taken"),
            (with(json!({"properties": {"a": {"$dynamicRef": "#a"}}})), "$dynamicRef is not taken"),
            (with(json!({"$schema": "http://json-schema.org/draft-07/schema#"})), "only 2020-12"),
            (with(json!({"$defs": doubling, "$ref": "#/$defs/d0"})), "more than 5000 parts"),
            (with(json!({"properties": {"a": {"type": "strang"}}})), "no valid JSON Schema"),
            (with(json!({"properties": {"a": {"pattern": "("}}})), "no valid JSON Schema"),
            (with(json!({"properties": {"a": {"pattern": "(?=x)y"}}})), "no valid JSON Schema"),
            (with(json!({"properties": {"a": {"pattern": "((a{1000}){1000}){1000}"}}})), "no valid JSON Schema"),
            (with(json!({"properties": {"a": {"pattern": "(a{1000}){100}"}}})), "no valid JSON Schema"),
            (with(json!({"enum": [nested(64)]})), "nested more than 64 deep"),
            (
                with(json!({"$defs": chain(30, |next| json!({"not": {"not": next}})), "$ref": "#/$defs/d0"})),
                "nested more than 64 deep",
            ),
            (with(json!({"$defs": chain(70, |next| next), "$ref": "#/$defs/d0"})), "nested more than 64 deep"),
        ];
        for (schema, why) in table {
            let Err(said) = Schema::compile(schema.clone()) else { panic!("taken: {schema}") };
            assert!(said.contains(why), "{schema}: {said}");
        }
    }

    /// So many arrays around nothing.
    fn nested(depth: u32) -> Value {
        (0..depth).fold(json!([]), |inner, _| json!([inner]))
    }

    /// So many definitions, each of which refers to the next one.
    fn chain(links: u32, each: fn(Value) -> Value) -> Value {
        let link = |i| (format!("d{i}"), each(json!({"$ref": format!("#/$defs/d{}", i + 1)})));
        let end = (format!("d{links}"), json!({"type": "object"}));
        (0..links).map(link).chain([end]).collect::<serde_json::Map<_, _>>().into()
    }

    #[test]
    fn no_keyword_leads_where_it_cannot_be_followed() {
        for keyword in FOREIGN {
            let Err(said) = Schema::compile(with(json!({"properties": {"a": {keyword: "#a"}}}))) else {
                panic!("taken: {keyword}")
            };
            assert!(said.contains(&format!("{keyword} is not taken")), "{said}");
        }
    }

    #[test]
    fn a_property_may_be_called_as_a_keyword_is() {
        assert!(Schema::compile(with(json!({"properties": {"$ref": {"type": "string"}, "$id": {"type": "string"}}}))).is_ok());
    }
}
