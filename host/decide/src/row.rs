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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{fixtures::*, stored};
    use crds::Cancel;

    #[test]
    fn whoever_writes_a_row_writes_the_same_bytes() {
        for (stage, exec) in stored::all() {
            let row = of(&exec).unwrap();
            assert_eq!((row.seq, row.phase, row.at), (exec.seq, exec.phase(), exec.at), "{stage}");
            let mut later = exec.clone();
            later.resource_version = "999".into();
            later.deleting = true;
            later.status.conditions.clear();
            later.spec.cancel = Some(Cancel { requested: true, ..Cancel::default() });
            assert_eq!(of(&later).unwrap(), row, "{stage}");
        }
    }

    #[test]
    fn a_row_holds_who_asked_what_was_asked_and_what_was_recorded() {
        let exec = stored::all().remove(3).1;
        let payload: serde_json::Value = serde_json::from_str(of(&exec).unwrap().payload.as_str()).unwrap();
        assert_eq!(payload["requester"]["username"], "maria@example.com");
        assert_eq!(payload["spec"]["parameters"]["replicas"], 5);
        assert_eq!(payload["status"]["plan"]["hash"], planned().hash.as_str());
        assert!(payload["status"].get("conditions").is_none() && payload["spec"].get("requester").is_none());
    }
}
