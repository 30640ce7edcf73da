//! What is kept of the cluster in memory: small values made from watched objects. Owns the difference between "none" and "not read
//! yet". Never used where a Job could be created on the strength of it.
use crate::telemetry;
use futures::{Stream, StreamExt};
use kube::{Resource, ResourceExt, runtime::watcher};
use std::{collections::BTreeMap, sync::RwLock};

/// Values by `namespace/name`; none of them before the first list is complete.
pub(super) struct Kept<V>(RwLock<Pages<V>>);

/// What a watch has told so far.
pub(super) struct Pages<V> {
    now: Option<BTreeMap<String, V>>,
    /// A list that is being read: swapped in when it is whole.
    next: BTreeMap<String, V>,
}

impl<V> Default for Pages<V> {
    fn default() -> Self {
        Self { now: None, next: BTreeMap::new() }
    }
}

impl<V> Default for Kept<V> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<V> Pages<V> {
    /// All there is, where the event changed it and the first list is complete. `keep` makes the value; none leaves the object out.
    pub(super) fn apply<K: Resource>(
        &mut self,
        event: watcher::Event<K>,
        keep: impl FnOnce(K) -> Option<V>,
    ) -> Option<&BTreeMap<String, V>> {
        match event {
            watcher::Event::Init => {
                self.next.clear();
                return None;
            }
            watcher::Event::InitApply(object) => {
                put(&mut self.next, object, keep);
                return None;
            }
            watcher::Event::InitDone => self.now = Some(std::mem::take(&mut self.next)),
            watcher::Event::Apply(object) => put(self.now.as_mut()?, object, keep),
            watcher::Event::Delete(object) => drop(self.now.as_mut()?.remove(&key(&object))),
        }
        self.now.as_ref()
    }
}

impl<V: Clone> Kept<V> {
    /// Follows a watch for ever. `keep` makes the value; none leaves the object out.
    pub(super) async fn follow<K: Resource<DynamicType = ()>>(
        &self,
        events: impl Stream<Item = watcher::Result<watcher::Event<K>>>,
        keep: impl Fn(K) -> Option<V>,
    ) {
        let mut events = std::pin::pin!(events);
        while let Some(event) = events.next().await {
            match event {
                Ok(event) => self.apply(event, &keep),
                Err(error) => {
                    tracing::warn!(kind = %K::kind(&()), error = %telemetry::chain(&error), "a watch failed; it is tried again")
                }
            }
        }
    }

    fn apply<K: Resource>(&self, event: watcher::Event<K>, keep: impl FnOnce(K) -> Option<V>) {
        if let Ok(mut pages) = self.0.write() {
            pages.apply(event, keep);
        }
    }

    /// All, in order; none before the first list is complete.
    pub(super) fn all(&self) -> Option<BTreeMap<String, V>> {
        self.0.read().ok()?.now.clone()
    }

    /// One of cluster scope, by its name; the outer none before the first list is complete.
    pub(super) fn one(&self, name: &str) -> Option<Option<V>> {
        Some(self.0.read().ok()?.now.as_ref()?.get(name).cloned())
    }
}

fn put<K: Resource, V>(into: &mut BTreeMap<String, V>, object: K, keep: impl FnOnce(K) -> Option<V>) {
    let key = key(&object);
    match keep(object) {
        Some(value) => drop(into.insert(key, value)),
        None => drop(into.remove(&key)),
    }
}

fn key<K: Resource>(object: &K) -> String {
    match object.namespace() {
        Some(namespace) => format!("{namespace}/{}", object.name_any()),
        None => object.name_any(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::api::core::v1::ConfigMap;
    use kube::api::ObjectMeta;
    use watcher::Event::{Apply, Delete, Init, InitApply, InitDone};

    fn map(name: &str, value: &str) -> ConfigMap {
        let metadata = ObjectMeta { name: Some(name.into()), ..ObjectMeta::default() };
        ConfigMap { metadata, data: Some([("v".to_owned(), value.to_owned())].into()), ..ConfigMap::default() }
    }

    fn value(map: ConfigMap) -> Option<String> {
        map.data?.remove("v")
    }

    fn after(events: Vec<watcher::Event<ConfigMap>>) -> Kept<String> {
        let kept = Kept::default();
        events.into_iter().for_each(|e| kept.apply(e, value));
        kept
    }

    #[test]
    fn nothing_is_known_before_the_first_list_is_complete() {
        assert_eq!(after(vec![Init, InitApply(map("a", "1"))]).one("a"), None, "not read yet is not absent");
        let kept = after(vec![Init, InitApply(map("a", "1")), InitDone]);
        assert_eq!((kept.one("a"), kept.one("b")), (Some(Some("1".into())), Some(None)));
    }

    #[test]
    fn changes_deletions_and_new_lists_are_followed() {
        let kept = after(vec![
            Init,
            InitApply(map("a", "1")),
            InitDone,
            Apply(map("a", "2")),
            Apply(map("b", "1")),
            Delete(map("b", "1")),
        ]);
        assert_eq!(kept.all(), Some([("a".to_owned(), "2".to_owned())].into()));
        let again = after(vec![Init, InitApply(map("a", "1")), InitDone, Init, InitApply(map("c", "1"))]);
        assert_eq!(again.one("a"), Some(Some("1".into())), "the old list serves until the new one is complete");
    }
}
