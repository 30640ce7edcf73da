//! What is left of executions that are no more. A request that was lost on its way can be carried out after its execution is gone, and
//! then nobody follows what it made (which cannot run: its identity went first). Owns how that is told from what is in use.
use super::{
    client::{CallError, Cluster, within},
    identity::remove,
};
use crds::labels::{FINALIZER_OUTCOME, LABEL_EXECUTION_UID};
use decide::model::{JobName, Uid};
use futures::future::{try_join, try_join4};
use k8s_openapi::api::rbac::v1::{ClusterRoleBinding, RoleBinding};
use kube::{
    Api, Resource,
    api::{ListParams, ObjectMeta},
};
use serde::de::DeserializeOwned;
use std::{collections::BTreeSet, fmt::Debug};

impl Cluster {
    /// Takes away what was made for none of the `living` executions (their uids), in the order of every end: binding, account, Job, and
    /// last the hold on its pods. Says how many there were. (The Job of a dry run goes by itself.)
    ///
    /// `living` is asked after the look: what is made for an execution is made after the execution, so what was seen and belongs to
    /// none of them belongs to one that is gone.
    pub async fn sweep(&self, living: impl FnOnce() -> BTreeSet<String>) -> Result<usize, CallError> {
        let (in_all, cluster_wide) =
            (Api::<RoleBinding>::all(self.client.clone()), Api::<ClusterRoleBinding>::all(self.client.clone()));
        let bindings = async {
            let (mut some, more) = try_join(made(&in_all), made(&cluster_wide)).await?;
            some.extend(more);
            Ok(some)
        };
        let [runs, dry_runs] = self.homes().map(|home| self.accounts(home));
        let (jobs, pods) = (self.jobs(), self.pods());
        let accounts = try_join(made(&runs), made(&dry_runs));
        let (mut bindings, (mut of_runs, mut of_dry_runs), mut jobs, mut pods) =
            try_join4(bindings, accounts, made(&jobs), made(&pods)).await?;
        let living = living();
        let lost = |meta: &ObjectMeta| execution(meta).is_some_and(|uid| !living.contains(uid));
        bindings.retain(lost);
        of_runs.retain(lost);
        of_dry_runs.retain(lost);
        jobs.retain(|o| lost(o) && o.deletion_timestamp.is_none());
        pods.retain(|o| lost(o) && o.finalizers.iter().flatten().any(|f| f == FINALIZER_OUTCOME));
        for binding in &bindings {
            self.bindings(binding.namespace.as_deref()).remove(std::slice::from_ref(binding)).await?;
        }
        remove(&runs, &of_runs).await?;
        remove(&dry_runs, &of_dry_runs).await?;
        for job in &jobs {
            self.stop_lost(job).await?;
        }
        self.release_pods(&pods.iter().filter_map(|o| o.name.clone()).collect::<Vec<_>>()).await?;
        Ok(bindings.len() + of_runs.len() + of_dry_runs.len() + jobs.len() + pods.len())
    }

    async fn stop_lost(&self, job: &ObjectMeta) -> Result<(), CallError> {
        let text = |part: &Option<String>| part.clone().unwrap_or_default();
        let (Ok(name), Ok(uid)) = (JobName::try_from(text(&job.name)), Uid::try_from(text(&job.uid))) else {
            return Ok(());
        };
        self.stop_job(&name, &uid).await
    }
}

/// By the server's cache: an object that it does not show yet is found the next time.
async fn made<K>(api: &Api<K>) -> Result<Vec<ObjectMeta>, CallError>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned,
{
    let all = within(api.list_metadata(&ListParams::default().labels(LABEL_EXECUTION_UID).match_any())).await?.items;
    Ok(all.into_iter().map(|o| o.metadata).collect())
}

/// For which execution. Both label and name say so, or it is not of our making: a label anybody could have put there.
fn execution(meta: &ObjectMeta) -> Option<&str> {
    let uid = meta.labels.as_ref()?.get(LABEL_EXECUTION_UID)?;
    let name = meta.name.as_ref()?;
    let rest = name.strip_prefix("run-").or_else(|| name.strip_prefix("dry-"))?;
    rest.starts_with(uid.as_str()).then_some(uid)
}
