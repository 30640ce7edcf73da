//! `status.rollback`: the way back, as it is stored and offered.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The way back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RollbackStatus {
    /// `Planned` (nothing ran yet), `Ready`, `Done` (it was undone), `Unneeded`, `Impossible`, or `-` (of a dry run: it is shown only).
    pub state: String,
    /// The inverse: an action of the same component on the same target.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub action: String,
    /// Canonical JSON text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub parameters: String,
    /// The inverse as a command line.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub command: String,
    /// What stays different all the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loses: Vec<String>,
    /// Why there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub because: String,
    /// When the offer ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// The execution that the host made to undo this one, because it failed (`spec.rollback.onFailure: Automatic`).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub automatic: String,
    /// The execution that undid this one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub undone_by: String,
}
