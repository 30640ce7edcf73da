//! What becomes of a request on its way: rolled for each, counted by kind.
use crate::dice::Dice;
use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// All that can become of a request, as it is counted.
pub(crate) const KINDS: [&str; 10] = [
    "request delayed",
    "answer delayed",
    "dropped before it was carried out",
    "carried out, reply lost",
    "carried out, answered 504",
    "answered 409",
    "answered 429",
    "answered 500",
    "answered 503",
    "watch cut short",
];

/// Of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It goes through, and so does the answer.
    None,
    /// It is carried out late, also where nobody waits for it any more.
    Delayed(Duration),
    /// It is carried out at once; the answer comes late.
    AnswerDelayed(Duration),
    /// The connection is reset before it gets anywhere.
    Dropped,
    /// It is carried out; the connection is reset in the place of an answer.
    ReplyLost,
    /// It is carried out; the answer says that it may not have been.
    Unsure,
    /// It is refused with this status, and not carried out.
    Refused(u16),
    /// A watch that ends after a while.
    CutShort(Duration),
}

/// All faults there were.
pub(crate) struct Faults {
    dice: Dice,
    stopped: AtomicBool,
    counts: Mutex<BTreeMap<&'static str, u64>>,
    /// By name of the Job, how often one was deleted.
    deleted: Mutex<BTreeMap<String, usize>>,
    /// By uid of the execution, how often a pod of it was evicted.
    evicted: Mutex<BTreeMap<String, usize>>,
}

impl Faults {
    pub(crate) const fn new(dice: Dice) -> Self {
        Self {
            dice,
            stopped: AtomicBool::new(false),
            counts: Mutex::new(BTreeMap::new()),
            deleted: Mutex::new(BTreeMap::new()),
            evicted: Mutex::new(BTreeMap::new()),
        }
    }

    /// Before anything of it ran, or after.
    pub(crate) fn pod_evicted(&self, execution: &str) {
        if let Ok(mut all) = self.evicted.lock() {
            *all.entry(execution.to_owned()).or_default() += 1;
        }
    }

    /// How often a pod of this execution was evicted.
    pub(crate) fn pods_evicted(&self, execution: &str) -> usize {
        self.evicted.lock().ok().and_then(|all| all.get(execution).copied()).unwrap_or_default()
    }

    /// Before the operator has seen it, or after.
    pub(crate) fn job_deleted(&self, name: &str) {
        if let Ok(mut all) = self.deleted.lock() {
            *all.entry(name.to_owned()).or_default() += 1;
        }
    }

    /// How often a Job of this name was deleted.
    pub(crate) fn jobs_deleted(&self, name: &str) -> usize {
        self.deleted.lock().ok().and_then(|all| all.get(name).copied()).unwrap_or_default()
    }

    /// From now on everything goes well.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }

    pub(crate) fn stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    /// Of the next request: about one in ten has one.
    pub(crate) fn next(&self, watch: bool) -> Fault {
        if self.stopped() {
            return Fault::None;
        }
        let fault = match self.dice.roll(200) {
            _ if watch && self.dice.once_in(3) => Fault::CutShort(self.dice.millis(100, 8000)),
            0..3 => Fault::Delayed(self.dice.millis(20, 800)),
            3..6 => Fault::AnswerDelayed(self.dice.millis(20, 800)),
            6..9 => Fault::Dropped,
            9..14 => Fault::ReplyLost,
            14 => Fault::Unsure,
            15 => Fault::Refused(409),
            16 => Fault::Refused(429),
            17 => Fault::Refused(500),
            18 => Fault::Refused(503),
            _ => Fault::None,
        };
        self.count(match fault {
            Fault::None => return fault,
            Fault::Delayed(_) => "request delayed",
            Fault::AnswerDelayed(_) => "answer delayed",
            Fault::Dropped => "dropped before it was carried out",
            Fault::ReplyLost => "carried out, reply lost",
            Fault::Unsure => "carried out, answered 504",
            Fault::Refused(409) => "answered 409",
            Fault::Refused(429) => "answered 429",
            Fault::Refused(500) => "answered 500",
            Fault::Refused(_) => "answered 503",
            Fault::CutShort(_) => "watch cut short",
        });
        fault
    }

    pub(crate) fn count(&self, what: &'static str) {
        if let Ok(mut counts) = self.counts.lock() {
            *counts.entry(what).or_default() += 1;
        }
    }

    pub(crate) fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.counts.lock().map(|counts| counts.clone()).unwrap_or_default()
    }
}
