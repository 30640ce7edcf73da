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
}

/// Taken by who loads a component.
pub(super) struct Loading(#[allow(dead_code, reason = "held, and given back when it is dropped")] OwnedSemaphorePermit);

/// The places that one component may take at once.
pub(super) type Share = Arc<Semaphore>;

impl Slots {
    pub(super) fn new(all: u32) -> Self {
        let calls = Arc::new(Semaphore::new(all as usize));
        Self { calls, loading: Arc::new(Semaphore::new(1)), all, wait: WAIT }
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
        let busy = || LoadError::Busy { seconds: LOAD_WAIT.as_secs() };
        let place = timeout(LOAD_WAIT, self.loading.clone().acquire_owned()).await;
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
mod tests {
    use super::*;
    use std::sync::mpsc;

    fn slots(all: u32) -> Slots {
        Slots { wait: Duration::from_millis(50), ..Slots::new(all) }
    }

    #[tokio::test]
    async fn who_finds_no_place_in_time_is_told_so_and_a_place_is_free_again_after_the_work() {
        let slots = Arc::new(slots(1));
        let share = slots.share();
        let (go, wait) = mpsc::channel::<()>();
        let first = {
            let (slots, share) = (slots.clone(), share.clone());
            tokio::spawn(async move { slots.call(&share, move || wait.recv().map_err(|_| Fault::Busy { millis: 0 })).await })
        };
        while slots.calls.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let second = slots.call(&slots.share(), || Ok(())).await;
        assert_eq!(second, Err(Fault::Busy { millis: 50 }));
        go.send(()).unwrap();
        assert_eq!(first.await.unwrap(), Ok(()));
        assert_eq!(slots.call(&share, || Ok(7)).await, Ok(7));
    }

    #[tokio::test]
    async fn one_component_never_takes_more_than_half_of_the_places() {
        let slots = Arc::new(slots(4));
        let greedy = slots.share();
        let (go, wait) = mpsc::channel::<()>();
        let wait = Arc::new(std::sync::Mutex::new(wait));
        let held: Vec<_> = (0..4)
            .map(|_| {
                let (slots, greedy, wait) = (slots.clone(), greedy.clone(), wait.clone());
                tokio::spawn(async move { slots.call(&greedy, move || Ok(wait.lock().unwrap().recv().is_ok())).await })
            })
            .collect();
        while greedy.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(slots.call(&slots.share(), || Ok("served")).await, Ok("served"));
        for _ in 0..4 {
            go.send(()).unwrap();
        }
        for one in held {
            // Those that waited too long for their own kind were told so; nobody else was.
            assert!(matches!(one.await.unwrap(), Ok(true) | Err(Fault::Busy { .. })));
        }
    }

    #[tokio::test]
    async fn a_panic_of_the_hosts_own_is_a_fault_of_one_call() {
        let slots = slots(2);
        let share = slots.share();
        let panicked = slots.call::<(), _>(&share, || panic!("a bug")).await;
        assert!(matches!(panicked, Err(Fault::Trapped { .. })));
        assert_eq!(slots.call(&share, || Ok(1)).await, Ok(1));
        let place = slots.loading().await.unwrap();
        assert!(matches!(place.compile::<(), _>(|| panic!("a bug")).await, Err(LoadError::Compiler)));
        assert_eq!(slots.loading.available_permits(), 1);
        assert_eq!(slots.calls.available_permits(), 2);
    }
}
