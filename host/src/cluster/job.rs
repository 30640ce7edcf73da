//! The Job of a run and its pods: made, read live, stopped, let go. Owns when a Job is ours (uid *and* plan hash), and that a pod of
//! ours without its Job is still a Job that was. Whether one is made is not decided here.
use super::{
    client::{CallError, Cluster, within},
    patch::{self, Patched},
    pod::{self, Asked},
};
use crds::labels::{ANNOTATION_PLAN_HASH, FINALIZER_OUTCOME, LABEL_EXECUTION_UID};
use decide::{
    execution::{Executing, Execution, Over as Ended},
    model::{JobName, Uid},
    observed::{JobSeen, LeftJob, Over, PodSeen},
};
use futures::future::try_join3;
use jiff::SignedDuration;
use k8s_openapi::{
    api::{
        batch::v1::Job,
        core::v1::{Event, Pod},
    },
    apimachinery::pkg::apis::meta::v1::OwnerReference,
};
use kube::{
    Api, Resource, ResourceExt,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams, Preconditions, PropagationPolicy},
};
use serde_json::json;

/// The uid of its Job, on each pod that a Job's controller made.
pub(super) const JOB_UID: &str = "batch.kubernetes.io/controller-uid";

/// What became of a create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// It was made, now.
    New(Uid),
    /// Something has that name.
    Exists,
}

impl Cluster {
    pub(super) fn jobs(&self) -> Api<Job> {
        Api::namespaced(self.client.clone(), &self.settings.runs_namespace)
    }

    pub(super) fn pods(&self) -> Api<Pod> {
        Api::namespaced(self.client.clone(), &self.settings.runs_namespace)
    }

    /// One attempt. `Exists` and `Unknown` are looked at again (`job`), never repeated here.
    pub async fn create_job(&self, job: &Job) -> Result<Created, CallError> {
        match within(self.jobs().create(&PostParams::default(), job)).await {
            Err(error) if error.is(409) => Ok(Created::Exists),
            answer => uid(&answer?).map(Created::New),
        }
    }

    /// The Job and its pod, live.
    pub async fn job(&self, exec: &Execution, run: &Executing) -> Result<JobSeen, CallError> {
        let jobs = self.jobs();
        match self.with_pods(within(jobs.get_opt(run.job.as_str())), &exec.uid).await? {
            (None, pods) => Ok(orphaned(run, &pods)),
            (Some(job), pods) if ours(exec, run, &job) => self.look(&run.planned.image, &job, pods).await,
            (Some(job), _) => Ok(JobSeen::Foreign { uid: uid(&job)? }),
        }
    }

    pub(super) async fn look(&self, image: &str, job: &Job, pods: Vec<Pod>) -> Result<JobSeen, CallError> {
        let uid = uid(job)?;
        let owned: Vec<Pod> = pods.into_iter().filter(|p| owner(p).is_some_and(|o| o.uid == uid.as_str())).collect();
        let pod = match pod::of_all(&Asked::by(job, image), &owned) {
            PodSeen::None => self.no_pod(job, &uid).await?,
            seen => seen,
        };
        let failed_by = pod::failed_by(job, &pod);
        Ok(JobSeen::Ours { uid, stopping: stopping(job), pod, failed_by })
    }

    /// A Job that the controller has looked at and that has no pod: its Events say why.
    async fn no_pod(&self, job: &Job, uid: &Uid) -> Result<PodSeen, CallError> {
        if job.status.as_ref().is_none_or(|s| s.start_time.is_none()) {
            return Ok(PodSeen::None);
        }
        let events: Api<Event> = Api::namespaced(self.client.clone(), &self.settings.runs_namespace);
        let failed = ListParams::default().fields(&format!("involvedObject.uid={uid},reason=FailedCreate"));
        let newest = within(events.list(&failed))
            .await?
            .items
            .into_iter()
            .max_by_key(|e| e.metadata.creation_timestamp.as_ref().map(|t| t.0));
        Ok(newest.map_or(PodSeen::None, |e| PodSeen::Rejected { why: e.message.unwrap_or_default() }))
    }

    /// The Job, and the pods of its execution after it. Never both at once: pods that were listed before the Job was made, and the Job looked for
    /// after somebody deleted it, would look as if there had been none, and it would be made again.
    pub(super) async fn with_pods(
        &self,
        job: impl Future<Output = Result<Option<Job>, CallError>>,
        execution: &Uid,
    ) -> Result<(Option<Job>, Vec<Pod>), CallError> {
        let job = job.await?;
        Ok((job, self.pods_of(execution).await?))
    }

    /// By our own label: it outlives the Job.
    pub(super) async fn pods_of(&self, execution: &Uid) -> Result<Vec<Pod>, CallError> {
        let by_label = ListParams::default().labels(&format!("{LABEL_EXECUTION_UID}={execution}"));
        Ok(within(self.pods().list(&by_label)).await?.items)
    }

    /// In the foreground: once the Job is gone, no pod of it runs.
    pub async fn stop_job(&self, name: &JobName, uid: &Uid) -> Result<(), CallError> {
        let exactly = Preconditions { uid: Some(uid.to_string()), resource_version: None };
        let params = DeleteParams {
            propagation_policy: Some(PropagationPolicy::Foreground),
            preconditions: Some(exactly),
            ..DeleteParams::default()
        };
        match within(self.jobs().delete(name.as_str(), &params)).await {
            // Gone, or another Job has the name by now.
            Err(error) if error.is(404) || error.is(409) => Ok(()),
            answer => answer.map(drop),
        }
    }

    /// A Job without a TTL stays for ever; one with a TTL may go before its outcome is recorded. So it is set last, and by uid.
    pub async fn expire_job(&self, name: &JobName, uid: &Uid, after: SignedDuration) -> Result<(), CallError> {
        let seconds = i32::try_from(after.as_secs()).unwrap_or(i32::MAX);
        let patch = json!({"metadata": {"uid": uid}, "spec": {"ttlSecondsAfterFinished": seconds}});
        match within(self.jobs().patch(name.as_str(), &PatchParams::default(), &Patch::Merge(patch))).await {
            Err(error) if error.is(404) || error.is(409) => Ok(()),
            answer => answer.map(drop),
        }
    }

    /// Takes our finalizer off, and nothing else: admission lets the operator change no other thing about a pod.
    pub async fn release_pods(&self, pods: &[String]) -> Result<(), CallError> {
        for name in pods {
            self.release(name).await?;
        }
        Ok(())
    }

    async fn release(&self, name: &str) -> Result<(), CallError> {
        let Some(pod) = within(self.pods().get_metadata_opt(name)).await? else { return Ok(()) };
        let Some(at) = pod.finalizers().iter().position(|f| f == FINALIZER_OUTCOME) else { return Ok(()) };
        let path = format!("/metadata/finalizers/{at}");
        let patch = json!([
            {"op": "test", "path": "/metadata/uid", "value": pod.metadata.uid},
            {"op": "test", "path": path, "value": FINALIZER_OUTCOME},
            {"op": "remove", "path": path},
        ]);
        let place = Pod::url_path(&(), Some(&self.settings.runs_namespace));
        // A failed test: the list moved. The next pass finds the finalizer still there, or gone.
        match patch::json::<Pod>(&self.client, &place, name, &patch).await? {
            Patched::Done(_) | Patched::Gone | Patched::TestFailed => Ok(()),
        }
    }

    /// What of ours is still there, for an execution that is over.
    pub async fn left(&self, exec: &Execution, over: &Ended) -> Result<Over, CallError> {
        if !exec.may_have_acted() {
            return Ok(Over::nothing(self.guards(), self.undos.of(&exec.uid)));
        }
        let grants = self.leftovers(&exec.uid, &exec.namespace);
        let jobs = self.with_pods(self.job_of(exec, over), &exec.uid);
        let (grants, (job, pods), claims) = try_join3(grants, jobs, self.claims(&exec.uid)).await?;
        let held = pods.iter().filter(|p| p.finalizers().iter().any(|f| f == FINALIZER_OUTCOME));
        let held_pods = held.map(ResourceExt::name_any).collect();
        let job = over.job.as_ref().zip(job).map(|((name, _), job)| left(name.clone(), &job, &pods)).transpose()?;
        Ok(Over {
            grants,
            job,
            held_pods,
            claims,
            guards: self.guards(),
            approvals: vec![],
            undone_by: self.undos.of(&exec.uid),
            undo: None,
        })
    }

    async fn job_of(&self, exec: &Execution, over: &Ended) -> Result<Option<Job>, CallError> {
        let Some((name, _)) = &over.job else { return Ok(None) };
        let Some(job) = within(self.jobs().get_opt(name.as_str())).await? else { return Ok(None) };
        // Also one that is not the one that was seen: a request that was lost on its way made it, and it ends here.
        let label = job.labels().get(LABEL_EXECUTION_UID).map(String::as_str);
        Ok((label == Some(exec.uid.as_str())).then_some(job))
    }
}

fn left(name: JobName, job: &Job, pods: &[Pod]) -> Result<LeftJob, CallError> {
    // A Job starts a pod where it has none, or in the place of a disrupted one; and none any more once it is being deleted (then it
    // never gets to say that it is finished).
    let may_start = !stopping(job) && !finished(job) && pods.iter().all(pod::is_disrupted);
    Ok(LeftJob {
        name,
        uid: uid(job)?,
        running: may_start || pods.iter().any(|p| !pod::has_ended(p)),
        stopping: stopping(job),
        expires: job.spec.as_ref().is_some_and(|s| s.ttl_seconds_after_finished.is_some()),
    })
}

pub(super) fn stopping(job: &Job) -> bool {
    job.metadata.deletion_timestamp.is_some()
}

fn finished(job: &Job) -> bool {
    let conditions = job.status.iter().flat_map(|s| s.conditions.iter()).flatten();
    conditions.into_iter().any(|c| matches!(c.type_.as_str(), "Complete" | "Failed") && c.status == "True")
}

/// By label, plan hash, and uid once it was seen.
fn ours(exec: &Execution, run: &Executing, job: &Job) -> bool {
    let label = job.labels().get(LABEL_EXECUTION_UID).map(String::as_str);
    let hash = job.annotations().get(ANNOTATION_PLAN_HASH).map(String::as_str);
    let known = run.seen.as_ref().is_none_or(|seen| job.metadata.uid.as_deref() == Some(seen.as_str()));
    label == Some(exec.uid.as_str()) && hash == Some(run.planned.hash.as_str()) && known
}

/// No Job of that name. A pod that carries our label says that there was one: it was deleted under us, and must not be made again. A Job that is
/// deleted through the API without another wish orphans its pods, which run on without an owner: where it was never seen, that is a Job that was,
/// too, told by the label of its controller; where it was followed, nobody can tell of it any more.
fn orphaned(run: &Executing, pods: &[Pod]) -> JobSeen {
    let of_the_run = |p: &&Pod| match &run.seen {
        Some(seen) => owner(p).is_some_and(|o| o.uid == seen.as_str()),
        None => its_job(p).is_some(),
    };
    let orphans: Vec<Pod> = pods.iter().filter(of_the_run).cloned().collect();
    let job = pod::newest(&orphans).and_then(|pod| Uid::try_from(its_job(pod)?.to_owned()).ok());
    let Some(uid) = job else { return JobSeen::Absent };
    let asked = Asked { template: None, image: &run.planned.image, stopped: false };
    JobSeen::Ours { uid, stopping: true, pod: pod::of_all(&asked, &orphans), failed_by: None }
}

fn its_job(pod: &Pod) -> Option<&str> {
    pod.labels().get(JOB_UID).map(String::as_str)
}

fn owner(pod: &Pod) -> Option<&OwnerReference> {
    pod.owner_references().iter().find(|o| o.kind == "Job" && o.controller == Some(true))
}

pub(super) fn uid<K: Resource>(object: &K) -> Result<Uid, CallError> {
    uid_of(object.meta().uid.as_deref().unwrap_or_default())
}

fn uid_of(text: &str) -> Result<Uid, CallError> {
    Uid::try_from(text.to_owned()).map_err(|e| CallError::Unknown(Box::new(e)))
}
