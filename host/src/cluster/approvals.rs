//! Approvals of one execution: read live, whether their givers may still approve, and what is said of each. Judges nothing.
use super::{
    client::{CallError, Cluster, within},
    patch,
};
use crds::{COUNTED, CountedReason, ExecutionApproval, Identity};
use decide::{
    execution::Execution,
    observed::{Approval, Told},
};
use futures::future::try_join_all;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::{Api, ResourceExt, api::ListParams, runtime::watcher::Event};
use serde_json::json;

impl Cluster {
    /// All that name this execution, with the rights of their givers.
    pub async fn approvals(&self, exec: &Execution) -> Result<Vec<Approval>, CallError> {
        let all = self.approvals_named(exec).await?;
        self.with_rights(exec, all).await
    }

    /// All that name what this one undoes; their givers' rights are asked for this one's action.
    pub async fn approvals_covering(&self, exec: &Execution, original: &str) -> Result<Vec<Approval>, CallError> {
        let all = self.approvals_of(&exec.namespace, original).await?;
        self.with_rights(exec, all).await
    }

    async fn with_rights(&self, exec: &Execution, mut all: Vec<Approval>) -> Result<Vec<Approval>, CallError> {
        let mut people: Vec<Identity> = Vec::new();
        for a in &all {
            // One may write many: each person is asked about once.
            if !people.contains(&a.by) {
                people.push(a.by.clone());
            }
        }
        let asked = people.iter().map(|who| self.may_approve(who, &exec.namespace, &exec.spec.action));
        let may = try_join_all(asked).await?;
        for a in &mut all {
            a.may = people.iter().zip(&may).any(|(who, may)| *may && *who == a.by);
        }
        Ok(all)
    }

    /// All that name this execution; nobody's rights were asked.
    pub async fn approvals_named(&self, exec: &Execution) -> Result<Vec<Approval>, CallError> {
        self.approvals_of(&exec.namespace, &exec.name).await
    }

    async fn approvals_of(&self, namespace: &str, execution: &str) -> Result<Vec<Approval>, CallError> {
        let api: Api<ExecutionApproval> = Api::namespaced(self.client.clone(), namespace);
        let ours = ListParams::default().fields(&format!("spec.execution.name={execution}"));
        Ok(within(api.list(&ours)).await?.items.into_iter().filter_map(approval).collect())
    }

    /// Says of each whether it counts. One that is gone, or is another by now, needs to hear nothing.
    pub async fn tell_approvals(&self, namespace: &str, all: &[(String, String, Told)]) -> Result<(), CallError> {
        let api: Api<ExecutionApproval> = Api::namespaced(self.client.clone(), namespace);
        let tell = async |(name, uid, told): &(String, String, Told)| {
            patch::status(&api, name, Some(uid), &json!({"conditions": [condition(told)]})).await
        };
        try_join_all(all.iter().map(tell)).await.map(drop)
    }
}

/// Whom a change of an approval wakes: its execution, as `namespace/name`. What was told already was looked at; our own words wake nobody.
pub(super) fn awaited(event: Event<ExecutionApproval>) -> Option<String> {
    let approval = match event {
        Event::Apply(a) | Event::InitApply(a) if told(&a).is_none() => a,
        Event::Delete(a) => a,
        Event::Apply(_) | Event::InitApply(_) | Event::Init | Event::InitDone => return None,
    };
    Some(format!("{}/{}", approval.namespace()?, approval.spec.execution.name))
}

/// None: it was never stored, or nobody stamped it. It counts for nothing.
fn approval(object: ExecutionApproval) -> Option<Approval> {
    let told = told(&object);
    let created = object.metadata.creation_timestamp.as_ref()?.0;
    Some(Approval {
        name: object.name_any(),
        uid: object.metadata.uid.unwrap_or_default(),
        created,
        execution: object.spec.execution.uid,
        action: object.spec.action,
        hash: object.spec.plan_hash,
        decision: object.spec.decision,
        comment: object.spec.comment,
        covers_undo: object.spec.covers_undo,
        by: object.spec.approver.unwrap_or_default(),
        may: false,
        told,
    })
}

fn told(object: &ExecutionApproval) -> Option<Told> {
    let condition = object.status.as_ref()?.conditions.iter().find(|c| c.type_ == COUNTED)?;
    // The word of a newer build is none of ours: it is said anew.
    let reason = serde_json::from_value(condition.reason.clone().into()).ok()?;
    Some(Told { reason, message: condition.message.clone() })
}

fn condition(told: &Told) -> Condition {
    Condition {
        type_: COUNTED.into(),
        status: if told.reason == CountedReason::Counted { "True" } else { "False" }.into(),
        reason: format!("{:?}", told.reason),
        message: told.message.clone(),
        observed_generation: None,
        last_transition_time: Time(Timestamp::now()),
    }
}
