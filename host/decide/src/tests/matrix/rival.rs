//! Another execution that wants the same target, and keeps to the same protocol: it looks at the claim and at who made it, and takes it a
//! moment later, if it is still the one that it looked at.
use super::{
    rules::{self, Broken},
    world::World,
};
use crate::{
    execution::Execution,
    lock::{self, Claim, Counts},
    model::Uid,
    observed::{Ahead, LockSeen},
    tests::fixtures,
};
use crds::Phase;
use jiff::{SignedDuration, Timestamp};

/// The one claim there can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FakeClaim {
    /// Of our execution, for this turn; none: the other's.
    pub turn: Option<i64>,
    pub version: u64,
}

/// The other.
#[derive(Clone, Debug, Default)]
pub struct Rival {
    /// It saw that it may: in the place of this claim.
    intends: Option<Option<u64>>,
    /// It was accepted before ours, stands in line, and takes the target then.
    waits: Option<Timestamp>,
    /// It was frozen while it waited, as ours was, and did not look since.
    frozen: bool,
    /// It has the target until then.
    pub until: Option<Timestamp>,
    /// The target was changed meanwhile by ours.
    pub disturbed: u32,
}

const NAME: &str = "scale-web-abcde";

pub fn target() -> Uid {
    fixtures::uid(fixtures::TARGET)
}

pub fn next_version(w: &mut World) -> u64 {
    w.claims_made += 1;
    w.claims_made
}

pub fn take(w: &mut World, turn: Option<i64>, over: Option<u64>) -> bool {
    if w.claim.map(|c| c.version) != over {
        return false; // 409, or 404
    }
    let version = next_version(w);
    w.claim = Some(FakeClaim { turn, version });
    true
}

/// What our execution sees.
pub fn seen(w: &World, exec: &Execution, turn: i64) -> LockSeen {
    let Some(claim) = w.claim else { return LockSeen::Free };
    let version = claim.version.to_string();
    match claim.turn {
        Some(of) => {
            let (target, holder, name) = (target(), exec.uid.clone(), exec.name.clone());
            let claim = Claim { target, holder, namespace: exec.namespace.clone(), name, turn: of, counts: Counts::of(exec) };
            LockSeen::of(exec, turn, &claim, version, None, false)
        }
        None if w.rival.until.is_some() => LockSeen::Held { by: NAME.into() },
        None => LockSeen::Stale { version },
    }
}

/// Name and version of ours.
pub fn ours(w: &World) -> Vec<(String, String)> {
    let own = w.claim.filter(|c| c.turn.is_some());
    own.map(|c| (lock::object(&target()), c.version.to_string())).into_iter().collect()
}

/// Whether ours is at work in the turn that its claim was made for.
pub fn holds(w: &World, turn: i64) -> bool {
    let at_work = |e: &Execution| {
        let lock = e.status.lock.as_ref();
        lock.is_some_and(|l| l.seq == turn) && matches!(e.phase(), Phase::Preparing | Phase::Executing | Phase::Verifying)
    };
    w.identity || w.exec.as_ref().is_some_and(|e| at_work(e))
}

/// It comes into line, before ours.
pub fn wait(w: &mut World) {
    if w.rival.until.is_none() {
        w.rival.waits = Some(w.clock + SignedDuration::from_secs(4));
    }
}

/// Who comes before ours.
pub fn ahead(w: &World) -> Vec<Ahead> {
    let frozen = || w.rival.frozen.then(|| fixtures::kx().spec.action);
    w.rival.waits.map(|_| Ahead { name: NAME.to_owned(), frozen: frozen() }).into_iter().collect()
}

pub fn look(w: &mut World) {
    w.rival.intends = match w.claim {
        _ if w.rival.until.is_some() => None,
        None => Some(None),
        Some(FakeClaim { turn: Some(turn), .. }) if holds(w, turn) => None,
        Some(claim) => Some(Some(claim.version)),
    };
}

pub fn land(w: &mut World, seconds: i64) {
    if let Some(over) = w.rival.intends.take()
        && take(w, None, over)
    {
        w.rival.until = Some(w.clock + SignedDuration::from_secs(seconds));
        (w.rival.waits, w.rival.frozen) = (None, false);
    }
}

pub fn tick(w: &mut World) {
    w.rival.frozen |= w.frozen && w.rival.waits.is_some();
    if !w.frozen && w.rival.waits.is_some_and(|from| w.clock >= from) {
        look(w);
        land(w, 8);
    }
    if w.rival.until.is_some_and(|until| w.clock >= until) {
        w.rival.until = None;
        // Of every other it is litter until somebody needs the place.
        w.claim = w.claim.filter(|c| c.turn.is_some() || c.version % 2 == 0);
    }
}

pub fn together(w: &World, broken: &mut Vec<Broken>) {
    let at_work = w.exec.as_ref().is_some_and(|e| matches!(e.phase(), Phase::Executing | Phase::Verifying));
    if w.rival.until.is_some() && (at_work || w.rival.disturbed > 0) {
        let phase = w.exec.as_ref().map(|e| e.phase());
        broken.push(Broken::new(rules::ONE_AT_A_TIME, format!("{phase:?}, changes {}", w.rival.disturbed)));
    }
}
