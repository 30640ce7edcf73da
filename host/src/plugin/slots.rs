//! Where components run: threads that may block, so many and no more. Owns the wait for one. The async runtime is never held up.
use super::fault::{Fault, LoadError};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::spawn_blocking,
    time::timeout,
};

/// Longer than the longest call, so that only a machine with more work than it can do is ever said to be busy.
const WAIT: Duration = Duration::from_secs(5);
/// Compiling the largest component that is admitted takes seconds; a few of them may stand in line.
const LOAD_WAIT: Duration = Duration::from_secs(60);

pub(super) struct Slots {
    calls: Arc<Semaphore>,
    /// One: compiling takes a whole core for a while, and calls must not notice.
    loading: Arc<Semaphore>,
    all: u32,
    wait: Duration,
    load_wait: Duration,
}

/// Taken by who loads a component.
pub(super) struct Loading(#[allow(dead_code, reason = "held, and given back when it is dropped")] OwnedSemaphorePermit);

/// The places that one component may take at once.
pub(super) type Share = Arc<Semaphore>;

impl Slots {
    pub(super) fn new(all: u32) -> Self {
        let calls = Arc::new(Semaphore::new(all as usize));
        Self { calls, loading: Arc::new(Semaphore::new(1)), all, wait: WAIT, load_wait: LOAD_WAIT }
    }

    /// Half of the places: however badly one component behaves, the others find one.
    pub(super) fn share(&self) -> Share {
        Arc::new(Semaphore::new((self.all as usize / 2).max(1)))
    }

    /// Runs it where blocking is allowed. Once begun it keeps its places until it is done, also if nobody waits for it any more.
    pub(super) async fn call<T, F>(&self, share: &Share, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, Fault> + Send + 'static,
    {
        let millis = u64::try_from(self.wait.as_millis()).unwrap_or(u64::MAX);
        let busy = || Fault::Busy { millis };
        let places = timeout(self.wait, self.places(share)).await.ok().flatten().ok_or_else(busy)?;
        let held = move || {
            let result = work();
            drop(places);
            result
        };
        match spawn_blocking(held).await {
            Ok(result) => result,
            // A panic of the host's own, on what this component said: the next call is not touched by it.
            Err(error) if error.is_panic() => {
                Err(Fault::Trapped { message: "the engine failed on it (a panic of the host)".into() })
            }
            Err(_) => Err(busy()),
        }
    }

    /// First of the component's share, then of all: who waits for its own kind holds nobody else up.
    async fn places(&self, share: &Share) -> Option<(OwnedSemaphorePermit, OwnedSemaphorePermit)> {
        let own = share.clone().acquire_owned().await.ok()?;
        let one = self.calls.clone().acquire_owned().await.ok()?;
        Some((own, one))
    }

    /// The one place in which a component is loaded, from before it is compiled until it is kept.
    pub(super) async fn loading(&self) -> Result<Loading, LoadError> {
        let busy = || LoadError::Busy { seconds: self.load_wait.as_secs() };
        let place = timeout(self.load_wait, self.loading.clone().acquire_owned()).await;
        place.ok().and_then(Result::ok).map(Loading).ok_or_else(busy)
    }
}

impl Loading {
    /// Compiles where blocking is allowed. The place is taken until that is done, also if nobody waits for it any more.
    pub(super) async fn compile<T, F>(self, work: F) -> Result<(Self, T), LoadError>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, LoadError> + Send + 'static,
    {
        let held = move || work().map(|done| (self, done));
        spawn_blocking(held).await.unwrap_or(Err(LoadError::Compiler))
    }
}

#[cfg(test)]
mod tests;
