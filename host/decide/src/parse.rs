//! `&KubernetesExecution -> Execution`. Owns what a status may look like in each phase. What does not fit was not written by this
//! host: it is never acted on, only shown.
use crate::{
    execution::{Awaiting, DryRunning, Executing, Execution, FINALIZER, Over, Progress, Ready, Verifying, Wait},
    model::{JobName, Malformed, PlanHash, Uid},
    planned, time,
};
use crds::{ApprovalStatus, ExecutionStatus, JobStatus, KubernetesExecution, Phase};
use jiff::Timestamp;

impl Execution {
    /// A status that does not parse was written by somebody else: it is never acted on, only shown.
    ///
    /// # Errors
    /// Where a part is missing, is not what the host writes, or does not belong into this phase.
    pub fn parse(cluster: &Uid, kx: &KubernetesExecution) -> Result<Self, Malformed> {
        let meta = &kx.metadata;
        let status = kx.status.clone().unwrap_or_default();
        let created = meta.creation_timestamp.as_ref().ok_or_else(|| absent("metadata.creationTimestamp"))?.0;
        let at = match status.seq {
            0 => created,
            _ => time::read(&status.at)?,
        };
        Ok(Self {
            cluster: cluster.clone(),
            namespace: given(meta.namespace.as_ref(), "metadata.namespace")?,
            name: given(meta.name.as_ref(), "metadata.name")?,
            uid: Uid::try_from(given(meta.uid.as_ref(), "metadata.uid")?)?,
            resource_version: given(meta.resource_version.as_ref(), "metadata.resourceVersion")?,
            generation: meta.generation.unwrap_or_default(),
            created,
            deleting: meta.deletion_timestamp.is_some(),
            finalized: meta.finalizers.iter().flatten().any(|f| f == FINALIZER),
            spec: kx.spec.clone(),
            seq: status.seq,
            at,
            reason: status.reason,
            progress: progress(&kx.spec.action, &status, at)?,
            status,
        })
    }
}

fn absent(what: &'static str) -> Malformed {
    Malformed { what, is: "absent".into() }
}

fn foreign(what: &'static str, phase: Phase) -> Malformed {
    Malformed { what, is: format!("in phase {phase:?}") }
}

fn given(text: Option<&String>, what: &'static str) -> Result<String, Malformed> {
    text.filter(|t| !t.is_empty()).cloned().ok_or_else(|| absent(what))
}

fn progress(action: &str, status: &ExecutionStatus, at: Timestamp) -> Result<Progress, Malformed> {
    let phase = status.phase;
    if status.seq < 0 || (status.seq == 0 && phase != Phase::Validating) {
        return Err(foreign("status.seq", phase));
    }
    let before_the_job =
        matches!(phase, Phase::Validating | Phase::DryRunning | Phase::AwaitingApproval | Phase::Preparing | Phase::Refused);
    if before_the_job && status.job.is_some() {
        return Err(foreign("status.job", phase));
    }
    if matches!(phase, Phase::Validating | Phase::DryRunning | Phase::AwaitingApproval) && status.lock.is_some() {
        return Err(foreign("status.lock", phase));
    }
    if phase == Phase::Validating && (status.plan.is_some() || status.approval.is_some()) {
        return Err(foreign("status.plan", phase));
    }
    if phase == Phase::Validating && (status.dry_run.is_some() || !status.diff.is_empty()) {
        return Err(foreign("status.dryRun", phase));
    }
    if let Some(review) = &status.review {
        PlanHash::try_from(review.plan_hash.clone())?;
        if before_the_job || status.job.is_none() {
            return Err(foreign("status.review", phase));
        }
    }
    if !phase.is_over() && status.finished_at.is_some() {
        return Err(foreign("status.finishedAt", phase));
    }
    let since = since(status, at)?;
    Ok(match phase {
        Phase::Validating => Progress::Validating,
        Phase::AwaitingApproval => {
            let wait = wait(status)?.ok_or_else(|| absent("status.approval"))?;
            Progress::AwaitingApproval(Awaiting { planned: planned::read(action, status)?, wait })
        }
        Phase::Preparing => {
            let turn = status.lock.as_ref().ok_or_else(|| absent("status.lock"))?.seq;
            let limits = status.policy.as_ref().map(|p| p.limits).unwrap_or_default();
            Progress::Preparing(Ready { planned: planned::read(action, status)?, wait: wait(status)?, turn, limits, since })
        }
        Phase::DryRunning => {
            let asked = status.dry_run.as_ref().ok_or_else(|| absent("status.dryRun"))?;
            let (job, answered) = (JobName::try_from(asked.job.clone())?, asked.answered_at.is_some());
            Progress::DryRunning(DryRunning { planned: planned::read(action, status)?, job, answered, since })
        }
        Phase::Executing => {
            let (job, seen) = job(asked(status)?)?;
            Progress::Executing(Executing { planned: planned::read(action, status)?, job, seen, since })
        }
        Phase::Verifying => {
            let (name, seen) = job(asked(status)?)?;
            let job = (name, seen.ok_or_else(|| absent("status.job.uid"))?);
            Progress::Verifying(Verifying { planned: planned::read(action, status)?, job, since })
        }
        Phase::Completed | Phase::Failed | Phase::Refused | Phase::Cancelled => {
            Progress::Over(Over { phase, job: status.job.as_ref().map(job).transpose()? })
        }
    })
}

fn wait(status: &ExecutionStatus) -> Result<Option<Wait>, Malformed> {
    let read = |a: &ApprovalStatus| Ok(Wait { since: time::read(&a.since)?, until: time::read(&a.expires_at)? });
    status.approval.as_ref().map(read).transpose()
}

fn asked(status: &ExecutionStatus) -> Result<&JobStatus, Malformed> {
    status.job.as_ref().ok_or_else(|| absent("status.job"))
}

fn job(job: &JobStatus) -> Result<(JobName, Option<Uid>), Malformed> {
    Ok((JobName::try_from(job.name.clone())?, job.uid.clone().map(Uid::try_from).transpose()?))
}

/// When this phase was entered: the first of the entries of this phase at the end of the timeline.
pub(crate) fn since(status: &ExecutionStatus, at: Timestamp) -> Result<Timestamp, Malformed> {
    let first = status.timeline.iter().rev().take_while(|e| e.phase == status.phase).last();
    first.map_or(Ok(at), |entry| time::read(&entry.at))
}

#[cfg(test)]
mod tests;
