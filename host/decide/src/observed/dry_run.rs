//! What a pass may look at while the API server is asked what would come of a run.
use super::{Grants, GuardsSeen, Judgement, OriginalSeen, PodSeen};
use crate::model::{Digest, Object, ObjectRef, Uid};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// For `DryRunning`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DryRunning {
    /// Stamps and records, and the guard itself as an object.
    pub guards: GuardsSeen,
    /// Whether the guard refuses what it must. Asked only where a Job could be made on the strength of it.
    pub proof: Option<DryGuard>,
    /// The identity of the dry run.
    pub grants: Grants,
    /// Its Job.
    pub job: DryJob,
    /// The chain again, with what would change. Asked when that is known and nothing of the dry run is left.
    pub judged: Option<Judgement>,
    /// What this one is to undo. Asked with the chain.
    pub original: Option<OriginalSeen>,
}

/// Whether a write of ours that only the guard of dry runs refuses was refused by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DryGuard {
    /// It was.
    InForce {
        /// When the guard came to be as it is.
        since: Timestamp,
    },
    /// It was not.
    Open {
        /// What happened instead.
        why: String,
    },
}

/// The Job of a dry run. One that is lost is made again: it changes nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum DryJob {
    /// There is none.
    Absent,
    /// Ours, for a plan that was given up since.
    Stale {
        /// Its uid.
        uid: Uid,
        /// It is being deleted.
        stopping: bool,
    },
    /// Not ours.
    Foreign {
        /// Its uid.
        uid: Uid,
    },
    /// Ours, for this plan.
    Ours {
        /// Its uid.
        uid: Uid,
        /// It is being deleted.
        stopping: bool,
        /// What became of its pod.
        pod: PodSeen,
        /// What its commands answered. Read once the last of them exited 0.
        answer: Option<Answer>,
    },
}

impl DryJob {
    /// Nothing of ours that could still start anything.
    #[must_use]
    pub const fn gone(&self) -> bool {
        match self {
            Self::Absent | Self::Foreign { .. } => true,
            Self::Stale { stopping, .. } | Self::Ours { stopping, .. } => *stopping,
        }
    }
}

/// What the commands of a dry run answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// Objects, as they would be; each in the order in which it was printed.
    Objects {
        /// Of those that the plan writes, what is there now.
        before: Vec<Object>,
        /// As they would be.
        after: Vec<After>,
        /// Digests of what each comes to (`diff::patch`), in the same order; kept in the ledger before they are named here.
        patches: Vec<Digest>,
        /// What the API server warned of.
        warnings: Vec<String>,
    },
    /// Something else.
    Unreadable {
        /// What.
        why: String,
    },
    /// More than is looked at.
    TooLarge,
}

/// One object, as one command would leave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum After {
    /// So.
    Is(Box<Object>),
    /// It would be gone.
    Gone(ObjectRef),
}

impl After {
    /// Which.
    #[must_use]
    pub fn id(&self) -> &ObjectRef {
        match self {
            Self::Is(object) => &object.id,
            Self::Gone(id) => id,
        }
    }
}
