//! The actions of `workload`, asked as the host asks them, natively and without a cluster.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests: what is not as expected ends the test")]
mod objects;
mod restart;
mod rollback;
mod scale;

use writ_action::testing::conforms;

#[test]
fn what_the_component_declares_keeps_the_contract() {
    conforms(workload::plugin());
}

#[test]
fn the_actions_need_no_more_than_their_commands_use() {
    let needs = |action: &writ_action::wire::ActionInfo| {
        let rules = action.needs.iter().map(|r| format!("{}/{}: {}", r.groups[0], r.resources[0], r.verbs.join(" ")));
        format!("{} {}", action.name, rules.collect::<Vec<_>>().join("; "))
    };
    let all: Vec<_> = workload::plugin().describe().actions.iter().map(needs).collect();
    assert_eq!(
        all,
        [
            "scale_deployment apps/deployments: get; apps/deployments/scale: get update",
            "scale_statefulset apps/statefulsets: get; apps/statefulsets/scale: get update",
            "rollout_restart apps/deployments: get patch; apps/statefulsets: get patch; apps/daemonsets: get patch",
            "rollback_deployment apps/deployments: get patch",
        ]
    );
}
