//! The loop: observe -> decide -> perform | record, until there is nothing to do now. Several passes a wake-up: the object that a
//! record returns is the next pass's input, so no pass waits for its own echo on the watch. No `if` about the domain.
use crate::{
    cluster::{CallError, Live, Next, Recorded, Unknown},
    firsts::Firsts,
    ledger::LedgerError,
    observe::{self, Engines, Look, ObserveError, When},
    perform::{PerformError, perform},
    story,
    suspects::Suspects,
};
use crds::KubernetesExecution;
use decide::{
    execution::{Execution, Progress},
    model::{Malformed, ObjectRef, Uid},
    next_step,
    observed::Observed,
    owed,
    step::{Step, Waiting, Why},
};
use jiff::Timestamp;
use std::sync::Arc;

/// More than the longest run of passes without a wait (sixteen); a loop that gets here is a bug, and is slowed, not spun.
const PASSES: u32 = 32;

/// What every pass has.
pub struct Context {
    /// The engines.
    pub engines: Engines,
    /// uid of the cluster.
    pub cluster: Uid,
    /// With whom nothing is done until a person has looked.
    pub suspects: Suspects,
    /// When it looked first.
    pub firsts: Firsts,
    /// The clock.
    pub now: fn() -> Timestamp,
}

/// Why a wake-up ended early. The watch asks again, later and later.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// Its status was not written by this host: never acted on.
    #[error("failed to understand the object")]
    Parse(#[from] Malformed),
    /// Nor is one that a newer build wrote.
    #[error("failed to understand all of the object")]
    NotKnown(#[source] Unknown),
    /// A look failed.
    #[error("failed to observe")]
    Observe(#[from] ObserveError),
    /// What the record names could not be kept.
    #[error("failed to keep what policies were asked in the ledger")]
    Keep(#[source] LedgerError),
    /// The status could not be written.
    #[error("failed to record")]
    Record(#[from] CallError),
    /// An effect failed.
    #[error("failed to perform")]
    Perform(#[from] PerformError),
}

/// One wake-up: nothing is done with an execution whose status says more than this build knows.
pub async fn woken(ctx: &Context, live: Live) -> Result<Next, ReconcileError> {
    match live {
        Ok(kx) => reconcile(ctx, kx).await,
        Err(unknown) => {
            ctx.suspects.note(&unknown.metadata, Some(&unknown.to_string()));
            Err(ReconcileError::NotKnown(unknown))
        }
    }
}

/// One wake-up of one execution.
#[tracing::instrument(skip_all, fields(ns = kx.metadata.namespace, name = kx.metadata.name, uid = kx.metadata.uid))]
pub async fn reconcile(ctx: &Context, kx: Arc<KubernetesExecution>) -> Result<Next, ReconcileError> {
    let woken = (ctx.now)();
    let foreign = |why: &Malformed| ctx.suspects.note(&kx.metadata, Some(&why.to_string()));
    let mut exec = Execution::parse(&ctx.cluster, &kx).inspect_err(foreign)?;
    for _ in 0..PASSES {
        let timer = ctx.engines.metrics.pass(exec.phase());
        let now = (ctx.now)();
        let when = When { first: ctx.firsts.look(&exec, now), woken, now };
        let (step, question) = decided(ctx, when, &exec).await?;
        timer.decided(&step);
        ctx.suspects.note(&kx.metadata, disagreement(&exec, &step).as_deref());
        let written = match step {
            Step::Stop => return Ok(Next::Nothing),
            Step::Wait(waiting) => return Ok(until(&exec, &waiting)),
            Step::Do(effect) => {
                let written = perform(&ctx.engines, &exec, &effect).await?;
                ctx.engines.metrics.performed(&exec, &effect, (ctx.now)());
                if effect.is_last() {
                    return Ok(Next::Nothing);
                }
                written
            }
            Step::Record(status) => {
                keep(ctx, question).await?;
                let written = ctx.engines.cluster.record(&exec, &status).await?;
                if let Recorded::Done(kx) = &written {
                    story::tell(ctx, &exec, kx);
                }
                Some(written)
            }
        };
        match written {
            None => {}
            Some(Recorded::Done(kx)) => exec = Execution::parse(&ctx.cluster, &kx)?,
            Some(Recorded::Conflict) => return Ok(Next::Again),
            Some(Recorded::Gone) => {
                ctx.firsts.forget(&exec.uid);
                return Ok(Next::Nothing);
            }
        }
    }
    Ok(Next::Again)
}

/// The next step, and the question that policies were asked on the way to it. Most looks cost several round trips; where the step is
/// the same whatever they show, there is none.
async fn decided(ctx: &Context, when: When, exec: &Execution) -> Result<(Step, Option<Vec<u8>>), ObserveError> {
    let site = &ctx.engines.site;
    let ledger = observe::ledger(&ctx.engines, exec).await;
    if let Some(step) = owed(site, when.now, exec, &ledger) {
        return Ok((step, None));
    }
    let Look { phase, question } = observe::phase(&ctx.engines, when, exec).await?;
    Ok((next_step(site, when.now, exec, &Observed { ledger, phase }), question))
}

/// In words for the log.
fn disagreement(exec: &Execution, step: &Step) -> Option<String> {
    let said =
        || format!("what stands there and the ledger disagree at row {}, or what comes next cannot be made of it", exec.seq);
    matches!(step, Step::Wait(waiting) if waiting.why == Why::Disagreement).then(said)
}

/// What a record names is in the ledger before it.
async fn keep(ctx: &Context, question: Option<Vec<u8>>) -> Result<(), ReconcileError> {
    if let Some(question) = question {
        ctx.engines.ledger.keep(&question).await.map_err(ReconcileError::Keep)?;
    }
    Ok(())
}

/// While the checks are pending, a change of the target is what is waited for.
fn until(exec: &Execution, waiting: &Waiting) -> Next {
    match (waiting.why, target(exec)) {
        (Why::Checks, Some(target)) => Next::AwaitObject(waiting.until, target.clone()),
        _ => Next::Await(waiting.until),
    }
}

fn target(exec: &Execution) -> Option<&ObjectRef> {
    match &exec.progress {
        Progress::Verifying(p) => p.planned.target.as_ref().map(|(object, _)| object),
        _ => None,
    }
}

impl ReconcileError {
    /// For metrics.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Parse(_) | Self::NotKnown(_) => "parse",
            Self::Observe(_) => "observe",
            Self::Keep(_) => "keep",
            Self::Record(_) => "record",
            Self::Perform(_) => "perform",
        }
    }
}
