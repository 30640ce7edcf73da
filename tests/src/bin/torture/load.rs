//! What is asked for: changes of some Deployments by several at once, some of them cancelled, deleted, or not allowed. Owns that each is
//! followed to its end.
use crate::dice::Dice;
use anyhow::Result;
use serde_json::{Value, json};
use std::{
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tests::{Cluster, Run, Scratch, Workload};

/// Deployments, each in a namespace of its own.
const TARGETS: usize = 6;
/// Requests at once for each: one has to wait for the other.
const AT_ONCE: usize = 2;
/// The longest way with faults: a start grace of two minutes, and as much again.
const PATIENCE: Duration = Duration::from_secs(300);
const LOOK: Duration = Duration::from_millis(150);

/// One that was asked for.
pub(crate) struct Asked {
    pub(crate) uid: String,
    pub(crate) namespace: String,
    /// uid of its Deployment.
    pub(crate) target: String,
    /// As it was at its end; none: deleted.
    pub(crate) end: Option<Value>,
    /// It was still not over, or not gone.
    pub(crate) stuck: bool,
}

/// All of them, and where they are.
pub(crate) async fn all(cluster: &Cluster, executions: u64, dice: &Dice) -> Result<(Vec<Asked>, Vec<Scratch>)> {
    let mut spaces = Vec::new();
    let mut targets = Vec::new();
    for _ in 0..TARGETS {
        let space = cluster.scratch("torture").await?;
        let web = Workload::deployment(cluster, &space.name, 1).await;
        targets.push((space.name.clone(), web.now().await["metadata"]["uid"].as_str().unwrap_or_default().to_owned()));
        spaces.push(space);
    }
    let (next, asked, began) = (AtomicU64::new(0), Mutex::new(Vec::new()), Instant::now());
    let workers = targets.iter().flat_map(|target| [target; AT_ONCE]).map(|(namespace, target)| {
        let (next, asked) = (&next, &asked);
        async move {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= executions {
                    return;
                }
                let one = one(cluster, namespace, target, n, dice).await;
                if let Ok(mut asked) = asked.lock() {
                    asked.push(one);
                    if asked.len() % 50 == 0 {
                        println!("{} of {executions} after {} s", asked.len(), began.elapsed().as_secs());
                    }
                }
            }
        }
    });
    futures::future::join_all(workers).await;
    Ok((asked.into_inner().unwrap_or_default(), spaces))
}

async fn one(cluster: &Cluster, namespace: &str, target: &str, n: u64, dice: &Dice) -> Asked {
    let (kind, wait) = (dice.roll(20), dice.millis(0, 2500));
    let run = cluster.run(namespace, spec(kind, n)).await;
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
    let (end, stuck) = followed(&run).await;
    Asked { uid: run.uid, namespace: namespace.to_owned(), target: target.to_owned(), end, stuck }
}

fn spec(kind: u64, n: u64) -> Value {
    let target = json!({"name": "web", "kind": "Deployment"});
    let scale = |replicas: u64| json!({"action": "scale_deployment", "target": target, "parameters": {"replicas": replicas}, "reason": "torture"});
    match kind {
        2 => scale(99),
        3..6 => json!({"action": "rollout_restart", "target": target, "reason": "torture"}),
        6..8 => {
            let mut dry = scale(2);
            dry["dryRun"] = json!("Server");
            dry
        }
        // Another number than the last few, so that there is something to change.
        _ => scale(1 + n / 3 % 4),
    }
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
