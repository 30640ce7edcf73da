//! The status of a `KubernetesExecution`: a log, not a projection. The ledger row of `seq` is computed from what is stored
//! here and the immutable spec alone.
mod approval;
mod lock;
mod owner;
mod review;
mod rollback;

use crate::{DiffStatus, DryRunStatus, Phase, Reason};
pub use approval::{ApprovalGiven, ApprovalStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
pub use lock::{LimitOf, Limits, LockStatus};
pub use owner::{Owner, OwnerKind};
pub use review::ReviewStatus;
pub use rollback::RollbackStatus;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the host knows and did. Written by the operator only.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ExecutionStatus {
    /// Generation of the spec that was looked at.
    pub observed_generation: i64,
    /// Where it is.
    pub phase: Phase,
    /// Why it is there.
    pub reason: Reason,
    /// One line for `kubectl get`: the change, or the reason of a refusal or failure.
    pub summary: String,
    /// What happened, what it means, what to do next.
    pub message: String,
    /// Counts what was recorded; the ledger has one row for each.
    pub seq: i64,
    /// When `seq` was decided: RFC 3339, microseconds. Never moves back.
    pub at: String,
    /// Who moved it: the host, or the person whose cancellation it was.
    pub by: String,
    /// When it was accepted or refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// When it was over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
    /// From creation to the end, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<String>,
    /// The component that planned it; it stays with it to the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin: Option<PluginUsed>,
    /// The target as it was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<TargetSeen>,
    /// What will be, or was, carried out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanStatus>,
    /// The dry run on the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<DryRunStatus>,
    /// What the API server says would be different, field by field: its answer to the dry run against the object as it was.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub diff: Vec<DiffStatus>,
    /// What the policies said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyStatus>,
    /// The approvals that the policies want, and who gave them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalStatus>,
    /// Whose turn it is on the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock: Option<LockStatus>,
    /// Somebody is to look at what was done, afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review: Option<ReviewStatus>,
    /// Who refused, what, who can change it, what to try instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<RefusalStatus>,
    /// The Job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<JobStatus>,
    /// The action's own checks, as last asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<CheckStatus>,
    /// The way back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback: Option<RollbackStatus>,
    /// What happened when; Events are gone after an hour, people come at nine.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub timeline: Vec<TimelineEntry>,
    /// The stable contract for programs: `Accepted`, `DryRunPassed`, `Approved`, `Executed`, `Succeeded`, `RollbackReady`, `Reviewed`,
    /// `Finished`, each once it means something. Wait for `Finished`, whatever becomes of it, and read `Succeeded` then: True, False, or
    /// Unknown where nobody knows what was done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
}

/// The component that planned an execution.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PluginUsed {
    /// Name of the plugin.
    pub name: String,
    /// Its version.
    pub version: String,
    /// `sha256:` of the component.
    pub digest: String,
}

/// The target as it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TargetSeen {
    /// Such as `apps/v1`.
    pub api_version: String,
    /// Such as `Deployment`.
    pub kind: String,
    /// Plural, as in URLs and RBAC.
    pub resource: String,
    /// Absent for kinds of cluster scope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// Its uid; empty where the action creates it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub uid: String,
    /// Of a Pod the node that it runs on, of a Node its own name: a node contains its pods, so only one of both is changed at a time.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub node: String,
}

/// All that is needed to build the Job again, byte for byte, without the plugin; and to show what it does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanStatus {
    /// Hash of everything below and of who asks, on what, with which component.
    pub hash: String,
    /// Hash of the same without which execution it is: what another one of the same requester can be held to (`spec.planHash`).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub request_hash: String,
    /// The commands, for people, one a line.
    pub command: String,
    /// The commands, in parts.
    pub commands: Vec<CommandStatus>,
    /// What the run's identity may write, object by object.
    pub writes: Vec<WriteStatus>,
    /// What will be different afterwards.
    #[serde(default)]
    pub changes: Vec<ChangeStatus>,
    /// Who else writes what it changes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<Owner>,
    /// What the changes do not show.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// The plugin's own note for its checks, canonical JSON text.
    pub memo: String,
    /// The parameters with every default filled in, canonical JSON text.
    pub parameters: String,
    /// Name of the ClusterRole that the run is bound to.
    pub role: String,
    /// `low`, `medium`, `high` or `critical`.
    pub risk: String,
    /// Why it cannot be undone; empty where it can.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub irreversible: String,
    /// Of the Job.
    pub deadline_seconds: u32,
    /// How long the checks may stay pending.
    pub verify_seconds: u32,
    /// Running it again after it was cut off does no harm.
    pub idempotent: bool,
    /// The API server can carry it out without persisting.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    /// The image of the Job, by digest.
    pub image: String,
}

/// One command, in parts: `program verb --options --namespace=… -- operands`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CommandStatus {
    /// `kubectl`.
    pub program: String,
    /// Such as `scale`.
    pub verb: Vec<String>,
    /// In the order given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<OptionStatus>,
    /// What stands after `--`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operands: Vec<String>,
    /// Read-only at `/writ/in/NAME`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileStatus>,
}

/// An option; a switch where it has no value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OptionStatus {
    /// Long name without dashes.
    pub name: String,
    /// Its value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// A file a command reads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileStatus {
    /// Its name below `/writ/in`.
    pub name: String,
    /// Its text.
    pub content: String,
}

/// One object the run may write.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WriteStatus {
    /// API group; empty for the core group.
    pub group: String,
    /// API version.
    pub version: String,
    /// Kind.
    pub kind: String,
    /// Plural.
    pub resource: String,
    /// Such as `scale`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subresource: Option<String>,
    /// Absent for kinds of cluster scope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// Its uid; absent where it is created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// `create`, `update` or `delete`.
    pub operation: String,
}

/// One change, as `kubectl describe` can print it. Values are JSON text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChangeStatus {
    /// Such as `Deployment shop/web`.
    pub object: String,
    /// Such as `/spec/replicas`; empty where the whole object is meant.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub field: String,
    /// JSON text; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// JSON text; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// For what is no field: `created`, `deleted`, or words of the plugin.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub effect: String,
}

/// What the policies said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyStatus {
    /// `Allow` or `Deny`: the sum.
    pub decision: String,
    /// One a policy.
    pub results: Vec<PolicyResult>,
    /// `sha256:` of the question, a blob in the ledger.
    pub input_digest: String,
    /// How many may be at work at once: the strictest of what all that allow it say.
    #[serde(default, skip_serializing_if = "Limits::is_empty")]
    pub limits: Limits,
}

/// What one policy said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyResult {
    /// Its name.
    pub policy: String,
    /// `sha256:` of its modules and data.
    pub digest: String,
    /// `Allow`, `Deny`, or the way it failed.
    pub decision: String,
    /// Its own words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<String>,
    /// Who can change it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub owner: String,
    /// Evaluated and recorded, not obeyed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shadow: bool,
}

/// Whoever refused, one object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefusalStatus {
    /// `Schema`, `Plugin`, `Policy`, `Approver`, `Rbac`, `Host` or `Api`.
    pub by: String,
    /// All that is wrong.
    pub violations: Vec<ViolationStatus>,
    /// Who can change this.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub who_can_change_this: String,
    /// What to try instead.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub try_instead: String,
}

/// One thing that is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ViolationStatus {
    /// JSON Pointer into the parameters; empty where it is not about one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub pointer: String,
    /// The rule: a keyword of the schema, a line of a policy, a reason of a plugin.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub rule: String,
    /// In words.
    pub message: String,
}

/// The Job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobStatus {
    /// Where runs live.
    pub namespace: String,
    /// Follows from the execution's uid.
    pub name: String,
    /// Once it is here, the Job is never created again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// The identity of the run.
    pub service_account: String,
    /// Of the command that ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// The tail of what the commands printed, redacted.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub output: String,
    /// There was more; the ledger has it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub output_truncated: bool,
    /// `sha256:` of the whole output, a blob in the ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_digest: Option<String>,
}

/// One of the action's own checks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckStatus {
    /// Its name.
    pub name: String,
    /// `Holds`, `Pending` or `Failed`.
    pub verdict: String,
    /// What it saw.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// One step of the story.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TimelineEntry {
    /// When it was entered, RFC 3339.
    pub at: String,
    /// Phase entered.
    pub phase: Phase,
    /// Why.
    pub reason: Reason,
    /// How long it lasted, for people; absent while it lasts.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub took: String,
}
