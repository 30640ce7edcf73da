//! The plugin engine from outside: real components, real limits. Owns nothing of what a plan means.
mod admission;
mod beside;
mod births;
mod conformance;
mod dearest;
mod deeds;
pub mod guests;
mod hostile;
mod lies;
mod loading;
mod memory;
mod parameters;
mod starting;
