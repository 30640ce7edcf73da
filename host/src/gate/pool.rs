//! The threads that evaluate: few, with a stack for any bundle, and never in the way of an async worker. Owns what becomes of one that does
//! not come back from an evaluation: it is lost, another takes its place, and nothing is asked of that bundle until it is back. So many lost at
//! once are replaced and no more: each holds what its evaluation held, and only a new process gives that back.
use decide::model::Digest;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Stack of one thread: what the deepest bundle that passes the check takes, four times. Untouched pages cost nothing.
const STACK: usize = 64 << 20;
/// Questions that wait: each is an execution that is looked at, and those are bounded before.
const WAITING: usize = 4096;
/// Threads that may be lost and replaced. Each may hold the 16 MiB of an evaluation and 80 more: with them the operator is still below its
/// limit of memory.
const MOST_LOST: usize = 3;

/// One evaluation.
struct Job {
    /// Of the bundle that is asked.
    bundle: Digest,
    run: Box<dyn FnOnce() + Send>,
}

pub struct Pool {
    send: SyncSender<Job>,
    /// Without the sender: the threads end with the pool.
    shared: Arc<Shared>,
    /// An evaluation that takes longer stands still.
    longest: Duration,
}

struct Shared {
    receive: Mutex<Receiver<Job>>,
    at_work: Mutex<AtWork>,
}

/// Evaluations that were begun and are not over, by number.
#[derive(Default)]
struct AtWork {
    begun: u64,
    all: BTreeMap<u64, Work>,
}

struct Work {
    bundle: Digest,
    since: Instant,
    thread: Thread,
}

/// What is known of the thread that is at it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Thread {
    Busy,
    /// It does not come back.
    Lost,
    /// The same, and another is in its place.
    Replaced,
}

impl Pool {
    pub fn new(threads: usize, longest: Duration) -> std::io::Result<Self> {
        let (send, receive) = sync_channel::<Job>(WAITING);
        let shared = Arc::new(Shared { receive: Mutex::new(receive), at_work: Mutex::default() });
        for _ in 0..threads {
            spawn(&shared)?;
        }
        Ok(Self { send, shared, longest })
    }

    /// False: too many wait already.
    pub fn run(&self, bundle: Digest, job: impl FnOnce() + Send + 'static) -> bool {
        match self.send.try_send(Job { bundle, run: Box::new(job) }) {
            Ok(()) => true,
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => false,
        }
    }

    /// Finds the threads that do not come back, and puts others in their place.
    pub fn look(&self) {
        let mut at_work = self.shared.at_work();
        let mut replaced = at_work.count(Thread::Replaced);
        for work in at_work.all.values_mut() {
            if work.thread == Thread::Busy && work.since.elapsed() >= self.longest {
                work.thread = Thread::Lost;
            }
            if work.thread == Thread::Lost && replaced < MOST_LOST && spawn(&self.shared).is_ok() {
                work.thread = Thread::Replaced;
                replaced += 1;
            }
        }
    }

    /// An evaluation of this bundle did not come back.
    pub fn stands_still(&self, bundle: &Digest) -> bool {
        self.shared.at_work().all.values().any(|w| w.thread != Thread::Busy && w.bundle == *bundle)
    }

    /// Threads that are lost and have nobody in their place.
    pub fn missing(&self) -> usize {
        self.look();
        self.shared.at_work().count(Thread::Lost)
    }
}

impl AtWork {
    fn count(&self, thread: Thread) -> usize {
        self.all.values().filter(|w| w.thread == thread).count()
    }
}

impl Shared {
    fn at_work(&self) -> MutexGuard<'_, AtWork> {
        self.at_work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, bundle: Digest) -> u64 {
        let mut at_work = self.at_work();
        at_work.begun = at_work.begun.saturating_add(1);
        let number = at_work.begun;
        at_work.all.insert(number, Work { bundle, since: Instant::now(), thread: Thread::Busy });
        number
    }

    /// Whether the thread is still one of the pool.
    fn end(&self, number: u64) -> bool {
        self.at_work().all.remove(&number).is_none_or(|work| work.thread != Thread::Replaced)
    }
}

fn spawn(shared: &Arc<Shared>) -> std::io::Result<()> {
    let shared = Arc::clone(shared);
    let thread = std::thread::Builder::new().name("policy".to_owned()).stack_size(STACK);
    thread.spawn(move || work(&shared)).map(drop)
}

fn work(shared: &Shared) {
    loop {
        // The lock is held while waiting, by one thread; it is let go before the work.
        let job = shared.receive.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        let number = shared.begin(job.bundle);
        // Who waits for the answer sees that its sender is gone.
        let _ = catch_unwind(AssertUnwindSafe(job.run));
        if !shared.end(number) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Sender, channel};

    /// One that has begun and stands still until its end is let go.
    fn stuck(pool: &Pool, bundle: &Digest) -> Sender<()> {
        let ((begin, begun), (held, never)) = (channel(), channel::<()>());
        assert!(pool.run(bundle.clone(), move || {
            begin.send(()).unwrap();
            assert!(never.recv().is_err(), "only its end is let go");
        }));
        begun.recv().unwrap();
        held
    }

    fn answers(pool: &Pool) -> bool {
        let (send, receive) = channel();
        pool.run(Digest::of(b"good"), move || send.send(()).unwrap()) && receive.recv().is_ok()
    }

    #[test]
    fn lost_threads_are_replaced_up_to_a_bound_and_what_comes_back_is_asked_again() {
        let pool = Pool::new(1, Duration::ZERO).unwrap();
        let bundles: Vec<Digest> = (0..=MOST_LOST).map(|n| Digest::of(n.to_string().as_bytes())).collect();
        let mut held: Vec<Sender<()>> = Vec::new();
        for bundle in &bundles {
            assert_eq!(pool.missing(), 0);
            assert!(!pool.stands_still(bundle));
            held.push(stuck(&pool, bundle));
            pool.look();
            assert!(pool.stands_still(bundle));
        }
        assert_eq!(pool.missing(), 1, "one more than are replaced");
        // The last one has nobody in its place, so that it goes on itself.
        drop(held.pop());
        assert!(answers(&pool));
        let nobody_is_missing = (0..1_000_000).any(|_| {
            std::thread::yield_now();
            pool.missing() == 0
        });
        assert!(nobody_is_missing && !pool.stands_still(&bundles[MOST_LOST]));
        assert!(pool.stands_still(&bundles[0]));
    }

    #[test]
    fn who_takes_his_time_and_no_more_is_not_lost() {
        let pool = Pool::new(2, Duration::from_secs(3600)).unwrap();
        let bundle = Digest::of(b"slow");
        let held = stuck(&pool, &bundle);
        assert_eq!((pool.missing(), pool.stands_still(&bundle)), (0, false));
        drop(held);
    }
}
