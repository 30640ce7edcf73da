//! Freezes: followed, so that whoever waits for the end of one is woken. Where a run could be started on the strength of it, they are
//! read live.
use super::client::{CallError, Cluster, Listed, within};
use crds::{ExecutionFreeze, ExecutionFreezeSpec};
use decide::observed::Freeze;
use futures::TryStreamExt;
use kube::{Api, ResourceExt, api::ListParams, runtime::watcher};

impl Cluster {
    /// All there are. Live as well while the watch has not read them yet.
    pub async fn freezes(&self, how: Listed) -> Result<Vec<Freeze>, CallError> {
        if let (Listed::FromCache, Some(kept)) = (how, self.facts.freezes.all()) {
            return Ok(kept.into_values().collect());
        }
        let api: Api<ExecutionFreeze> = Api::all(self.client.clone());
        Ok(within(api.list(&ListParams::default())).await?.items.into_iter().map(freeze).collect())
    }

    /// For ever. Every change wakes those that are not over: one of them may wait for it.
    pub(super) async fn follow_freezes(&self) {
        let changes = self.watch(watcher::Config::default()).inspect_ok(|_| self.wake_all());
        self.facts.freezes.follow::<ExecutionFreeze>(changes, |f| Some(freeze(f))).await;
    }
}

/// As the host reads it.
pub(crate) fn freeze(object: ExecutionFreeze) -> Freeze {
    let name = object.name_any();
    let ExecutionFreezeSpec { reason, selector, until, by } = object.spec;
    let selector = selector.unwrap_or_default();
    // The API server takes dates only. Should it ever be none, the freeze lasts until it is deleted.
    let until = until.and_then(|text| text.parse().ok());
    Freeze { name, by, reason, until, namespaces: selector.namespaces, actions: selector.actions }
}
