//! What happens to the operator itself, and to its Jobs and pods, every second or so.
use crate::{
    dice::Dice,
    faults::Faults,
    operators::{Operators, signal},
};
use crds::labels::{LABEL_EXECUTION_UID, NAMESPACE_RUNS};
use serde_json::{Value, json};
use std::sync::Arc;
use tests::{Cluster, all, api};

pub(crate) async fn until_stopped(cluster: Cluster, operators: Operators, faults: Arc<Faults>, dice: Dice) {
    while !faults.stopped() {
        tokio::time::sleep(dice.millis(300, 2500)).await;
        let done = match dice.roll(10) {
            0..4 => killed(&operators).await,
            4..6 => paused(&operators, &dice).await,
            6..8 => deleted(&cluster, "batch/v1", "Job", &dice).await,
            _ => deleted(&cluster, "v1", "Pod", &dice).await,
        };
        if let Some(what) = done {
            faults.count(what);
        }
    }
}

async fn killed(operators: &Operators) -> Option<&'static str> {
    signal(operators.working()?, "KILL").await?;
    Some("operator killed")
}

/// Its deeds of before land when others have looked since.
async fn paused(operators: &Operators, dice: &Dice) -> Option<&'static str> {
    let pid = operators.working()?;
    signal(pid, "STOP").await?;
    tokio::time::sleep(dice.millis(200, 4000)).await;
    signal(pid, "CONT").await?;
    Some("operator paused")
}

/// Any one of them, by the administrator.
async fn deleted(cluster: &Cluster, version: &str, kind: &str, dice: &Dice) -> Option<&'static str> {
    let kinds = json!({"apiVersion": version, "kind": kind, "metadata": {"namespace": NAMESPACE_RUNS}});
    let there: Vec<Value> = all(&cluster.admin, &kinds, LABEL_EXECUTION_UID).await.ok()?;
    let stays = |o: &&Value| o["metadata"].get("deletionTimestamp").is_none() && !is_over(o);
    let there: Vec<&Value> = there.iter().filter(stays).collect();
    let any = there.get(usize::try_from(dice.roll(u64::try_from(there.len()).ok()?.max(1))).ok()?)?;
    let name = any["metadata"]["name"].as_str()?;
    let gone = api(&cluster.admin, &kinds).delete(name, &kube::api::DeleteParams::default()).await;
    gone.is_ok().then_some(if kind == "Job" { "Job deleted" } else { "pod deleted" })
}

fn is_over(object: &Value) -> bool {
    let status = &object["status"];
    matches!(status["phase"].as_str(), Some("Succeeded" | "Failed")) || status.get("completionTime").is_some()
}
