//! Write an action for Writ: typed parameters, a plan, the way back, and checks. See `plugins/README.md` for a first one.
//!
//! A plugin crate depends on this crate alone: the bindings of the contract (`wit/action.wit`) are made here.
//!
//! ```
//! use writ_action::prelude::*;
//!
//! /// Pause a CronJob: no new runs start; running ones go on.
//! #[derive(Parameters)]
//! pub struct Pause {}
//!
//! #[action(
//!     name = "pause_cronjob",
//!     target = "batch/v1 CronJob",
//!     risk = Low,
//!     when = "a job does damage or floods a dependency",
//!     not_when = "one run is bad: delete that run",
//!     rbac = "batch/cronjobs: get, patch",
//!     reversible = Never,
//!     example = "{}"
//! )]
//! impl Action for Pause {
//!     fn plan(&self, t: &Target, seen: &Seen) -> Result<Plan, Refusal> {
//!         refuse_if!(seen.at("/spec/suspend") == true, "AlreadyPaused", "{t} is already paused.");
//!         Ok(Plan::of(Kubectl::patch(t).json([test("/metadata/uid", t.uid()), add("/spec/suspend", true)]))
//!             .writes(t, Writes::Update)
//!             .change(t, "/spec/suspend", seen.at("/spec/suspend"), true))
//!     }
//!
//!     fn undo(&self, t: &Target, _: &Seen) -> Undo {
//!         Undo::impossible(format!("this plugin cannot resume: kubectl patch {t} …"))
//!     }
//!
//!     fn checks(&self, _: &Target, after: &Seen) -> Vec<Check> {
//!         vec![check!("suspended", after.at("/spec/suspend") == true)]
//!     }
//! }
//!
//! writ_action::export_plugin! { name: "pause", actions: [Pause] }
//! # fn main() { writ_action::testing::conforms(plugin()); }
//! ```
// the generated bindings and the macros of this crate name it by its own name
extern crate self as writ_action;

#[allow(missing_docs, unreachable_pub, clippy::all, clippy::indexing_slicing, reason = "generated")]
pub mod bindings {
    //! Made from `wit/action.wit`.
    wit_bindgen::generate!({
        path: "wit",
        world: "plugin",
        pub_export_macro: true,
        default_bindings_module: "writ_action::bindings",
        additional_derives: [PartialEq],
    });
}

mod action;
mod describe;
pub mod export;
mod json;
pub mod kind;
mod kubectl;
pub mod log;
mod look;
mod outcome;
mod parameters;
mod params;
mod plan;
pub mod plugin;
mod seen;
mod target;
#[cfg(not(target_family = "wasm"))]
pub mod testing;

pub use action::{Action, Declared, Facts, Need, Observe, TargetKind};
pub use bindings::writ::action::types as wire;
pub use json::{Difference, IntoJson, as_go_writes, at, differences, escape};
pub use kind::Kind;
pub use kubectl::{Kubectl, Operation, add, remove, replace, test};
pub use look::Look;
pub use outcome::{Check, Refusal, Undo};
pub use parameters::{Field, Param, Parameters, Reader, Rules, Violations, object_schema};
pub use params::{SecretKeyRef, read_choice};
pub use plan::{Plan, Writes};
pub use plugin::Plugin;
pub use seen::{Found, Object, Seen};
pub use serde_json;
pub use target::Target;
pub use writ_action_macros::{Choice, Parameters, action};

/// All an author needs in scope.
pub mod prelude {
    pub use crate::serde_json::{Value, json};
    pub use crate::{
        Action, Check, Choice, Found, Kind, Kubectl, Look, Object, Parameters, Plan, Refusal, SecretKeyRef, Seen, Target, Undo,
        Violations, Writes, action, add, check, differences, kind, refusal, refuse, refuse_if, remove, replace, test,
    };
}
