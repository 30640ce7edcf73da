//! `ExecutionPolicy`: Rego modules that must all say yes, with their own tests, and whether they are in force.
use crate::{limits, schema};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Under what conditions executions may run. Every policy is asked about every execution, alone; all must allow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, CustomResource)]
#[kube(
    group = "writ.dev",
    version = "v1alpha1",
    kind = "ExecutionPolicy",
    plural = "executionpolicies",
    singular = "executionpolicy",
    category = "writ",
    doc = "Rego modules with their own tests: under what conditions executions may run. All policies must allow.",
    derive = "PartialEq",
    derive = "Default",
    status = "ExecutionPolicyStatus",
    printcolumn(name = "Mode", type_ = "string", json_path = ".spec.mode"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type=='Ready')].status"),
    printcolumn(name = "Tests", type_ = "string", json_path = ".status.tests"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type=='Ready')].reason"),
    printcolumn(name = "Digest", type_ = "string", json_path = ".status.digest"),
    printcolumn(name = "Owner", type_ = "string", json_path = ".spec.owner"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
pub struct ExecutionPolicySpec {
    /// `Enforce`, or `Shadow`: evaluated and recorded, not obeyed.
    #[serde(default)]
    pub mode: PolicyMode,
    /// Who can change it; shown in every refusal.
    #[schemars(length(min = 1, max = limits::NAME))]
    pub owner: String,
    /// What the modules see as `data.settings`.
    #[serde(default)]
    #[schemars(schema_with = "schema::data")]
    pub data: Map<String, Value>,
    /// Rego modules by file name; those with rules named `test_…` are its tests. The answer is `data.writ.decision`.
    #[schemars(schema_with = "schema::modules")]
    pub modules: BTreeMap<String, String>,
}

/// Whether a policy is obeyed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PolicyMode {
    /// Obeyed.
    #[default]
    Enforce,
    /// Evaluated and recorded, not obeyed.
    Shadow,
}

/// Whether it is in force, and why not. Written by the operator only.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ExecutionPolicyStatus {
    /// Generation of the spec that was looked at.
    pub observed_generation: i64,
    /// First ten digits of the digest of the modules and data that are in force, as in the results of executions.
    pub digest: String,
    /// Tests passed of all, such as `14/14`.
    pub tests: String,
    /// `Ready`: True while what stands in the spec is in force; else the reason, and whether the last good one still is.
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
}
