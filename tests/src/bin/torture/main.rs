//! `make torture`: many executions on the real cluster while everything around the operator fails, and a count afterwards by those who only
//! watched: the API server's audit log, the ledger, the objects that are left. It fails where anything was done twice, lost, or left behind.
//!
//! The operator runs as a process of this machine; between it and the API server stands a proxy that delays, drops, and refuses requests, also
//! after they were carried out. A second operator waits beside the first for the ledger, and takes over whenever that one is killed, or, without
//! the lock between them, works beside it for some seconds. The ledger is locked by somebody else, its disk is full, the operators' clock steps,
//! the node's kubelet is killed, Jobs and pods of runs are deleted, pods evicted.
//! Usage: torture OUT IMAGE [NODE]    OUT: where the counts go, as JSON. IMAGE: of the runs, by digest. NODE: `NODE restart kubelet` does
//! that; without it the node is left alone.
//! Reads `TORTURE_EXECUTIONS` (2000) and `TORTURE_SEED` (another each time; printed): the same seed asks for the same and harms in the same
//! order; what becomes of a request goes by when it arrives.
#![allow(clippy::disallowed_methods, reason = "a tool of deploy/torture.sh, which speaks to it through the environment")]
#![allow(clippy::indexing_slicing, reason = "what is indexed is JSON: null where there is nothing")]
#![forbid(unsafe_code)]

mod both;
mod clock;
mod dice;
mod disk;
mod faults;
mod harm;
mod load;
mod operators;
mod proxy;
mod verdict;
mod votes;

use anyhow::{Context, Result, ensure};
use dice::Dice;
use faults::Faults;
use std::{path::PathBuf, sync::Arc, time::Instant};
use tests::{Cluster, Component, Operator};

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let usage = "usage: torture OUT IMAGE [NODE]";
    let out = PathBuf::from(arguments.next().context(usage)?);
    let image = arguments.next().and_then(|image| image.into_string().ok()).context(usage)?;
    let node = arguments.next().map(PathBuf::from);
    let executions = number("TORTURE_EXECUTIONS", 2000)?;
    let seed = number("TORTURE_SEED", u64::from(std::process::id()) ^ 0x5eed_f00d)?;
    println!("{executions} executions, seed {seed} (again: TORTURE_SEED={seed})");

    let cluster = Cluster::connect().await?;
    let (began, since) = (Instant::now(), jiff::Timestamp::now());
    let dice = Dice::new(seed);
    let _away = Operator::changed(&cluster, 0, &[]).await;
    let faults = Arc::new(Faults::new(dice.fork(1)));
    let port = proxy::serve(cluster.admin.clone(), faults.clone()).await?;
    let folder = tempfile::tempdir()?;
    let disk = Arc::new(disk::Disk::make(folder.path(), executions)?);
    let clock = clock::Clock::make(folder.path()).await?.map(Arc::new);
    let operators = operators::Operators::start(folder.path(), disk.ledger(), clock.clone(), port, &image).await?;
    let _pods = Component::install(&cluster, "pods", &Component::guest("pods")).await.standing();
    let voters = votes::Voters::called(&cluster).await?;
    let victims = harm::Victims { cluster: cluster.clone(), operators: operators.clone(), disk: disk.clone(), clock, node };
    let impossible = victims.impossible();
    let harm = tokio::spawn(victims.until_stopped(faults.clone(), dice.fork(2)));
    let (asked, spaces) = load::all(&cluster, &voters, executions, &dice.fork(3)).await?;
    // What is left is to end in peace: nothing that is stuck then ends by a later fault.
    faults.stop();
    harm.await.context("the harm panicked")?;
    operators.renewed().await;
    let verdict =
        verdict::of(&cluster, &operators, &asked, &verdict::Torture { seed, began: since, faults: &faults, impossible }).await;
    operators.stop().await;
    drop((spaces, disk));

    let verdict = verdict?;
    println!("{verdict:#}");
    std::fs::write(&out, format!("{verdict:#}\n")).with_context(|| format!("failed to write {}", out.display()))?;
    println!("{} s; written to {}", began.elapsed().as_secs(), out.display());
    let wrong = verdict::wrong(&verdict);
    ensure!(wrong.is_empty(), "not 0: {}; the operators' log: {}", wrong.join(", "), operators.kept(&out)?.display());
    Ok(())
}

fn number(name: &str, otherwise: u64) -> Result<u64> {
    match std::env::var(name) {
        Ok(text) => text.parse().with_context(|| format!("{name} is {text:?}, not a number")),
        Err(_) => Ok(otherwise),
    }
}
