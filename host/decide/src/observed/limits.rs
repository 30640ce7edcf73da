//! Who else is at work or waits, as far as a limit counts them.
use crate::lock::{Claim, Counts};
use crds::{KubernetesExecution, LimitOf, Phase};
use serde::{Deserialize, Serialize};

/// Others that claimed a target, or wait. Looked for only where there is a limit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Others {
    /// Those that claimed. Read live wherever a promise could be made on the strength of it, after one's own claim.
    pub claims: Vec<Claimant>,
    /// Those that wait for a limit that counts this one too, and come before it. From the watch: it makes the order fair.
    pub waiting: Vec<Waiter>,
}

/// Another with a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claimant {
    /// Its namespace and name.
    pub place: (String, String),
    /// What it counts for.
    pub counts: Counts,
    /// resourceVersion of the claim, which is written once.
    pub version: String,
    /// By its own status.
    pub at_work: AtWork,
}

/// Whether a claim counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AtWork {
    /// Its holder is over, gone, or made it for an earlier turn.
    No,
    /// Its holder may start any moment.
    MayStart,
    /// It runs, or something is left with which a run of it could still write.
    Runs,
}

/// Another that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiter {
    /// Its namespace and name.
    pub place: (String, String),
    /// For which limit.
    pub of: LimitOf,
}

impl AtWork {
    /// `holder` is the execution that the claim names, where it is there. What is left of a run is for the caller to look at.
    #[must_use]
    pub fn of(claim: &Claim, holder: Option<&KubernetesExecution>) -> Self {
        let same = holder.filter(|kx| kx.metadata.uid.as_deref() == Some(claim.holder.as_str()));
        let Some(status) = same.and_then(|kx| kx.status.as_ref()) else { return Self::No };
        match (status.phase, status.lock.as_ref().is_some_and(|lock| lock.seq == claim.turn)) {
            (Phase::Preparing, true) => Self::MayStart,
            (Phase::Executing | Phase::Verifying, true) => Self::Runs,
            _ => Self::No,
        }
    }
}
