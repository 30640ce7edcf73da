//! Who else writes what a plan changes: the host looks itself, whether the plugin does or not. Owns which autoscalers are looked at.
use super::World;
use crds::Owner;
use decide::{
    model::{Api, Object, ObjectRef, Proposal, Read, Selector},
    owners,
};

/// Autoscalers of one namespace that are looked at; where there are more, one of them is taken to own the replicas.
const AUTOSCALERS: u32 = 500;

/// Of the target as it was read.
pub(super) async fn by<W: World>(world: &W, proposal: &Proposal, target: Option<&Object>) -> Result<Vec<Owner>, W::Error> {
    let Some(target) = target else { return Ok(vec![]) };
    let autoscalers = match owners::scales(&target.id, &proposal.changes) {
        true => Some(world.answer(&autoscalers(&target.id)).await?),
        false => None,
    };
    Ok(owners::of(target, autoscalers.as_ref(), &proposal.changes))
}

/// All there are beside the target.
fn autoscalers(target: &ObjectRef) -> Read {
    let api = Api {
        group: "autoscaling".into(),
        version: "v2".into(),
        kind: "HorizontalPodAutoscaler".into(),
        resource: "horizontalpodautoscalers".into(),
    };
    let by = Selector::Matching { labels: String::new(), fields: String::new() };
    let pick = vec!["/spec/scaleTargetRef".to_owned()];
    Read { key: "autoscalers".into(), api, namespace: target.namespace.clone(), by, pick, limit: AUTOSCALERS }
}
