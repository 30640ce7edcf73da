//! `&Execution -> Row`: the ledger row of the seq that is stored. A function of the object alone, so that whoever writes it
//! (a later pass, another leader, after a week without a database) writes the same bytes.
use crate::{
    canonical,
    execution::Execution,
    model::{Json, Malformed, Uid},
    whole,
};
use crds::{ExecutionSpec, ExecutionStatus, Identity, Phase, Reason};
use serde::{Deserialize, Serialize};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// What stands in a payload.
#[derive(Serialize, Deserialize)]
struct Payload {
    requester: Option<Identity>,
    spec: ExecutionSpec,
    status: ExecutionStatus,
}

/// The row of `exec.seq`. Not in it: what may change while the row waits to be written (`spec.cancel`, which `by` and the message of a
/// cancellation tell of; conditions, which repeat the status).
///
/// # Errors
/// Where the object is no JSON.
pub fn of(exec: &Execution) -> Result<Row, Malformed> {
    let spec = ExecutionSpec { cancel: None, requester: None, ..exec.spec.clone() };
    let status = ExecutionStatus { conditions: vec![], ..exec.status.clone() };
    let payload = canonical::of(&Payload { requester: exec.spec.requester.clone(), spec, status })?;
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

/// Whether a stored row tells of what is stored in the object: byte for byte; or, where another build wrote it, as this one reads both. One that
/// wrote less is believed, for what it left out says nothing; one that wrote more is not.
#[must_use]
pub fn tells_of(row: &Row, exec: &Execution) -> bool {
    of(exec).is_ok_and(|ours| ours == *row || as_read(row).is_some_and(|read| as_read(&ours) == Some(read)))
}

/// As this build would write it; none where it says more.
fn as_read(row: &Row) -> Option<Row> {
    let said = canonical::value(row.payload.as_str()).ok()?;
    let kept = serde_json::to_value(Payload::deserialize(&said).ok()?).ok()?;
    match whole::lost(&said, Some(&kept)) {
        Some(_) => None,
        None => Some(Row { payload: canonical::json(&kept).ok()?, ..row.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{fixtures::*, stored};
    use crds::Cancel;
    use serde_json::{Value, json};

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

    /// With other words in its payload; number, time, phase and reason stay.
    fn reworded(row: &Row, change: impl FnOnce(&mut Value)) -> Row {
        let mut payload = canonical::value(row.payload.as_str()).unwrap();
        change(&mut payload);
        Row { payload: canonical::json(&payload).unwrap(), ..row.clone() }
    }

    #[test]
    fn a_row_with_any_other_word_tells_of_something_else() {
        for (stage, exec) in stored::all() {
            let row = of(&exec).unwrap();
            assert!(tells_of(&row, &exec), "{stage}");
            let others = [
                reworded(&row, |p| p["status"]["message"] = json!("Nothing happened.")),
                reworded(&row, |p| p["status"]["by"] = json!("mallory")),
                reworded(&row, |p| p["spec"]["parameters"] = json!({"replicas": 6})),
                reworded(&row, |p| p["requester"]["username"] = json!("mallory")),
                reworded(&row, |p| *p = json!({})),
                Row { by: "mallory".into(), ..row.clone() },
                Row { namespace: "other".into(), ..row.clone() },
            ];
            for other in others {
                assert!(!tells_of(&other, &exec), "{stage}: {other:?}");
            }
        }
    }

    #[test]
    fn a_row_of_an_older_build_is_believed_and_one_that_says_more_is_not() {
        for (stage, exec) in stored::all() {
            let row = of(&exec).unwrap();
            let less = reworded(&row, |p| drop(p["spec"].as_object_mut().unwrap().remove("dryRun")));
            assert!(less != row && tells_of(&less, &exec), "{stage}");
            for part in ["spec", "status"] {
                let more = reworded(&row, |p| p[part]["stdin"] = json!("x"));
                assert!(!tells_of(&more, &exec), "{stage}");
            }
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
