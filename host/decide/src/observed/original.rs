//! What an undo undoes, as it is stored now.
use crds::{ExecutionStatus, KubernetesExecution, ObjectUid};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The execution that `spec.rollbackOf` names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum OriginalSeen {
    /// There is none of this name and uid.
    Missing,
    /// What is stored of it, and who wrote last what the undo would write.
    Found(Box<ExecutionStatus>, Vec<Writer>),
}

/// Who wrote a field of an object, as the API server knows it. Times move: none of this is hashed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writer {
    /// Of which, as it is shown: `Deployment shop/web`.
    pub object: String,
    /// JSON Pointer; empty where the object goes as a whole.
    pub field: String,
    /// What the client calls itself.
    pub manager: String,
    /// Such as `scale`; empty for the object itself.
    pub subresource: String,
    /// Its last write of this field, or of another that it has written in the same way, to the second. Of writes through `scale` the
    /// API server keeps no time.
    pub at: Option<Timestamp>,
}

impl OriginalSeen {
    /// From what has this name.
    #[must_use]
    pub fn of(found: Option<&KubernetesExecution>, wanted: &ObjectUid, writers: Vec<Writer>) -> Self {
        match found {
            Some(kx) if kx.metadata.uid.as_deref() == Some(&wanted.uid) => {
                Self::Found(Box::new(kx.status.clone().unwrap_or_default()), writers)
            }
            _ => Self::Missing,
        }
    }
}
