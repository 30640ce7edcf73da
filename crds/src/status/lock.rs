//! The turn on a target: who has it, and who waits for it; and how many may have one at once.
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
    /// While it is queued, the execution that is served before it. Beyond ten, the one that was when this was recorded.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub behind: String,
    /// While it is queued, how many are served before it: up to nine exactly, then about so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ahead: Option<i64>,
    /// While it is queued for the sake of a limit, which; else for its target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<LimitOf>,
}

/// Of what a policy allows only so many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum LimitOf {
    /// Of what is on one node: the node contains its pods.
    Node,
    /// Of executions in one namespace.
    Namespace,
    /// Of one action, in all namespaces.
    Action,
    /// Of one requester, in all namespaces.
    Requester,
}

/// How many may be at work at once, the one in question included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// In its namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<u32>,
    /// Of its action, in all namespaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<u32>,
    /// Of its requester, in all namespaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requester: Option<u32>,
}

impl Limits {
    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.namespace.is_none() && self.action.is_none() && self.requester.is_none()
    }
}
