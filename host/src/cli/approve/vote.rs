//! The approval as an object: what is sent, and what the host says of it.
use crate::cli::{connect::Connected, follow::PATIENCE};
use crds::{ApprovalStatus, COUNTED, Decision, ExecutionApproval, ExecutionApprovalSpec, KubernetesExecution, ObjectUid};
use futures::StreamExt;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{
    ResourceExt,
    runtime::{WatchStreamExt, watcher},
};

/// Of exactly the plan that was shown.
pub(super) fn of(
    kx: &KubernetesExecution,
    approval: &ApprovalStatus,
    decision: Decision,
    comment: &str,
    covers_undo: bool,
) -> ExecutionApproval {
    let uid = kx.uid().unwrap_or_default();
    let mut object = ExecutionApproval {
        spec: ExecutionApprovalSpec {
            execution: ObjectUid { name: kx.name_any(), uid },
            action: kx.spec.action.clone(),
            plan_hash: approval.plan_hash.clone(),
            decision,
            comment: comment.to_owned(),
            covers_undo,
            approver: None,
        },
        ..ExecutionApproval::default()
    };
    object.metadata.generate_name = Some(format!("{decision:?}-").to_lowercase());
    // That it goes with its execution is stamped (deploy/admission/10).
    object
}

/// Its condition, once there is one.
pub(super) async fn counted(cluster: &Connected, name: &str) -> Option<Condition> {
    let only = watcher::Config::default().fields(&format!("metadata.name={name}"));
    let mut changes = watcher(cluster.here::<ExecutionApproval>(), only).default_backoff().applied_objects().boxed();
    let told = async {
        while let Some(change) = changes.next().await {
            let condition = |a: ExecutionApproval| a.status?.conditions.into_iter().find(|c| c.type_ == COUNTED);
            if let Some(told) = change.ok().and_then(condition) {
                return Some(told);
            }
        }
        None
    };
    tokio::time::timeout(PATIENCE, told).await.ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vote_is_for_the_plan_that_was_shown_and_covers_its_undo_where_that_is_meant() {
        let approval = ApprovalStatus { plan_hash: "sha256:7f3a".into(), ..ApprovalStatus::default() };
        for covers in [true, false] {
            let vote = of(&KubernetesExecution::default(), &approval, Decision::Approve, "ok", covers);
            assert_eq!((vote.spec.plan_hash.as_str(), vote.spec.covers_undo), ("sha256:7f3a", covers));
        }
    }
}
