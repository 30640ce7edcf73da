//! What happens every second or so to the operator itself, to its ledger, its clock and its node, and to its Jobs and pods.
use crate::{
    both,
    clock::Clock,
    dice::Dice,
    disk::Disk,
    faults::Faults,
    operators::{Operators, signal},
};
use crds::labels::{LABEL_EXECUTION_UID, NAMESPACE_RUNS};
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api,
    api::{DeleteParams, EvictParams},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::PathBuf, process::Stdio, sync::Arc};
use tests::{Cluster, all, api, create};
use tokio::process::Command;

/// All kinds, as they are counted.
pub(crate) const KINDS: [&str; 12] = [
    "operator killed",
    "operator paused",
    "Job deleted",
    "pod deleted",
    "pod evicted",
    "frozen for a moment",
    "ledger locked by somebody else",
    FULL,
    FORWARD,
    BACK,
    RESTARTED,
    BOTH,
];
pub(crate) const FULL: &str = "ledger's disk full";
pub(crate) const FORWARD: &str = "clock stepped forward";
pub(crate) const BACK: &str = "clock stepped back";
pub(crate) const RESTARTED: &str = "kubelet killed and started again";
pub(crate) const BOTH: &str = "two operators at work at once";

/// One kind.
#[derive(Clone, Copy)]
enum Harm {
    Killed,
    Paused,
    JobDeleted,
    PodDeleted,
    PodEvicted,
    Frozen,
    LedgerLocked,
    DiskFull,
    ClockStepped,
    NodeRestarted,
    TwoAtOnce,
}

/// They come as a shuffled hand of all, and then the next: so that a short run meets each kind, too. How often each:
/// those that keep everything waiting for seconds are seldom, or a run would be waiting.
const HAND: [(Harm, usize); 11] = [
    (Harm::Killed, 7),
    (Harm::Paused, 4),
    (Harm::JobDeleted, 4),
    (Harm::PodDeleted, 2),
    (Harm::PodEvicted, 3),
    (Harm::Frozen, 1),
    (Harm::LedgerLocked, 2),
    (Harm::DiskFull, 1),
    (Harm::ClockStepped, 2),
    (Harm::NodeRestarted, 1),
    (Harm::TwoAtOnce, 1),
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
    /// What cannot happen here, and why.
    pub(crate) fn impossible(&self) -> BTreeMap<&'static str, &'static str> {
        let mut all = BTreeMap::new();
        if !self.disk.can_be_full() {
            all.insert(FULL, "only root may mount a disk for it");
        }
        if self.clock.is_none() {
            all.extend([FORWARD, BACK].map(|step| (step, "there is no C compiler for the library in front of the clock")));
        }
        if self.node.is_none() {
            all.insert(RESTARTED, "the node is another machine");
        }
        all
    }

    pub(crate) async fn until_stopped(self, faults: Arc<Faults>, dice: Dice) {
        // Not those that the harms themselves roll: how often depends on what there is to harm.
        let (order, mut hand) = (dice.fork(1), vec![]);
        loop {
            tokio::time::sleep(dice.millis(300, 2500)).await;
            if faults.stopped() {
                return;
            }
            if hand.is_empty() {
                hand = shuffled(&order);
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
                let name = deleted(&self.cluster, "batch/v1", "Job", &propagated(dice), dice).await?;
                faults.job_deleted(&name);
                Some("Job deleted")
            }
            Harm::PodDeleted => deleted(&self.cluster, "v1", "Pod", &DeleteParams::default(), dice).await.map(|_| "pod deleted"),
            Harm::PodEvicted => {
                let execution = evicted(&self.cluster, dice).await?;
                faults.pod_evicted(&execution);
                Some("pod evicted")
            }
            Harm::Frozen => frozen(&self.cluster, dice).await,
            // On both sides of the time that the operator waits for it.
            Harm::LedgerLocked => self.disk.locked(dice.millis(1000, 9000)).await,
            Harm::DiskFull => self.disk.full(dice.millis(1000, 6000)).await,
            Harm::ClockStepped => self.clock.as_ref()?.stepped(dice).await,
            Harm::NodeRestarted => restarted(self.node.as_ref()?).await,
            Harm::TwoAtOnce => both::at_once(&self.operators, &self.disk, dice).await,
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
    signal(operators.working().await?, "KILL").await?;
    Some("operator killed")
}

/// Nobody takes its place: who is stopped keeps the ledger's lock. It goes on with what it saw before, which is old by then; what it asked was
/// carried out, and the answer waits for it. (Where another one works meanwhile: `both`.)
async fn paused(operators: &Operators, dice: &Dice) -> Option<&'static str> {
    let pid = operators.working().await?;
    signal(pid, "STOP").await?;
    tokio::time::sleep(dice.millis(200, 4000)).await;
    signal(pid, "CONT").await?;
    Some("operator paused")
}

/// What runs on it goes on; nobody tells of it meanwhile.
async fn restarted(node: &PathBuf) -> Option<&'static str> {
    let done = Command::new(node).args(["restart", "kubelet"]).stderr(Stdio::null()).status().await;
    done.is_ok_and(|status| status.success()).then_some(RESTARTED)
}

/// Any one of them, by the administrator. Its name.
async fn deleted(cluster: &Cluster, version: &str, kind: &str, how: &DeleteParams, dice: &Dice) -> Option<String> {
    let (kinds, any) = any(cluster, version, kind, dice).await?;
    let name = any["metadata"]["name"].as_str()?;
    let gone = api(&cluster.admin, &kinds).delete(name, how).await;
    gone.is_ok().then(|| name.to_owned())
}

/// What becomes of the pods of a Job that is deleted: they stay, as the API has it by default; they go after it; they go before it.
fn propagated(dice: &Dice) -> DeleteParams {
    match dice.roll(3) {
        0 => DeleteParams::orphan(),
        1 => DeleteParams::background(),
        _ => DeleteParams::foreground(),
    }
}

/// As a drain of its node would: the pod says that it was disrupted, and an action that may run again does. uid of its execution.
async fn evicted(cluster: &Cluster, dice: &Dice) -> Option<String> {
    let (_, any) = any(cluster, "v1", "Pod", dice).await?;
    let pods: Api<Pod> = Api::namespaced(cluster.admin.clone(), NAMESPACE_RUNS);
    let gone = pods.evict(any["metadata"]["name"].as_str()?, &EvictParams::default()).await;
    gone.ok().and_then(|_| any["metadata"]["labels"][LABEL_EXECUTION_UID].as_str().map(str::to_owned))
}

/// One that is not over and stays; and its kind.
async fn any(cluster: &Cluster, version: &str, kind: &str, dice: &Dice) -> Option<(Value, Value)> {
    let kinds = json!({"apiVersion": version, "kind": kind, "metadata": {"namespace": NAMESPACE_RUNS}});
    let mut there: Vec<Value> = all(&cluster.admin, &kinds, LABEL_EXECUTION_UID).await.ok()?;
    there.retain(|o| o["metadata"].get("deletionTimestamp").is_none() && !is_over(o));
    let any = there.get(usize::try_from(dice.roll(u64::try_from(there.len()).ok()?.max(1))).ok()?)?.clone();
    Some((kinds, any))
}

/// What waits then goes on by itself; what is about to start must not. It ends by itself, too, should this process not live to thaw it.
async fn frozen(cluster: &Cluster, dice: &Dice) -> Option<&'static str> {
    let until = jiff::Timestamp::now().checked_add(jiff::SignedDuration::from_mins(1)).ok()?;
    let freeze = json!({
        "apiVersion": "writ.dev/v1alpha1", "kind": "ExecutionFreeze", "metadata": {"name": "torture"},
        "spec": {"reason": "torture", "until": until.to_string()},
    });
    create(&cluster.admin, &freeze).await.ok()?;
    tokio::time::sleep(dice.millis(500, 3000)).await;
    api(&cluster.admin, &freeze).delete("torture", &DeleteParams::default()).await.ok()?;
    Some("frozen for a moment")
}

fn is_over(object: &Value) -> bool {
    let status = &object["status"];
    matches!(status["phase"].as_str(), Some("Succeeded" | "Failed")) || status.get("completionTime").is_some()
}
