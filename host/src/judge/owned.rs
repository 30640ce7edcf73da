//! Who else writes what a plan changes: the host looks itself, whether the plugin does or not. Owns which autoscalers are looked at.
use super::World;
use crds::Owner;
use decide::{
    model::{Api, Object, Proposal, Read, Request, Selector},
    owners,
};

/// Autoscalers of one namespace that are looked at; where there are more, one of them is taken to own the replicas.
const AUTOSCALERS: u32 = 500;

/// Of what is written, as it was read.
pub(super) async fn by<W: World>(
    world: &W,
    request: &Request,
    proposal: &Proposal,
    written: &[&Object],
) -> Result<Vec<Owner>, W::Error> {
    let autoscalers = match owners::scales(&proposal.changes) {
        true => Some(world.answer(&autoscalers(&request.namespace)).await?),
        false => None,
    };
    Ok(owners::of(written, request.target.as_ref(), autoscalers.as_ref(), &proposal.changes))
}

/// All there are beside what is written.
fn autoscalers(namespace: &str) -> Read {
    let api = Api {
        group: "autoscaling".into(),
        version: "v2".into(),
        kind: "HorizontalPodAutoscaler".into(),
        resource: "horizontalpodautoscalers".into(),
    };
    let by = Selector::Matching { labels: String::new(), fields: String::new() };
    let pick = vec!["/spec/scaleTargetRef".to_owned()];
    Read { key: "autoscalers".into(), api, namespace: Some(namespace.to_owned()), by, pick, limit: AUTOSCALERS }
}
