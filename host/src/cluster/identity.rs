//! The identity of one run, or of its dry run: one ServiceAccount and one binding (in its namespace, or cluster-wide), made together, proven,
//! and taken away binding first. Owns that order, and that nothing else of that name is ever taken for ours. No Job is made here.
use super::client::{CallError, Cluster, Listed, within};
use crds::labels::{LABEL_EXECUTION_UID, NAMESPACE_DRYRUN};
use decide::{
    access::{self, Access},
    model::Uid,
    observed::Grants,
};
use futures::future::{join, try_join, try_join_all, try_join3};
use k8s_openapi::api::{
    core::v1::ServiceAccount,
    rbac::v1::{RoleBinding, RoleRef, Subject},
};
use kube::{
    Api, Resource, ResourceExt,
    api::{DeleteParams, ListParams, ObjectMeta, PostParams, Preconditions},
};
use serde::{Serialize, de::DeserializeOwned};
use std::{collections::BTreeMap, fmt::Debug};

const RBAC: &str = "rbac.authorization.k8s.io";

/// The two objects, as they must be.
struct Wanted {
    account: ServiceAccount,
    binding: RoleBinding,
}

impl Cluster {
    /// How much of the identity is there and in force.
    pub async fn grants(&self, access: &Access) -> Result<Grants, CallError> {
        if let Some(why) = self.refusal_of(&access.execution) {
            return Ok(Grants::Forbidden { why });
        }
        let wanted = self.wanted(access);
        let (accounts, bindings) = (self.accounts(&access.home), self.bindings(access.namespace.as_deref()));
        let account = within(accounts.get_opt(&access.name));
        match try_join(account, bindings.get(&access.name)).await? {
            (None, None) => Ok(Grants::None),
            (Some(account), Some(binding)) => match wanted.strange(&account, &binding) {
                Some(why) => Ok(Grants::Forbidden { why }),
                None if leaving(&account) || leaving(&binding) => Ok(Grants::Partly),
                None => self.in_force(access).await,
            },
            _ => Ok(Grants::Partly),
        }
    }

    async fn in_force(&self, access: &Access) -> Result<Grants, CallError> {
        let asked = access.writes.iter().map(|write| self.may_write(&access.home, &access.name, write));
        let all = try_join_all(asked).await?.into_iter().all(|allowed| allowed);
        Ok(if all { Grants::Whole } else { Grants::Pending })
    }

    /// Whether anything carries the execution's label, where runs and dry runs live or in its own namespace. `None` means certainly nothing.
    pub async fn leftovers(&self, execution: &Uid, namespace: &str) -> Result<Grants, CallError> {
        let [runs, dry_runs] = self.homes().map(|home| self.accounts(home));
        let (runs, dry_runs) = (labeled(&runs, execution, Listed::Live), labeled(&dry_runs, execution, Listed::Live));
        let bindings = self.bindings(access::place(namespace));
        let (runs, dry_runs, bindings) = try_join3(runs, dry_runs, bindings.labeled(execution, Listed::Live)).await?;
        Ok(if runs.is_empty() && dry_runs.is_empty() && bindings.is_empty() { Grants::None } else { Grants::Partly })
    }

    /// Where the accounts of runs and of dry runs are.
    pub(super) fn homes(&self) -> [&str; 2] {
        [&self.settings.runs_namespace, NAMESPACE_DRYRUN]
    }

    /// Whether anything of this one identity is there, by its names. `None` means certainly nothing of it.
    pub async fn remains(&self, access: &Access) -> Result<Grants, CallError> {
        let (accounts, bindings) = (self.accounts(&access.home), self.bindings(access.namespace.as_deref()));
        let account = within(accounts.get_metadata_opt(&access.name));
        Ok(match try_join(account, bindings.is_there(&access.name)).await? {
            (None, false) => Grants::None,
            _ => Grants::Partly,
        })
    }

    /// Makes both. Harmless to repeat. What the server refuses is kept for the next look (`grants`), so that it is told as a fact
    /// and not as a failed call.
    pub async fn grant(&self, access: &Access) -> Result<(), CallError> {
        let wanted = self.wanted(access);
        let (accounts, bindings) = (self.accounts(&access.home), self.bindings(access.namespace.as_deref()));
        let account = created(&accounts, &wanted.account);
        let binding = bindings.create(&wanted.binding);
        // Both to their ends: a request that was dropped on its way could still be carried out after a `revoke`.
        let (account, binding) = join(account, binding).await;
        match account.and(binding) {
            Err(CallError::Refused { code: 403, message, .. }) => {
                self.keep_refusal(&access.execution, message);
                Ok(())
            }
            answer => answer,
        }
    }

    /// Takes away what carries the label: bindings first, because a right that is gone bites at the next request, while the token of a
    /// deleted account works for about ten seconds more. What the server's cache does not show yet the next look does.
    pub async fn revoke(&self, execution: &Uid, namespace: &str) -> Result<(), CallError> {
        let how = Listed::FromCache;
        let [runs, dry_runs] = self.homes().map(|home| self.accounts(home));
        let bindings = self.bindings(access::place(namespace));
        let of_runs = (labeled(&runs, execution, how), labeled(&dry_runs, execution, how));
        let (bound, of_run, of_dry_run) = try_join3(bindings.labeled(execution, how), of_runs.0, of_runs.1).await?;
        bindings.remove(&bound).await?;
        remove(&runs, &of_run).await?;
        remove(&dry_runs, &of_dry_run).await
    }

    fn wanted(&self, access: &Access) -> Wanted {
        let meta = |namespace: Option<&str>| ObjectMeta {
            name: Some(access.name.clone()),
            namespace: namespace.map(str::to_owned),
            labels: Some(BTreeMap::from([(LABEL_EXECUTION_UID.to_owned(), access.execution.to_string())])),
            ..ObjectMeta::default()
        };
        Wanted {
            account: ServiceAccount {
                metadata: meta(Some(&access.home)),
                automount_service_account_token: Some(false),
                ..ServiceAccount::default()
            },
            binding: RoleBinding {
                metadata: meta(access.namespace.as_deref()),
                role_ref: RoleRef { api_group: Some(RBAC.into()), kind: "ClusterRole".into(), name: access.role.clone() },
                subjects: Some(vec![Subject {
                    kind: "ServiceAccount".into(),
                    name: access.name.clone(),
                    namespace: Some(access.home.clone()),
                    ..Subject::default()
                }]),
            },
        }
    }

    pub(super) fn accounts(&self, home: &str) -> Api<ServiceAccount> {
        Api::namespaced(self.client.clone(), home)
    }

    fn keep_refusal(&self, execution: &Uid, why: String) {
        if let Ok(mut refused) = self.refused.lock() {
            refused.insert(execution.to_string(), why);
        }
    }

    fn refusal_of(&self, execution: &Uid) -> Option<String> {
        self.refused.lock().ok()?.remove(execution.as_str())
    }
}

impl Wanted {
    /// What is not ours about objects of our names.
    fn strange(&self, account: &ServiceAccount, binding: &RoleBinding) -> Option<String> {
        let label = |meta: &ObjectMeta| meta.labels.as_ref().and_then(|l| l.get(LABEL_EXECUTION_UID)).cloned();
        let ours = label(&self.account.metadata);
        if label(&account.metadata) != ours || account.automount_service_account_token != Some(false) {
            return Some(format!("ServiceAccount {} is there, and was not made for this execution", account.name_any()));
        }
        let subjects = |b: &RoleBinding| b.subjects.iter().flatten().map(plain).collect::<Vec<_>>();
        let same = label(&binding.metadata) == ours
            && binding.role_ref == self.binding.role_ref
            && subjects(binding) == subjects(&self.binding);
        (!same).then(|| format!("the binding {} is there, and was not made for this execution", binding.name_any()))
    }
}

/// The server writes an empty group where none was given.
fn plain(subject: &Subject) -> (String, String, Option<String>, String) {
    let group = subject.api_group.clone().unwrap_or_default();
    (subject.kind.clone(), subject.name.clone(), subject.namespace.clone(), group)
}

fn leaving<K: Resource>(object: &K) -> bool {
    object.meta().deletion_timestamp.is_some()
}

/// Made now, or there already. Whether what is there is ours is for `grants` to say.
pub(super) async fn created<K>(api: &Api<K>, object: &K) -> Result<(), CallError>
where
    K: Clone + Debug + Serialize + DeserializeOwned,
{
    match within(api.create(&PostParams::default(), object)).await {
        Err(error) if error.is(409) => Ok(()),
        answer => answer.map(drop),
    }
}

pub(super) async fn labeled<K>(api: &Api<K>, execution: &Uid, how: Listed) -> Result<Vec<ObjectMeta>, CallError>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned,
{
    let by_label = ListParams::default().labels(&format!("{LABEL_EXECUTION_UID}={execution}"));
    let by_label = if how == Listed::FromCache { by_label.match_any() } else { by_label };
    Ok(within(api.list_metadata(&by_label)).await?.items.into_iter().map(|o| o.metadata).collect())
}

/// By uid. What is gone already is fine.
pub(super) async fn remove<K>(api: &Api<K>, objects: &[ObjectMeta]) -> Result<(), CallError>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned,
{
    for object in objects {
        let exactly = Preconditions { uid: object.uid.clone(), resource_version: None };
        let params = DeleteParams { preconditions: Some(exactly), ..DeleteParams::default() };
        match within(api.delete(object.name.as_deref().unwrap_or_default(), &params)).await {
            Err(error) if error.is(404) || error.is(409) => {}
            answer => drop(answer?),
        }
    }
    Ok(())
}
