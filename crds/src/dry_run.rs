//! What a dry run on the server leaves in a status: how it was asked, and what would change.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The dry run on the server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DryRunStatus {
    /// Where its Job runs.
    pub namespace: String,
    /// The Job; its name follows from the execution's uid.
    pub job: String,
    /// Its identity, which can persist nothing.
    pub service_account: String,
    /// When the API server's answer was read; absent until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<String>,
    /// What each command comes to, as a JSON Patch (RFC 6902): digests of blobs in the ledger (`writ audit blob DIGEST`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub patches: Vec<String>,
    /// What the API server warned of, and where the plan and the answer do not agree.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// One field of the target that would be different. Values are JSON text; those of a Secret are digests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DiffStatus {
    /// Of which object, such as `NetworkPolicy shop/quarantine-web`; absent where it is the target.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub object: String,
    /// JSON Pointer, such as `/spec/replicas`; empty for the object itself, which comes to be or goes.
    pub pointer: String,
    /// Before; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// After; absent where it would be removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Whether the plan says so too. `false`: the plugin did not announce it.
    pub announced: bool,
}
