//! `&Execution -> Row`: the ledger row of the seq that is stored. A function of the object alone, so that whoever writes it
//! (a later pass, another leader, after a week without a database) writes the same bytes.
use crate::{
    execution::Execution,
    model::{Json, Uid},
};
use crds::{Phase, Reason};

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

/// The row of `exec.seq`.
pub fn of(exec: &Execution) -> Result<Row, crate::model::Malformed> {
    let _ = exec;
    Err(crate::model::Malformed { what: "Row", is: String::new() })
}
