//! `scale_deployment` and `scale_statefulset`: the number of replicas, with the number it was as precondition.
//!
//! `kubectl scale --current-replicas` GETs the object, GETs its `scale` and PUTs that with the version it compared, so the
//! role needs no more than that.
use crate::rollout;
use writ_action::prelude::*;

/// Set the number of replicas of a Deployment. Starts or stops pods until that many run; its template stays.
#[derive(Parameters)]
pub struct ScaleDeployment {
    /// How many pods shall run.
    #[param(minimum = 1, maximum = 1000)]
    pub replicas: u32,
}

/// Set the number of replicas of a StatefulSet. Pods are started and stopped in order, the highest number first to go.
#[derive(Parameters)]
pub struct ScaleStatefulset {
    /// How many pods shall run.
    #[param(minimum = 1, maximum = 1000)]
    pub replicas: u32,
}

/// As in the parameters above: outside of it there is no way back by the same action.
const RANGE: std::ops::RangeInclusive<i64> = 1..=1000;

#[action(
    name = "scale_deployment",
    target = "apps/v1 Deployment",
    risk = Medium,
    when = "load is more, or much less, than the pods can take, and more pods would help",
    not_when = "an autoscaler owns the replicas (change its bounds); pods crash or wait for a dependency (more of them do not help)",
    preconditions = "no HorizontalPodAutoscaler is aimed at it; quota and nodes have room for more pods",
    rbac = "apps/deployments: get; apps/deployments/scale: get, update",
    reversible = Depends,
    example = r#"{"replicas": 5}"#,
    category = "core"
)]
impl Action for ScaleDeployment {
    fn plan(&self, t: &Target, seen: &Seen) -> Result<Plan, Refusal> {
        plan(t, seen, self.replicas)
    }

    fn undo(&self, t: &Target, before: &Seen) -> Undo {
        undo(t, before, |replicas| Self { replicas })
    }

    fn checks(&self, t: &Target, after: &Seen) -> Vec<Check> {
        vec![rollout::check(t, after, rollout::Wanted::Replicas(self.replicas.into()))]
    }
}

#[action(
    name = "scale_statefulset",
    target = "apps/v1 StatefulSet",
    risk = Medium,
    when = "the members of a stateful service are too few, or more than needed",
    not_when = "the software does not handle members that come and go; an autoscaler owns the replicas; a pod is stuck, because those after it wait for it",
    preconditions = "no HorizontalPodAutoscaler is aimed at it; storage can be provisioned for new members",
    rbac = "apps/statefulsets: get; apps/statefulsets/scale: get, update",
    reversible = Depends,
    verify = "10m",
    example = r#"{"replicas": 3}"#,
    category = "core"
)]
impl Action for ScaleStatefulset {
    fn plan(&self, t: &Target, seen: &Seen) -> Result<Plan, Refusal> {
        Ok(plan(t, seen, self.replicas)?.warn_all(volumes(t, seen, self.replicas)))
    }

    fn undo(&self, t: &Target, before: &Seen) -> Undo {
        let undo = undo(t, before, |replicas| Self { replicas });
        match volumes(t, before, self.replicas) {
            Some(lost) => undo.loses(lost),
            None => undo,
        }
    }

    fn checks(&self, t: &Target, after: &Seen) -> Vec<Check> {
        vec![rollout::check(t, after, rollout::Wanted::Replicas(self.replicas.into()))]
    }
}

fn plan(t: &Target, seen: &Seen, replicas: u32) -> Result<Plan, Refusal> {
    let before = rollout::replicas(seen);
    let there = rollout::counted(before);
    refuse_if!(before == i64::from(replicas), "NothingToChange", "{t} has {there} already.");
    Ok(Plan::of(Kubectl::scale(t).from_to(before, replicas.into()))
        .writes_part(t, "scale", Writes::Update)
        .change(t, "/spec/replicas", before, replicas)
        .memo(rollout::memo(t)))
}

fn undo<A: Action>(t: &Target, before: &Seen, to: impl Fn(u32) -> A) -> Undo {
    let replicas = rollout::replicas(before);
    match u32::try_from(replicas) {
        Ok(n) if RANGE.contains(&replicas) => Undo::action(&to(n)),
        _ => Undo::impossible(format!(
            "{t} had {replicas} replicas, and this action sets {} to {} only. By hand: kubectl scale {} --replicas={replicas}",
            RANGE.start(),
            RANGE.end(),
            t.operand(),
        )),
    }
}

/// The claims Kubernetes deletes with the pods, where the StatefulSet says so.
fn volumes(t: &Target, seen: &Seen, replicas: u32) -> Option<String> {
    let before = rollout::replicas(seen);
    let has_claims = seen.at("/spec/volumeClaimTemplates").as_array().is_some_and(|claims| !claims.is_empty());
    let deletes = seen.at("/spec/persistentVolumeClaimRetentionPolicy/whenScaled") == "Delete";
    let start = seen.count("/spec/ordinals/start");
    (has_claims && deletes && before > replicas.into()).then(|| {
        let (first, last) = (start + i64::from(replicas), start + before - 1);
        format!("the volumes of pods {first} to {last} of {t} and their data (its retention policy deletes them)")
    })
}
