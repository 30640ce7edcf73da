//! Rows into a ledger of its own: how long one waits until it is durable, and how many a second go in together.
use super::{millis, number, rank};
use anyhow::{Context, Result};
use crds::{Phase, Reason};
use decide::{
    model::{Json, Uid},
    row::Row,
};
use futures::future::try_join_all;
use host::ledger::Ledger;
use serde_json::{Value, json};
use std::{path::Path, time::Instant};

/// One execution has five or six rows.
const ROWS: i64 = 6;
/// One at a time.
const EXECUTIONS: usize = 50;
/// As many executions as the operator works on at the same time.
const AT_ONCE: usize = 64;
/// Rounds of them.
const ROUNDS: usize = 5;

/// Everything of the ledger.
pub async fn measure(directory: &Path) -> Result<Vec<Value>> {
    let home = tempfile::tempdir_in(directory).with_context(|| format!("failed to write in {}", directory.display()))?;
    let ledger = Ledger::open(&home.path().join("ledger.db")).await.context("failed to open a ledger")?;
    let mut waits = Vec::new();
    for execution in 0..EXECUTIONS {
        for seq in 1..=ROWS {
            let row = row(execution, seq)?;
            let begun = Instant::now();
            ledger.append(&row).await.context("failed to append")?;
            waits.push(begun.elapsed());
        }
    }
    let rate = together(&ledger).await?;
    ledger.close().await.context("failed to close the ledger")?;
    Ok(vec![
        number("ledger append, one at a time, p50", millis(rank(&mut waits, 0.5)), "ms", None),
        number("ledger append, one at a time, p99", millis(rank(&mut waits, 0.99)), "ms", None),
        number(format!("ledger rows, {AT_ONCE} executions at once"), rate, "rows/s", None),
    ])
}

async fn together(ledger: &Ledger) -> Result<f64> {
    let begun = Instant::now();
    let all = (EXECUTIONS..EXECUTIONS + AT_ONCE).map(|task| {
        let ledger = ledger.clone();
        tokio::spawn(async move {
            for round in 0..ROUNDS {
                for seq in 1..=ROWS {
                    ledger.append(&row(task + round * AT_ONCE, seq)?).await.context("failed to append")?;
                }
            }
            anyhow::Ok(())
        })
    });
    try_join_all(all).await?.into_iter().collect::<Result<Vec<()>>>()?;
    let rows = u32::try_from(AT_ONCE * ROUNDS)? * u32::try_from(ROWS)?;
    Ok(f64::from(rows) / begun.elapsed().as_secs_f64())
}

/// As large as a real one: requester, spec, and a status with plan, policy and timeline.
fn row(execution: usize, seq: i64) -> Result<Row> {
    let payload = json!({"requester": {"username": "maria@example.com"}, "status": "x".repeat(3_000), "seq": seq});
    Ok(Row {
        cluster: Uid::try_from("5f0c2f3e-0000-4000-8000-000000000001".to_owned())?,
        uid: Uid::try_from(format!("d46d1f22-f754-4fae-a559-{execution:012x}"))?,
        seq,
        at: jiff::Timestamp::now(),
        by: "writ/bench".into(),
        namespace: "shop".into(),
        name: format!("scale-web-{execution}"),
        action: "scale_deployment".into(),
        phase: Phase::Preparing,
        reason: Reason::Accepted,
        payload: Json::try_from(payload.to_string())?,
    })
}
