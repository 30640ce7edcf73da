//! `(&PluginId, &ActionInfo) -> Action`: what `kubectl get actions` lists.
use crds::{Action, ActionSpec};
use decide::model::{ActionInfo, PluginId, Reversible, Scope};
use serde_json::json;

/// The object; owned by nobody, swept by the controller.
#[must_use]
pub fn object(plugin: &PluginId, info: &ActionInfo) -> Action {
    let example = info.examples.first().map(|e| e.as_str().to_owned()).unwrap_or_else(|| "{}".into());
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
        "example": example,
    });
    let spec: ActionSpec = serde_json::from_value(spec).unwrap_or_default();
    Action::new(&info.name.dashed(), spec)
}
