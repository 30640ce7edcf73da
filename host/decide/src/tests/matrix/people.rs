//! People who are asked to approve, and what they do in this world. Owns which approval is a good one: its name begins with `good`.
use super::{
    scenario::{Dry, Forgery, People},
    world::World,
};
use crate::{
    observed::*,
    tests::{approving, fixtures},
};
use crds::{Decision, Phase};
use jiff::{SignedDuration, Timestamp};

/// How long the policy of this world gives them.
pub const SPAN: SignedDuration = SignedDuration::from_secs(60);

pub fn verdict(w: &World) -> Verdict {
    let dry_run = w.scenario.dry == Dry::Demanded;
    let one = Obligations { approver_groups: vec!["sre-leads".into()], expires: "60s".into(), dry_run, ..Obligations::default() };
    match w.scenario.people {
        People::Unasked => Verdict::Allow(Obligations { dry_run, ..Obligations::default() }),
        People::Forge(Forgery::Twice) => Verdict::Allow(Obligations { approvals: 2, ..one }),
        _ => Verdict::Allow(Obligations { approvals: 1, ..one }),
    }
}

pub fn seen(w: &World) -> Vec<Approval> {
    let all = w.approvals.iter().cloned();
    all.map(|a| Approval { may: a.may && w.rights, ..a }).collect()
}

/// Whoever sees something wait does what he does, once a plan.
pub fn act(w: &mut World) {
    let Some(status) = w.kx.as_ref().and_then(|kx| kx.status.clone()) else { return };
    let Some(hash) = status.approval.map(|a| a.plan_hash).filter(|_| status.phase == Phase::AwaitingApproval) else { return };
    if w.approvals.iter().any(|a| a.name.ends_with(&hash)) {
        return;
    }
    // As an API server writes times.
    let created = Timestamp::from_second(w.clock.as_second()).unwrap();
    let good = Approval { name: format!("good-{hash}"), hash: hash.clone(), created, ..approving::approval() };
    match w.scenario.people {
        People::Unasked | People::Silent => {}
        People::Approve => w.approvals.push(good),
        People::Reject => w.approvals.push(no(good)),
        People::Forge(how) => w.approvals.extend(forged(how, good)),
    }
}

pub fn no(mut a: Approval) -> Approval {
    a.name = format!("no-{}", a.name);
    a.decision = Decision::Reject;
    a
}

fn forged(how: Forgery, mut a: Approval) -> Vec<Approval> {
    a.name = format!("forged-{}", a.hash);
    match how {
        Forgery::Unstamped => a.by.username.clear(),
        Forgery::OtherExecution => a.execution = "a-deleted-one".into(),
        Forgery::OtherAction => a.action = "rollout_restart".into(),
        Forgery::WithoutTheRight => a.may = false,
        Forgery::OtherPlan => a.hash = fixtures::planned_from(7, false).hash.to_string(),
        Forgery::TooEarly => a.created = fixtures::at(-50),
        Forgery::Requester => a.by.username = "maria@example.com".into(),
        Forgery::Program => a.by.username = "system:serviceaccount:ci:bot".into(),
        Forgery::OtherGroup => a.by.groups.clear(),
        Forgery::Twice => {
            let again = Approval { name: format!("again-{}", a.hash), ..a.clone() };
            return vec![a, again];
        }
    }
    vec![a]
}
