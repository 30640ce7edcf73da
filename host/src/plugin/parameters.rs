//! Parameters against an action's schema: everything that is wrong, each with its place and in words for the person who wrote it.
//! Owns those words. May not ask the component.
use super::{nearest::nearest, schema::Schema};
use decide::model::{ActionInfo, Violation};
use jsonschema::{
    ValidationError,
    error::{TypeKind, ValidationErrorKind as Kind},
};
use serde_json::Value;

/// More than a person reads; the rest is said to be there.
const MOST: usize = 50;

/// Everything that is wrong with the parameters of an action.
///
/// # Errors
/// All violations of its schema, never none, each with a JSON Pointer.
pub fn check_parameters(info: &ActionInfo, parameters: &Value) -> Result<(), Vec<Violation>> {
    let schema: Result<Value, _> = serde_json::from_str(info.parameters.as_str());
    let compiled = schema.map_err(|e| e.to_string()).and_then(Schema::compile);
    match compiled {
        Ok(schema) => check(&schema, info.name.as_str(), parameters),
        // Cannot be: it was compiled when the component was loaded. Then nothing may pass.
        Err(why) => {
            Err(vec![violation(String::new(), "", format!("cannot be checked: the schema of {} fails: {why}", info.name))])
        }
    }
}

/// The same with a schema that is compiled already.
pub(super) fn check(schema: &Schema, action: &str, parameters: &Value) -> Result<(), Vec<Violation>> {
    let errors = schema.validator.iter_errors(parameters).take(MOST + 1);
    let mut all: Vec<Violation> = errors.flat_map(|e| say(&e, schema, action)).collect();
    if all.is_empty() {
        return Ok(());
    }
    all.sort_by(|a, b| a.at.cmp(&b.at));
    if all.len() > MOST {
        all.truncate(MOST);
        all.push(violation(String::new(), "", format!("and more: only the first {MOST} are shown")));
    }
    Err(all)
}

/// One error; several where it is about several properties.
fn say(error: &ValidationError, schema: &Schema, action: &str) -> Vec<Violation> {
    let at = error.instance_path().to_string();
    let rule = error.kind().keyword();
    match error.kind() {
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            vec![violation(below(&at, name), rule, "is required and was not given".into())]
        }
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            let whose = if at.is_empty() { format!("parameter of {action}") } else { format!("property of {at}") };
            let known = properties(&schema.root, error);
            unexpected.iter().map(|name| violation(below(&at, name), rule, unknown(name, &whose, &known))).collect()
        }
        kind => vec![violation(at, rule, words(error, kind))],
    }
}

/// What is wrong with one value.
fn words(error: &ValidationError, kind: &Kind) -> String {
    let is = shown(error.instance());
    match kind {
        Kind::Minimum { limit } => format!("{is} is below the minimum {limit}"),
        Kind::Maximum { limit } => format!("{is} is above the maximum {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("{is} is not above {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("{is} is not below {limit}"),
        Kind::MultipleOf { multiple_of } => format!("{is} is no multiple of {multiple_of}"),
        Kind::Type { kind } => format!("{is} is {}, and {} is wanted", article(error.instance()), types(kind)),
        Kind::Enum { options } => format!("{is} is none of {}", list(options)),
        Kind::Constant { expected_value } => format!("{is} is not {expected_value}"),
        Kind::Pattern { pattern } => format!("{is} does not match {pattern}"),
        Kind::Format { format } => format!("{is} is no {format}"),
        Kind::MinLength { limit } => format!("{is} has fewer than {limit} characters"),
        Kind::MaxLength { limit } => format!("{is} has more than {limit} characters"),
        Kind::MinItems { limit } => format!("{is} has fewer than {limit} items"),
        Kind::MaxItems { limit } => format!("{is} has more than {limit} items"),
        Kind::UniqueItems => format!("{is} has an item twice"),
        _ => clipped(&error.to_string()),
    }
}

/// `is no parameter of scale_deployment (replicas). Did you mean replicas?`
fn unknown(name: &str, whose: &str, known: &[String]) -> String {
    let list = if known.is_empty() { "it has none".to_owned() } else { known.join(", ") };
    let mean = nearest(name, known.iter().map(String::as_str)).map(|k| format!(" Did you mean {k}?"));
    format!("is no {whose} ({list}).{}", mean.unwrap_or_default())
}

/// The properties that the schema knows at the place of the error: beside the keyword that refused.
fn properties(root: &Value, error: &ValidationError) -> Vec<String> {
    let keyword = error.schema_path().to_string();
    let around = keyword.rsplit_once('/').and_then(|(around, _)| root.pointer(around));
    let known = around.and_then(|schema| schema.get("properties")).and_then(Value::as_object);
    known.map(|known| known.keys().cloned().collect()).unwrap_or_default()
}

fn below(at: &str, name: &str) -> String {
    format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn shown(value: &Value) -> String {
    clipped(&value.to_string())
}

fn clipped(text: &str) -> String {
    // A person must recognize it, no more.
    const LONGEST: usize = 120;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn list(options: &Value) -> String {
    let all = options.as_array().map(|all| all.iter().map(Value::to_string).collect::<Vec<_>>().join(", "));
    clipped(&all.unwrap_or_else(|| options.to_string()))
}

fn article(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(n) if n.is_f64() => "a number",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn types(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(one) => one.to_string(),
        TypeKind::Multiple(some) => some.iter().map(|t| t.to_string()).collect::<Vec<_>>().join(" or "),
    }
}

fn violation(at: String, rule: &str, message: String) -> Violation {
    Violation { at, rule: rule.to_owned(), message }
}
