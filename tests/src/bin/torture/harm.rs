//! What happens every second or so to the operator itself, to its ledger, its clock and its node, and to its Jobs and pods.
use crate::{
    clock::Clock,
    dice::Dice,
    disk::Disk,
    faults::Faults,
    operators::{Operators, signal},
};
use crds::labels::{LABEL_EXECUTION_UID, NAMESPACE_RUNS};
use serde_json::{Value, json};
use std::{path::PathBuf, process::Stdio, sync::Arc};
use tests::{Cluster, all, api};
use tokio::process::Command;

/// One kind.
#[derive(Clone, Copy)]
enum Harm {
    Killed,
    Paused,
    JobDeleted,
    PodDeleted,
    LedgerLocked,
    DiskFull,
    ClockStepped,
    NodeRestarted,
}

/// They come as a shuffled hand of all, and then the next: so that a short run meets each kind, too. How often each:
/// those that keep everything waiting for seconds are seldom, or a run would be waiting.
const HAND: [(Harm, usize); 8] = [
    (Harm::Killed, 7),
    (Harm::Paused, 4),
    (Harm::JobDeleted, 4),
    (Harm::PodDeleted, 3),
    (Harm::LedgerLocked, 2),
    (Harm::DiskFull, 1),
    (Harm::ClockStepped, 2),
    (Harm::NodeRestarted, 1),
];

/// All that can be harmed.
pub(crate) struct Victims {
    pub(crate) cluster: Cluster,
    pub(crate) operators: Operators,
    pub(crate) disk: Arc<Disk>,
    pub(crate) clock: Option<Arc<Clock>>,
    /// What restarts a part of the node; none: it is another machine.
    pub(crate) node: Option<PathBuf>,
}

impl Victims {
    pub(crate) async fn until_stopped(self, faults: Arc<Faults>, dice: Dice) {
        let mut hand = vec![];
        loop {
            tokio::time::sleep(dice.millis(300, 2500)).await;
            if faults.stopped() {
                return;
            }
            if hand.is_empty() {
                hand = shuffled(&dice);
            }
            let Some(harm) = hand.pop() else { return };
            if let Some(what) = self.harmed(harm, &faults, &dice).await {
                faults.count(what);
            }
        }
    }

    async fn harmed(&self, harm: Harm, faults: &Faults, dice: &Dice) -> Option<&'static str> {
        match harm {
            Harm::Killed => killed(&self.operators).await,
            Harm::Paused => paused(&self.operators, dice).await,
            Harm::JobDeleted => {
                let name = deleted(&self.cluster, "batch/v1", "Job", dice).await?;
                faults.job_deleted(&name);
                Some("Job deleted")
            }
            Harm::PodDeleted => deleted(&self.cluster, "v1", "Pod", dice).await.map(|_| "pod deleted"),
            // On both sides of the time that the operator waits for it.
            Harm::LedgerLocked => self.disk.locked(dice.millis(1000, 9000)).await,
            Harm::DiskFull => self.disk.full(dice.millis(1000, 6000)).await,
            Harm::ClockStepped => self.clock.as_ref()?.stepped(dice).await,
            Harm::NodeRestarted => restarted(self.node.as_ref()?).await,
        }
    }
}

fn shuffled(dice: &Dice) -> Vec<Harm> {
    let mut hand: Vec<Harm> = HAND.iter().flat_map(|(harm, times)| std::iter::repeat_n(*harm, *times)).collect();
    for last in (1..hand.len()).rev() {
        let sides = u64::try_from(last).unwrap_or(u64::MAX).saturating_add(1);
        hand.swap(last, usize::try_from(dice.roll(sides)).unwrap_or_default());
    }
    hand
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

/// What runs on it goes on; nobody tells of it meanwhile.
async fn restarted(node: &PathBuf) -> Option<&'static str> {
    let done = Command::new(node).args(["restart", "kubelet"]).stderr(Stdio::null()).status().await;
    done.is_ok_and(|status| status.success()).then_some("kubelet killed and started again")
}

/// Any one of them, by the administrator. Its name.
async fn deleted(cluster: &Cluster, version: &str, kind: &str, dice: &Dice) -> Option<String> {
    let kinds = json!({"apiVersion": version, "kind": kind, "metadata": {"namespace": NAMESPACE_RUNS}});
    let there: Vec<Value> = all(&cluster.admin, &kinds, LABEL_EXECUTION_UID).await.ok()?;
    let stays = |o: &&Value| o["metadata"].get("deletionTimestamp").is_none() && !is_over(o);
    let there: Vec<&Value> = there.iter().filter(stays).collect();
    let any = there.get(usize::try_from(dice.roll(u64::try_from(there.len()).ok()?.max(1))).ok()?)?;
    let name = any["metadata"]["name"].as_str()?;
    let gone = api(&cluster.admin, &kinds).delete(name, &kube::api::DeleteParams::default()).await;
    gone.is_ok().then(|| name.to_owned())
}

fn is_over(object: &Value) -> bool {
    let status = &object["status"];
    matches!(status["phase"].as_str(), Some("Succeeded" | "Failed")) || status.get("completionTime").is_some()
}
