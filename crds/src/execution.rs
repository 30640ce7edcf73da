//! `KubernetesExecution`: what a user asks for. What of it may change is said here, by rules that the API server enforces; what those
//! cannot see (free-form `parameters`, `origin`, status, finalizers) is in `deploy/admission`.
use crate::{
    limits,
    schema::{self, ACTION_PATTERN, DURATION_PATTERN, KIND_PATTERN, NAME_PATTERN, SHA256_PATTERN, UID_PATTERN},
    status::ExecutionStatus,
};
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// One named action, on one target, with typed parameters. Immutable but for `cancel`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, CustomResource)]
#[kube(
    group = "writ.dev",
    version = "v1alpha1",
    kind = "KubernetesExecution",
    plural = "kubernetesexecutions",
    singular = "kubernetesexecution",
    shortname = "kx",
    category = "writ",
    namespaced,
    doc = "One named action, on one target, with typed parameters, and how far it came. The spec is immutable but for `cancel`.",
    derive = "PartialEq",
    derive = "Default",
    status = "ExecutionStatus",
    selectable = ".spec.action",
    selectable = ".status.phase",
    selectable = ".status.review.state",
    printcolumn(name = "Action", type_ = "string", json_path = ".spec.action"),
    printcolumn(name = "Target", type_ = "string", json_path = ".spec.target.name"),
    printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"),
    printcolumn(name = "Change", type_ = "string", json_path = ".status.summary"),
    printcolumn(name = "By", type_ = "string", json_path = ".spec.requester.username"),
    printcolumn(name = "Undo", type_ = "string", json_path = ".status.rollback.state"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.reason", priority = "1"),
    printcolumn(name = "Approvals", type_ = "string", json_path = ".status.approval.count", priority = "1"),
    printcolumn(name = "Duration", type_ = "string", json_path = ".status.duration", priority = "1"),
    printcolumn(name = "Plugin", type_ = "string", json_path = ".status.plugin.name", priority = "1"),
    printcolumn(name = "Job", type_ = "string", json_path = ".status.job.name", priority = "1")
)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = rules()), transform = stamped)]
pub struct ExecutionSpec {
    /// Name of the action, as in `kubectl get actions`.
    #[schemars(length(max = limits::ACTION), regex(pattern = ACTION_PATTERN))]
    pub action: String,
    /// The object to act on, in this object's own namespace. Absent for actions without a target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// The action's parameters, as `writ explain ACTION` lists them.
    #[serde(default)]
    #[schemars(schema_with = "schema::parameters")]
    pub parameters: Map<String, Value>,
    /// Why; approvers and the ledger see it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = limits::REASON), extend("default" = ""))]
    pub reason: String,
    /// `None` runs it. `Plan` validates, plans, asks the policies and shows the result, with no Job. `Server` also lets the API server carry
    /// it out without persisting, and shows what would change.
    #[serde(default)]
    pub dry_run: DryRun,
    /// Run only what was shown: `status.plan.requestHash` of an execution that asked for the same with `dryRun: Plan`. Where the plan of this
    /// one has another by now, it is refused (`PlanChanged`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = SHA256_PATTERN))]
    pub plan_hash: Option<String>,
    /// Ask to go without the approvals that policy wants; policy decides whether that is open to you.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[schemars(extend("default" = false))]
    pub break_glass: bool,
    /// Of the Job, such as `5m`; the action's own where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = limits::DURATION), regex(pattern = DURATION_PATTERN))]
    pub timeout: Option<String>,
    /// What to do while another execution has the target, or as many are at work as a policy allows at once; `Queue` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_conflict: Option<OnConflict>,
    /// About the way back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback: Option<Rollback>,
    /// The execution that this one undoes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback_of: Option<ObjectUid>,
    /// How long this object stays after it is over, such as `168h`; for ever where absent. Its rows in the ledger stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = limits::DURATION), regex(pattern = DURATION_PATTERN))]
    pub ttl_after_finished: Option<String>,
    /// Where the request came from. Claims, not proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::origin")]
    pub origin: Option<Map<String, Value>>,
    /// Who asks: leave it out. The API server fills it in, and overwrites what a client writes here.
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
    #[schemars(length(max = limits::NAME), regex(pattern = NAME_PATTERN))]
    pub name: String,
    /// Its kind; needed only where the action can be aimed at several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63), regex(pattern = KIND_PATTERN))]
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

/// What to do while it is not its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum OnConflict {
    /// Wait for it, in the order in which the executions were accepted.
    Queue,
    /// Give up.
    Refuse,
}

/// About the way back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rollback {
    /// Whether the host asks for the undo of a failed execution by itself.
    #[serde(default)]
    pub on_failure: OnFailure,
    /// How long the inverse stays on offer, such as `24h`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = limits::DURATION), regex(pattern = DURATION_PATTERN))]
    pub keep_for: Option<String>,
}

/// Whether the host asks for the undo of a failed execution by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum OnFailure {
    /// A person decides.
    #[default]
    Never,
    /// The host asks for the undo at once, in the requester's name. It passes every gate as any other: policies, approvals (one of the
    /// original covers it), and the target must be as it was left.
    Automatic,
}

/// An object of this namespace, and exactly that one: a new object of the same name is another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectUid {
    /// Its name.
    #[schemars(length(max = limits::NAME), regex(pattern = NAME_PATTERN))]
    pub name: String,
    /// Its uid.
    #[schemars(length(max = limits::UID), regex(pattern = UID_PATTERN))]
    pub uid: String,
}

/// A person or an account, as the API server authenticated it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Identity {
    /// User name.
    #[schemars(length(max = limits::USER))]
    pub username: String,
    /// Unique id, where the authenticator gives one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = limits::USER))]
    pub uid: String,
    /// Groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "schema::groups")]
    pub groups: Vec<String>,
}

/// A request to stop.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cancel {
    /// True stops it; it cannot be taken back.
    pub requested: bool,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = limits::REASON))]
    pub reason: String,
    /// Who; stamped by the API server.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = limits::USER))]
    pub by: String,
}

/// Optional for who writes one, required in what is stored: admission stamps it before the schema is asked. Where the stamp is not in
/// force, nothing can be created.
fn stamped(schema: &mut schemars::Schema) {
    schema.insert("required".into(), json!(["action", "requester"]));
}

fn rules() -> Vec<Value> {
    let always = ["action", "reason", "dryRun", "breakGlass", "requester"];
    let sometimes = ["target", "planHash", "timeout", "onConflict", "rollback", "rollbackOf", "ttlAfterFinished"];
    let mut rules = schema::immutable(&always, &sometimes, "make a new execution");
    rules.push(json!({
        "rule": "!(has(oldSelf.cancel) && oldSelf.cancel.requested) || (has(self.cancel) && self.cancel == oldSelf.cancel)",
        "message": "a cancellation is not taken back, and not rewritten: make a new execution",
    }));
    rules.push(json!({
        "rule": "!has(self.cancel) || self.cancel.requested || !has(self.cancel.reason) || self.cancel.reason == ''",
        "message": "spec.cancel.reason goes with spec.cancel.requested: true",
    }));
    rules
}
