//! `(&PluginId, &ActionInfo) -> Action`: what `kubectl get actions` lists.
use crds::{Action, ActionSpec};
use decide::{
    model::{ActionInfo, PluginId, Reversible, Scope},
    roles,
};
use serde_json::{Value, json};

/// The object; owned by nobody, swept by the controller.
#[must_use]
pub fn object(plugin: &PluginId, info: &ActionInfo) -> Action {
    let value = |text: &str| serde_json::from_str(text).unwrap_or(json!({}));
    let cluster = info.targets.iter().any(|t| t.scope == Scope::Cluster);
    let spec = json!({
        "name": info.name,
        "plugin": plugin.name,
        "version": plugin.version,
        "digest": plugin.digest,
        "summary": info.summary,
        "targets": info.targets.iter().map(|t| json!({"apiVersion": t.api.api_version(), "kind": t.api.kind})).collect::<Vec<_>>(),
        "scope": if cluster { "Cluster" } else { "Namespaced" },
        "risk": info.risk.as_str(),
        "reversible": match info.reversible { Reversible::Always => "Always", Reversible::Depends => "Depends", Reversible::Never => "Never" },
        "idempotent": info.idempotent,
        "parametersSchema": value(info.parameters.as_str()),
        "text": info.texts,
        "rules": roles::of(plugin, info).ok().and_then(|r| r.rules).unwrap_or_default(),
        "kinds": info.targets.iter().map(|t| t.api.kind.as_str()).collect::<Vec<_>>().join(","),
        "example": example(info),
    });
    let spec: ActionSpec = serde_json::from_value(spec).unwrap_or_default();
    Action::new(&info.name.dashed(), spec)
}

/// A command line that runs as printed, but for the target's name.
fn example(info: &ActionInfo) -> String {
    let parameters: Value = info.examples.first().and_then(|e| serde_json::from_str(e.as_str()).ok()).unwrap_or_default();
    let pair = |(key, value): (&String, &Value)| match value {
        Value::String(text) => format!(" {key}={text}"),
        other => format!(" {key}={other}"),
    };
    let target = match info.targets.as_slice() {
        [] => "",
        [_] => " NAME",
        _ => " KIND/NAME",
    };
    let pairs: String = parameters.as_object().into_iter().flatten().map(pair).collect();
    format!("writ run {}{target}{pairs}", info.name)
}
