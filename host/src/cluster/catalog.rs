//! Objects of the catalogue: plugins, policies, actions, and the ConfigMaps that components come in. Owns their reads and writes; what is
//! active is not decided here.
use super::{
    client::{CallError, Cluster, within},
    kept::Pages,
    patch,
};
use crate::telemetry;
use crds::{
    Action, ActionPlugin, ActionPluginStatus, ExecutionPolicy, ExecutionPolicyStatus,
    labels::{FIELD_MANAGER, NAMESPACE_SYSTEM},
};
use futures::{Stream, StreamExt};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api, Resource, ResourceExt,
    api::{DeleteParams, ListParams, Patch, PatchParams},
    runtime::watcher,
};
use serde::{Serialize, de::DeserializeOwned};
use std::{collections::BTreeMap, fmt::Debug};

impl Cluster {
    /// One key of a ConfigMap beside the operator; none where there is no such object or key.
    pub async fn config_map_bytes(&self, name: &str, key: &str) -> Result<Option<Vec<u8>>, CallError> {
        let api: Api<ConfigMap> = Api::namespaced(self.client.clone(), NAMESPACE_SYSTEM);
        let map = within(api.get_opt(name)).await?;
        Ok(map.and_then(|m| m.binary_data?.remove(key)).map(|bytes| bytes.0))
    }

    /// The `Action` objects are exactly these: written where they differ, and none beside.
    pub async fn publish_actions(&self, wanted: Vec<Action>) -> Result<(), CallError> {
        let api: Api<Action> = Api::all(self.client.clone());
        let there: BTreeMap<String, Action> =
            within(api.list(&ListParams::default())).await?.into_iter().map(|a| (a.name_any(), a)).collect();
        for action in &wanted {
            if there.get(&action.name_any()).is_none_or(|a| a.spec != action.spec) {
                let ours = PatchParams::apply(FIELD_MANAGER).force();
                within(api.patch(&action.name_any(), &ours, &Patch::Apply(action))).await?;
            }
        }
        for name in there.keys().filter(|name| !wanted.iter().any(|a| a.name_any() == **name)) {
            match within(api.delete(name, &DeleteParams::default())).await {
                Err(error) if error.is(404) => {}
                answer => drop(answer?),
            }
        }
        Ok(())
    }

    /// How the activation of a plugin went.
    pub async fn plugin_status(&self, plugin: &ActionPlugin, status: ActionPluginStatus) -> Result<(), CallError> {
        self.status(plugin, plugin.status.as_ref(), &status).await
    }

    /// Whether a policy is in force.
    pub async fn policy_status(&self, policy: &ExecutionPolicy, status: ExecutionPolicyStatus) -> Result<(), CallError> {
        self.status(policy, policy.status.as_ref(), &status).await
    }

    /// These statuses are projections, made anew from what is there; so the last one stands, and one that is the same is not written.
    async fn status<K, S>(&self, object: &K, before: Option<&S>, status: &S) -> Result<(), CallError>
    where
        K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned,
        S: Serialize + PartialEq,
    {
        if before == Some(status) {
            return Ok(());
        }
        patch::status(&Api::<K>::all(self.client.clone()), &object.name_any(), object.meta().uid.as_deref(), status).await
    }

    /// All plugins, oldest first, whenever one of them changes. The first item is the first complete list: until then nothing is known.
    pub fn plugins(&self) -> impl Stream<Item = Vec<ActionPlugin>> + Send + use<> {
        whole(self.watch::<ActionPlugin>(watcher::Config::default()))
    }

    /// All policies, the same.
    pub fn policies(&self) -> impl Stream<Item = Vec<ExecutionPolicy>> + Send + use<> {
        whole(self.watch::<ExecutionPolicy>(watcher::Config::default()))
    }
}

/// A watch as a stream of whole lists. A change of a status alone is passed on too: whoever compares sees that nothing else moved.
fn whole<K>(events: impl Stream<Item = watcher::Result<watcher::Event<K>>> + Send) -> impl Stream<Item = Vec<K>> + Send
where
    K: Resource<DynamicType = ()> + Clone + Send + Sync + 'static,
{
    let lists = events.scan(Pages::default(), |pages, event| {
        std::future::ready(Some(match event {
            Ok(event) => pages.apply(event, Some).map(oldest_first),
            Err(error) => {
                tracing::warn!(kind = %K::kind(&()), error = %telemetry::chain(&error), "a watch failed; it is tried again");
                None
            }
        }))
    });
    lists.filter_map(std::future::ready)
}

fn oldest_first<K: Resource + Clone>(all: &BTreeMap<String, K>) -> Vec<K> {
    let mut all: Vec<K> = all.values().cloned().collect();
    all.sort_by_key(|o| (o.meta().creation_timestamp.as_ref().map(|t| t.0), o.name_any()));
    all
}
