//! The component `workload`: actions on what runs. One file an action; what several share is in `rollout` (is it there
//! yet?). Who else writes what they change is the host's to see.
mod restart;
mod rollback;
mod rollout;
mod scale;

pub use restart::RolloutRestart;
pub use rollback::RollbackDeployment;
pub use scale::{ScaleDeployment, ScaleStatefulset};

writ_action::export_plugin! {
    name: "workload",
    actions: [ScaleDeployment, ScaleStatefulset, RolloutRestart, RollbackDeployment],
}
