//! VERB: one `Effect`, one call. Chooses nothing. Where the call changed the execution itself (a finalizer), hands it back, so that
//! the next pass does not decide on the old one.
use crate::{
    cluster::{CallError, Recorded},
    ledger::LedgerError,
    observe::Engines,
};
use decide::{execution::Execution, step::Effect};

/// An effect failed. It may have happened: the next pass looks.
#[derive(Debug, thiserror::Error)]
pub enum PerformError {
    /// The API server.
    #[error("failed to write to the cluster")]
    Cluster(#[from] CallError),
    /// The database.
    #[error("failed to append the row")]
    Ledger(#[from] LedgerError),
}

/// One effect.
pub async fn perform(with: &Engines, exec: &Execution, effect: &Effect) -> Result<Option<Recorded>, PerformError> {
    let cluster = &with.cluster;
    match effect {
        Effect::AppendRow(row) => with.ledger.append(row).await.map(drop)?,
        Effect::AddFinalizer => return Ok(Some(cluster.finalizer(exec, true).await?)),
        Effect::ReleaseFinalizer { .. } => return Ok(Some(cluster.finalizer(exec, false).await?)),
        Effect::Delete => return Ok(Some(cluster.delete(exec).await?)),
        Effect::Claim { claim, over } => cluster.claim(claim, over.as_deref()).await?,
        Effect::Unclaim { claims } => cluster.unclaim(claims).await?,
        Effect::Grant(access) => cluster.grant(access).await.map(drop)?,
        Effect::Revoke { execution, namespace } => cluster.revoke(execution, namespace).await?,
        Effect::DryRun(job) => cluster.create_dry_run(job).await?,
        Effect::EndDryRun { name, uid } => cluster.end_dry_run(name, uid).await?,
        Effect::CreateJob(job) => cluster.create_job(job).await.map(drop)?,
        Effect::StopJob { name, uid } => cluster.stop_job(name, uid).await?,
        Effect::ReleasePods { pods } => cluster.release_pods(pods).await?,
        Effect::TellApprovals { namespace, all } => cluster.tell_approvals(namespace, all).await?,
        Effect::Undo(kx) => cluster.request(kx).await?,
        Effect::ExpireJob { name, uid, after } => cluster.expire_job(name, uid, *after).await?,
    }
    Ok(None)
}
