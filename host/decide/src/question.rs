//! The question that policies are asked: one frozen document with a published schema (`deploy/policy/question.schema.json`).
//! Owns its shape and how it follows from an execution, its plan and what was found. A policy's author reads this file.
//! May not touch: what policies answer (`observed`), how they are evaluated (the gate).
use crate::canonical;
use crds::{DryRun, OwnerKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

mod ask;
mod history;
mod read;

pub use ask::of;
pub use history::{History, Past, Run, Tally};
pub use read::{labels, priority_class};

/// Rises when a field changes its meaning or goes. A new field does not raise it: it has a default, so that what was asked before is read.
pub const VERSION: u32 = 1;

/// What the observer found beside the plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Labels of the execution's namespace.
    pub namespace_labels: BTreeMap<String, String>,
    /// Labels of the target (see [`labels`]).
    pub target_labels: BTreeMap<String, String>,
    /// Of the target or of the pods it makes (see [`priority_class`]).
    pub priority_class: String,
    /// `1.37`; empty where there is no cluster.
    pub kubernetes: String,
    /// How many nodes there are.
    pub nodes_total: u32,
    /// And how many are ready.
    pub nodes_ready: u32,
    /// What was done lately.
    pub history: History,
}

/// What a policy is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Question {
    /// Of this document: 1.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// The only time a policy knows, RFC 3339, whole seconds.
    #[schemars(length(min = 20, max = 32))]
    pub now: String,
    /// Who asks, as the API server authenticated him.
    pub requester: Requester,
    /// What was asked for.
    pub execution: Asked,
    /// What the component says of the action.
    pub action: Action,
    /// The action's parameters, every default filled in.
    #[schemars(schema_with = "any_object")]
    pub parameters: Value,
    /// The objects it is aimed at. Empty for an action without a target: it acts on `execution.namespace`.
    pub targets: Vec<Target>,
    /// What would be done.
    pub plan: Plan,
    /// The API server was asked what this plan would change. False: `diff` says nothing yet.
    #[serde(default)]
    pub tried: bool,
    /// What it answered would be different, one entry a field.
    #[serde(default)]
    pub diff: Vec<Difference>,
    /// What was done lately.
    #[serde(default)]
    pub history: History,
    /// The cluster.
    pub cluster: Cluster,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Requester {
    /// `maria@example.com`, `system:serviceaccount:ci:deployer`.
    #[schemars(length(min = 1))]
    pub username: String,
    /// Unique id, where the authenticator gives one; else empty.
    pub uid: String,
    /// Groups.
    pub groups: Vec<String>,
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Asked {
    /// The namespace of the `KubernetesExecution`, and of everything it may touch.
    #[schemars(length(min = 1))]
    pub namespace: String,
    /// Labels of that namespace.
    pub namespace_labels: BTreeMap<String, String>,
    /// Name of the `KubernetesExecution`.
    pub name: String,
    /// Its uid.
    pub uid: String,
    /// Why, in the requester's words; may be empty.
    pub reason: String,
    /// How far to go.
    pub dry_run: DryRun,
    /// Where the request came from. Claims, not proof.
    #[schemars(schema_with = "any_object")]
    pub origin: Value,
    /// Asked to go without the approvals that policy wants.
    pub break_glass: bool,
    /// The execution that this one undoes; null for none.
    pub rollback_of: Option<RollbackOf>,
}

/// The execution that is undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RollbackOf {
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
}

/// What the component says of the action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Action {
    /// `scale_deployment`.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Which component.
    pub plugin: Plugin,
    /// How bad it can go.
    pub risk: RiskLevel,
    /// There is a way back from *this* plan, or nothing that would need one.
    pub reversible: bool,
    /// `Server`: the API server can try it without persisting. `None`: what is shown is the component's own prediction.
    pub dry_run: CanDryRun,
    /// Running it again after it was cut off does no harm.
    pub idempotent: bool,
}

/// Which component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Plugin {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// sha256 of its bytes.
    pub digest: String,
}

/// How bad it can go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RiskLevel {
    /// A person would not be woken for it.
    Low,
    /// Users may notice.
    Medium,
    /// Users will notice if it is wrong.
    High,
    /// Data or the cluster may be lost.
    Critical,
}

/// Whether the API server can try it without persisting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum CanDryRun {
    /// It can.
    Server,
    /// It cannot.
    None,
}

/// An object the action is aimed at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Target {
    /// `apps/v1`.
    pub api_version: String,
    /// `Deployment`.
    #[schemars(length(min = 1))]
    pub kind: String,
    /// Empty for an object of cluster scope.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its uid; empty where the action creates it.
    pub uid: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Labels of its namespace; none for an object of cluster scope.
    pub namespace_labels: BTreeMap<String, String>,
    /// Of the object or the pods it makes; empty for none.
    pub priority_class: String,
}

/// What would be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Plan {
    /// Of everything in the plan; what an approval signs.
    pub hash: String,
    /// The commands, as text for people: decide on `writes` and `changes`, not on this.
    pub commands: Vec<String>,
    /// What will be different afterwards, one entry a field.
    pub changes: Vec<Change>,
    /// Who else writes what it changes; none where nobody is seen to.
    #[serde(default)]
    pub owners: Vec<Owner>,
    /// Every write the run is allowed; the API server refuses all others.
    pub writes: Vec<Written>,
    /// What the changes do not show.
    pub warnings: Vec<String>,
    /// The way back.
    pub undo: WayBack,
}

/// What will be different afterwards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Change {
    /// `Deployment shop/web`, for messages.
    pub object: String,
    /// `apps/v1`.
    pub api_version: String,
    /// `Deployment`.
    pub kind: String,
    /// Empty for an object of cluster scope.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// What happens to it.
    pub effect: Effect,
    /// For `Set`, a JSON Pointer such as `/spec/replicas`; else empty.
    pub field: String,
    /// For `Set`, the value before as it is in the object; null where it is absent.
    pub before: Value,
    /// For `Set`, the value after; null where it is removed.
    pub after: Value,
    /// For `Other`, what happens, in the component's words; else empty.
    pub text: String,
}

/// Who else writes a field that the plan changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Owner {
    /// Of which object, such as `Deployment shop/web`.
    #[serde(default)]
    pub object: String,
    /// What kind of owner.
    pub kind: OwnerKind,
    /// Its name; empty where the object does not tell.
    pub name: String,
    /// JSON Pointer into it; empty for the whole object.
    pub field: String,
    /// Where it shows.
    pub evidence: String,
    /// It will put the field back, or nothing shows that it will not.
    pub reverts: bool,
    /// For messages: `Argo CD application shop-web: it will put spec.replicas back`.
    pub text: String,
}

/// A field that would be different.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Difference {
    /// Of which object, such as `Deployment shop/web`.
    #[serde(default)]
    pub object: String,
    /// JSON Pointer, such as `/spec/replicas`; empty for the object itself, which comes to be or goes.
    pub field: String,
    /// The value before; null where it is absent. A digest where the target is a Secret.
    pub before: Value,
    /// The value after; null where it would be removed.
    pub after: Value,
    /// Whether `plan.changes` says the same. False: the component did not announce it.
    pub announced: bool,
}

/// What happens to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Effect {
    /// It comes to be.
    Created,
    /// It goes.
    Deleted,
    /// One of its fields changes.
    Set,
    /// Something that is no field.
    Other,
}

/// A write the run is allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Written {
    /// `apps/v1`.
    pub api_version: String,
    /// `Deployment`.
    pub kind: String,
    /// Empty for an object of cluster scope.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its uid; empty where it is created.
    pub uid: String,
    /// `create`, `update` or `delete`.
    pub operation: String,
    /// Such as `scale`; empty for the object itself.
    pub subresource: String,
}

/// The way back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WayBack {
    /// Whether there is one.
    pub kind: WayBackKind,
    /// For `Action`, its name; else empty.
    pub action: String,
    /// For `Action`, its parameters; else null.
    pub parameters: Value,
    /// For `Action`, what stays different all the same.
    pub loses: Vec<String>,
    /// For `Unneeded` and `Impossible`, why; else empty.
    pub why: String,
}

/// Whether there is a way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum WayBackKind {
    /// By another action.
    Action,
    /// Nothing changes that would need one.
    Unneeded,
    /// None.
    Impossible,
}

/// The cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cluster {
    /// uid of its namespace kube-system.
    pub uid: String,
    /// `1.37`; empty where there is none (`writ plan` without a cluster).
    pub kubernetes: String,
    /// Its nodes.
    pub nodes: Nodes,
}

/// Nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Nodes {
    /// How many there are.
    pub total: u32,
    /// How many are ready.
    pub ready: u32,
}

fn any_object(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "type": "object" })
}

/// The published schema of the question.
#[must_use]
pub fn schema() -> Value {
    let mut schema = schemars::schema_for!(Question);
    schema.insert("$id".to_owned(), Value::from(format!("https://writ.dev/schemas/question-v{VERSION}.json")));
    schema.to_value()
}

impl Question {
    /// The document as it is evaluated.
    #[must_use]
    pub fn document(&self) -> Value {
        // Strings, numbers, maps with string keys: it cannot fail. If it does, an empty document fails the schema: no silent yes.
        serde_json::to_value(self).unwrap_or_else(|_| Value::Object(Map::new()))
    }

    /// The same as canonical JSON: the blob whose digest stands in the ruling.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let document = self.document();
        canonical::json(&document).map_or_else(|_| document.to_string(), String::from).into_bytes()
    }
}
