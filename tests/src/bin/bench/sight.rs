//! When something was first seen, by this process's clock: watches that run from before it can happen.
use anyhow::{Result, bail};
use futures::StreamExt;
use kube::{
    Api,
    api::DynamicObject,
    runtime::{
        WatchStreamExt,
        watcher::{self, Event},
    },
};
use std::{
    collections::BTreeMap,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::Notify;

/// A run on a machine that does much else takes a while; a run that never ends is a fault to be told.
const PATIENCE: Duration = Duration::from_secs(240);

/// Something that was seen, and what it said.
#[derive(Clone, Debug)]
pub(crate) struct Sighting {
    pub(crate) at: Instant,
    pub(crate) says: String,
}

/// Everything seen so far. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Sightings(Arc<Inner>);

#[derive(Default)]
struct Inner {
    first: Mutex<BTreeMap<String, Sighting>>,
    more: Notify,
}

impl Sightings {
    /// Follows objects; returns once the watch stands. `tells` names what an object shows (key, words).
    pub(crate) async fn follow(&self, api: Api<DynamicObject>, tells: fn(&DynamicObject) -> Vec<(String, String)>) {
        let (standing, stands) = tokio::sync::oneshot::channel();
        let all = self.clone();
        tokio::spawn(async move {
            let mut standing = Some(standing);
            let mut events = pin!(watcher::watcher(api, watcher::Config::default()).default_backoff());
            while let Some(event) = events.next().await {
                match event {
                    Ok(Event::Apply(object) | Event::InitApply(object)) => all.note(tells(&object)),
                    Ok(Event::InitDone) => drop(standing.take().map(|s| s.send(()))),
                    Ok(Event::Init | Event::Delete(_)) => {}
                    Err(error) => eprintln!("bench: a watch failed and is tried again: {error}"),
                }
            }
        });
        stands.await.ok();
    }

    /// When this was first seen; waits for it.
    pub(crate) async fn of(&self, key: &str) -> Result<Sighting> {
        let seen = async {
            loop {
                let more = self.0.more.notified();
                if let Some(seen) = self.first().get(key) {
                    return seen.clone();
                }
                more.await;
            }
        };
        match tokio::time::timeout(PATIENCE, seen).await {
            Ok(seen) => Ok(seen),
            Err(_) => bail!("{key}: not seen within {PATIENCE:?}"),
        }
    }

    fn note(&self, told: Vec<(String, String)>) {
        let at = Instant::now();
        for (key, says) in told {
            self.first().entry(key).or_insert(Sighting { at, says });
        }
        self.0.more.notify_waiters();
    }

    fn first(&self) -> MutexGuard<'_, BTreeMap<String, Sighting>> {
        self.0.first.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
