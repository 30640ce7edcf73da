//! `rollout_restart`: new pods from the same template, by the annotation `kubectl rollout restart` sets too.
//!
//! It is a patch, because `kubectl rollout restart` has no dry run; and a merge patch, because a JSON Patch could add the
//! annotation only where there are others already. `metadata.uid` in it makes the API server refuse another object.
use crate::rollout;
use writ_action::prelude::*;

/// Restart all pods of a Deployment, StatefulSet or DaemonSet, step by step. New pods come from the same template, as its
/// update strategy says; images and settings stay.
#[derive(Parameters)]
pub struct RolloutRestart {}

const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";
const PLACE: &str = "/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt";

#[action(
    name = "rollout_restart",
    target = "apps/v1 Deployment, apps/v1 StatefulSet, apps/v1 DaemonSet",
    risk = Low,
    when = "pods hang, leak, or must read a changed ConfigMap or Secret",
    not_when = "the cause is a bad release (roll back); a dependency is down (a restart adds load to it)",
    preconditions = "it is not paused, and its update strategy replaces pods by itself",
    rbac = "apps/deployments: get, patch; apps/statefulsets: get, patch; apps/daemonsets: get, patch",
    reversible = Never,
    // the same patch again sets the same value: nothing restarts twice
    idempotent = true,
    verify = "15m",
    example = "{}",
    category = "core"
)]
impl Action for RolloutRestart {
    fn plan(&self, t: &Target, seen: &Seen) -> Result<Plan, Refusal> {
        let at = seen.created_at();
        refuse_if!(seen.at(PLACE) == at, "NothingToChange", "{t} was restarted at {at} already.");
        refuse_if_without_effect(t, seen)?;
        let patch = json!({
            "metadata": {"uid": t.uid()},
            "spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: at}}}},
        });
        Ok(Plan::of(Kubectl::patch(t).merge(&patch))
            .writes(t, Writes::Update)
            .change(t, PLACE, seen.at(PLACE), at)
            // without their number: an autoscaler moves it, and every move would void an approval
            .effect(t, "its pods are replaced")
            .warn(format!("{} pods are replaced, as its update strategy says.", pods(t, seen)))
            .warn_all(outage(t, seen))
            .memo(rollout::memo(t)))
    }

    fn undo(&self, t: &Target, _: &Seen) -> Undo {
        Undo::impossible(format!("pods that were replaced do not come back; the new ones of {t} run the same template"))
    }

    fn checks(&self, t: &Target, after: &Seen) -> Vec<Check> {
        let (is, at) = (after.at(PLACE), after.created_at());
        if is != at {
            return vec![Check::failed("restart_ours", format!("the annotation of {t} is {is}: somebody else changed it"))];
        }
        vec![rollout::check(t, after, rollout::Wanted::NewTemplate)]
    }
}

fn refuse_if_without_effect(t: &Target, seen: &Seen) -> Result<(), Refusal> {
    let namespace = t.namespace();
    refuse_if!(
        seen.at("/spec/paused") == true,
        "Paused",
        "{t} is paused: its pods would not be replaced.",
        "Resume it first: kubectl rollout resume {t} -n {namespace}"
    );
    refuse_if!(
        seen.at("/spec/updateStrategy/type") == "OnDelete",
        "UpdatesOnDelete",
        "{t} replaces a pod only when somebody deletes it (updateStrategy OnDelete).",
        "Delete its pods one by one, or set its strategy to RollingUpdate."
    );
    refuse_if!(pods(t, seen) == 0, "NothingToChange", "{t} has no pods to restart.");
    Ok(())
}

/// How many pods the update reaches.
fn pods(t: &Target, seen: &Seen) -> i64 {
    if t.kind() == "DaemonSet" {
        return seen.count("/status/desiredNumberScheduled");
    }
    rollout::updatable(seen)
}

/// What stands still meanwhile, where that is certain.
fn outage(t: &Target, seen: &Seen) -> Option<String> {
    if seen.at("/spec/strategy/type") == "Recreate" {
        return Some(format!("{t} has the strategy Recreate: all its pods stop before the first new one starts."));
    }
    let alone = t.kind() == "StatefulSet" && rollout::replicas(seen) == 1;
    alone.then(|| format!("{t} has one pod: it is down until the new one is ready."))
}
