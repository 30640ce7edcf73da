//! What wakes an execution: its own changes, its Job and pods, its approvals, the object it waits for, the clock. Owns who is woken and when again;
//! what is done then is the caller's. Keeps next to nothing of an object in memory: it is read live at every wake-up.
use super::{
    approvals::awaited,
    claims::counts,
    client::{CallError, Cluster},
    record::Live,
    retry::retry_after,
    seen::Seen,
    touch::Touches,
    turns::Turns,
};
use crate::telemetry;
use crds::{
    ExecutionApproval, LimitOf,
    labels::{ANNOTATION_EXECUTION, LABEL_EXECUTION_UID},
};
use decide::{
    execution::Execution,
    limits,
    lock::{self, Counts},
    model::{ObjectRef as Target, Uid},
    observed::{Ahead, Waiter},
};
use futures::{
    FutureExt, StreamExt, TryStreamExt,
    channel::mpsc,
    future::{BoxFuture, try_join},
    stream,
};
use jiff::Timestamp;
use k8s_openapi::{
    NamespaceResourceScope,
    api::{batch::v1::Job, coordination::v1::Lease, core::v1::Pod},
};
use kube::{
    Api, Resource, ResourceExt,
    core::PartialObjectMeta,
    runtime::{
        WatchStreamExt, applier,
        controller::{Action, Config, Error as Queue, ReconcileRequest},
        reflector::{self, ObjectRef, Store},
        watcher::{self, Event, watcher},
    },
};
use std::{collections::HashMap, error::Error as StdError, sync::Arc, sync::Mutex, time::Duration};
use tokio::sync::Notify;

/// Executions that are worked on at the same time. Each holds a few calls to the API server and no thread.
const AT_ONCE: usize = 64;
/// Of those that wait in one line, whom a change in it wakes: who may be next, and who is told each place (`decide::lock::NEAR`). Who is
/// further back looks by itself from time to time; or the end of each would wake all the others.
const FIRST: usize = lock::NEAR + 1;
/// An execution that waits for a change alone is looked at all the same from time to time, should a change ever be missed.
const RESYNC: Duration = Duration::from_secs(600);
/// What a lost request made cannot run; it is litter, and not in a hurry.
const SWEEP: Duration = Duration::from_secs(600);
/// Looks at an object that keeps moving, before it is left to settle.
const LOOKS: u32 = 3;

/// What to do after a wake-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Until a moment, or something changes.
    Await(Option<Timestamp>),
    /// The same, and a change of this object is something.
    AwaitObject(Option<Timestamp>, Target),
    /// It moved while it was looked at: read it again.
    Again,
    /// Nothing, ever.
    Nothing,
}

/// A wake-up that ended early.
#[derive(Debug, thiserror::Error)]
enum WakeError {
    #[error("failed to read the execution")]
    Read(#[source] CallError),
    #[error("failed to reconcile")]
    Reconcile(#[source] Box<dyn StdError + Send + Sync>),
    #[error("failed to settle: it moved at every look")]
    Moving,
    #[error("failed to run to an end: it panicked")]
    Panicked(#[source] tokio::task::JoinError),
}

type Woken = Result<Action, WakeError>;
type Reconcile = dyn Fn(Live) -> BoxFuture<'static, Result<Next, Box<dyn StdError + Send + Sync>>> + Send + Sync;
type Requests = stream::BoxStream<'static, Result<ReconcileRequest<Seen>, watcher::Error>>;

/// What every wake-up has.
struct Runner {
    cluster: Cluster,
    reconcile: Box<Reconcile>,
    turns: Arc<Turns>,
    touches: Touches,
    failures: Mutex<HashMap<ObjectRef<Seen>, u32>>,
}

impl Cluster {
    /// Calls `reconcile` for every execution that is not over and done with, one call at a time for each, until `shutdown`; then waits for
    /// those that run.
    pub async fn run<F, Fut, E>(&self, reconcile: F, shutdown: impl Future<Output = ()> + Send + 'static)
    where
        F: Fn(Live) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Next, E>> + Send + 'static,
        E: StdError + Send + Sync + 'static,
    {
        let (wake, woken) = mpsc::unbounded();
        let runner = Arc::new(Runner {
            cluster: self.clone(),
            reconcile: Box::new(move |live| reconcile(live).map(|r| r.map_err(Into::into)).boxed()),
            turns: Turns::new(AT_ONCE),
            touches: Touches::new(wake),
            failures: Mutex::default(),
        });
        let listed = Arc::new(Notify::new());
        let (store, requests) = self.requests(woken, listed.clone());
        // Without a bound of its own: whose turn it is, `turns` says.
        let config = Config::default();
        let turns = runner.turns.clone();
        let shutdown = shutdown.map(move |()| turns.close());
        let sweeper = tokio::spawn(sweep(self.clone(), store.clone(), listed)).abort_handle();
        let work = |seen: Arc<Seen>, runner: Arc<Runner>| runner.spawn(seen);
        let retry = |seen: Arc<Seen>, error: &WakeError, runner: Arc<Runner>| runner.failed(&seen, error);
        applier(work, retry, runner, store, requests.take_until(shutdown.boxed()), config).for_each(told).await;
        sweeper.abort();
    }

    /// Wakes everything that is not over: what all of them depend on has changed.
    pub fn wake_all(&self) {
        self.nudge.notify_one();
    }

    /// `listed` hears when all executions are in the store.
    fn requests(&self, woken: mpsc::UnboundedReceiver<ObjectRef<Seen>>, listed: Arc<Notify>) -> (Store<Seen>, Requests) {
        let (store, writer) = reflector::store();
        let executions = watcher(Api::<Seen>::all(self.client.clone()), watcher::Config::default()).default_backoff();
        let cluster = self.clone();
        let own = reflector::reflector(writer, executions.map_ok(|event| event.modify(strip)))
            .map_ok(move |event| {
                if matches!(event, Event::InitDone) {
                    cluster.history.read();
                    listed.notify_one();
                }
                stream::iter(cluster.woken_by(&event).into_iter().map(|who| Ok(who.into())))
            })
            .try_flatten();
        let [runs, dry_runs] = self.homes();
        let all: [Requests; 8] = [
            own.boxed(),
            self.made_for_one::<Job>(runs),
            self.made_for_one::<Pod>(runs),
            self.made_for_one::<Pod>(dry_runs),
            self.approved(),
            self.let_go(),
            woken.map(|who| Ok(who.into())).boxed(),
            nudges(self.nudge.clone(), store.clone()),
        ];
        (store, stream::select_all(all).boxed())
    }

    /// Executions that somebody approves or rejects.
    fn approved(&self) -> Requests {
        let events = self.watch::<ExecutionApproval>(watcher::Config::default());
        events.try_filter_map(|event| std::future::ready(Ok(awaited(event).and_then(|who| made_for(Some(&who)))))).boxed()
    }

    /// Whoever waits for a target whose claim changed hands, or went; or for a limit that the claim counts for.
    fn let_go(&self) -> Requests {
        let api = Api::<PartialObjectMeta<Lease>>::namespaced(self.client.clone(), &self.settings.runs_namespace);
        let touched = watcher(api, watcher::Config::default().labels(LABEL_EXECUTION_UID)).default_backoff().touched_objects();
        let cluster = self.clone();
        let waiting = touched.map_ok(move |lease| {
            let counts = counts(&lease);
            let lines = limits::ALL.into_iter().flat_map(|of| limits::lines(of, &counts)).chain([lease.name_any()]);
            let waiting: Vec<_> = lines.flat_map(|line| cluster.queues.first(&line, FIRST)).collect();
            stream::iter(waiting.into_iter().map(|w| Ok(ObjectRef::<Seen>::new(&w.name).within(&w.namespace).into())))
        });
        waiting.try_flatten().boxed()
    }

    /// The executions that wait for this target and come before this one, as far as the watch has told.
    #[must_use]
    pub fn ahead(&self, exec: &Execution, target: &Uid) -> Vec<Ahead> {
        let before = self.queues.before(exec, &lock::object(target)).into_iter();
        before.map(|w| Ahead { name: w.name, frozen: w.frozen }).collect()
    }

    /// Those that wait for a limit that counts this one too and come before it, likewise.
    #[must_use]
    pub fn ahead_at_limits(&self, exec: &Execution) -> Vec<Waiter> {
        let own = Counts::of(exec);
        let lines = limits::ALL.into_iter().flat_map(|of| limits::lines(of, &own).into_iter().map(move |line| (of, line)));
        let before = |(of, line): (LimitOf, String)| {
            self.queues.before(exec, &line).into_iter().map(move |w| Waiter { place: (w.namespace, w.name), of })
        };
        lines.flat_map(before).collect()
    }

    /// The execution itself; and the one that it undid, which has a last word to say.
    fn woken_by(&self, event: &Event<Seen>) -> Vec<ObjectRef<Seen>> {
        let seen = match event {
            Event::Apply(seen) | Event::InitApply(seen) => seen,
            Event::Delete(seen) => {
                self.echoes.forget(&seen.metadata);
                self.queues.note(&seen.uid().unwrap_or_default(), None);
                self.history.gone(&seen.uid().unwrap_or_default());
                // What it undid is told while it is there; afterwards nobody can say so any more.
                seen.undid().into_iter().for_each(|original| self.undos.remove(&original.uid));
                return vec![];
            }
            Event::Init | Event::InitDone => return vec![],
        };
        self.queues.note(&seen.uid().unwrap_or_default(), seen.waits());
        seen.run().into_iter().for_each(|run| self.history.note(&seen.uid().unwrap_or_default(), run));
        let own = match seen.owes_nothing() {
            true => {
                self.echoes.forget(&seen.metadata);
                None
            }
            false => (!self.echoes.is_own(&seen.metadata)).then(|| ObjectRef::from_obj(seen)),
        };
        let undone = seen.undid().map(|original| {
            self.undos.add(&original.uid, &seen.name_any());
            ObjectRef::new(&original.name).within(&seen.namespace().unwrap_or_default())
        });
        own.into_iter().chain(undone).collect()
    }

    /// Jobs and pods of runs, back to whom they were made for.
    fn made_for_one<K>(&self, home: &str) -> Requests
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()> + Clone + std::fmt::Debug + Send + 'static,
        PartialObjectMeta<K>: serde::de::DeserializeOwned,
    {
        let api = Api::<PartialObjectMeta<K>>::namespaced(self.client.clone(), home);
        let ours = watcher::Config::default().labels(LABEL_EXECUTION_UID);
        let touched = watcher(api, ours).default_backoff().touched_objects();
        touched.try_filter_map(|object| std::future::ready(Ok(made_for(object.annotations().get(ANNOTATION_EXECUTION))))).boxed()
    }
}

/// Once all executions are known, and from time to time.
async fn sweep(cluster: Cluster, store: Store<Seen>, listed: Arc<Notify>) {
    listed.notified().await;
    let mut times = tokio::time::interval(SWEEP);
    loop {
        times.tick().await;
        let living = || store.state().iter().filter_map(|seen| seen.metadata.uid.clone()).collect();
        let busy = || store.state().iter().filter(|s| !s.owes_nothing()).filter_map(|s| s.metadata.uid.clone()).collect();
        let swept = try_join(cluster.sweep(living), cluster.sweep_claims(busy)).await;
        match swept.map(|(made, claims)| made.saturating_add(claims)) {
            Ok(0) => {}
            Ok(count) => tracing::warn!(count, "removed what was left of executions that are gone"),
            Err(error) => tracing::warn!(error = %telemetry::chain(&error), "failed to look for what executions left behind"),
        }
    }
}

fn nudges(nudge: Arc<Notify>, store: Store<Seen>) -> Requests {
    let all = stream::unfold((nudge, store), |(nudge, store)| async move {
        nudge.notified().await;
        let live = store.state().into_iter().filter(|s| !s.owes_nothing()).map(|s| Ok(ObjectRef::from_obj(&*s).into()));
        Some((stream::iter(live.collect::<Vec<_>>()), (nudge, store)))
    });
    all.flatten().boxed()
}

/// `namespace/name`.
fn made_for(annotation: Option<&String>) -> Option<ReconcileRequest<Seen>> {
    let (namespace, name) = annotation?.split_once('/')?;
    Some(ObjectRef::new(name).within(namespace).into())
}

/// The watch needs to know which one it is, and whether it is over.
fn strip(seen: &mut Seen) {
    seen.metadata.managed_fields = None;
    seen.metadata.annotations = None;
    seen.metadata.labels = None;
}

impl Runner {
    /// On a task of its own: a panic ends one wake-up, not the operator. Many may wait for their turn, and each holds next to nothing.
    fn spawn(self: Arc<Self>, seen: Arc<Seen>) -> BoxFuture<'static, Woken> {
        let task = tokio::spawn(async move {
            let Some(_turn) = self.turns.of(seen.metadata.namespace.as_deref().unwrap_or_default()).await else {
                return Ok(Action::await_change());
            };
            self.wake(&seen).boxed().await
        });
        task.map(|done| done.unwrap_or_else(|e| Err(WakeError::Panicked(e)))).boxed()
    }

    async fn wake(&self, seen: &Seen) -> Woken {
        let who = ObjectRef::from_obj(seen);
        let (namespace, name) = (seen.namespace().unwrap_or_default(), seen.name_any());
        for _ in 0..LOOKS {
            let next = match self.cluster.live(&namespace, &name).await.map_err(WakeError::Read)? {
                Some(live) => (self.reconcile)(live).await.map_err(WakeError::Reconcile)?,
                None => Next::Nothing,
            };
            if next != Next::Again {
                return Ok(self.rest(&who, next));
            }
        }
        Err(WakeError::Moving)
    }

    fn rest(&self, who: &ObjectRef<Seen>, next: Next) -> Action {
        if let Ok(mut failures) = self.failures.lock() {
            failures.remove(who);
        }
        match &next {
            Next::AwaitObject(_, target) => self.touches.begin(&self.cluster, who, target),
            _ => self.touches.end(who),
        }
        match next {
            Next::Await(Some(until)) | Next::AwaitObject(Some(until), _) => Action::requeue(from_now(until)),
            Next::Await(None) | Next::AwaitObject(None, _) => Action::requeue(RESYNC),
            Next::Nothing | Next::Again => Action::await_change(),
        }
    }

    fn failed(&self, seen: &Seen, error: &WakeError) -> Action {
        let who = ObjectRef::from_obj(seen);
        let failures = self.failures.lock().map_or(0, |mut all| {
            let count = all.entry(who.clone()).or_default();
            *count = count.saturating_add(1);
            *count
        });
        let after = retry_after(failures, error);
        tracing::warn!(execution = %who, failures, retry_in = ?after, error = %telemetry::chain(error), "a wake-up failed");
        Action::requeue(after)
    }
}

fn from_now(until: Timestamp) -> Duration {
    Duration::try_from(until.duration_since(Timestamp::now())).unwrap_or(Duration::ZERO)
}

/// A wake-up tells by itself how it went; a watch that failed is told here. (Gone objects are no failure.)
async fn told(done: Result<(ObjectRef<Seen>, Action), Queue<WakeError, watcher::Error>>) {
    if let Err(Queue::QueueError(error)) = done {
        tracing::warn!(error = %telemetry::chain(&error), "the watch of executions failed; it is tried again");
    }
}
