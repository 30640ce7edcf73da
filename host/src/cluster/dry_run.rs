//! The Job of a dry run, and the proof that it can write nothing. Owns when such a Job is ours, and how the guard is put to the test.
use super::{
    client::{CallError, Cluster, if_there, within},
    job,
};
use crds::labels::{ANNOTATION_PLAN_HASH, DRY_RUN_GUARD, DRY_RUN_ONLY, DRY_RUN_PROBE, LABEL_EXECUTION_UID, NAMESPACE_DRYRUN};
use decide::{
    execution::{DryRunning, Execution},
    model::{JobName, Uid},
    observed::{DryGuard, DryJob, JobSeen, PodSeen},
};
use k8s_openapi::api::{batch::v1::Job, core::v1::ServiceAccount};
use kube::{
    ResourceExt,
    api::{DeleteParams, ObjectMeta, PostParams},
};
use std::sync::Arc;

impl Cluster {
    /// The same engine, aimed at where dry runs live.
    pub(super) fn dry(&self) -> Self {
        let settings = super::Settings { runs_namespace: NAMESPACE_DRYRUN.into(), ..self.settings.as_ref().clone() };
        Self { settings: Arc::new(settings), ..self.clone() }
    }

    /// What is there already is looked at again (`dry_run`).
    pub async fn create_dry_run(&self, job: &Job) -> Result<(), CallError> {
        self.dry().create_job(job).await.map(drop)
    }

    /// With its pod.
    pub async fn end_dry_run(&self, name: &JobName, uid: &Uid) -> Result<(), CallError> {
        self.dry().stop_job(name, uid).await
    }

    /// The Job and its pod, live; and what its commands answered, where they all exited 0.
    pub async fn dry_run(&self, exec: &Execution, asked: &DryRunning) -> Result<DryJob, CallError> {
        let dry = self.dry();
        let jobs = dry.jobs();
        let (job, pods) = dry.with_pods(within(jobs.get_opt(asked.job.as_str())), &exec.uid).await?;
        let Some(job) = job else { return Ok(DryJob::Absent) };
        let uid = job::uid(&job)?;
        if job.labels().get(LABEL_EXECUTION_UID).map(String::as_str) != Some(exec.uid.as_str()) {
            return Ok(DryJob::Foreign { uid });
        }
        if job.annotations().get(ANNOTATION_PLAN_HASH).map(String::as_str) != Some(asked.planned.hash.as_str()) {
            return Ok(DryJob::Stale { uid, stopping: job::stopping(&job) });
        }
        let JobSeen::Ours { uid, stopping, pod, .. } = dry.look(&asked.planned.image, &job, pods).await? else {
            return Ok(DryJob::Foreign { uid });
        };
        self.with_answer(asked, uid, stopping, pod).await
    }

    async fn with_answer(&self, asked: &DryRunning, uid: Uid, stopping: bool, mut pod: PodSeen) -> Result<DryJob, CallError> {
        let mut answer = None;
        if let PodSeen::Ended { exit_code, output, .. } = &mut pod {
            if *exit_code == 0 && !asked.answered {
                answer = Some(self.answered(&uid, &asked.planned).await?);
            } else if *exit_code != 0 {
                *output = self.dry().output(&uid).await?.0;
            }
        }
        Ok(DryJob::Ours { uid, stopping, pod, answer })
    }

    /// Asks for an account that RBAC lets us make and nothing but the guard of dry runs refuses.
    pub async fn dry_run_guard(&self) -> Result<DryGuard, CallError> {
        let metadata =
            ObjectMeta { name: Some(DRY_RUN_PROBE.into()), namespace: Some(NAMESPACE_DRYRUN.into()), ..ObjectMeta::default() };
        let probe = ServiceAccount { metadata, automount_service_account_token: Some(false), ..ServiceAccount::default() };
        let accounts = self.accounts(NAMESPACE_DRYRUN);
        match within(accounts.create(&PostParams::default(), &probe)).await {
            Ok(_) => {
                if_there(within(accounts.delete(DRY_RUN_PROBE, &DeleteParams::default())).await)?;
                Ok(DryGuard::Open { why: "a write that it must refuse went through".into() })
            }
            Err(CallError::Refused { code: 403, message, .. }) if message.contains(DRY_RUN_ONLY) => Ok(self.since(message)),
            // Something else said no, or it is there since a write that nothing refused.
            Err(CallError::Refused { message, .. }) => Ok(DryGuard::Open { why: message }),
            Err(error) => Err(error),
        }
    }

    /// It said no; and since when it would.
    fn since(&self, message: String) -> DryGuard {
        match self.guard_since(DRY_RUN_GUARD) {
            Some(since) => DryGuard::InForce { since },
            None => DryGuard::Open { why: format!("nobody knows since when it is there, though it says: {message}") },
        }
    }
}
