//! Very many calls, each in a fresh instance with every limit on: how many a second, and what stays of them in memory.
use super::{calls::Subject, number};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::time::Instant;

/// `BENCH_CALLS`; a million takes minutes, and is what the README shows.
const CALLS: usize = 50_000;
/// The first ones fill pages and pools that a running operator has long since filled.
const WARM_UP: usize = 5_000;
/// How often memory is looked at.
const LOOKS: usize = 10;

/// Calls a second and memory.
pub async fn measure(one: &Subject, calls: Option<String>) -> Result<Vec<Value>> {
    let calls = calls.map_or(Ok(CALLS), |text| text.parse().context("BENCH_CALLS is no number"))?;
    ensure!(calls >= LOOKS, "BENCH_CALLS: at least {LOOKS}");
    together(one, WARM_UP).await?;
    let before = resident()?;
    eprintln!("bench: memory after {WARM_UP} calls: {before:.1} MiB");
    let (mut most, mut last) = (before, before);
    let begun = Instant::now();
    for look in 1..=LOOKS {
        together(one, calls / LOOKS).await?;
        last = resident()?;
        most = most.max(last);
        eprintln!("bench: memory after {} calls more: {last:.1} MiB", look * (calls / LOOKS));
    }
    #[allow(clippy::cast_precision_loss, reason = "millions")]
    let rate = (calls / LOOKS * LOOKS) as f64 / begun.elapsed().as_secs_f64();
    let of = |what: &str| format!("plugin calls, {calls} in fresh instances: {what}");
    Ok(vec![
        number(of("a second, one a core at once"), rate, "1/s", None),
        number(of("memory before"), before, "MiB", None),
        number(of("memory, largest of ten looks"), most, "MiB", None),
        number(of("memory grown by the end"), last - before, "MiB", Some(4.0)),
    ])
}

/// One a core at once, as long as there are any.
async fn together(one: &Subject, calls: usize) -> Result<()> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let tasks: Vec<_> =
        (0..cores).map(|n| tokio::spawn(one.clone().validate(calls / cores + usize::from(n < calls % cores)))).collect();
    for task in tasks {
        task.await??;
    }
    Ok(())
}

/// Memory of this program that is in the machine now, MiB.
fn resident() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status").context("failed to read this program's memory")?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib / 1024.0)
}
