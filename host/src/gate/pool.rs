//! The threads that evaluate: few, with a stack for any bundle, and never in the way of an async worker. A thread that does not come
//! back from a call is lost until it does; it is not replaced, so they stay few.
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

/// Stack of one thread: what the deepest bundle that passes the check takes, four times. Untouched pages cost nothing.
const STACK: usize = 64 << 20;
/// Questions that wait: each is an execution that is looked at, and those are bounded before.
const WAITING: usize = 4096;

type Job = Box<dyn FnOnce() + Send>;

pub struct Pool(SyncSender<Job>);

impl Pool {
    pub fn new(threads: usize) -> std::io::Result<Self> {
        let (send, receive) = sync_channel::<Job>(WAITING);
        let receive = Arc::new(Mutex::new(receive));
        for number in 0..threads {
            let receive = Arc::clone(&receive);
            std::thread::Builder::new().name(format!("policy-{number}")).stack_size(STACK).spawn(move || work(&receive))?;
        }
        Ok(Self(send))
    }

    /// False: too many wait already.
    pub fn run(&self, job: impl FnOnce() + Send + 'static) -> bool {
        match self.0.try_send(Box::new(job)) {
            Ok(()) => true,
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => false,
        }
    }
}

fn work(receive: &Mutex<Receiver<Job>>) {
    loop {
        // The lock is held while waiting, by one thread; it is let go before the work.
        let job = receive.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // Who waits for the answer sees that its sender is gone.
        let _ = catch_unwind(AssertUnwindSafe(job));
    }
}
