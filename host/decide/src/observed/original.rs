//! What an undo undoes, as it is stored now.
use crds::{ExecutionStatus, KubernetesExecution, ObjectUid};
use serde::{Deserialize, Serialize};

/// The execution that `spec.rollbackOf` names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum OriginalSeen {
    /// There is none of this name and uid.
    Missing,
    /// What is stored of it.
    Found(Box<ExecutionStatus>),
}

impl OriginalSeen {
    /// From what has this name.
    #[must_use]
    pub fn of(found: Option<&KubernetesExecution>, wanted: &ObjectUid) -> Self {
        match found {
            Some(kx) if kx.metadata.uid.as_deref() == Some(&wanted.uid) => {
                Self::Found(Box::new(kx.status.clone().unwrap_or_default()))
            }
            _ => Self::Missing,
        }
    }
}
