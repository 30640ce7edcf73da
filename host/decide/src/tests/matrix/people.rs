//! People who are asked to approve, and what they do in this world. Owns which approval is a good one: its name begins with `good`.
use super::{
    original,
    scenario::{Dry, Forgery, Glass, NoCover, People},
    world::World,
};
use crate::{
    observed::*,
    tests::{
        approving,
        fixtures::{self, digest},
    },
};
use crds::{Decision, Limits, Phase, ReviewStatus};
use jiff::{SignedDuration, Timestamp};

/// How long the policy of this world gives them.
pub const SPAN: SignedDuration = SignedDuration::from_secs(60);

pub fn verdict(w: &World) -> Verdict {
    let dry_run = w.scenario.dry == Dry::Demanded;
    let limits = Limits { namespace: w.scenario.limited.then_some(1), ..Limits::default() };
    let plain = Obligations { dry_run, limits, ..Obligations::default() };
    let one = Obligations { approver_groups: vec!["sre-leads".into()], expires: "60s".into(), ..plain.clone() };
    match w.scenario.people {
        People::Unasked => Verdict::Allow(plain),
        People::Glass(Glass::Reviewed | Glass::Unreviewed | Glass::Forged(_)) => {
            Verdict::Allow(Obligations { approvals: 1, break_glass: true, ..one })
        }
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
    let Some(status) = w.kx.as_ref().and_then(|kx| kx.status.as_ref()) else { return };
    if let People::Glass(glass) = w.scenario.people
        && status.phase.is_over()
    {
        let due = status.review.clone();
        return review(w, glass, due);
    }
    let waits = status.approval.as_ref().filter(|_| status.phase == Phase::AwaitingApproval);
    let Some(hash) = waits.map(|a| a.plan_hash.clone()) else { return };
    if w.approvals.iter().any(|a| a.name.ends_with(&hash)) {
        return;
    }
    // As an API server writes times.
    let created = Timestamp::from_second(w.clock.as_second()).unwrap();
    let good = Approval { name: format!("good-{hash}"), hash: hash.clone(), created, ..approving::approval() };
    match w.scenario.people {
        People::Unasked | People::Silent | People::Glass(_) | People::Cover(_) => {}
        People::Approve => w.approvals.push(good),
        People::Reject => w.approvals.push(no(good)),
        People::Forge(how) => w.approvals.extend(forged(how, good)),
    }
}

/// Somebody looks at what was done, once.
fn review(w: &mut World, glass: Glass, due: Option<ReviewStatus>) {
    let Some(due) = due.filter(|_| !w.approvals.iter().any(|a| a.decision == Decision::Review)) else { return };
    let created = Timestamp::from_second(w.clock.as_second()).unwrap();
    let (name, hash) = ("good-review".into(), due.plan_hash);
    let good = Approval { name, hash, created, decision: Decision::Review, ..approving::approval() };
    match glass {
        Glass::Forged(how) => w.approvals.extend(forged(how, good)),
        Glass::Reviewed => w.approvals.push(good),
        Glass::Unreviewed | Glass::Closed => {}
    }
}

/// All that name it.
pub fn covering(w: &World) -> Vec<Approval> {
    let People::Cover(how) = w.scenario.people else { return vec![] };
    let name = if how.is_none() { "good-first" } else { "forged-first" };
    let may = w.rights;
    let base = approving::approval();
    let mut a = Approval {
        name: name.into(),
        created: fixtures::at(-30),
        execution: original::FIRST.into(),
        hash: digest('5').to_string(),
        may,
        told: Some(Told { reason: crds::CountedReason::Counted, message: String::new() }),
        ..base
    };
    match how {
        None | Some(NoCover::NeverCounted | NoCover::MadeAgain | NoCover::NotApproved | NoCover::OtherComponent) => {}
        Some(NoCover::NotMeant) => a.covers_undo = false,
        Some(NoCover::Rejection) => a.decision = Decision::Reject,
        Some(NoCover::OtherExecution) => a.execution = "another".into(),
        Some(NoCover::OtherPlan) => a.hash = digest('6').to_string(),
        Some(NoCover::Unstamped) => a.created = fixtures::at(-200),
        Some(NoCover::WithoutTheRight) => a.may = false,
        Some(NoCover::Requester) => a.by.username = "maria@example.com".into(),
        Some(NoCover::Program) => a.by.username = "system:serviceaccount:ci:bot".into(),
        Some(NoCover::OtherGroup) => a.by.groups.clear(),
    }
    vec![a]
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
