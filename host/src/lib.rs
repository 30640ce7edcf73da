//! The shell around the pure core: four engines behind facades, three verbs (`observe`, `perform`, `reconcile`), and the commands
//! a person types. Engines do not know each other.
#![forbid(unsafe_code)]

pub mod cli;
pub mod cluster;
pub mod gate;
pub mod ledger;
pub mod metrics;
pub mod plugin;
pub mod server;
pub mod telemetry;
