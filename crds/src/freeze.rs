//! `ExecutionFreeze`: while one matches, nothing irreversible starts. Whoever froze is stamped by the API server, as a requester is.
use crate::{limits, schema};
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// While it matches, no run is started: executions wait for its end, those that run go on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, CustomResource)]
#[kube(
    group = "writ.dev",
    version = "v1alpha1",
    kind = "ExecutionFreeze",
    plural = "executionfreezes",
    singular = "executionfreeze",
    category = "writ",
    doc = "While one matches, no run is started: executions wait for its end, and those that run go on. Delete it to thaw.",
    derive = "PartialEq",
    derive = "Default",
    printcolumn(name = "Reason", type_ = "string", json_path = ".spec.reason"),
    printcolumn(name = "Namespaces", type_ = "string", json_path = ".spec.selector.namespaces"),
    printcolumn(name = "Actions", type_ = "string", json_path = ".spec.selector.actions"),
    printcolumn(name = "Until", type_ = "string", json_path = ".spec.until"),
    printcolumn(name = "By", type_ = "string", json_path = ".spec.by"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = rules()), transform = stamped)]
pub struct ExecutionFreezeSpec {
    /// Why; every execution that waits for it shows this.
    #[schemars(length(min = 1, max = limits::REASON))]
    pub reason: String,
    /// Which executions; all where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<FreezeSelector>,
    /// When it ends by itself, such as `2026-11-24T18:00:00Z`; not before it is deleted, where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub until: Option<String>,
    /// Who froze. Stamped by the API server; what a client writes here is overwritten.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = limits::USER))]
    pub by: String,
}

/// Which executions: those that are in one of the namespaces and run one of the actions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FreezeSelector {
    /// In one of these namespaces; in any where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::namespaces")]
    pub namespaces: Option<Vec<String>>,
    /// One of these actions; any where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::action_names")]
    pub actions: Option<Vec<String>>,
}

/// Optional for who writes one, required in what is stored, as of an execution's requester.
fn stamped(schema: &mut schemars::Schema) {
    schema.insert("required".into(), json!(["reason", "by"]));
}

fn rules() -> Vec<Value> {
    schema::immutable(&["reason", "by"], &["selector", "until"], "make a new freeze, then delete this one")
}
