//! Many that want the same object, of which one has it and does not get on: what waiting alone costs, and what the end of each costs the others.
use crate::{
    jobs::{cancelled, deployment, scaled},
    requests::Requests,
    sight::Sights,
    water::whole,
};
use anyhow::Result;
use futures::future::join_all;
use std::time::{Duration, Instant};
use tests::{Cluster, Number, create};

/// How long nothing happens, with many; with few less.
const STILL: Duration = Duration::from_secs(20);
/// For each of few.
const EACH: Duration = Duration::from_millis(100);

pub(crate) async fn all(cluster: &Cluster, sights: &Sights, executions: usize) -> Result<Vec<Number>> {
    let space = cluster.scratch("flood-crowd").await?;
    create(&cluster.admin, &deployment(&space.name, "web")).await?;
    let arriving = Requests::from_now();
    let runs = join_all((0..executions).map(|_| cluster.run(&space.name, scaled("web")))).await;
    let first = runs.iter().map(|run| format!("{}/{}", run.namespace, run.name)).collect::<Vec<_>>();
    futures::future::select_all(first.iter().map(|id| Box::pin(sights.job_of(id)))).await.0?;
    let still_for = STILL.min(EACH * u32::try_from(executions)?);
    // Until all of them wait.
    tokio::time::sleep(still_for).await;
    let arrived = arriving.sum()?;
    let waiting = Requests::from_now();
    tokio::time::sleep(still_for).await;
    let still = waiting.sum()?;
    let (leaving, began) = (Requests::from_now(), Instant::now());
    cancelled(cluster, sights, runs.into_iter()).await?;
    let (left, took) = (leaving.sum()?, began.elapsed());
    let each = |sum: usize| whole(sum) / whole(executions);
    let what = format!("{executions} that want one object");
    Ok(vec![
        Number::new(format!("{what}: requests of the operator for each, until all wait"), each(arrived), "", None),
        Number::new(
            format!("{what}: requests of the operator in a second while all wait"),
            whole(still) / still_for.as_secs_f64(),
            "1/s",
            None,
        ),
        Number::new(format!("{what}: requests of the operator for each, until all are cancelled"), each(left), "", None),
        Number::seconds(format!("{what}: until all are cancelled"), took),
    ])
}
