//! `KubernetesExecution`: what a user asks for.
use crate::status::ExecutionStatus;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One named action, on one target, with typed parameters. Immutable but for `cancel`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, CustomResource)]
#[kube(
    group = "writ.dev",
    version = "v1alpha1",
    kind = "KubernetesExecution",
    plural = "kubernetesexecutions",
    singular = "kubernetesexecution",
    shortname = "kx",
    namespaced,
    derive = "PartialEq",
    derive = "Default",
    status = "ExecutionStatus"
)]
#[serde(rename_all = "camelCase")]
pub struct ExecutionSpec {
    /// Name of the action, as in `kubectl get actions`.
    pub action: String,
    /// The object to act on, in this object's own namespace. Absent for actions without a target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// The action's parameters, as `writ explain ACTION` lists them.
    #[serde(default)]
    #[schemars(schema_with = "any_object")]
    pub parameters: Map<String, Value>,
    /// Why; approvers and the ledger see it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// `None` runs it. `Plan` validates, plans, asks the policies and shows the result, with no Job.
    #[serde(default)]
    pub dry_run: DryRun,
    /// Run only if the host's plan has this hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_hash: Option<String>,
    /// Ask to go without the approvals that policy wants; policy decides whether that is open to you.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub break_glass: bool,
    /// Of the Job, such as `5m`; the action's own where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<String>,
    /// What to do while another execution has the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_conflict: Option<OnConflict>,
    /// About the way back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback: Option<Rollback>,
    /// The execution that this one undoes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback_of: Option<ObjectUid>,
    /// How long this object stays after it is over, such as `168h`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_after_finished: Option<String>,
    /// Where the request came from. Claims, not proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "any_optional_object")]
    pub origin: Option<Map<String, Value>>,
    /// Who asks. Stamped by the API server; what a client writes here is overwritten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requester: Option<Identity>,
    /// Set `requested: true` to stop it, at any phase. One way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel: Option<Cancel>,
}

/// The object to act on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Target {
    /// Its name.
    pub name: String,
    /// Its kind; needed only where the action can be aimed at several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// How far to go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DryRun {
    /// Run it.
    #[default]
    None,
    /// Validate, plan and gate; no Job.
    Plan,
    /// Also let the API server carry it out without persisting.
    Server,
}

/// What to do while another execution has the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum OnConflict {
    /// Wait for it.
    Queue,
    /// Give up.
    Refuse,
}

/// About the way back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rollback {
    /// Whether the host undoes a failed execution by itself.
    #[serde(default)]
    pub on_failure: OnFailure,
    /// How long the inverse stays on offer, such as `24h`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_for: Option<String>,
}

/// Whether the host undoes a failed execution by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum OnFailure {
    /// A person decides.
    #[default]
    Never,
    /// At once.
    Automatic,
}

/// An object of this namespace, and exactly that one: a new object of the same name is another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectUid {
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
}

/// A person or an account, as the API server authenticated it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Identity {
    /// User name.
    pub username: String,
    /// Unique id, where the authenticator gives one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub uid: String,
    /// Groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
}

/// A request to stop.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cancel {
    /// True stops it; it cannot be taken back.
    pub requested: bool,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Who; stamped by the API server.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
}

fn any_object(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true })
}

fn any_optional_object(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "type": "object", "nullable": true, "x-kubernetes-preserve-unknown-fields": true })
}
