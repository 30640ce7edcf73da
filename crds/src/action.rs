//! `Action`: one for each action of an active plugin, so that actions can be listed, explained, and named in RBAC. Made by the host,
//! read-only for everybody else.
use crate::{
    limits,
    schema::{self, ACTION_PATTERN},
};
use k8s_openapi::api::rbac::v1::PolicyRule;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What one action is, for whom, and how to ask for it. Its object's name has `-` for `_`: `kubectl auth can-i run
/// actions.writ.dev/scale-deployment`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, CustomResource)]
#[kube(
    group = "writ.dev",
    version = "v1alpha1",
    kind = "Action",
    plural = "actions",
    singular = "action",
    category = "writ",
    doc = "One action of an active plugin: made by the host, read-only. Who may ask for it is RBAC: verb `run` on this object.",
    derive = "PartialEq",
    derive = "Default",
    printcolumn(name = "Action", type_ = "string", json_path = ".spec.name"),
    printcolumn(name = "Target", type_ = "string", json_path = ".spec.kinds"),
    printcolumn(name = "Risk", type_ = "string", json_path = ".spec.risk"),
    printcolumn(name = "Undo", type_ = "string", json_path = ".spec.reversible"),
    printcolumn(name = "Plugin", type_ = "string", json_path = ".spec.plugin"),
    printcolumn(name = "What", type_ = "string", json_path = ".spec.summary")
)]
#[serde(rename_all = "camelCase")]
pub struct ActionSpec {
    /// Its name, as executions give it.
    #[schemars(length(max = limits::ACTION), regex(pattern = ACTION_PATTERN))]
    pub name: String,
    /// The plugin that exports it.
    #[schemars(length(max = limits::NAME))]
    pub plugin: String,
    /// Version of the plugin.
    #[serde(default)]
    #[schemars(length(max = limits::NAME))]
    pub version: String,
    /// `sha256:` of the component.
    #[serde(default)]
    #[schemars(length(max = limits::NAME))]
    pub digest: String,
    /// One screen line.
    #[serde(default)]
    #[schemars(length(max = limits::TEXT))]
    pub summary: String,
    /// What it can be aimed at; none: no target.
    #[serde(default)]
    #[schemars(length(max = limits::ACTIONS))]
    pub targets: Vec<ActionTarget>,
    /// The kinds of `targets`, in one text for `kubectl get`.
    #[serde(default)]
    #[schemars(length(max = limits::TEXT))]
    pub kinds: String,
    /// Of a namespace or of the cluster.
    #[serde(default)]
    pub scope: ActionScope,
    /// `low`, `medium`, `high` or `critical`.
    #[serde(default)]
    #[schemars(length(max = 16))]
    pub risk: String,
    /// `Always`, `Depends` or `Never`.
    #[serde(default)]
    #[schemars(length(max = 16))]
    pub reversible: String,
    /// Running it again after it was cut off does no harm.
    #[serde(default)]
    pub idempotent: bool,
    /// JSON Schema of its parameters.
    #[serde(default)]
    #[schemars(schema_with = "schema::json_object")]
    pub parameters_schema: Map<String, Value>,
    /// For who must choose, human or not.
    #[serde(default)]
    pub text: ActionText,
    /// What its runs are granted, for as long as they run.
    #[serde(default)]
    #[schemars(schema_with = "rules")]
    pub rules: Vec<PolicyRule>,
    /// How to ask for it.
    #[serde(default)]
    #[schemars(length(max = limits::TEXT))]
    pub example: String,
}

/// A kind that an action can be aimed at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActionTarget {
    /// Such as `apps/v1`.
    #[schemars(length(max = limits::NAME))]
    pub api_version: String,
    /// Such as `Deployment`.
    #[schemars(length(max = 63))]
    pub kind: String,
}

/// Of a namespace or of the cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ActionScope {
    /// From any namespace, on what is in it.
    #[default]
    Namespaced,
    /// Only from the namespace `writ-cluster`.
    Cluster,
}

/// The four texts that help to choose.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ActionText {
    /// What it does.
    #[schemars(length(max = limits::TEXT))]
    pub what: String,
    /// When to use it.
    #[schemars(length(max = limits::TEXT))]
    pub when_to_use: String,
    /// When not.
    #[schemars(length(max = limits::TEXT))]
    pub when_not_to_use: String,
    /// What must be so before.
    #[schemars(length(max = limits::TEXT))]
    pub preconditions: String,
}

fn rules(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let texts =
        schemars::json_schema!({ "type": "array", "maxItems": 64, "items": { "type": "string", "maxLength": limits::NAME } });
    schemars::json_schema!({
        "type": "array",
        "maxItems": 64,
        "items": {
            "type": "object",
            "required": ["verbs"],
            "properties": { "apiGroups": texts, "resources": texts, "resourceNames": texts, "verbs": texts },
        },
    })
}
