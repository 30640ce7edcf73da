//! `make bench`, the part without a cluster: what the engines take, measured where the operator calls them.
//! Usage: bench COMPONENT HOSTILE POLICIES DIRECTORY > NUMBERS
//! HOSTILE: the component that breaks every limit. DIRECTORY: where a ledger may be written for the while; its file system counts.
//! `BENCH_CALLS`: calls whose memory is watched.
#![forbid(unsafe_code)]

mod births;
mod calls;
mod ledger;
mod limits;
mod many;
mod world;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::{path::PathBuf, time::Duration};

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let mut next = || arguments.next().context("usage: bench COMPONENT HOSTILE POLICIES DIRECTORY");
    let (component, hostile, policies, directory) = (next()?, next()?, next()?, next()?);
    let (one, mut numbers) = calls::load(&component).await?;
    numbers.extend(one.calls().await?);
    numbers.extend(one.decisions(&policies).await?);
    numbers.extend(many::measure(&one, std::env::var_os("BENCH_CALLS").and_then(|n| n.into_string().ok())).await?);
    numbers.extend(limits::measure(&hostile).await?);
    numbers.extend(births::measure().await?);
    numbers.extend(ledger::measure(&directory).await?);
    println!("{}", serde_json::to_string_pretty(&numbers)?);
    Ok(())
}

/// One number. A goal is always "at most".
fn number(name: impl Into<String>, value: f64, unit: &str, goal: Option<f64>) -> Value {
    json!({"name": name.into(), "value": value, "unit": unit, "goal": goal, "met": goal.map(|g| value <= g)})
}

fn micros(d: Duration) -> f64 {
    d.as_secs_f64() * 1e6
}

fn millis(d: Duration) -> f64 {
    d.as_secs_f64() * 1e3
}

/// The value at or below which this part of all lies: nearest rank.
fn rank(all: &mut [Duration], part: f64) -> Duration {
    all.sort();
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "thousands of calls")]
    let at = (part * all.len() as f64).ceil() as usize;
    all.get(at.saturating_sub(1)).copied().unwrap_or_default()
}
