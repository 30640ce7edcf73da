//! The stored inverse of an execution as a request of its own, word for word. Owns no judgement: whether it may be done is `phase::undoing`'s.
use crds::{ExecutionSpec, ExecutionStatus, ObjectUid, Target};

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum NoUndo {
    /// Nothing was changed, or there is no way back.
    #[error("it has no stored inverse")]
    None,
    /// Not written by this host.
    #[error("failed to understand the stored inverse")]
    Malformed(#[source] serde_json::Error),
}

/// To undo the execution of this name, uid and status.
///
/// # Errors
/// Where it has stored none.
pub fn request(name: &str, uid: &str, status: &ExecutionStatus) -> Result<ExecutionSpec, NoUndo> {
    let inverse = status.rollback.as_ref().filter(|r| !r.action.is_empty()).ok_or(NoUndo::None)?;
    Ok(ExecutionSpec {
        action: inverse.action.clone(),
        parameters: serde_json::from_str(&inverse.parameters).map_err(NoUndo::Malformed)?,
        target: status.target.as_ref().map(|t| Target { name: t.name.clone(), kind: Some(t.kind.clone()) }),
        rollback_of: Some(ObjectUid { name: name.to_owned(), uid: uid.to_owned() }),
        ..ExecutionSpec::default()
    })
}
