//! Watches of single objects that executions wait for: the target while its checks are pending. Owns when such a watch begins and ends.
//! Only makes a wait shorter: where the watch fails, the time given with the wait still comes.
use super::{client::Cluster, seen::Seen};
use decide::model::ObjectRef as Target;
use futures::{StreamExt, channel::mpsc};
use kube::{
    Api,
    core::{ApiResource, DynamicObject, PartialObjectMeta},
    runtime::{
        WatchStreamExt,
        reflector::ObjectRef,
        watcher::{self, Event, watcher},
    },
};
use std::{collections::HashMap, sync::Mutex};
use tokio::task::AbortHandle;

/// Who waits for what.
pub(super) struct Touches {
    wake: mpsc::UnboundedSender<ObjectRef<Seen>>,
    watches: Mutex<HashMap<ObjectRef<Seen>, Watch>>,
}

struct Watch {
    target: Target,
    task: AbortHandle,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Touches {
    pub(super) fn new(wake: mpsc::UnboundedSender<ObjectRef<Seen>>) -> Self {
        Self { wake, watches: Mutex::default() }
    }

    /// Wakes `who` on every change of `target`, and once when the watch begins: so no change falls between a look and the watch.
    pub(super) fn begin(&self, cluster: &Cluster, who: &ObjectRef<Seen>, target: &Target) {
        let Ok(mut watches) = self.watches.lock() else { return };
        if watches.get(who).is_some_and(|watch| watch.target == *target) {
            return;
        }
        let task = tokio::spawn(follow(api(cluster, target), target.name.clone(), who.clone(), self.wake.clone())).abort_handle();
        watches.insert(who.clone(), Watch { target: target.clone(), task });
    }

    pub(super) fn end(&self, who: &ObjectRef<Seen>) {
        if let Ok(mut watches) = self.watches.lock() {
            watches.remove(who);
        }
    }
}

fn api(cluster: &Cluster, target: &Target) -> Api<PartialObjectMeta<DynamicObject>> {
    let kind = ApiResource {
        group: target.api.group.clone(),
        version: target.api.version.clone(),
        api_version: target.api.api_version(),
        kind: target.api.kind.clone(),
        plural: target.api.resource.clone(),
    };
    match &target.namespace {
        Some(namespace) => Api::namespaced_with(cluster.client.clone(), namespace, &kind),
        None => Api::all_with(cluster.client.clone(), &kind),
    }
}

async fn follow(
    api: Api<PartialObjectMeta<DynamicObject>>,
    name: String,
    who: ObjectRef<Seen>,
    wake: mpsc::UnboundedSender<ObjectRef<Seen>>,
) {
    let only = watcher::Config::default().fields(&format!("metadata.name={name}"));
    let mut events = std::pin::pin!(watcher(api, only).default_backoff());
    while let Some(event) = events.next().await {
        let moved = matches!(event, Ok(Event::Apply(_) | Event::InitApply(_) | Event::Delete(_)));
        if moved && wake.unbounded_send(who.clone()).is_err() {
            return;
        }
    }
}
