//! The pure core: `next_step(&Site, now, &Execution, &Observed) -> Step`. Owns every rule about what may happen next.
//! May not touch: I/O, clocks, randomness, async, logging, wasmtime, regorus, kube's client, sqlx. (Its Cargo.toml is the proof.)
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::too_many_lines, clippy::type_complexity, reason = "tables"))]

pub mod access;
mod approvals;
pub mod argv;
pub mod canonical;
pub mod diff;
mod dry_run;
pub mod duration;
pub mod execution;
mod honored;
pub mod job;
pub mod limits;
pub mod lock;
pub mod model;
pub mod observed;
pub mod owners;
mod parse;
mod phase;
pub mod plan;
pub mod planned;
pub mod question;
pub mod roles;
pub mod row;
pub mod site;
pub mod step;
mod story;
pub mod text;
pub mod time;
pub mod undo;
pub mod verbs;
pub mod whole;

pub use phase::{automatic_undo, automatic_undo_name, awaited_undo, keeps_target};
pub use story::{apart, asked_of, asks_approvals, policy_status};

use execution::Execution;
use jiff::Timestamp;
use observed::{LedgerSeen, Observed};
use site::Site;
use step::Step;
use story::Pass;

/// Total: any execution, any observation, one step.
#[must_use]
pub fn next_step(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    phase::next(Pass::new(site, now, exec), seen)
}

/// What `next_step` says whatever is seen of the phase, if there is such a step: then nothing has to be looked at.
#[must_use]
pub fn owed(site: &Site, now: Timestamp, exec: &Execution, ledger: &LedgerSeen) -> Option<Step> {
    phase::owed(&Pass::new(site, now, exec), ledger)
}

#[cfg(test)]
mod tests;
