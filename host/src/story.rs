//! Tells what was recorded: an Event, a line in the log, a count. Best effort: the record itself is the status and the ledger.
use crate::reconcile::Context;
use crds::{KubernetesExecution, Phase, Reason};
use decide::execution::Execution;

/// After a record.
pub fn tell(ctx: &Context, before: &Execution, after: &KubernetesExecution) {
    let Some(status) = &after.status else { return };
    let line = if status.message.is_empty() { &status.summary } else { &status.message };
    tracing::info!(phase = ?status.phase, reason = ?status.reason, seq = status.seq, "{line}");
    if status.phase.is_over() && !before.phase().is_over() {
        ctx.engines.metrics.over(&before.spec.action, status, before.created, (ctx.now)());
    }
    let ended_badly = !before.phase().is_over() && matches!(status.phase, Phase::Failed | Phase::Refused | Phase::Cancelled);
    let warning = ended_badly || matches!(status.reason, Reason::BreakGlass | Reason::RollbackNotStarted);
    if status.reason == Reason::BreakGlass {
        ctx.engines.metrics.broke_glass(&before.spec.action);
    }
    let (cluster, after, reason, line) = (ctx.engines.cluster.clone(), after.clone(), status.reason, line.clone());
    // Beside the loop: an Event is never worth a wait.
    tokio::spawn(async move {
        if let Err(error) = cluster.event(&after, reason, &line, warning).await {
            tracing::warn!(%error, "failed to publish an Event");
        }
    });
}
