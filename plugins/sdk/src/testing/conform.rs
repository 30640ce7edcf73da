//! What the contract demands of a description, and that `validate` survives whatever it is given.
use crate::json::at;
use crate::{Plugin, wire};
use serde_json::{Value, json};

/// Panics with everything that is wrong with what a plugin declares.
pub fn conforms(plugin: Plugin) {
    let description = plugin.describe();
    assert_eq!(description, plugin.describe(), "describe must be pure");
    let mut broken: Vec<String> = Vec::new();
    for action in &description.actions {
        let problems = texts(action).chain(schema(action)).chain(examples(plugin, action)).chain(hostile(plugin, action));
        broken.extend(problems.map(|problem| format!("{}: {problem}", action.name)));
    }
    let mut names: Vec<_> = description.actions.iter().map(|a| &a.name).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), description.actions.len(), "two actions have one name");
    assert!(broken.is_empty(), "{broken:#?}");
}

fn texts(action: &wire::ActionInfo) -> impl Iterator<Item = String> {
    // a screen line
    let summary = (action.summary.is_empty() || action.summary.len() > 100)
        .then(|| format!("the summary has {} characters, 1 to 100: the first sentence of the doc comment", action.summary.len()));
    let empty = [("when", &action.texts.when_to_use), ("not_when", &action.texts.when_not_to_use)];
    let empty = empty.into_iter().filter(|(_, t)| t.is_empty()).map(|(name, _)| format!("{name} is empty"));
    summary.into_iter().chain(empty).collect::<Vec<_>>().into_iter()
}

fn schema(action: &wire::ActionInfo) -> impl Iterator<Item = String> {
    let schema: Value = serde_json::from_str(&action.parameters).unwrap_or_default();
    let closed = at(&schema, "/type") == "object" && at(&schema, "/additionalProperties") == false;
    let open = (!closed).then(|| "the schema is not a closed object".to_owned());
    let undescribed = at(&schema, "/properties").as_object().into_iter().flatten();
    let undescribed = undescribed.filter(|(_, p)| p.get("description").is_none());
    let undescribed = undescribed.map(|(name, _)| format!("{name} has no doc comment")).collect::<Vec<_>>();
    open.into_iter().chain(undescribed)
}

fn examples(plugin: Plugin, action: &wire::ActionInfo) -> impl Iterator<Item = String> {
    let none = action.examples.is_empty().then(|| "there is no example: example = r#\"{…}\"#".to_owned());
    let wrong = action.examples.iter().filter_map(|example| {
        let bad = plugin.validate(&request(action, example.clone())).err()?;
        Some(format!("the example {example} is not valid: {bad:?}"))
    });
    none.into_iter().chain(wrong.collect::<Vec<_>>())
}

/// Documents no schema would let through. None may panic, and none may be accepted.
fn hostile(plugin: Plugin, action: &wire::ActionInfo) -> impl Iterator<Item = String> {
    let documents = [json!(null), json!([]), json!("--as=root"), json!({"no-such-parameter": 1}), json!(1e300)];
    let texts = documents.iter().map(Value::to_string).chain(["".to_owned(), "{".to_owned(), "{}}".to_owned()]);
    let accepted = texts.filter(|text| match plugin.validate(&request(action, text.clone())) {
        Ok(_) => true,
        Err(bad) => bad.is_empty(),
    });
    accepted.map(|text| format!("validate says nothing against {text}")).collect::<Vec<_>>().into_iter()
}

fn request(action: &wire::ActionInfo, parameters: String) -> wire::Request {
    let object =
        |t: &wire::TargetKind| wire::ObjectRef { api: t.api.clone(), namespace: Some("demo".into()), name: "web".into() };
    wire::Request {
        id: "5f0c1c9e-0000-4000-8000-000000000001".into(),
        action: action.name.clone(),
        namespace: "demo".into(),
        target: action.targets.first().map(object),
        parameters,
        created_at: "2026-11-23T03:12:00Z".into(),
        kubernetes: "1.37".into(),
    }
}
