//! `writ explain`: one action, with an example that runs as printed.
use super::{Where, actions::undo, ask, human::Exit, out};
use crds::Action;
use serde_json::Value;

/// One action, with an example.
#[derive(Debug, clap::Args)]
pub struct Explain {
    /// Its name.
    action: String,
    #[command(flatten)]
    place: Where,
}

impl Explain {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Exit> {
        let cluster = self.place.connect().await?;
        let action = ask::find(&cluster, &self.action).await?;
        out::text(text(&action));
        Ok(Exit::Done)
    }
}

fn text(action: &Action) -> String {
    let spec = &action.spec;
    let kinds: Vec<String> = spec.targets.iter().map(|t| format!("{} {}", t.api_version, t.kind)).collect();
    let mut text = format!("{} · {}\n\n  {}\n\n", spec.name, spec.summary, spec.text.what);
    for (label, line) in
        [("when", &spec.text.when_to_use), ("not when", &spec.text.when_not_to_use), ("needs", &spec.text.preconditions)]
    {
        if !line.is_empty() {
            text.push_str(&format!("  {label:<10} {line}\n"));
        }
    }
    for (label, line) in [("target", kinds.join(", ").as_str()), ("risk", &spec.risk), ("undo", undo(action))] {
        text.push_str(&format!("  {label:<10} {line}\n"));
    }
    text.push_str(&format!("  {:<10} {} {}  {}\n\nParameters\n", "plugin", spec.plugin, spec.version, spec.digest));
    let properties = spec.parameters_schema.get("properties").and_then(Value::as_object);
    for (name, schema) in properties.into_iter().flatten() {
        text.push_str(&format!("  {name:<14} {}\n", parameter(schema)));
    }
    text.push_str(&format!("\nExample\n  {} -n NAMESPACE\n", spec.example));
    text
}

fn parameter(schema: &Value) -> String {
    let part = |key: &str, label: &str| schema.get(key).map(|v| format!(", {label} {v}")).unwrap_or_default();
    let kind = schema.get("type").and_then(Value::as_str).unwrap_or("any");
    let what = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    format!("{kind}{}{}{}   {what}", part("minimum", "at least"), part("maximum", "at most"), part("default", "default"))
}
