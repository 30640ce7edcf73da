//! What can go wrong, each at a pass.
use super::{
    deed, dry, neighbor, people, rival,
    scenario::{self, Scenario},
    swap::{self, Swap},
    world::{FakeJob, Pod, World},
};
use crate::{canonical, row::Row, tests::approving};
use crds::{Cancel, Reason};
use jiff::SignedDuration;
use std::rc::Rc;

/// Which part of a view is old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Old {
    Object,
    Seen,
    Both,
}

/// What is asked for first in a look that is torn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    Job,
    Pods,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The leader dies before its call leaves.
    LostBefore(usize),
    /// The call lands, the leader dies, and the next one reads from a cache that has not heard.
    LostReply(usize),
    /// A second leader does the same from the same view.
    Twin(usize),
    /// A view this many passes old.
    Stale(usize, usize, Old),
    /// Of the Job and its pods, what is asked for first is as it was a pass ago.
    Torn(usize, First),
    /// A leader is paused with its deed in hand, and the deed lands at the later pass.
    Late(usize, usize),
    /// The host's clock jumps by seconds.
    Clock(usize, i64),
    /// No leader for ten minutes; then another.
    Away(usize),
    /// The database is away for some passes.
    LedgerDown(usize, usize),
    /// The database is restored from a backup and has lost the last rows.
    LedgerLoses(usize, usize),
    /// The database has a row that the object knows nothing of.
    LedgerAhead(usize),
    /// Somebody else writes a row under our uid, with the number that is next.
    ForeignRow(usize),
    /// Somebody rewrites the last row: its number, time, phase and reason stay.
    Rewritten(usize),
    Cancelled(usize),
    Deleted(usize),
    /// Somebody else's Job under our name, and under that of our dry run.
    Foreign(usize),
    /// Torn out by force, finalizer and all.
    PodVanishes(usize),
    /// Likewise, after it was recorded as seen.
    JobVanishes(usize),
    /// Somebody deletes the Job, and not its pod.
    JobDeleted(usize),
    /// The same as the API does it without another wish: its pod is left without an owner, and runs on.
    JobOrphaned(usize),
    Disrupted(usize),
    /// The target moves.
    Drifts(usize),
    /// Somebody takes the identity away.
    Revoked(usize),
    /// For some passes, something else stands where its policies, its component or its guards stood.
    Swapped(usize, usize, Swap),
    /// Somebody freezes, for some passes.
    Frozen(usize, usize),
    /// Somebody deletes what was approved.
    Withdrawn(usize),
    /// For some passes, who approved may not approve any more.
    RightLost(usize, usize),
    /// Somebody says no.
    Rejected(usize),
    /// Another writes what an undo is to take back; the value stays.
    Taken(usize),
    /// Another undo was there first.
    TakenBack(usize),
    /// Somebody takes the Job of a dry run away.
    DryJobVanishes(usize),
    /// Another execution looks whether it may have the target, takes it so many passes later, and has it for some seconds.
    Rival(usize, usize, i64),
    /// Another that was accepted before comes into line for the target, late: a watch was behind.
    InLine(usize),
    /// Another execution in the namespace claims its own target, looks so many passes later whether it may go on, goes on after as many more,
    /// and is at work for some seconds.
    Neighbor(usize, usize, i64),
}

/// Passes after which a human has put the ledger right; after as many more he looks again. (A record of a paused leader that lands just
/// when the ledger is put right owes a row that nobody could know of.)
const REPAIR: usize = 6;

impl Fault {
    /// The last pass at which it still does something.
    pub const fn until(self) -> usize {
        match self {
            Self::Late(_, m) => m,
            Self::Rival(n, lag, _) => n + lag,
            Self::Neighbor(n, lag, _) => n + 2 * lag,
            Self::Swapped(n, passes, _) | Self::LedgerDown(n, passes) | Self::Frozen(n, passes) | Self::RightLost(n, passes) => {
                n + passes
            }
            Self::LedgerLoses(n, _) | Self::LedgerAhead(n) | Self::ForeignRow(n) | Self::Rewritten(n) => n + 2 * REPAIR,
            Self::LostReply(n) => n + 1,
            other => other.begins(),
        }
    }

    /// The first pass at which it does something.
    pub const fn begins(self) -> usize {
        let (Self::LostBefore(n)
        | Self::LostReply(n)
        | Self::Twin(n)
        | Self::Stale(n, ..)
        | Self::Torn(n, _)
        | Self::Late(n, _)
        | Self::Clock(n, _)
        | Self::Away(n)
        | Self::LedgerDown(n, _)
        | Self::LedgerLoses(n, _)
        | Self::LedgerAhead(n)
        | Self::ForeignRow(n)
        | Self::Rewritten(n)
        | Self::Cancelled(n)
        | Self::Deleted(n)
        | Self::Foreign(n)
        | Self::PodVanishes(n)
        | Self::JobVanishes(n)
        | Self::JobDeleted(n)
        | Self::JobOrphaned(n)
        | Self::Disrupted(n)
        | Self::Drifts(n)
        | Self::Revoked(n)
        | Self::Swapped(n, ..)
        | Self::Frozen(n, _)
        | Self::Withdrawn(n)
        | Self::RightLost(n, _)
        | Self::Rejected(n)
        | Self::Taken(n)
        | Self::TakenBack(n)
        | Self::DryJobVanishes(n)
        | Self::Rival(n, ..)
        | Self::InLine(n)
        | Self::Neighbor(n, ..)) = self;
        n
    }

    /// The pass whose view somebody has later.
    pub const fn looks_back_to(self) -> Option<usize> {
        match self {
            Self::Stale(n, lag, _) => Some(n.saturating_sub(lag)),
            Self::Torn(n, _) => Some(n.saturating_sub(1)),
            Self::LostReply(n) => Some(n),
            _ => None,
        }
    }

    /// What it does to the world before this pass.
    pub fn strike(self, pass: usize, w: &mut World) {
        match self {
            Self::LedgerDown(n, passes) if pass == n || pass == n + passes => w.ledger_up = pass != n,
            Self::LedgerLoses(n, rows) if pass == n => w.rows.truncate(w.rows.len().saturating_sub(rows)),
            Self::LedgerAhead(n) if pass == n => ahead(w),
            Self::ForeignRow(n) if pass == n => foreign_row(w),
            Self::Rewritten(n) if pass == n => rewritten(w),
            Self::LedgerLoses(n, _) | Self::LedgerAhead(n) | Self::ForeignRow(n) | Self::Rewritten(n)
                if [REPAIR, 2 * REPAIR].map(|more| n + more).contains(&pass) =>
            {
                repair(w)
            }
            Self::Away(n) if pass == n => {
                w.clock += SignedDuration::from_mins(10);
                w.up = w.host_clock();
            }
            Self::Clock(n, seconds) if pass == n => w.skew += SignedDuration::from_secs(seconds),
            Self::Cancelled(n) if pass == n => w.edit(|kx| {
                let cancel = Cancel { requested: true, reason: "no".into(), by: "jonas@example.com".into() };
                kx.spec.cancel.get_or_insert(cancel);
            }),
            Self::Deleted(n) if pass == n => deed::delete(w),
            Self::Foreign(n) if pass == n => foreign(w),
            Self::PodVanishes(n) if pass == n => pod_vanishes(w),
            Self::JobVanishes(n) if pass == n => job_vanishes(w),
            Self::JobDeleted(n) if pass == n => job_deleted(w),
            Self::JobOrphaned(n) if pass == n => job_orphaned(w),
            Self::Disrupted(n) if pass == n => disrupted(w),
            Self::Drifts(n) if pass == n => w.drifted = !w.drifted,
            Self::Swapped(n, passes, swap) if pass == n || pass == n + passes => w.swap = (pass == n).then_some(swap),
            Self::Withdrawn(n) if pass == n => w.approvals.clear(),
            Self::RightLost(n, passes) if pass == n || pass == n + passes => w.rights = pass != n,
            Self::Rejected(n) if pass == n => w.approvals.push(people::no(approving::approval())),
            Self::InLine(n) if pass == n => rival::wait(w),
            Self::Taken(n) if pass == n => w.taken = true,
            Self::TakenBack(n) if pass == n => w.taken_back = true,
            Self::Revoked(n) if pass == n => (w.identity, w.dry.identity) = (false, false),
            Self::DryJobVanishes(n) if pass == n => w.dry.job = None,
            Self::Rival(n, 0, seconds) if pass == n => {
                rival::look(w);
                rival::land(w, seconds);
            }
            Self::Rival(n, ..) if pass == n => rival::look(w),
            Self::Rival(n, lag, seconds) if pass == n + lag => rival::land(w, seconds),
            Self::Neighbor(n, lag, seconds) => neighbor(w, [n, n + lag, n + 2 * lag].map(|at| at == pass), seconds),
            Self::Frozen(n, passes) if pass == n || pass == n + passes => w.frozen = pass == n,
            _ => {}
        }
    }
}

fn neighbor(w: &mut World, [claims, looks, starts]: [bool; 3], seconds: i64) {
    if claims {
        neighbor::claim(w);
    }
    if looks {
        neighbor::look(w);
    }
    if starts {
        neighbor::start(w, seconds);
    }
}

/// One row more than there are records.
fn ahead(w: &mut World) {
    if let Some(row) = w.due.last().filter(|_| w.rows.len() == w.due.len()).cloned() {
        w.rows.push(row);
    }
}

/// As `ahead`, but wherever the ledger stands; and it tells of something that never was.
fn foreign_row(w: &mut World) {
    if let Some(last) = w.due.last() {
        let seq = i64::try_from(w.rows.len() + 1).unwrap();
        let (by, reason) = ("somebody".into(), Reason::JobNameTaken);
        w.rows.push(Rc::new(Row { seq, by, reason, ..last.as_ref().clone() }));
    }
}

fn rewritten(w: &mut World) {
    if let Some(row) = w.rows.last_mut() {
        let mut payload = canonical::value(row.payload.as_str()).unwrap();
        payload["status"]["message"] = "Nothing happened.".into();
        *row = Rc::new(Row { payload: canonical::json(&payload).unwrap(), ..row.as_ref().clone() });
    }
}

/// As a human does: what is stored in the object is right; from the backup come all rows that the host does not write again by itself.
fn repair(w: &mut World) {
    let owed = w.exec.as_ref().is_some_and(|e| e.finalized);
    let missing = w.due.len().saturating_sub(usize::from(owed));
    if w.rows.len() < missing || !w.due.starts_with(&w.rows) {
        w.rows = w.due.iter().take(missing).cloned().collect();
    }
}

fn foreign(w: &mut World) {
    dry::foreign(w);
    if w.job.is_none() {
        w.job = Some(FakeJob { foreign: true, ..FakeJob::new(999, w.clock) });
    }
}

fn pod_vanishes(w: &mut World) {
    if let (Some(pod), Some(job)) = (w.pods.pop(), &mut w.job)
        && pod.job == job.uid
    {
        (job.failed, job.finished) = (true, true);
    }
}

fn job_vanishes(w: &mut World) {
    let seen = w.exec.as_ref().is_some_and(|e| e.status.job.as_ref().is_some_and(|j| j.uid.is_some()));
    if seen && w.job.as_ref().is_some_and(|j| !j.foreign) {
        w.job = None;
        w.pods.clear();
    }
}

fn job_deleted(w: &mut World) {
    if w.job.as_ref().is_some_and(|j| !j.foreign) {
        w.job = None;
        w.pods.iter_mut().for_each(|p| p.deleting = true);
    }
}

fn job_orphaned(w: &mut World) {
    if let Some(job) = w.job.take_if(|j| !j.foreign) {
        w.pods.iter_mut().filter(|p| p.job == job.uid).for_each(|p| p.orphaned = true);
    }
}

fn disrupted(w: &mut World) {
    dry::disrupted(w);
    if let Some(pod) = w.pods.last_mut().filter(|p| matches!(p.state, Pod::Started | Pod::Changed)) {
        pod.state = Pod::Disrupted;
        w.disruptions += 1;
    }
}

/// Every single fault, at each of the first passes: all lags and delays, or only some of them.
pub fn singles(passes: usize, all: bool) -> Vec<Fault> {
    let step = if all { 1 } else { 4 };
    let mut faults = Vec::new();
    for n in 0..passes {
        faults.extend([
            Fault::LostBefore(n),
            Fault::LostReply(n),
            Fault::Twin(n),
            Fault::Torn(n, First::Job),
            Fault::Clock(n, -3600),
            Fault::Clock(n, 3600),
            Fault::Away(n),
            Fault::LedgerDown(n, 1),
            Fault::LedgerDown(n, 4),
            Fault::LedgerLoses(n, 1),
            Fault::LedgerLoses(n, 2),
            Fault::LedgerLoses(n, 9),
            Fault::LedgerAhead(n),
            Fault::ForeignRow(n),
            Fault::Rewritten(n),
            Fault::Cancelled(n),
            Fault::Deleted(n),
            Fault::Foreign(n),
            Fault::PodVanishes(n),
            Fault::JobVanishes(n),
            Fault::JobDeleted(n),
            Fault::JobOrphaned(n),
            Fault::Disrupted(n),
            Fault::Drifts(n),
            Fault::Revoked(n),
            Fault::Frozen(n, 1),
            Fault::Frozen(n, 6),
            Fault::Withdrawn(n),
            Fault::RightLost(n, 4),
            Fault::Rejected(n),
            Fault::Taken(n),
            Fault::InLine(n),
            Fault::TakenBack(n),
            Fault::DryJobVanishes(n),
            Fault::Rival(n, 0, 1),
            Fault::Rival(n, 1, 12),
            Fault::Rival(n, 5, 12),
            Fault::Neighbor(n, 0, 1),
            Fault::Neighbor(n, 1, 12),
            Fault::Neighbor(n, 4, 12),
        ]);
        faults.extend(swap::ALL.map(|swap| Fault::Swapped(n, 3, swap)));
        // However old: the older, the fewer; a cache that stood still shows the very beginning.
        let lags = (1..=n).filter(|lag| all || matches!(lag, 1 | 2 | 4 | 8 | 16) || *lag == n);
        for lag in lags {
            faults.extend([Old::Object, Old::Seen, Old::Both].map(|old| Fault::Stale(n, lag, old)));
        }
        faults.extend((n + 1..n + 30).step_by(step).map(|m| Fault::Late(n, m)));
    }
    faults
}

/// A number from a seed: xorshift, so that every run can be repeated.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    /// Half of them plain: the others wait long, and have less to lose.
    pub fn scenario(&mut self) -> Scenario {
        let n = self.roll(2 * scenario::ALL.len());
        scenario::ALL.get(n).copied().unwrap_or(scenario::PLAIN)
    }
}
