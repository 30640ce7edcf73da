//! Typed parameters: one type gives the JSON Schema, the reading with every violation at once, and the writing back.
//! `derive(Parameters)` and `derive(Choice)` produce the implementations; the types of fields are in `params.rs`.
use crate::json::escape;
use crate::wire;
use serde_json::{Map, Value, json};

/// A type that can stand in parameters.
pub trait Param: Sized {
    /// Its JSON Schema, before the rules of the field are added.
    fn schema() -> Value;

    /// The typed value, or `None` after saying in `bad` everything that is wrong with it.
    fn read(value: &Value, at: &str, rules: &Rules, bad: &mut Violations) -> Option<Self>;

    /// What it is in JSON; `None` where it is left out.
    fn write(&self) -> Option<Value>;

    /// What it is where the requester left it out; `None`: it may not be left out.
    fn absent() -> Option<Self> {
        None
    }
}

/// All parameters of one action: an object.
pub trait Parameters: Param {
    /// The doc comment of the type.
    const DOC: &'static str;
}

/// What `#[param(…)]` says of a field, beyond its type.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules {
    /// smallest number
    pub minimum: Option<f64>,
    /// largest number
    pub maximum: Option<f64>,
    /// fewest characters, items or entries
    pub min_length: Option<u32>,
    /// most characters, items or entries
    pub max_length: Option<u32>,
    /// Regular expression of the whole schema dialect. Enforced by the host, which checks the schema before it calls
    /// `validate`; not checked again here, because an engine for it is larger than a whole plugin.
    pub pattern: Option<&'static str>,
    /// What the host and tools are told of a string, such as `date-time`.
    pub format: Option<&'static str>,
}

impl Rules {
    /// No rule.
    pub const NONE: Self = Self { minimum: None, maximum: None, min_length: None, max_length: None, pattern: None, format: None };

    fn add_to(&self, schema: &mut Map<String, Value>) {
        let sized = match schema.get("type").and_then(Value::as_str) {
            Some("array") => ["minItems", "maxItems"],
            Some("object") => ["minProperties", "maxProperties"],
            _ => ["minLength", "maxLength"],
        };
        let [least, most] = sized;
        let rules = [
            ("minimum", self.minimum.map(number)),
            ("maximum", self.maximum.map(number)),
            (least, self.min_length.map(Value::from)),
            (most, self.max_length.map(Value::from)),
            ("pattern", self.pattern.map(Value::from)),
            ("format", self.format.map(Value::from)),
        ];
        schema.extend(rules.into_iter().filter_map(|(name, rule)| Some((name.to_owned(), rule?))));
    }
}

/// A whole number is written as one: `1`, not `1.0`.
pub(crate) fn number(n: f64) -> Value {
    // 2^53: beyond it a double is no exact integer
    if n.fract() == 0.0 && n.abs() <= 9_007_199_254_740_992.0 { json!(n as i64) } else { json!(n) }
}

/// Everything that is wrong, found in one go.
#[derive(Debug, Default)]
pub struct Violations(Vec<wire::Violation>);

impl Violations {
    /// One more. `at` is a JSON Pointer into the parameters.
    pub fn add(&mut self, at: impl Into<String>, message: impl Into<String>) {
        self.0.push(wire::Violation { at: at.into(), message: message.into() });
    }

    /// Nothing is wrong so far.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The list, as the contract wants it.
    #[must_use]
    pub fn into_list(self) -> Vec<wire::Violation> {
        self.0
    }
}

/// One field of a derived type, as its schema is made.
#[derive(Debug)]
pub struct Field {
    /// as in JSON
    pub name: &'static str,
    /// the doc comment
    pub doc: &'static str,
    /// of its type
    pub schema: Value,
    /// from `#[param(…)]`
    pub rules: Rules,
    /// where there is one, it is written into the schema
    pub default: Option<Value>,
    /// it may not be left out
    pub required: bool,
}

/// The schema of an object with exactly these fields.
#[must_use]
pub fn object_schema(doc: &str, fields: Vec<Field>) -> Value {
    let required: Vec<&str> = fields.iter().filter(|f| f.required).map(|f| f.name).collect();
    let mut schema = keywords(json!({"type": "object", "additionalProperties": false}));
    if !doc.is_empty() {
        schema.insert("description".into(), doc.into());
    }
    if !required.is_empty() {
        schema.insert("required".into(), json!(required));
    }
    let properties: Map<_, _> = fields.into_iter().map(|f| (f.name.to_owned(), property(f))).collect();
    schema.insert("properties".into(), properties.into());
    schema.into()
}

/// The keywords of a schema, to add to them; none where it is no object.
pub(crate) fn keywords(schema: Value) -> Map<String, Value> {
    match schema {
        Value::Object(keywords) => keywords,
        _ => Map::new(),
    }
}

fn property(field: Field) -> Value {
    let mut schema = keywords(field.schema);
    field.rules.add_to(&mut schema);
    if !field.doc.is_empty() {
        schema.insert("description".into(), field.doc.into());
    }
    if let Some(default) = field.default {
        schema.insert("default".into(), default);
    }
    schema.into()
}

/// The schema of a whole action's parameters, as the host publishes it.
#[must_use]
pub(crate) fn published<P: Parameters>() -> Value {
    let mut schema = keywords(P::schema());
    schema.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
    schema.into()
}

/// Reads the fields of one object, and says what does not belong to it.
#[derive(Debug)]
pub struct Reader<'a> {
    fields: &'a Map<String, Value>,
    at: &'a str,
}

impl<'a> Reader<'a> {
    /// `None`, and a violation, where the value is no object. `names` are all the fields it may have.
    pub fn open(value: &'a Value, at: &'a str, names: &[&str], bad: &mut Violations) -> Option<Self> {
        let Value::Object(fields) = value else {
            bad.add(at, format!("{} is not an object", shown(value)));
            return None;
        };
        for unknown in fields.keys().filter(|k| !names.contains(&k.as_str())) {
            bad.add(format!("{at}/{}", escape(unknown)), unknown_parameter(names));
        }
        Some(Self { fields, at })
    }

    /// One field; `None` after a violation. A field that is left out is `default`, or what its type says of absence.
    pub fn field<T: Param>(&self, name: &str, rules: &Rules, default: Option<fn() -> T>, bad: &mut Violations) -> Option<T> {
        let at = format!("{}/{}", self.at, escape(name));
        match self.fields.get(name) {
            Some(value) => T::read(value, &at, rules, bad),
            None => {
                let absent = default.map(|d| d()).or_else(T::absent);
                if absent.is_none() {
                    bad.add(at, "is required");
                }
                absent
            }
        }
    }
}

fn unknown_parameter(names: &[&str]) -> String {
    match names {
        [] => "is no parameter of this action: it has none".to_owned(),
        [one] => format!("is no parameter of this action: the only one is {one}"),
        _ => format!("is no parameter of this action: there are {}", names.join(", ")),
    }
}

/// A value as a message shows it: short.
pub(crate) fn shown(value: &Value) -> String {
    let text = value.to_string();
    // a screen line; the requester knows what he wrote
    if text.chars().count() <= 60 { text } else { text.chars().take(57).chain("...".chars()).collect() }
}
