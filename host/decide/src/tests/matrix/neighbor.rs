//! Another execution in the same namespace, with another target, where no more than one may be at work at once; or one that is elsewhere, and
//! whose target is the node that ours runs on. It keeps to the same protocol: it
//! claims its target, looks who claimed before it, and goes on a moment later, if nobody did; else it gives back what it claimed.
use super::{
    rival::{self, FakeClaim},
    rules::{self, Broken},
    world::World,
};
use crate::{
    lock::{Counts, Node},
    observed::{AtWork, Claimant, Others},
    tests::fixtures,
};
use crds::Phase;
use jiff::{SignedDuration, Timestamp};
use std::sync::LazyLock;

/// That node.
pub const NODE: &str = "n7";

/// As our execution counts.
static OWN: LazyLock<Counts> = LazyLock::new(|| Counts::of(&fixtures::exec()));

/// The other.
#[derive(Clone, Debug)]
pub struct Neighbor {
    /// Version of its last claim; it stays when it counts for nothing any more.
    claim: Option<u64>,
    at_work: AtWork,
    /// It saw that it may.
    intends: bool,
    until: Option<Timestamp>,
    /// Ours changed its target meanwhile.
    pub disturbed: u32,
}

impl Neighbor {
    pub fn new() -> Self {
        Self { claim: None, at_work: AtWork::No, intends: false, until: None, disturbed: 0 }
    }

    pub fn runs(&self) -> bool {
        self.at_work == AtWork::Runs
    }
}

pub fn claim(w: &mut World) {
    if w.neighbor.at_work == AtWork::No {
        w.neighbor.claim = Some(rival::next_version(w));
        w.neighbor.at_work = AtWork::MayStart;
    }
}

pub fn look(w: &mut World) {
    if w.neighbor.at_work != AtWork::MayStart {
        return;
    }
    w.neighbor.intends = match w.claim {
        Some(FakeClaim { turn: Some(turn), version }) if rival::holds(w, turn) => {
            let runs = w.exec.as_ref().is_some_and(|e| matches!(e.phase(), Phase::Executing | Phase::Verifying));
            !runs && !w.identity && Some(version) > w.neighbor.claim
        }
        _ => true,
    };
}

pub fn start(w: &mut World, seconds: i64) {
    let n = &mut w.neighbor;
    if n.at_work != AtWork::MayStart {
        return;
    }
    let goes = std::mem::take(&mut n.intends);
    n.at_work = if goes { AtWork::Runs } else { AtWork::No };
    n.until = goes.then_some(w.clock + SignedDuration::from_secs(seconds));
}

pub fn tick(w: &mut World) {
    if w.neighbor.until.is_some_and(|until| w.clock >= until) {
        (w.neighbor.until, w.neighbor.at_work) = (None, AtWork::No);
    }
}

/// What our execution sees.
pub fn seen(w: &World) -> Others {
    let Some(version) = w.neighbor.claim else { return Others::default() };
    let counts = match w.scenario.on_node {
        false => OWN.clone(),
        true => Counts::new("writ-cluster", "cordon_node", "jonas", Some(Node::new(NODE, true))),
    };
    let place = ("shop".to_owned(), "restart-api-abcde".to_owned());
    let claim = Claimant { place, counts, version: version.to_string(), at_work: w.neighbor.at_work };
    Others { claims: vec![claim], waiting: vec![] }
}

pub fn together(w: &World, broken: &mut Vec<Broken>) {
    let at_work = w.exec.as_ref().is_some_and(|e| matches!(e.phase(), Phase::Executing | Phase::Verifying));
    if (w.scenario.limited || w.scenario.on_node) && w.neighbor.runs() && (at_work || w.neighbor.disturbed > 0) {
        let phase = w.exec.as_ref().map(|e| e.phase());
        broken.push(Broken::new(rules::AT_ONCE, format!("{phase:?}, changes {}", w.neighbor.disturbed)));
    }
}
