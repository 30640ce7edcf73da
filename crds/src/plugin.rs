//! `ActionPlugin`: which component to load, from where, and how it went.
use crate::{
    limits,
    schema::{self, FILE_PATTERN, KEY_PATTERN, NAME_PATTERN, SHA256_PATTERN},
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A WebAssembly component that exports actions, by digest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, CustomResource)]
#[kube(
    group = "writ.dev",
    version = "v1alpha1",
    kind = "ActionPlugin",
    plural = "actionplugins",
    singular = "actionplugin",
    category = "writ",
    doc = "A WebAssembly component that exports actions, by digest, and how its activation went.",
    derive = "PartialEq",
    derive = "Default",
    status = "ActionPluginStatus",
    printcolumn(name = "Version", type_ = "string", json_path = ".status.version"),
    printcolumn(name = "Digest", type_ = "string", json_path = ".status.digest"),
    printcolumn(name = "Actions", type_ = "integer", json_path = ".status.exported"),
    printcolumn(name = "Active", type_ = "string", json_path = ".status.conditions[?(@.type=='Active')].status"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type=='Active')].reason"),
    printcolumn(name = "Owner", type_ = "string", json_path = ".spec.owner"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
pub struct ActionPluginSpec {
    /// Where the component is.
    pub source: PluginSource,
    /// `sha256:` of the component. Required: there is no "latest".
    #[schemars(regex(pattern = SHA256_PATTERN))]
    pub digest: String,
    /// Who answers for it; shown in lists and refusals.
    #[schemars(length(min = 1, max = limits::NAME))]
    pub owner: String,
    /// Which of its actions to offer; absent: all it exports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::action_names")]
    pub actions: Option<Vec<String>>,
    /// What one call may use, within the host's ceilings. What is absent is the ceiling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<PluginLimits>,
    /// True: nothing new starts; running ones end. Who asks for one of its actions is refused (`PluginSuspended`), and so is, when its turn
    /// comes, what was planned before, and the undo of what fails. A dry run that was begun may still be made: it writes nothing. The off switch
    /// for a bad plugin.
    #[serde(default)]
    pub suspended: bool,
}

/// Where the component is: exactly one of these.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [json!({
    "rule": "has(self.configMap) != has(self.file)",
    "message": "spec.source is exactly one of configMap, file (this build reads no other source)",
})]))]
pub struct PluginSource {
    /// A key of a ConfigMap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_map: Option<ConfigMapKey>,
    /// Name of a file straight below the operator's plugin directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128), regex(pattern = FILE_PATTERN))]
    pub file: Option<String>,
}

/// A key of the `binaryData` of a ConfigMap in the operator's own namespace, `writ-system`: it can read no other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigMapKey {
    /// Name of the ConfigMap.
    #[schemars(length(max = limits::NAME), regex(pattern = NAME_PATTERN))]
    pub name: String,
    /// Key in its `binaryData`.
    #[schemars(length(max = limits::NAME), regex(pattern = KEY_PATTERN))]
    pub key: String,
}

/// What one call of a plugin may use. Each is text, as Kubernetes writes quantities.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PluginLimits {
    /// Instructions, about; such as `50M`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = limits::QUANTITY))]
    pub fuel: Option<String>,
    /// Memory, such as `32Mi`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = limits::QUANTITY))]
    pub memory: Option<String>,
    /// Time on the clock, such as `50ms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = limits::QUANTITY))]
    pub time: Option<String>,
    /// Size of one answer, such as `256Ki`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = limits::QUANTITY))]
    pub output: Option<String>,
}

/// How the activation went. Written by the operator only.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ActionPluginStatus {
    /// Generation of the spec that was looked at.
    pub observed_generation: i64,
    /// Version of the component that serves.
    pub version: String,
    /// First ten digits of the digest of the component that serves, as in the names of its roles.
    pub digest: String,
    /// How many actions it offers.
    pub exported: i64,
    /// Their names.
    pub actions: Vec<String>,
    /// `Fetched`, `Verified`, `Compiled`, `Granted`, `Active`, in this order: the first that is False says what to do.
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
    /// The last component that was activated; it still serves where this one fails to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_good: Option<LastGood>,
}

/// A component that was activated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LastGood {
    /// `sha256:` of it.
    pub digest: String,
    /// Its version.
    pub version: String,
}
