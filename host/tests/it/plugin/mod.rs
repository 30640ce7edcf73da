//! The plugin engine from outside: real components, real limits. Owns nothing of what a plan means.
mod admission;
mod beside;
mod conformance;
mod dearest;
pub mod guests;
mod hostile;
mod lies;
mod loading;
mod memory;
mod parameters;
mod starting;
