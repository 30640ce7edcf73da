//! The objects users write and read, and the words (`Phase`, `Reason`) every other part uses. No logic but the words' own, and the
//! way from these types to the CustomResourceDefinitions in `yaml/`.
#![forbid(unsafe_code)]
#![allow(clippy::duplicated_attributes, reason = "kube repeats `printcolumn` and `derive`, one a column and trait")]

mod action;
mod approval;
mod dry_run;
mod execution;
mod freeze;
pub mod labels;
pub mod limits;
mod phase;
mod plugin;
mod policy;
mod reason;
mod schema;
mod status;

pub use action::*;
pub use approval::*;
pub use dry_run::*;
pub use execution::*;
pub use freeze::*;
pub use phase::Phase;
pub use plugin::*;
pub use policy::*;
pub use reason::Reason;
pub use schema::{all, file_name};
pub use status::*;
