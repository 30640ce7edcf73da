//! What happens while people are asked to approve, and what they read.
use super::{
    approving::{self, approval, awaiting, by, demanding, heard, judged, preparing, rejection, wants},
    decisions::snapshot,
    fixtures::*,
    messages::check,
    stored::{self, step, validating},
};
use crate::{
    execution::Execution,
    observed::*,
    step::{Effect, Step},
};
use crds::KubernetesExecution;
use expect_test::expect;

fn stage(name: &str) -> Execution {
    stored::all().into_iter().find(|(n, _)| n == name).unwrap().1
}

fn waits(p: &PhaseSeen) -> bool {
    matches!(p, PhaseSeen::AwaitingApproval(s) if s.guards == stored::guarded() && s.left.is_none())
}

#[test]
fn what_happens_while_approvals_are_waited_for() {
    snapshot(&["awaiting approval", "half approved"], "", 14, waits, &expect![[""]]);
    snapshot(&["awaiting approval"], "cancelled", 14, waits, &expect![[""]]);
    // When time is up, whatever is seen.
    snapshot(&["awaiting approval"], "", 901, waits, &expect![[""]]);
}

#[test]
fn no_approval_is_believed_without_its_guards() {
    let unguarded = |p: &PhaseSeen| matches!(p, PhaseSeen::AwaitingApproval(s) if s.guards != stored::guarded() && matches!(s.judged, Judgement::Judged { .. }));
    snapshot(&["awaiting approval"], "", 14, unguarded, &expect![[""]]);
}

#[test]
fn what_was_granted_for_a_yes_that_was_taken_back_goes() {
    let left = |p: &PhaseSeen| matches!(p, PhaseSeen::AwaitingApproval(s) if s.left.is_some());
    snapshot(&["approval withdrawn"], "", 14, left, &expect![[""]]);
}

#[test]
fn what_the_last_look_asks_of_approvals() {
    let last = |p: &PhaseSeen| matches!(p, PhaseSeen::Preparing(s) if s.judged == Some(judged(demanding())) && s.grants == Grants::Whole);
    snapshot(&["preparing", "approved"], "", 14, last, &expect![[""]]);
    snapshot(&["approved"], "", 901, last, &expect![[""]]);
}

#[test]
fn who_comes_too_late_is_told_so_before_all_is_let_go() {
    let over = |p: &PhaseSeen| matches!(p, PhaseSeen::Over(s) if !s.approvals.is_empty());
    snapshot(&["rejected"], "", 14, over, &expect![[""]]);
}

/// One look, after everybody heard what becomes of his approval.
fn after(exec: &Execution, seconds: i64, look: PhaseSeen) -> Step {
    step(exec, at(seconds), heard(exec, at(seconds), look))
}

#[test]
fn what_is_said_of_the_wait_and_of_its_ends() {
    let waiting = stage("awaiting approval");
    let two = wants(2, &["dba", "sre-leads"]);
    let both = stored::through(vec![(1, validating(judged(two.clone())))]);
    let approved = stage("approved");
    let moved = Judgement::Judged { planned: Box::new(planned_from(3, false)), ruling: demanding() };
    check(
        vec![
            ("one of sre-leads".into(), step(&exec(), at(1), validating(judged(demanding())))),
            ("two groups".into(), step(&exec(), at(1), validating(judged(two.clone())))),
            ("anybody".into(), step(&exec(), at(1), validating(judged(wants(2, &[]))))),
            ("one of two".into(), after(&both, 6, awaiting(judged(two.clone()), vec![approval()]))),
            (
                "two of the same group".into(),
                after(&both, 6, awaiting(judged(two), vec![approval(), by("lena", &["sre-leads"])])),
            ),
            ("approved".into(), after(&waiting, 6, awaiting(judged(demanding()), vec![approval()]))),
            ("rejected".into(), after(&waiting, 6, awaiting(judged(demanding()), vec![approval(), rejection()]))),
            ("nobody came".into(), after(&waiting, 901, awaiting(judged(demanding()), vec![]))),
            ("no longer wanted".into(), after(&waiting, 6, awaiting(judged(ruling(&[allow()])), vec![]))),
            ("it moved".into(), after(&waiting, 6, awaiting(moved, vec![approval()]))),
            ("taken back".into(), after(&approved, 7, preparing(judged(demanding()), Grants::Whole, vec![]))),
            (
                "more wanted".into(),
                after(&approved, 7, preparing(judged(wants(2, &["sre-leads"])), Grants::Whole, vec![approval()])),
            ),
            ("not started".into(), after(&approved, 901, preparing(judged(demanding()), Grants::Whole, vec![approval()]))),
            (
                "rejected last".into(),
                after(&approved, 7, preparing(judged(demanding()), Grants::Whole, vec![approval(), rejection()])),
            ),
        ],
        &expect![[""]],
    );
}

#[test]
fn the_status_shows_what_is_asked_of_whom_and_how_to_give_it() {
    let half = stage("half approved");
    let json = serde_json::to_string_pretty(&half.status.approval).unwrap();
    expect![[""]].assert_eq(&json);
    let conditions = |name: &str| {
        let s = stage(name).status;
        let c = s.conditions.iter().find(|c| c.type_ == "Approved").unwrap();
        format!("{name}: {} {} {}\n", c.status, c.reason, c.message)
    };
    let all: String =
        ["awaiting approval", "half approved", "approved", "approval withdrawn", "rejected"].map(conditions).concat();
    expect![[""]].assert_eq(&all);
}

#[test]
fn every_approval_is_told_whether_it_counts_and_why_not() {
    let waiting = stage("awaiting approval");
    let mut text = String::new();
    for (name, approvals) in approving::approvals() {
        let Step::Do(Effect::TellApprovals { all, .. }) = step(&waiting, at(14), awaiting(judged(demanding()), approvals)) else {
            continue;
        };
        for (object, _, told) in all {
            text.push_str(&format!("{name}: {object} {:?}: {}\n", told.reason, told.message));
        }
    }
    expect![[""]].assert_eq(&text);
}

/// What a policy asks now must be there; what it asked before voids nothing.
#[test]
fn a_policy_that_is_edited_asks_anew_and_voids_nothing() {
    let mut kx = kx();
    let two = || judged(wants(2, &["sre-leads"]));
    let jonas = || vec![approval()];
    let both = || vec![approval(), by("lena", &["sre-leads"])];
    let looks = [
        (1, validating(judged(demanding()))),
        (6, awaiting(judged(demanding()), jonas())),
        // Edited between the yes and the run.
        (7, preparing(two(), Grants::Whole, jonas())),
        (8, awaiting(two(), both())),
        (9, preparing(two(), Grants::Whole, both())),
    ];
    let mut text = String::new();
    for (seconds, look) in looks {
        let exec = parse(&kx);
        let next = after(&exec, seconds, look);
        stored::store(&mut kx, &next);
        let KubernetesExecution { status: Some(s), .. } = &kx else { panic!() };
        let approval = s.approval.as_ref().unwrap();
        text.push_str(&format!("{:?}/{:?} {} until {}\n", s.phase, s.reason, approval.count, approval.expires_at));
    }
    expect![[""]].assert_eq(&text);
}

/// resourceVersion, status, managed fields, annotations: nothing of that is in a plan, however often it is made again.
#[test]
fn a_plan_that_is_made_again_is_the_same_for_whoever_approved_it() {
    let waiting = stage("awaiting approval");
    for _ in 0..100 {
        let again = Judgement::Judged { planned: Box::new(planned()), ruling: demanding() };
        let next = after(&waiting, 30, awaiting(again, vec![]));
        assert!(matches!(next, Step::Wait(_)), "{next:?}");
    }
}
