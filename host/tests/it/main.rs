//! Tests of the shell, one binary: one module an engine.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    clippy::disallowed_methods,
    reason = "tests: what is not as expected ends the test"
)]
mod catalogue;
mod cli;
mod cluster;
mod gate;
mod ledger;
mod plugin;
mod reconcile;
mod server;
mod telling;
mod tidy;
