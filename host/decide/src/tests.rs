//! Tests of the core as a whole: the table of every phase and every observation, messages, and the crash matrix.
pub(crate) mod approving;
pub(crate) mod automatic;
mod awaiting;
mod braking;
mod decisions;
mod dry_run;
pub(crate) mod fixtures;
pub(crate) mod glass;
mod locking;
mod matrix;
mod messages;
mod refusals;
pub(crate) mod seen;
mod several;
pub(crate) mod stored;
pub(crate) mod table;
mod total;
mod undoing;
