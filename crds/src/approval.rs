//! `ExecutionApproval`: one person's yes or no to one execution and one plan. Whoever says it is stamped by the API server, as a requester
//! is; what was said does not change.
use crate::{
    Identity, ObjectUid, limits,
    schema::{self, ACTION_PATTERN, SHA256_PATTERN},
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A yes or a no to exactly what was planned, or the word that somebody looked at it afterwards. Immutable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, CustomResource)]
#[kube(
    group = "writ.dev",
    version = "v1alpha1",
    kind = "ExecutionApproval",
    plural = "executionapprovals",
    singular = "executionapproval",
    shortname = "kxa",
    category = "writ",
    namespaced,
    doc = "One person's yes or no to one execution and one plan, or his review of it. The condition Counted says whether it counts, and why not.",
    derive = "PartialEq",
    derive = "Default",
    status = "ExecutionApprovalStatus",
    selectable = ".spec.execution.name",
    printcolumn(name = "Execution", type_ = "string", json_path = ".spec.execution.name"),
    printcolumn(name = "Decision", type_ = "string", json_path = ".spec.decision"),
    printcolumn(name = "Approver", type_ = "string", json_path = ".spec.approver.username"),
    printcolumn(name = "Counted", type_ = "string", json_path = ".status.conditions[?(@.type=='Counted')].status"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type=='Counted')].reason"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Comment", type_ = "string", json_path = ".spec.comment", priority = "1")
)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = rules()), transform = stamped)]
pub struct ExecutionApprovalSpec {
    /// The execution, in this object's own namespace. A new one of the same name is another.
    pub execution: ObjectUid,
    /// Its action: the API server asks whether you may approve it (verb `approve` on `actions.writ.dev`).
    #[schemars(length(max = limits::ACTION), regex(pattern = ACTION_PATTERN))]
    pub action: String,
    /// What exactly is approved, or reviewed: `status.approval.planHash` of the execution, or `status.review.planHash`. Where the plan becomes
    /// another, this approves nothing.
    #[schemars(regex(pattern = SHA256_PATTERN))]
    pub plan_hash: String,
    /// `Approve`; `Reject`, which ends the execution; or, once it is over, `Review`.
    pub decision: Decision,
    /// Why; the requester and the ledger see it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = limits::REASON), extend("default" = ""))]
    pub comment: String,
    /// A yes is also one to the way back that was shown with the plan, while that is on offer: an execution that undoes this one needs no
    /// second wait. `false` leaves that out.
    #[serde(default = "yes")]
    #[schemars(extend("default" = true))]
    pub covers_undo: bool,
    /// Who says so. Stamped by the API server; what a client writes here is overwritten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approver: Option<Identity>,
}

const fn yes() -> bool {
    true
}

/// Yes or no, or a look afterwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Decision {
    /// No: the execution ends, whatever others say.
    #[default]
    Reject,
    /// Yes, to exactly this plan.
    Approve,
    /// Afterwards: its giver looked at what was done without the approvals that policy wants (`status.review`).
    Review,
}

/// Whether it counts. Written by the operator only.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ExecutionApprovalStatus {
    /// `Counted`: True, or False and why not.
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
}

/// The one condition of an approval.
pub const COUNTED: &str = "Counted";

/// Whether an approval or a rejection counts, and why not. One word a cause, as `Reason` is for executions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum CountedReason {
    /// It counts.
    Counted,
    /// The admission policies that stamp the approver were made or changed after it, so that he may be forged.
    AdmissionNotInForce,
    /// It names another execution of this name (one that was deleted), or another action than the execution runs.
    WrongExecution,
    /// Its giver may not approve this action here: verb `approve` on `actions.writ.dev`, asked at every look until the Job.
    NotAllowed,
    /// The plan is another by now. Look at it, and approve that.
    WrongPlan,
    /// It was made before this approval was asked for.
    TooEarly,
    /// It came, or the run would start, after the time that the policies give.
    Expired,
    /// The requester does not approve his own execution.
    SelfApproval,
    /// Programs do not approve, unless every policy that wants approvals names them (`require.approver_accounts`).
    ServiceAccount,
    /// A policy wants other groups than those its giver was in.
    NotInGroup,
    /// The same person approved it already.
    SamePersonTwice,
    /// Somebody rejected the execution: that outweighs every approval.
    Rejected,
    /// The execution was over before anybody looked at it.
    AlreadyFinished,
    /// A review, where none is due: nothing was done yet, nobody wants it reviewed, or somebody reviewed it already.
    NothingToReview,
}

/// Optional for who writes one, required in what is stored, as of an execution's requester.
fn stamped(schema: &mut schemars::Schema) {
    schema.insert("required".into(), json!(["execution", "action", "planHash", "decision", "approver"]));
}

fn rules() -> Vec<Value> {
    schema::immutable(
        &["execution", "action", "planHash", "decision", "comment", "coversUndo", "approver"],
        &[],
        "make a new approval",
    )
}
