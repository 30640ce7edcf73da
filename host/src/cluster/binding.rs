//! The binding of a run: a RoleBinding in the namespace of what it writes, or a ClusterRoleBinding where that is of the whole cluster. Owns that
//! both are one thing to everybody else.
use super::client::{CallError, Cluster, Listed, within};
use super::identity::{created, labeled, remove};
use decide::model::Uid;
use k8s_openapi::api::rbac::v1::{ClusterRoleBinding, RoleBinding};
use kube::{Api, api::ObjectMeta};

/// Where a binding is.
pub(super) enum Bindings {
    /// In one namespace.
    In(Api<RoleBinding>),
    /// Cluster-wide.
    Everywhere(Api<ClusterRoleBinding>),
}

impl Cluster {
    /// Of a run whose binding is in this namespace; none: cluster-wide.
    pub(super) fn bindings(&self, namespace: Option<&str>) -> Bindings {
        let client = self.client.clone();
        match namespace {
            Some(namespace) => Bindings::In(Api::namespaced(client, namespace)),
            None => Bindings::Everywhere(Api::all(client)),
        }
    }
}

impl Bindings {
    pub(super) async fn get(&self, name: &str) -> Result<Option<RoleBinding>, CallError> {
        match self {
            Self::In(api) => within(api.get_opt(name)).await,
            Self::Everywhere(api) => Ok(within(api.get_opt(name)).await?.map(|b| RoleBinding {
                metadata: b.metadata,
                role_ref: b.role_ref,
                subjects: b.subjects,
            })),
        }
    }

    pub(super) async fn is_there(&self, name: &str) -> Result<bool, CallError> {
        Ok(match self {
            Self::In(api) => within(api.get_metadata_opt(name)).await?.is_some(),
            Self::Everywhere(api) => within(api.get_metadata_opt(name)).await?.is_some(),
        })
    }

    pub(super) async fn create(&self, binding: &RoleBinding) -> Result<(), CallError> {
        let RoleBinding { metadata, role_ref, subjects } = binding.clone();
        match self {
            Self::In(api) => created(api, binding).await,
            Self::Everywhere(api) => created(api, &ClusterRoleBinding { metadata, role_ref, subjects }).await,
        }
    }

    /// Those of one execution.
    pub(super) async fn labeled(&self, execution: &Uid, how: Listed) -> Result<Vec<ObjectMeta>, CallError> {
        match self {
            Self::In(api) => labeled(api, execution, how).await,
            Self::Everywhere(api) => labeled(api, execution, how).await,
        }
    }

    pub(super) async fn remove(&self, these: &[ObjectMeta]) -> Result<(), CallError> {
        match self {
            Self::In(api) => remove(api, these).await,
            Self::Everywhere(api) => remove(api, these).await,
        }
    }
}
