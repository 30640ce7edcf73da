//! Tests of an action without wasm and without a cluster: a `Scene` is a small cluster made of JSON; it asks the plugin what
//! the host would ask, in the same order, and panics where an answer breaks the contract.
//!
//! ```text
//! let scene = Scene::on(plugin(), json!({"apiVersion": "apps/v1", "kind": "Deployment", …}));
//! let planned = scene.plan("scale_deployment", json!({"replicas": 5})).unwrap();
//! assert_eq!(planned.command_lines(), ["kubectl scale … -- deployment/web"]);
//! ```
#![allow(clippy::panic, reason = "a test says what is wrong by panicking")]
mod conform;
mod document;
mod rules;
mod scene;

pub use conform::conforms;
pub use scene::{Planned, Scene};
