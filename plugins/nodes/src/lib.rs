//! The component `nodes`: actions on nodes. They are asked for in the namespace `writ-cluster`.
mod cordon;

pub use cordon::{CordonNode, UncordonNode};

writ_action::export_plugin! {
    name: "nodes",
    actions: [CordonNode, UncordonNode],
}
