//! `status.approval`: the wait for people, as they read it.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The approvals that the policies want, and who gave them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalStatus {
    /// `Waiting`, `Approved`, `Rejected`, `Expired`, or `Skipped` (`spec.breakGlass`).
    pub state: String,
    /// Such as `0 of 1`.
    pub count: String,
    /// People who must approve, the requester not among them.
    pub needed: u32,
    /// A different one of them in each of these groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// ServiceAccounts whose approval counts too: every policy that wants approvals names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<String>,
    /// What is approved: an approval for another hash counts for nothing.
    pub plan_hash: String,
    /// How to approve it with kubectl alone.
    pub how: String,
    /// When it was asked for, RFC 3339.
    pub since: String,
    /// It must have started by then, RFC 3339.
    pub expires_at: String,
    /// Those that count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<ApprovalGiven>,
}

/// An approval that counts, or the rejection that ended it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalGiven {
    /// Who, as the API server authenticated him.
    pub by: String,
    /// The groups it counts for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// When the API server stored it.
    pub at: String,
    /// In his words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// Name of the `ExecutionApproval`.
    pub object: String,
    /// Where it was given for another execution, the one that this undoes: that one's name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub covered_by: String,
    /// Until when it covers its undo, RFC 3339.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub covers_until: String,
}
