//! The objects users write and read, and the words (`Phase`, `Reason`) every other part uses. No logic but the words' own.
#![forbid(unsafe_code)]

mod execution;
pub mod limits;
mod phase;
mod reason;
mod status;

pub use execution::*;
pub use phase::Phase;
pub use reason::Reason;
pub use status::*;
