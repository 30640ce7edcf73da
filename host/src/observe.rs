//! VERB: what this phase needs, into one value. The only place that asks the engines questions. Decides nothing.
mod world;

use crate::{
    catalogue::{Catalogue, Entry, granted::granted},
    cluster::{CallError, Cluster, Listed, Unknown},
    gate::Gate,
    judge::{self, Bench, Judged},
    ledger::{Ledger, LedgerError},
    metrics::Metrics,
    plugin::{Limits, Plugins},
    telemetry,
};
use crds::{KubernetesExecution, Phase, Reason};
use decide::{
    execution::{self as e, Execution, Progress},
    limits,
    model::{Description, Digest, Planned},
    observed::{
        Ahead, Answer, Approval, AwaitingApproval, ChecksSeen, DryJob, DryRunning, Executing, Grants, JobSeen, Judgement,
        LedgerSeen, LockSeen, OriginalSeen, Others, PhaseSeen, PodSeen, Preparing, UndoSeen, Validating, Verifying,
    },
    site::Site,
};
use futures::future::{try_join, try_join3};
use jiff::Timestamp;
use std::sync::Arc;

/// Of the patch that a command comes to, bytes: many times what can be shown of it (`crds::limits::DIFF`).
const PATCH: usize = 1024 * 1024;

/// The four engines, and what is active on them.
#[derive(Clone)]
pub struct Engines {
    /// wasmtime.
    pub plugins: Plugins,
    /// regorus.
    pub gate: Gate,
    /// kube.
    pub cluster: Cluster,
    /// sqlx.
    pub ledger: Ledger,
    /// What is active.
    pub catalogue: Arc<Catalogue>,
    /// The installation.
    pub site: Arc<Site>,
    /// Counters.
    pub metrics: Metrics,
}

/// A look failed: the pass ends, nothing is decided.
#[derive(Debug, thiserror::Error)]
pub enum ObserveError {
    /// The API server.
    #[error("failed to read the cluster")]
    Cluster(#[from] CallError),
    /// What is to be undone.
    #[error("failed to understand all of what it undoes")]
    Original(#[from] Unknown),
    /// The database.
    #[error("failed to keep what was seen in the ledger")]
    Ledger(#[from] LedgerError),
}

/// Where the ledger stands.
pub async fn ledger(with: &Engines, exec: &Execution) -> LedgerSeen {
    let last = with.ledger.last(&exec.cluster, &exec.uid).await;
    last.map_or(LedgerSeen::Unreachable, |last| LedgerSeen::of(exec, last.as_ref()))
}

/// One look.
pub struct Look {
    /// What its phase needs.
    pub phase: PhaseSeen,
    /// The document policies were asked about, if they were: a blob to keep before the record that names it.
    pub question: Option<Vec<u8>>,
}

impl From<PhaseSeen> for Look {
    fn from(phase: PhaseSeen) -> Self {
        Self { phase, question: None }
    }
}

/// When somebody looks.
#[derive(Clone, Copy, Debug)]
pub struct When {
    /// For the first time, in `Preparing`.
    pub first: Timestamp,
    /// For the first time in this wake-up.
    pub woken: Timestamp,
    /// Now.
    pub now: Timestamp,
}

/// One look at what its phase needs.
pub async fn phase(with: &Engines, when: When, exec: &Execution) -> Result<Look, ObserveError> {
    let now = when.now;
    Ok(match &exec.progress {
        Progress::Validating => {
            let left = match exec.reason {
                Reason::Drifted => Some(with.cluster.leftovers(&exec.uid, &exec.namespace).await?),
                _ => None,
            };
            let (judged, question, original) = chain(with, now, exec, None).await?;
            let seen = Validating { since: when.woken, guards: with.cluster.guards(), judged, left, original };
            Look { phase: PhaseSeen::Validating(Box::new(seen)), question }
        }
        Progress::AwaitingApproval(p) => awaiting(with, now, exec, &p.planned).await?,
        Progress::DryRunning(p) => dry_running(with, now, exec, p).await?,
        Progress::Preparing(p) => preparing(with, when, exec, p).await?,
        Progress::Executing(p) => PhaseSeen::Executing(Box::new(executing(with, exec, p).await?)).into(),
        Progress::Verifying(p) => PhaseSeen::Verifying(Box::new(verifying(with, exec, &p.planned).await?)).into(),
        Progress::Over(p) => {
            let mut over = with.cluster.left(exec, p).await?;
            over.approvals = afterwards(with, exec).await?;
            over.undo = undo(with, exec).await?;
            PhaseSeen::Over(over).into()
        }
    })
}

/// Read live: what was undone a moment ago is not undone again.
async fn original(with: &Engines, exec: &Execution) -> Result<Option<Arc<KubernetesExecution>>, ObserveError> {
    let Some(of) = &exec.spec.rollback_of else { return Ok(None) };
    // Of one that a newer build wrote it is not known what to take back.
    Ok(with.cluster.live(&exec.namespace, &of.name).await?.transpose()?)
}

/// The chain, the question that was asked on the way, and what this one is to undo, which stands beside it.
type Chain = (Judgement, Option<Vec<u8>>, Option<OriginalSeen>);

async fn chain(with: &Engines, now: Timestamp, exec: &Execution, planned: Option<&Planned>) -> Result<Chain, ObserveError> {
    let (judged, original) = try_join(judged(with, now, exec, planned), original(with, exec)).await?;
    let of = exec.spec.rollback_of.as_ref();
    let original = of.map(|of| OriginalSeen::of(original.as_deref(), of, judged.judgement.writers().to_vec()));
    Ok((judged.judgement, judged.question, original))
}

/// The same, where it is time to ask.
async fn chain_if(
    due: bool,
    with: &Engines,
    now: Timestamp,
    exec: &Execution,
    planned: &Planned,
) -> Result<(Option<Judgement>, Option<Vec<u8>>, Option<OriginalSeen>), ObserveError> {
    if !due {
        return Ok((None, None, None));
    }
    let (judged, question, original) = chain(with, now, exec, Some(planned)).await?;
    Ok((Some(judged), question, original))
}

/// The whole chain; pinned to the component that planned, once there is a plan.
async fn judged(with: &Engines, now: Timestamp, exec: &Execution, planned: Option<&Planned>) -> Result<Judged, ObserveError> {
    let (Some(actions), Some(_)) = (with.catalogue.actions(), with.gate.in_force()) else {
        return Ok(Judgement::Starting.into());
    };
    if !with.cluster.roles_read() {
        return Ok(Judgement::Starting.into());
    }
    let entry = match planned {
        None => match actions.get(&exec.spec.action) {
            Some(entry) => Entry { granted: granted(&with.cluster, &entry.plugin, &entry.info), ..entry.clone() },
            None => return Ok(actions.absent(&exec.spec.action).into()),
        },
        Some(planned) => {
            if let Some(off) = actions.switched_off(&planned.plugin) {
                return Ok(off.into());
            }
            match pinned(with, planned).await {
                Some(entry) => entry,
                None => return Ok(gone(planned)),
            }
        }
    };
    let bench =
        Bench { plugins: &with.plugins, gate: &with.gate, metrics: &with.metrics, world: &with.cluster, site: &with.site, now };
    Ok(bench.judge(exec, &entry).await?)
}

async fn pinned(with: &Engines, planned: &Planned) -> Option<Entry> {
    let description = match with.plugins.loaded(&planned.plugin.digest) {
        Some(there) => there,
        None => reloaded(with, &planned.plugin.digest).await?,
    };
    let info = description.actions.iter().find(|a| a.name == planned.action)?;
    let granted = granted(&with.cluster, &planned.plugin, info);
    Entry::of(planned.plugin.clone(), &description, &planned.action, granted)
}

/// A component that no plugin names any more, for an execution that it planned. Its plugin's own limits are not known any more.
async fn reloaded(with: &Engines, digest: &Digest) -> Option<Arc<Description>> {
    let kept =
        with.ledger.blob(digest).await.map_err(|e| tracing::warn!(error = %telemetry::chain(&e), "failed to read a component"));
    let loaded = with.plugins.load(kept.ok()??.into(), Limits::ceiling()).await;
    let loaded = loaded.map_err(|e| tracing::warn!(error = %telemetry::chain(&e), "failed to load a component again"));
    loaded.ok().map(|loaded| loaded.description)
}

fn gone(planned: &Planned) -> Judged {
    let message = format!("component {} is not loaded", planned.plugin.digest);
    Judgement::Faulty(decide::model::PluginFault::Unavailable { message }).into()
}

async fn grants(with: &Engines, exec: &Execution, planned: &Planned) -> Result<Grants, ObserveError> {
    Ok(match decide::access::of(exec, planned) {
        Some(access) => with.cluster.grants(&access).await?,
        None => Grants::None,
    })
}

/// Of this one, and of the one that it undoes.
async fn approvals(with: &Engines, exec: &Execution) -> Result<(Vec<Approval>, Vec<Approval>), ObserveError> {
    let covering = async {
        match &exec.spec.rollback_of {
            Some(of) => with.cluster.approvals_covering(exec, &of.name).await,
            None => Ok(vec![]),
        }
    };
    Ok(try_join(with.cluster.approvals(exec), covering).await?)
}

async fn awaiting(with: &Engines, now: Timestamp, exec: &Execution, planned: &Planned) -> Result<Look, ObserveError> {
    let left = async {
        match exec.reason {
            Reason::ApprovalWithdrawn => Ok(Some(with.cluster.leftovers(&exec.uid, &exec.namespace).await?)),
            _ => Ok(None),
        }
    };
    let ((judged, question, original), (approvals, covering), left) =
        try_join3(chain(with, now, exec, Some(planned)), approvals(with, exec), left).await?;
    let seen = AwaitingApproval { guards: with.cluster.guards(), judged, approvals, covering, original, left };
    Ok(Look { phase: PhaseSeen::AwaitingApproval(Box::new(seen)), question })
}

/// What people said of what is over; whether they may, where it matters.
async fn afterwards(with: &Engines, exec: &Execution) -> Result<Vec<Approval>, ObserveError> {
    // Where the plan drifted and was refused then, only what happened says that anybody was asked.
    let asked = exec.status.timeline.iter().any(|entry| entry.phase == Phase::AwaitingApproval);
    Ok(match (exec.review_is_due(), asked || exec.status.review.is_some() || exec.status.approval.is_some()) {
        (true, _) => with.cluster.approvals(exec).await?,
        (false, true) => with.cluster.approvals_named(exec).await?,
        (false, false) => vec![],
    })
}

/// What has the name of the undo that is to be made for it, or was.
async fn undo(with: &Engines, exec: &Execution) -> Result<Option<UndoSeen>, ObserveError> {
    let Some(name) = decide::awaited_undo(exec) else { return Ok(None) };
    let found = with.cluster.execution(&exec.namespace, &name).await?;
    Ok(Some(UndoSeen::of(exec, found.as_deref())))
}

/// Whose turn it is, and who comes before it.
async fn turn(with: &Engines, exec: &Execution, p: &e::Ready) -> Result<(LockSeen, Vec<Ahead>), ObserveError> {
    let target = decide::lock::key(exec, &p.planned);
    Ok((with.cluster.lock(exec, target, p.turn).await?, with.cluster.ahead(exec, target)))
}

/// Who else is at work, where there is a limit: after it was seen that the claim is ours, where it is. As of now, where a promise could follow;
/// and for one that waits, which is woken before any cache has heard why.
async fn others(with: &Engines, exec: &Execution, p: &e::Ready, judged: Option<&Judgement>) -> Result<Others, ObserveError> {
    if !limits::matter(exec, &p.limits, judged) {
        return Ok(Others::default());
    }
    let live = judged.is_some() || matches!(exec.reason, Reason::LimitReached | Reason::Queued);
    let claims = with.cluster.claimants(exec, if live { Listed::Live } else { Listed::FromCache }).await?;
    Ok(Others { claims, waiting: with.cluster.ahead_at_limits(exec) })
}

async fn preparing(with: &Engines, when: When, exec: &Execution, p: &e::Ready) -> Result<Look, ObserveError> {
    let (planned, since) = (&p.planned, when.first);
    let (grants, (lock, ahead)) = try_join(grants(with, exec, planned), turn(with, exec, p)).await?;
    let last = grants != Grants::None && matches!(lock, LockSeen::Ours { .. });
    // One that waits for a thaw is woken by it, before any cache has heard of it.
    let how = if last || exec.reason == Reason::Frozen { Listed::Live } else { Listed::FromCache };
    let freezes = async { with.cluster.freezes(how).await.map_err(ObserveError::from) };
    // Where nobody was asked before and a policy asks now, it goes to where they are read.
    let asked = async {
        match last && exec.status.approval.is_some() {
            true => approvals(with, exec).await,
            false => Ok((vec![], vec![])),
        }
    };
    let ((judged, question, original), freezes, (approvals, covering)) =
        try_join3(chain_if(last, with, when.now, exec, planned), freezes, asked).await?;
    let others = others(with, exec, p, judged.as_ref()).await?;
    let guards = with.cluster.guards();
    let seen = Preparing { since, guards, judged, grants, lock, ahead, others, freezes, approvals, covering, original };
    Ok(Look { phase: PhaseSeen::Preparing(Box::new(seen)), question })
}

async fn dry_running(with: &Engines, now: Timestamp, exec: &Execution, p: &e::DryRunning) -> Result<Look, ObserveError> {
    let (cluster, guards) = (&with.cluster, with.cluster.guards());
    let access = decide::access::dry(exec, &p.planned);
    let grants = async {
        match &access {
            Some(access) if p.answered => cluster.remains(access).await,
            Some(access) => cluster.grants(access).await,
            None => Ok(Grants::None),
        }
    };
    let (grants, mut job) = try_join(grants, cluster.dry_run(exec, p)).await?;
    patches(with, &mut job).await?;
    let absent = job == DryJob::Absent;
    let proof = if absent && grants == Grants::Whole { Some(cluster.dry_run_guard().await?) } else { None };
    let last = p.answered && job.gone() && grants == Grants::None;
    let (judged, question, original) = chain_if(last, with, now, exec, &p.planned).await?;
    let seen = DryRunning { guards, proof, grants, job, judged, original };
    Ok(Look { phase: PhaseSeen::DryRunning(Box::new(seen)), question })
}

/// What each answer comes to is in the ledger before a record names it.
async fn patches(with: &Engines, job: &mut DryJob) -> Result<(), ObserveError> {
    let DryJob::Ours { answer: Some(answer), .. } = job else { return Ok(()) };
    let Answer::Objects { before, after, patches, .. } = answer else { return Ok(()) };
    for one in after {
        let text = decide::diff::patch(before.iter().find(|o| o.id == *one.id()), one);
        if text.len() > PATCH {
            *answer = Answer::TooLarge;
            return Ok(());
        }
        patches.push(with.ledger.keep(text.as_bytes()).await?);
    }
    Ok(())
}

async fn verifying(with: &Engines, exec: &Execution, planned: &Planned) -> Result<Verifying, ObserveError> {
    let grants = match decide::access::of(exec, planned) {
        Some(access) => with.cluster.remains(&access).await?,
        None => with.cluster.leftovers(&exec.uid, &exec.namespace).await?,
    };
    let checks = match grants {
        Grants::None => Some(checks(with, exec, planned).await?),
        _ => None,
    };
    Ok(Verifying { grants, checks })
}

async fn executing(with: &Engines, exec: &Execution, p: &e::Executing) -> Result<Executing, ObserveError> {
    let unseen = async {
        match p.seen {
            Some(_) => Ok(None),
            None => grants(with, exec, &p.planned).await.map(Some),
        }
    };
    let (job, grants) = try_join(job(with, exec, p), unseen).await?;
    Ok(Executing { job, grants })
}

async fn job(with: &Engines, exec: &Execution, p: &e::Executing) -> Result<JobSeen, ObserveError> {
    let mut job = with.cluster.job(exec, p).await?;
    if let JobSeen::Ours { pod: PodSeen::Ended { output, .. }, uid, .. } = &mut job {
        let (seen, whole) = with.cluster.output(uid).await?;
        *output = seen;
        output.digest = Some(with.ledger.keep(&whole).await?);
    }
    Ok(job)
}

async fn checks(with: &Engines, exec: &Execution, planned: &Planned) -> Result<ChecksSeen, ObserveError> {
    let Some(entry) = pinned(with, planned).await else {
        return Ok(ChecksSeen::PluginGone(planned.plugin.digest.clone()));
    };
    let Ok(parameters) = serde_json::from_str(planned.parameters.as_str()) else {
        return Ok(ChecksSeen::PluginGone(planned.plugin.digest.clone()));
    };
    let target = planned.target.as_ref().map(|(id, _)| id.clone());
    let Ok(request) = judge::request(exec, &entry.info, target, &parameters, &with.site) else {
        return Ok(ChecksSeen::PluginGone(planned.plugin.digest.clone()));
    };
    let reads = judge::Reads { plugins: &with.plugins, metrics: &with.metrics, world: &with.cluster, exec, entry: &entry };
    let state = match reads.after(&request).await? {
        Ok(state) => state,
        Err(fault) => return Ok(ChecksSeen::Faulty(fault)),
    };
    let asked = with.plugins.checks(&planned.plugin.digest, &request, &planned.proposal.memo, &state);
    let answer = judge::counted(&with.metrics, &entry, "checks", asked).await;
    Ok(answer.map_or_else(|fault| ChecksSeen::Faulty(fault.into()), ChecksSeen::Asked))
}
