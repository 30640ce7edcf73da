//! `status.review`: the look afterwards, at what was done without the approvals that policy wants, or wherever a policy wants one.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Somebody is to look at what was done, afterwards.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReviewStatus {
    /// `Due` or `Done`. While it is due, this object is not deleted by `ttlAfterFinished`.
    pub state: String,
    /// Whose review counts: somebody's of one of these groups who may approve, and who did not ask for it himself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// What is reviewed: a review of another hash counts for nothing.
    pub plan_hash: String,
    /// How to say it with kubectl alone.
    pub how: String,
    /// By when, RFC 3339.
    pub due_at: String,
    /// Who did, as the API server authenticated him.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
    /// When the API server stored it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub at: String,
    /// In his words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// Name of the `ExecutionApproval`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub object: String,
}
