//! The component `pods`: actions on single pods.
mod quarantine;

pub use quarantine::{QuarantinePod, UnquarantinePod};

writ_action::export_plugin! {
    name: "pods",
    actions: [QuarantinePod, UnquarantinePod],
}
