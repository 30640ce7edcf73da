//! What is looked at while approvals are waited for: who approved, what, and whether he still may.
use super::{Grants, GuardsSeen, Judgement, OriginalSeen};
use crds::{CountedReason, Decision, Identity};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// For `AwaitingApproval`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AwaitingApproval {
    /// Stamps and records.
    pub guards: GuardsSeen,
    /// The whole chain again, with the component that planned it: drift is seen early, and policy may ask for something else by now.
    pub judged: Judgement,
    /// All that name this execution. Read live.
    pub approvals: Vec<Approval>,
    /// All that name the one that this one undoes, with the rights of their givers on *this* action. Read live.
    pub covering: Vec<Approval>,
    /// What this one undoes. Asked only where it says that it does.
    pub original: Option<OriginalSeen>,
    /// What an earlier yes was granted. Asked only where that yes was taken back.
    pub left: Option<Grants>,
}

/// An `ExecutionApproval` that names this execution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
    /// When the API server stored it: whole seconds.
    pub created: Timestamp,
    /// uid of the execution that is meant.
    pub execution: String,
    /// Its action.
    pub action: String,
    /// Hash of what is approved.
    pub hash: String,
    /// Yes or no.
    pub decision: Decision,
    /// In its giver's words.
    pub comment: String,
    /// It is meant for the way back too.
    pub covers_undo: bool,
    /// Its giver, as the API server authenticated him.
    pub by: Identity,
    /// A SubjectAccessReview says that he may approve this action here, now.
    pub may: bool,
    /// What its condition says so far.
    pub told: Option<Told>,
}

/// What is said of an approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Whether it counts.
    pub reason: CountedReason,
    /// In words.
    pub message: String,
}
