//! The turn on a target: who has it, and who waits for it.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The turn on the target: one execution at a time changes an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LockStatus {
    /// `Wanted`, `Queued`, `Held`, `Released`.
    pub state: String,
    /// `seq` of the record that asked for it: a claim that was made for an earlier wish counts for nothing.
    pub seq: i64,
    /// While it is queued, the execution that is served before it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub behind: String,
    /// While it is queued, how many are served before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ahead: Option<i64>,
}
