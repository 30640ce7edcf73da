//! Tests of the shell, one binary: one module an engine.
mod cluster;
mod gate;
mod ledger;
mod plugin;
mod server;
mod telling;
mod tidy;
