//! What is asked for: changes of some Deployments by several at once, some of them cancelled, deleted, or not allowed, some of them undone;
//! plans of two writes, one of which makes something; and what two people are asked about. Owns that each is followed to its end, and that
//! the nth is the same for a seed, whichever of the targets is free for it.
use crate::{
    dice::Dice,
    votes::{self, Said, Voters},
};
use anyhow::Result;
use serde_json::{Value, json};
use std::{
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tests::{Cluster, Run, Scratch, Workload, api, create, image};

/// Deployments, each in a namespace of its own.
const TARGETS: usize = 6;
/// Requests at once for each: one has to wait for the other.
const AT_ONCE: usize = 2;
/// The longest way with faults: a start grace of two minutes, and as much again.
const PATIENCE: Duration = Duration::from_secs(300);
/// Twelve are followed at once; each look costs the API server some milliseconds that the load could have.
const LOOK: Duration = Duration::from_secs(1);

/// After its end an execution goes. So whoever starts has as much to read after an hour as after a minute, and that it goes is put to the test, too.
pub(crate) const TTL: Duration = Duration::from_secs(30);

/// One that was asked for.
pub(crate) struct Asked {
    pub(crate) uid: String,
    pub(crate) namespace: String,
    /// Of one whole run of it.
    pub(crate) writes: usize,
    /// Its action says that a run that was disrupted may be made again.
    pub(crate) idempotent: bool,
    /// What people said of it; none: nobody was asked.
    pub(crate) said: Option<Said>,
    /// As it was at its end; none: deleted.
    pub(crate) end: Option<Value>,
    /// It was still not over, or not gone.
    pub(crate) stuck: bool,
}

/// All of them, and where they are.
pub(crate) async fn all(cluster: &Cluster, voters: &Voters, executions: u64, dice: &Dice) -> Result<(Vec<Asked>, Vec<Scratch>)> {
    let mut spaces = Vec::new();
    for _ in 0..TARGETS {
        let space = cluster.scratch("torture").await?;
        Workload::deployment(cluster, &space.name, 1).await;
        spaces.push(space);
    }
    let (next, asked, began) = (AtomicU64::new(0), Mutex::new(Vec::new()), Instant::now());
    let workers = spaces.iter().flat_map(|space| [space.name.as_str(); AT_ONCE]).map(|namespace| {
        let (next, asked) = (&next, &asked);
        async move {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= executions {
                    return;
                }
                let some = some(cluster, voters, namespace, n, &dice.fork(n + 1)).await;
                if let Ok(mut asked) = asked.lock() {
                    asked.extend(some);
                    if n % 50 == 49 {
                        println!("{} of {executions} after {} s", asked.len(), began.elapsed().as_secs());
                    }
                }
            }
        }
    });
    futures::future::join_all(workers).await;
    Ok((asked.into_inner().unwrap_or_default(), spaces))
}

/// One, and its undo where it gets one.
async fn some(cluster: &Cluster, voters: &Voters, namespace: &str, n: u64, dice: &Dice) -> Vec<Asked> {
    let (kind, wait) = (dice.roll(20), dice.millis(0, 2500));
    if kind == 10 {
        return quarantined(cluster, namespace, n).await.into_iter().collect();
    }
    let run = request(cluster, namespace, spec(kind, n)).await;
    if VOTED.contains(&kind) {
        return vec![voted(&run, voters, dice).await];
    }
    match kind {
        0 => {
            tokio::time::sleep(wait).await;
            // It may be over by now.
            drop(run.cancel(&cluster.admin, "the torture").await);
        }
        1 => {
            tokio::time::sleep(wait).await;
            drop(run.delete().await);
        }
        _ => {}
    }
    let first = asked(&run, 1, RESTARTS.contains(&kind)).await;
    let undo =
        first.end.as_ref().filter(|kx| kind == 8 && kx["status"]["rollback"]["state"] == "Ready").and_then(|kx| undo(&run, kx));
    let mut all = vec![first];
    if let Some(undo) = undo {
        all.push(asked(&request(cluster, namespace, undo).await, 1, false).await);
    }
    all
}

async fn request(cluster: &Cluster, namespace: &str, mut spec: Value) -> Run {
    spec["ttlAfterFinished"] = json!(format!("{}s", TTL.as_secs()));
    cluster.run(namespace, spec).await
}

/// Kinds that restart: as often as it is done, the pods are new.
const RESTARTS: std::ops::Range<u64> = 3..6;

/// Kinds that two people are asked about.
const VOTED: [u64; 2] = [9, 11];

fn spec(kind: u64, n: u64) -> Value {
    let target = json!({"name": "web", "kind": "Deployment"});
    let scale = |replicas: u64| json!({"action": "scale_deployment", "target": target, "parameters": {"replicas": replicas}, "reason": "torture"});
    match kind {
        2 => scale(99),
        restart if RESTARTS.contains(&restart) => json!({"action": "rollout_restart", "target": target, "reason": "torture"}),
        6..8 => {
            let mut dry = scale(2);
            dry["dryRun"] = json!("Server");
            dry
        }
        voted if VOTED.contains(&voted) => {
            let mut alike = scale(1 + n / 3 % 4);
            alike["reason"] = json!(votes::REASON);
            alike
        }
        // Another number than the last few, so that there is something to change.
        _ => scale(1 + n / 3 % 4),
    }
}

/// The stored inverse, as `writ undo` asks for it. The target may have moved on: then it is refused.
fn undo(run: &Run, kx: &Value) -> Option<Value> {
    let rollback = &kx["status"]["rollback"];
    let parameters: Value = serde_json::from_str(rollback["parameters"].as_str()?).ok()?;
    Some(json!({
        "action": rollback["action"], "target": {"name": "web", "kind": "Deployment"}, "parameters": parameters, "reason": "torture",
        "rollbackOf": {"name": run.name, "uid": run.uid},
    }))
}

/// Of a pod of its own: a label on it, and a policy that is made. None: there was no such pod.
async fn quarantined(cluster: &Cluster, namespace: &str, n: u64) -> Option<Asked> {
    let name = format!("suspect-{n}");
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace},
        "spec": {"terminationGracePeriodSeconds": 0, "containers": [{"name": "c", "image": image()}]},
    });
    create(&cluster.admin, &pod).await.ok()?;
    let spec = json!({"action": "quarantine_pod", "target": {"name": name}, "reason": "torture"});
    let asked = asked(&request(cluster, namespace, spec).await, 2, false).await;
    // A node has room for so many.
    drop(api(&cluster.admin, &pod).delete(&name, &kube::api::DeleteParams::default()).await);
    Some(asked)
}

async fn voted(run: &Run, voters: &Voters, dice: &Dice) -> Asked {
    let said = Said::rolled(dice);
    let (asked, ()) = tokio::join!(asked(run, 1, false), voters.say(run, said, dice));
    Asked { said: Some(said), ..asked }
}

async fn asked(run: &Run, writes: usize, idempotent: bool) -> Asked {
    let (end, stuck) = followed(run).await;
    Asked { uid: run.uid.clone(), namespace: run.namespace.clone(), writes, idempotent, said: None, end, stuck }
}

/// To its end, or to the end of patience.
async fn followed(run: &Run) -> (Option<Value>, bool) {
    let began = Instant::now();
    loop {
        let now = run.now().await;
        match &now {
            None => return (None, false),
            Some(kx) if Run::is_done(kx) => return (now, false),
            Some(_) if began.elapsed() > PATIENCE => return (now, true),
            Some(_) => tokio::time::sleep(LOOK).await,
        }
    }
}
