//! The cluster engine against a mock of the API server: what it asks, in which order, how often, and what it concludes.
pub mod api;
mod approvals;
mod calls;
mod catalog;
mod claims;
mod dry_run;
mod freezes;
pub(crate) mod guards;
mod identity;
mod job;
mod output;
mod progress;
mod read;
mod record;
mod sweep;
mod watch;
