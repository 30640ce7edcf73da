//! `cordon_node` and `uncordon_node`: whether new pods may be scheduled to a node. As `kubectl cordon` does it, with the uid in the patch.
use writ_action::prelude::*;

/// Keep new pods away from a Node. What runs there goes on.
#[derive(Parameters)]
pub struct CordonNode {}

/// Let pods be scheduled to a Node again.
#[derive(Parameters)]
pub struct UncordonNode {}

const PLACE: &str = "/spec/unschedulable";

#[action(
    name = "cordon_node",
    target = "v1 Node",
    risk = Medium,
    when = "a node is suspect, or is to be maintained, and must get no new pods meanwhile",
    not_when = "its pods must go, too (that is a drain); it is the last node with room",
    preconditions = "the other nodes have room for what will be scheduled",
    rbac = "core/nodes: get, patch",
    reversible = Always,
    idempotent = true,
    verify = "30s",
    example = "{}",
    category = "infrastructure"
)]
impl Action for CordonNode {
    fn plan(&self, t: &Target, seen: &Seen) -> Result<Plan, Refusal> {
        refuse_if!(seen.at(PLACE) == true, "NothingToChange", "{t} gets no new pods already.");
        Ok(plan(t, seen, json!(true)).effect(t, "no new pods are scheduled to it"))
    }

    fn undo(&self, _: &Target, _: &Seen) -> Undo {
        Undo::action(&UncordonNode {})
    }

    fn checks(&self, t: &Target, after: &Seen) -> Vec<Check> {
        vec![check!("cordoned", after.at(PLACE) == true, "{t} gets no new pods", "{t} still gets new pods")]
    }
}

#[action(
    name = "uncordon_node",
    target = "v1 Node",
    risk = Medium,
    when = "a node that was cordoned is well again",
    not_when = "whoever cordoned it is still at work on it",
    preconditions = "it is Ready",
    rbac = "core/nodes: get, patch",
    reversible = Always,
    idempotent = true,
    verify = "30s",
    example = "{}",
    category = "infrastructure"
)]
impl Action for UncordonNode {
    fn plan(&self, t: &Target, seen: &Seen) -> Result<Plan, Refusal> {
        refuse_if!(seen.at(PLACE) != true, "NothingToChange", "{t} gets new pods already.");
        Ok(plan(t, seen, json!(null)).effect(t, "new pods are scheduled to it"))
    }

    fn undo(&self, _: &Target, _: &Seen) -> Undo {
        Undo::action(&CordonNode {})
    }

    fn checks(&self, t: &Target, after: &Seen) -> Vec<Check> {
        vec![check!("uncordoned", after.at(PLACE) != true, "{t} gets new pods", "{t} still gets no new pods")]
    }
}

/// `false` is stored as nothing: the API server leaves it out.
fn plan(t: &Target, seen: &Seen, wanted: Value) -> Plan {
    let patch = json!({"metadata": {"uid": t.uid()}, "spec": {"unschedulable": wanted}});
    let before = Some(seen.at(PLACE)).filter(|v| **v == true);
    Plan::of(Kubectl::patch(t).merge(&patch)).writes(t, Writes::Update).change(t, PLACE, before.cloned(), wanted)
}
