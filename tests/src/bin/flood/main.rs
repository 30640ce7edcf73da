//! `make flood`: ten thousand executions created at once, good and bad ones, while somebody in another namespace wants something small. Shows
//! that each ends as it should, how long the quiet one waits, what the operator weighs, and what it asks of the API server; then how soon
//! it works again after kill -9 in the middle of it, and how long it is from an execution to its Job with all of them present.
//!
//! All of the flood is `dryRun: Plan`: objects, memory, requests and turns are what is measured, not how fast a node runs pods. It fails where
//! one does not end as it should, where the operator weighs or asks too much, or cannot be weighed, and where the quiet one waits too long.
//! Those of which the time to their Job is measured get one whose pod never runs: the node is cordoned meanwhile, and they are cancelled.
//! Usage: flood OUT    OUT: where the numbers go, as JSON.
//! Reads `FLOOD_EXECUTIONS` (10000) and `FLOOD_JOBS` (500).
#![allow(clippy::disallowed_methods, reason = "a tool of deploy/flood.sh, which speaks to it through the environment")]
#![allow(clippy::indexing_slicing, reason = "what is indexed is JSON: null where there is nothing")]
#![forbid(unsafe_code)]

mod crowd;
mod jobs;
mod quiet;
mod requests;
mod sight;
mod water;
mod weight;

use anyhow::{Context, Result, ensure};
use std::{path::PathBuf, time::Instant};
use tests::{Cluster, Number, Numbers, Operator, machine};

#[tokio::main]
async fn main() -> Result<()> {
    let out = std::env::args_os().nth(1).map(PathBuf::from).context("usage: flood OUT")?;
    let (executions, jobs) = (number("FLOOD_EXECUTIONS", 10_000)?, number("FLOOD_JOBS", 500)?);
    let cluster = Cluster::connect().await?;
    let sights = sight::Sights::follow(&cluster.admin).await;
    let mut numbers = Numbers::default();
    numbers.extend(flood(&cluster, &sights, executions).await?);
    let cordoned = jobs::Cordoned::begin(&cluster).await?;
    numbers.extend(jobs::all(&cluster, &sights, jobs).await?);
    numbers.extend(crowd::all(&cluster, &sights, jobs).await?);
    drop(cordoned);
    println!("{}\n{numbers}", machine::describe());
    numbers.write(&out)?;
    println!("written to {}", out.display());
    Ok(())
}

async fn flood(cluster: &Cluster, sights: &sight::Sights, executions: usize) -> Result<Vec<Number>> {
    let quiet = quiet::Quiet::make(cluster).await?;
    let idle = quiet.idle().await?;
    let mut numbers = idle.numbers("with nothing else to do");
    let weight = weight::Weight::follow(&cluster.admin).await;
    numbers.push(weight.number("before")?);
    let (began, asking) = (Instant::now(), requests::Requests::from_now());
    let water = water::Water::make(cluster, sights, executions).await?;
    let meanwhile = quiet.until(water.over());
    let (poured, waited) = tokio::join!(water.poured(), meanwhile);
    numbers.extend(poured?);
    let waited = waited?;
    numbers.extend(waited.numbers("in the flood"));
    waited.bounded_by(&idle)?;
    numbers.extend(water.ended(began.elapsed()).await?);
    numbers.push(weight.number("at its most in the flood")?);
    numbers.extend(asking.numbers(executions)?);
    Ok(numbers)
}

/// From kill -9 until the next one is ready, in the middle of it.
pub(crate) async fn killed(cluster: &Cluster) -> std::time::Duration {
    let operator = Operator::found(cluster).await;
    let began = Instant::now();
    operator.killed(cluster).await;
    began.elapsed()
}

fn number(name: &str, otherwise: usize) -> Result<usize> {
    let number = match std::env::var(name) {
        Ok(text) => text.parse().with_context(|| format!("{name} is {text:?}, not a number"))?,
        Err(_) => otherwise,
    };
    ensure!(number >= 20, "{name}: at least 20, so that there is one of each kind");
    Ok(number)
}
