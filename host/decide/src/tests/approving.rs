//! For tests: people who approve `fixtures::planned`, everything that can be seen while it is waited for them, and the stages of that.
use super::{
    fixtures::*,
    seen::{self, Named},
    stored,
};
use crate::{
    execution::Execution,
    observed::*,
    step::{Effect, Step},
};
use crds::{Decision, Identity};
use jiff::Timestamp;

/// Jonas of the group sre-leads says yes.
pub fn approval() -> Approval {
    Approval {
        name: "approval-jonas".into(),
        uid: "a-1".into(),
        created: at(5),
        execution: EXECUTION.into(),
        action: "scale_deployment".into(),
        hash: planned().hash.to_string(),
        decision: Decision::Approve,
        comment: "ok, capacity is there".into(),
        covers_undo: true,
        by: person("jonas", &["sre-leads"]),
        may: true,
        told: None,
    }
}

/// `NAME@example.com`, of these groups.
pub fn person(name: &str, groups: &[&str]) -> Identity {
    let groups = groups.iter().map(|g| (*g).to_owned()).collect();
    Identity { username: format!("{name}@example.com"), uid: String::new(), groups }
}

/// Another person's.
pub fn by(name: &str, groups: &[&str]) -> Approval {
    Approval { name: format!("approval-{name}"), by: person(name, groups), ..approval() }
}

pub fn rejection() -> Approval {
    Approval { decision: Decision::Reject, comment: "not during the sale".into(), ..by("kim", &[]) }
}

/// One of sre-leads, within a quarter of an hour.
pub fn demanding() -> Ruling {
    wants(1, &["sre-leads"])
}

pub fn wants(approvals: u32, groups: &[&str]) -> Ruling {
    let approver_groups = groups.iter().map(|g| (*g).to_owned()).collect();
    ruling(&[Verdict::Allow(Obligations { approvals, approver_groups, expires: "15m".into(), ..Obligations::default() })])
}

pub fn judged(ruling: Ruling) -> Judgement {
    Judgement::Judged { planned: Box::new(planned()), ruling, writers: vec![] }
}

pub fn awaiting(judged: Judgement, approvals: Vec<Approval>) -> PhaseSeen {
    PhaseSeen::AwaitingApproval(Box::new(AwaitingApproval {
        guards: stored::guarded(),
        judged,
        approvals,
        covering: vec![],
        original: None,
        left: None,
    }))
}

pub fn preparing(judged: Judgement, grants: Grants, approvals: Vec<Approval>) -> PhaseSeen {
    let (guards, judged) = (stored::guarded(), Some(judged));
    PhaseSeen::Preparing(Box::new(Preparing {
        since: at(0),
        guards,
        judged,
        grants,
        lock: super::locking::mine(),
        ahead: vec![],
        others: Others::default(),
        freezes: vec![],
        approvals,
        covering: vec![],
        original: None,
    }))
}

/// The same look after everybody heard what becomes of his approval.
pub fn heard(exec: &Execution, now: Timestamp, mut look: PhaseSeen) -> PhaseSeen {
    if let Step::Do(Effect::TellApprovals { all, .. }) = stored::step(exec, now, look.clone()) {
        let approvals = match &mut look {
            PhaseSeen::AwaitingApproval(s) => &mut s.approvals,
            PhaseSeen::Preparing(s) => &mut s.approvals,
            other => panic!("approvals were told in {other:?}"),
        };
        for (name, _, told) in all {
            approvals.iter_mut().filter(|a| a.name == name).for_each(|a| a.told = Some(told.clone()));
        }
    }
    look
}

pub fn approvals() -> Named<Vec<Approval>> {
    let other = |change: fn(&mut Approval)| {
        let mut a = approval();
        change(&mut a);
        vec![a]
    };
    let all = [
        ("nobody", vec![]),
        ("one approves", vec![approval()]),
        ("two approve", vec![approval(), by("lena", &["sre-leads"])]),
        ("another group approves", vec![by("lena", &["dev"])]),
        ("the requester approves", vec![by("maria", &["sre-leads"])]),
        ("another plan is approved", other(|a| a.hash = planned_from(3, false).hash.to_string())),
        ("the right is gone", other(|a| a.may = false)),
        ("approved before the guards", other(|a| a.created = at(-1))),
        ("one rejects", vec![rejection()]),
        ("one approves, one rejects", vec![approval(), rejection()]),
    ];
    all.into_iter().map(|(name, all)| (name.to_owned(), all)).collect()
}

pub fn looks() -> Named<PhaseSeen> {
    let mut all = Vec::new();
    for (name, guards) in seen::guards() {
        for (judged, j) in seen::judgements() {
            let seen = AwaitingApproval {
                guards: guards.clone(),
                judged: j,
                approvals: vec![],
                covering: vec![],
                original: None,
                left: None,
            };
            all.push((format!("waiting, {name}, {judged}"), PhaseSeen::AwaitingApproval(Box::new(seen))));
        }
    }
    for (name, approvals) in approvals() {
        all.push((format!("waiting, {name}"), awaiting(judged(demanding()), approvals.clone())));
        for (granted, grants) in seen::grants() {
            let look = preparing(judged(demanding()), grants, approvals.clone());
            all.push((format!("last look, {name}, {granted}"), look));
        }
    }
    for (name, left) in seen::grants() {
        let (guards, judged) = (stored::guarded(), judged(demanding()));
        let seen = AwaitingApproval { guards, judged, approvals: vec![], covering: vec![], original: None, left: Some(left) };
        all.push((format!("waiting again, {name}"), PhaseSeen::AwaitingApproval(Box::new(seen))));
    }
    for (grants, held) in [(Grants::None, vec![]), (Grants::Whole, vec![]), (Grants::None, vec!["run-1-abcde".to_owned()])] {
        let name = format!("over, approved too late, {grants:?}, {} held", held.len());
        all.push((
            name,
            PhaseSeen::Over(Over {
                grants,
                job: None,
                held_pods: held,
                claims: vec![],
                guards: stored::guarded(),
                approvals: vec![approval()],
                undone_by: None,
                undo: None,
            }),
        ));
    }
    all
}

pub fn stages() -> Named<Execution> {
    let asked = || (1, stored::validating(judged(demanding())));
    let approved = || (6, awaiting(judged(demanding()), vec![approval()]));
    let withdrawn = || (7, preparing(judged(demanding()), Grants::Whole, vec![]));
    let rejected = || (6, awaiting(judged(demanding()), vec![rejection()]));
    let of_two = || (1, stored::validating(judged(wants(2, &["sre-leads"]))));
    let half = || (6, awaiting(judged(wants(2, &["sre-leads"])), vec![approval()]));
    let all = [
        ("awaiting approval", vec![asked()]),
        ("half approved", vec![of_two(), half()]),
        ("approved", vec![asked(), approved()]),
        ("approval withdrawn", vec![asked(), approved(), withdrawn()]),
        ("rejected", vec![asked(), rejected()]),
    ];
    all.into_iter().map(|(name, looks)| (name.to_owned(), stored::through(looks))).collect()
}
