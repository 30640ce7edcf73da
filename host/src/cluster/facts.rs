//! Facts about the cluster that policies ask for: namespaces, nodes, roles, who and which version the cluster is. Owns what is kept of
//! each: as little as answers the question.
use super::{
    client::{CallError, Cluster, within},
    kept::Kept,
};
use crds::labels::LABEL_PLUGIN;
use decide::{model::Uid, observed::Freeze};
use futures::{FutureExt, future::BoxFuture};
use k8s_openapi::api::{
    core::v1::{Namespace, Node},
    rbac::v1::ClusterRole,
};
use kube::{
    Api, Resource,
    core::PartialObjectMeta,
    runtime::{WatchStreamExt, watcher},
};
use std::collections::BTreeMap;

/// A namespace, as far as policies and judges look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamespaceSeen {
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// It is being deleted.
    pub terminating: bool,
}

/// What is kept.
#[derive(Default)]
pub(super) struct Facts {
    namespaces: Kept<NamespaceSeen>,
    /// Whether each is ready.
    nodes: Kept<bool>,
    roles: Kept<ClusterRole>,
    pub(super) freezes: Kept<Freeze>,
}

impl Cluster {
    /// uid of the namespace `kube-system`: the cluster's own name, as far as it has one.
    pub async fn uid(&self) -> Result<Uid, CallError> {
        let api: Api<Namespace> = Api::all(self.client.clone());
        let uid = within(api.get_metadata("kube-system")).await?.metadata.uid.unwrap_or_default();
        Uid::try_from(uid).map_err(|e| CallError::Unknown(Box::new(e)))
    }

    /// `1.37`.
    pub async fn kubernetes(&self) -> Result<String, CallError> {
        let version = within(self.client.apiserver_version()).await?;
        let digits = |part: &str| part.chars().take_while(char::is_ascii_digit).collect::<String>();
        Ok(format!("{}.{}", digits(&version.major), digits(&version.minor)))
    }

    /// One namespace. One that the watch has not seen is read live: it may be a second old.
    pub async fn namespace(&self, name: &str) -> Result<Option<NamespaceSeen>, CallError> {
        if let Some(Some(kept)) = self.facts.namespaces.one(name) {
            return Ok(Some(kept));
        }
        let api: Api<Namespace> = Api::all(self.client.clone());
        Ok(within(api.get_metadata_opt(name)).await?.map(namespace))
    }

    /// Nodes there are, and nodes that are ready.
    pub async fn nodes(&self) -> Result<(u32, u32), CallError> {
        let all: Vec<bool> = match self.facts.nodes.all() {
            Some(kept) => kept.into_values().collect(),
            None => within(Api::<Node>::all(self.client.clone()).list(&Default::default())).await?.iter().map(ready).collect(),
        };
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Ok((count(all.len()), count(all.iter().filter(|ready| **ready).count())))
    }

    /// A role that somebody applied for a plugin. None as well before the first list is complete: see `roles_read`.
    #[must_use]
    pub fn role(&self, name: &str) -> Option<ClusterRole> {
        self.facts.roles.one(name).flatten()
    }

    /// Whether the roles were read once.
    #[must_use]
    pub fn roles_read(&self) -> bool {
        self.facts.roles.one("").is_some()
    }

    /// Follows what is kept, for ever. Spawned once; without it everything is read live or unknown.
    pub async fn follow(&self) {
        let all: [BoxFuture<'_, ()>; 5] = [
            self.facts
                .namespaces
                .follow(self.watch::<PartialObjectMeta<Namespace>>(watcher::Config::default()), |n| Some(namespace(n)))
                .boxed(),
            self.facts.nodes.follow(self.watch::<Node>(watcher::Config::default()), |n| Some(ready(&n))).boxed(),
            self.facts
                .roles
                .follow(self.watch(watcher::Config::default().labels(LABEL_PLUGIN)), |r| Some(without_fields(r)))
                .boxed(),
            self.guarded.follow(self).boxed(),
            self.follow_freezes().boxed(),
        ];
        futures::future::join_all(all).await;
    }

    /// A watch over the whole cluster that is tried again, later and later, when it fails.
    pub(super) fn watch<K>(
        &self,
        config: watcher::Config,
    ) -> impl futures::Stream<Item = watcher::Result<watcher::Event<K>>> + Send + use<K>
    where
        K: Resource<DynamicType = ()> + Clone + std::fmt::Debug + serde::de::DeserializeOwned + Send + 'static,
    {
        watcher(Api::<K>::all(self.client.clone()), config).default_backoff()
    }
}

fn namespace(seen: PartialObjectMeta<Namespace>) -> NamespaceSeen {
    let terminating = seen.metadata.deletion_timestamp.is_some();
    NamespaceSeen { labels: seen.metadata.labels.unwrap_or_default(), terminating }
}

fn ready(node: &Node) -> bool {
    let conditions = node.status.iter().flat_map(|s| s.conditions.iter()).flatten();
    conditions.into_iter().any(|c| c.type_ == "Ready" && c.status == "True")
}

fn without_fields<K: Resource>(mut object: K) -> K {
    object.meta_mut().managed_fields = None;
    object
}
