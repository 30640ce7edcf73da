//! The shell around the pure core: four engines behind facades, three verbs (`observe`, `perform`, `reconcile`), and the commands
//! a person types. Engines do not know each other.
#![forbid(unsafe_code)]

pub mod catalogue;
pub mod cli;
pub mod cluster;
pub mod config;
pub mod firsts;
pub mod gate;
pub mod judge;
pub mod ledger;
pub mod metrics;
pub mod observe;
pub mod operator;
pub mod perform;
pub mod plugin;
pub mod progress;
pub mod reconcile;
pub mod server;
pub mod story;
pub mod suspects;
pub mod telemetry;
#[cfg(any(test, feature = "fuzz"))]
pub mod untrusted;
