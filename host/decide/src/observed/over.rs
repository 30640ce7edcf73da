//! What is left of an execution that is over, and what became of its automatic undo.
use super::{Approval, Grants, GuardsSeen};
use crate::{
    execution::Execution,
    model::{JobName, Uid},
};
use crds::KubernetesExecution;
use serde::{Deserialize, Serialize};

/// For everything that is over: what of ours is still in the cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Over {
    /// The identity: whatever is left under this execution's uid, also of an earlier plan with another target.
    pub grants: Grants,
    /// The Job.
    pub job: Option<LeftJob>,
    /// Pods of this execution's uid that carry our finalizer, also where the Job is gone.
    pub held_pods: Vec<String>,
    /// Claims of this execution on targets: name and resourceVersion of each.
    pub claims: Vec<(String, String)>,
    /// Stamps and records: whether a review is believed.
    pub guards: GuardsSeen,
    /// Approvals that name this execution, where it waited for any, or a review of it is due: those that came too late are told so. Rights are
    /// asked only while a review is due.
    pub approvals: Vec<Approval>,
    /// Name of an execution that undid this one.
    pub undone_by: Option<String>,
    /// The execution that was to be made to undo this one. Asked only while it is to be made, or the target is kept for it.
    pub undo: Option<UndoSeen>,
}

impl Over {
    /// Of an execution that never came so far that anything was made for it.
    #[must_use]
    pub const fn nothing(guards: GuardsSeen, undone_by: Option<String>) -> Self {
        Self {
            grants: Grants::None,
            job: None,
            held_pods: Vec::new(),
            claims: Vec::new(),
            guards,
            approvals: Vec::new(),
            undone_by,
            undo: None,
        }
    }
}

/// What has the name of an automatic undo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UndoSeen {
    /// Nothing.
    Absent,
    /// An execution that undoes this one.
    Ours,
    /// The same, and it is over.
    Ended,
    /// Another.
    Foreign,
}

impl UndoSeen {
    /// From what is there under its name.
    #[must_use]
    pub fn of(exec: &Execution, found: Option<&KubernetesExecution>) -> Self {
        match found.map(|kx| kx.spec.rollback_of.as_ref()) {
            None => Self::Absent,
            Some(of) if of.is_none_or(|of| of.uid != exec.uid.as_str()) => Self::Foreign,
            Some(_) if found.is_some_and(|kx| kx.status.as_ref().is_some_and(|s| s.phase.is_over())) => Self::Ended,
            Some(_) => Self::Ours,
        }
    }
}

/// A Job of ours that is still there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftJob {
    /// Its name.
    pub name: JobName,
    /// Its uid.
    pub uid: Uid,
    /// A container of it runs or may still start: a pod of it has not ended, or it has none and is not finished. (Where its pod has
    /// ended, it does not run, though the Job controller may be seconds behind.)
    pub running: bool,
    /// It is being deleted.
    pub stopping: bool,
    /// It has a TTL.
    pub expires: bool,
}
