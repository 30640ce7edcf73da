//! When executions were seen to be over, and when their Jobs were seen, by this process's clock. One watch of each kind; keeps as little of
//! an object as can be said in a line, for there are many.
use anyhow::{Result, bail};
use crds::KubernetesExecution;
use futures::{Stream, StreamExt};
use k8s_openapi::api::batch::v1::Job;
use kube::{
    Api, Client, Resource, ResourceExt,
    api::ObjectMeta,
    core::PartialObjectMeta,
    runtime::{
        WatchStreamExt,
        watcher::{self, Event, watcher},
    },
};
use serde::Deserialize;
use std::{
    collections::HashMap,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::Notify;

/// For the last of ten thousand, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(1200);

/// As far as it is looked at.
#[derive(Clone, Debug, Deserialize, Resource)]
#[resource(inherit = KubernetesExecution)]
struct Seen {
    metadata: ObjectMeta,
    status: Option<Status>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Status {
    #[serde(default)]
    phase: String,
    #[serde(default)]
    reason: String,
}

/// `namespace/name`.
pub(crate) type Id = String;

/// Everything seen so far. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Sights(Arc<Inner>);

#[derive(Default)]
struct Inner {
    over: Mutex<HashMap<Id, (Instant, String)>>,
    jobs: Mutex<HashMap<Id, Instant>>,
    more: Notify,
}

impl Sights {
    /// Of all namespaces. Returns once the watches stand.
    pub(crate) async fn follow(client: &Client) -> Self {
        let all = Self::default();
        let (executions, jobs) = (all.clone(), all.clone());
        let api = Api::<Seen>::all(client.clone());
        let first = begun(watcher(api, watcher::Config::default()).default_backoff(), move |seen| executions.execution(&seen));
        let api = Api::<PartialObjectMeta<Job>>::namespaced(client.clone(), crds::labels::NAMESPACE_RUNS);
        let second = begun(watcher(api, watcher::Config::default()).default_backoff(), move |job| jobs.job(&job));
        tokio::join!(first, second);
        all
    }

    fn execution(&self, seen: &Seen) {
        let status = seen.status.clone().unwrap_or_default();
        if matches!(status.phase.as_str(), "Completed" | "Failed" | "Refused" | "Cancelled") {
            let id = format!("{}/{}", seen.namespace().unwrap_or_default(), seen.name_any());
            let end = format!("{} ({})", status.phase, status.reason);
            locked(&self.0.over).entry(id).or_insert((Instant::now(), end));
            self.0.more.notify_waiters();
        }
    }

    fn job(&self, job: &PartialObjectMeta<Job>) {
        if let Some(id) = job.annotations().get(crds::labels::ANNOTATION_EXECUTION) {
            locked(&self.0.jobs).entry(id.clone()).or_insert_with(Instant::now);
            self.0.more.notify_waiters();
        }
    }

    /// When it was over, and how.
    pub(crate) async fn over(&self, id: &str) -> Result<(Instant, String)> {
        self.until(|| locked(&self.0.over).get(id).cloned(), id).await
    }

    pub(crate) async fn job_of(&self, id: &str) -> Result<Instant> {
        self.until(|| locked(&self.0.jobs).get(id).copied(), id).await
    }

    /// How many of these are over.
    pub(crate) fn count(&self, ids: impl IntoIterator<Item = impl AsRef<str>>) -> usize {
        let over = locked(&self.0.over);
        ids.into_iter().filter(|id| over.contains_key(id.as_ref())).count()
    }

    /// Woken by whatever is seen next.
    async fn until<T>(&self, look: impl Fn() -> Option<T>, what: &str) -> Result<T> {
        let seen = async {
            loop {
                let more = self.0.more.notified();
                if let Some(seen) = look() {
                    return seen;
                }
                more.await;
            }
        };
        match tokio::time::timeout(PATIENCE, seen).await {
            Ok(seen) => Ok(seen),
            Err(_) => bail!("{what}: not seen within {PATIENCE:?}"),
        }
    }
}

fn locked<T>(all: &Mutex<T>) -> MutexGuard<'_, T> {
    all.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Follows on a task of its own, from when the first list is complete.
async fn begun<T: Send + 'static>(
    events: impl Stream<Item = watcher::Result<Event<T>>> + Send + 'static,
    mut note: impl FnMut(T) + Send + 'static,
) {
    let (standing, stands) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        let (mut events, mut standing) = (pin!(events), Some(standing));
        while let Some(event) = events.next().await {
            match event {
                Ok(Event::Apply(object) | Event::InitApply(object)) => note(object),
                Ok(Event::InitDone) => drop(standing.take().map(|s| s.send(()))),
                Ok(Event::Init | Event::Delete(_)) => {}
                Err(error) => eprintln!("flood: a watch failed and is tried again: {error}"),
            }
        }
    });
    stands.await.ok();
}
