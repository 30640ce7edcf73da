//! One mutant for each thing that an approval must be: the core without exactly that question, by a wrapper that answers it beforehand.
use super::DEPTH;
use crate::{
    execution::{Execution, Progress, Wait},
    next_step,
    observed::*,
    site::Site,
    step::Step,
    tests::{
        fixtures,
        matrix::{
            fault::Fault,
            original, rules,
            run::{Core, HONEST, run},
            scenario::{APPROVED, COVERED, Forgery, NO_COVERS, NoCover, PLAIN, People, Scenario},
        },
    },
};
use crds::{ApprovalGiven, Decision};
use jiff::Timestamp;

type Decide = fn(&Site, Timestamp, &Execution, &Observed) -> Step;

fn approvals(seen: &mut Observed) -> Option<&mut Vec<Approval>> {
    match &mut seen.phase {
        PhaseSeen::AwaitingApproval(s) => Some(&mut s.approvals),
        PhaseSeen::Preparing(s) => Some(&mut s.approvals),
        _ => None,
    }
}

/// The core, to which every approval looks as `mend` leaves it.
macro_rules! mutant {
    ($name:ident, $mend:expr) => {
        fn $name(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
            let mut seen = seen.clone();
            let mend: fn(&Execution, usize, &mut Approval) = $mend;
            approvals(&mut seen).into_iter().flatten().enumerate().for_each(|(n, a)| mend(exec, n, a));
            next_step(site, now, exec, &seen)
        }
    };
}

mutant!(asks_for_no_stamp, |_, _, a| a.by.username = "somebody".into());
mutant!(asks_for_no_uid, |exec, _, a| a.execution = exec.uid.to_string());
mutant!(asks_for_no_action, |exec, _, a| a.action.clone_from(&exec.spec.action));
mutant!(asks_for_no_right, |_, _, a| a.may = true);
mutant!(asks_for_no_hash, |exec, _, a| a.hash = exec.status.approval.as_ref().map(|p| p.plan_hash.clone()).unwrap_or_default());
mutant!(asks_for_no_time, |exec, _, a| a.created = exec.at);
mutant!(lets_the_requester, |_, _, a| a.by.username = "somebody".into());
mutant!(lets_programs, |_, _, a| a.by.username = "somebody".into());
mutant!(asks_for_no_group, |_, _, a| a.by.groups = vec!["sre-leads".into()]);
mutant!(counts_one_person_twice, |_, n, a| a.by.username = n.to_string());

#[test]
fn an_approval_that_is_none_is_caught_whatever_makes_it_none() {
    let table: [(Forgery, Decide); 10] = [
        (Forgery::Unstamped, asks_for_no_stamp),
        (Forgery::OtherExecution, asks_for_no_uid),
        (Forgery::OtherAction, asks_for_no_action),
        (Forgery::WithoutTheRight, asks_for_no_right),
        (Forgery::OtherPlan, asks_for_no_hash),
        (Forgery::TooEarly, asks_for_no_time),
        (Forgery::Requester, lets_the_requester),
        (Forgery::Program, lets_programs),
        (Forgery::OtherGroup, asks_for_no_group),
        (Forgery::Twice, counts_one_person_twice),
    ];
    for (how, decide) in table {
        let scenario = Scenario { people: People::Forge(how), ..PLAIN };
        let broken = run(Core { decide, ..HONEST }, scenario, &[]).broken;
        assert!(broken.iter().any(|b| b.rule == rules::APPROVED), "not caught: {how:?}");
    }
}

/// Whether this rule is broken where this happens at some pass to what one person approves.
fn check(decide: Decide, happens: fn(usize) -> Fault, rule: &str) {
    let broken = |n| run(Core { decide, ..HONEST }, APPROVED, &[happens(n)]).broken;
    assert!((0..DEPTH).any(|n| broken(n).iter().any(|b| b.rule == rule)), "not caught: {rule}");
}

/// The core, to which every approval of what this undoes, and the record of it, look as `mend` leaves them.
fn mended(seen: &Observed, how: NoCover) -> Observed {
    let mut seen = seen.clone();
    let (covering, original) = match &mut seen.phase {
        PhaseSeen::AwaitingApproval(s) => (&mut s.covering, &mut s.original),
        PhaseSeen::Preparing(s) => (&mut s.covering, &mut s.original),
        _ => return seen,
    };
    let (Some(a), Some(OriginalSeen::Found(status, _))) = (covering.first_mut(), original) else { return seen };
    let was = status.approval.as_mut().unwrap();
    match how {
        NoCover::NotMeant => a.covers_undo = true,
        NoCover::Rejection => a.decision = Decision::Approve,
        NoCover::OtherExecution => a.execution = original::FIRST.into(),
        NoCover::OtherPlan => a.hash.clone_from(&was.plan_hash),
        NoCover::NeverCounted => was.given.push(ApprovalGiven {
            by: a.by.username.clone(),
            at: a.created.to_string(),
            object: a.name.clone(),
            ..ApprovalGiven::default()
        }),
        NoCover::MadeAgain => was.given[0].at = a.created.to_string(),
        NoCover::NotApproved => was.state = "Approved".into(),
        NoCover::OtherComponent => status.plugin.as_mut().unwrap().digest = fixtures::plugin().digest.to_string(),
        NoCover::Unstamped => {
            a.created = fixtures::at(-30);
            was.given[0].at = a.created.to_string();
        }
        NoCover::WithoutTheRight => a.may = true,
        NoCover::Requester | NoCover::Program => {
            a.by.username = "somebody".into();
            was.given[0].by = "somebody".into();
        }
        NoCover::OtherGroup => a.by.groups = vec!["sre-leads".into()],
    }
    seen
}

macro_rules! covers {
    ($($how:ident),*) => {
        [$((NoCover::$how, (|site, now, exec, seen| next_step(site, now, exec, &mended(seen, NoCover::$how))) as Decide)),*]
    };
}

#[test]
fn an_approval_that_does_not_cover_an_undo_is_caught_whatever_keeps_it_from_that() {
    let table = covers![
        NotMeant,
        Rejection,
        OtherExecution,
        OtherPlan,
        NeverCounted,
        MadeAgain,
        NotApproved,
        Unstamped,
        WithoutTheRight,
        Requester,
        Program,
        OtherGroup,
        OtherComponent
    ];
    assert_eq!(table.map(|(how, _)| how), NO_COVERS);
    for (how, decide) in table {
        let scenario = Scenario { people: People::Cover(Some(how)), ..PLAIN };
        let caught = |decide| run(Core { decide, ..HONEST }, scenario, &[]).broken.iter().any(|b| b.rule == rules::APPROVED);
        assert!(caught(decide), "not caught: {how:?}");
        assert!(!caught(next_step), "counted: {how:?}");
    }
}

/// Believes in the cover that it saw while it waited.
fn keeps_the_cover(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let mut seen = seen.clone();
    if let PhaseSeen::Preparing(s) = &mut seen.phase {
        s.covering.iter_mut().for_each(|a| a.may = true);
    }
    next_step(site, now, exec, &seen)
}

#[test]
fn a_cover_that_is_gone_by_the_last_look_is_caught() {
    let broken = |n| run(Core { decide: keeps_the_cover, ..HONEST }, COVERED, &[Fault::RightLost(n, 4)]).broken;
    assert!((0..DEPTH).any(|n| broken(n).iter().any(|b| b.rule == rules::APPROVED)), "not caught");
}

mutant!(hears_no_no, |_, _, a| a.decision = Decision::Approve);

#[test]
fn a_rejection_that_is_not_heard_is_caught() {
    check(hears_no_no, Fault::Rejected, rules::APPROVED);
}

/// Believes in `Preparing` what was counted before.
fn looks_once(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let mut seen = seen.clone();
    if let PhaseSeen::Preparing(s) = &mut seen.phase
        && let Some(Judgement::Judged { ruling, .. }) = &mut s.judged
    {
        ruling.results.iter_mut().for_each(|r| r.verdict = Verdict::Allow(Obligations::default()));
    }
    next_step(site, now, exec, &seen)
}

#[test]
fn a_last_look_that_asks_for_no_approvals_is_caught() {
    check(looks_once, Fault::Withdrawn, rules::APPROVED);
}

/// Lets an approval hold for ever.
fn never_too_late(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let (mut exec, mut seen) = (exec.clone(), seen.clone());
    match &mut exec.progress {
        Progress::AwaitingApproval(p) => p.wait.until = Timestamp::MAX,
        Progress::Preparing(p) => p.wait = p.wait.map(|_| Wait { since: now, until: Timestamp::MAX }),
        _ => {}
    }
    approvals(&mut seen).into_iter().flatten().for_each(|a| a.created = a.created.max(now));
    next_step(site, now, &exec, &seen)
}

#[test]
fn an_approval_that_is_too_old_is_caught() {
    check(never_too_late, |n| Fault::Clock(n, 3600), rules::APPROVED);
}

/// Leaves it what an earlier yes was granted.
fn keeps_what_was_granted(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let mut seen = seen.clone();
    if let PhaseSeen::AwaitingApproval(s) = &mut seen.phase {
        s.left = None;
    }
    next_step(site, now, exec, &seen)
}

#[test]
fn an_identity_that_is_kept_while_it_waits_again_is_caught() {
    check(keeps_what_was_granted, |n| Fault::RightLost(n, 4), rules::HOLDS_NOTHING);
}
