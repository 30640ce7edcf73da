//! `make bench`, the part that needs a cluster: how long Writ takes beside a bare Job of the same command, in the same run, and what its
//! operator weighs. Numbers are printed and written down; none of them fails anything.
//! Usage: bench OUT [ENGINE]    OUT: where all numbers go, as JSON. ENGINE: numbers measured before, which are put in front.
//! Reads `BENCH_ROUNDS` (20), `BENCH_BURSTS` (3), `BENCH_APPROVALS` (20), `BENCH_IMAGE` (something that runs for ever), `PROFILE` (what was
//! built, for the record).
#![allow(clippy::disallowed_methods, reason = "a tool of deploy/bench.sh, which speaks to it through the environment")]
#![allow(clippy::indexing_slicing, reason = "what is indexed is JSON: null where there is nothing")]
#![forbid(unsafe_code)]

mod admission;
mod bare;
mod measure;
mod ours;
mod sight;
mod stage;
mod ways;

use anyhow::{Context, Result};
use std::path::PathBuf;
use tests::{Cluster, Numbers, machine};

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let out = arguments.next().context("usage: bench OUT [ENGINE]")?;
    let mut numbers = match arguments.next() {
        Some(engine) => Numbers::read(&engine)?,
        None => Numbers::default(),
    };
    let how = how()?;
    numbers.extend(measure::all(&Cluster::connect().await?, &how).await?);
    let cluster = Cluster::connect().await?;
    numbers.extend(ways::all(&cluster, &how).await?);
    numbers.extend(admission::all(&cluster).await?);
    println!("{}\n{numbers}", machine::describe());
    numbers.write(&out)?;
    println!("written to {}", out.display());
    Ok(())
}

/// How often.
pub(crate) struct How {
    /// One at a time.
    pub(crate) rounds: usize,
    /// Twenty at once.
    pub(crate) bursts: usize,
    /// From an approval to its Job.
    pub(crate) approvals: usize,
    /// Image of the pods that are scaled.
    pub(crate) image: String,
}

fn how() -> Result<How> {
    let count = |name: &str, otherwise: usize| match std::env::var(name) {
        Ok(text) => text.parse().with_context(|| format!("{name} is {text:?}, not a number")),
        Err(_) => Ok(otherwise),
    };
    Ok(How {
        // Enough for a median; the p99 of so few is their largest, and is called so.
        rounds: count("BENCH_ROUNDS", 20)?.max(1),
        bursts: count("BENCH_BURSTS", 3)?.max(1),
        approvals: count("BENCH_APPROVALS", 20)?.max(1),
        image: std::env::var("BENCH_IMAGE").context("BENCH_IMAGE is not set: an image that runs for ever, such as pause")?,
    })
}
