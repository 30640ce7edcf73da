//! `&Execution -> Row`: the ledger row of the seq that is stored. A function of the object alone, so that whoever writes it
//! (a later pass, another leader, after a week without a database) writes the same bytes.
use crate::{
    canonical,
    execution::Execution,
    model::{Json, Malformed, Uid},
};
use crds::{ExecutionSpec, ExecutionStatus, Phase, Reason};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Row {
    /// uid of the namespace kube-system.
    pub cluster: Uid,
    /// uid of the execution.
    pub uid: Uid,
    /// Counts from 1.
    pub seq: i64,
    /// When it was decided.
    pub at: jiff::Timestamp,
    /// Who decided.
    pub by: String,
    /// The execution's namespace.
    pub namespace: String,
    /// The execution's name.
    pub name: String,
    /// The action.
    pub action: String,
    /// Phase entered.
    pub phase: Phase,
    /// Why.
    pub reason: Reason,
    /// Requester, spec and status as stored: canonical JSON.
    pub payload: Json,
}

/// The row of `exec.seq`. Not in it: what may change while the row waits to be written (`spec.cancel`, which `by` and the message of a
/// cancellation tell of; conditions, which repeat the status).
///
/// # Errors
/// Where the object is no JSON.
pub fn of(exec: &Execution) -> Result<Row, Malformed> {
    let spec = ExecutionSpec { cancel: None, requester: None, ..exec.spec.clone() };
    let status = ExecutionStatus { conditions: vec![], ..exec.status.clone() };
    let payload = canonical::of(&serde_json::json!({ "requester": exec.spec.requester, "spec": spec, "status": status }))?;
    Ok(Row {
        cluster: exec.cluster.clone(),
        uid: exec.uid.clone(),
        seq: exec.seq,
        at: exec.at,
        by: exec.status.by.clone(),
        namespace: exec.namespace.clone(),
        name: exec.name.clone(),
        action: exec.spec.action.clone(),
        phase: exec.status.phase,
        reason: exec.status.reason,
        payload,
    })
}
