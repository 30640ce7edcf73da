//! What happens while people are asked to approve, and what they read.
use super::{
    approving::{self, approval, awaiting, by, demanding, heard, judged, preparing, rejection, wants},
    decisions::snapshot,
    fixtures::*,
    messages::check,
    seen,
    stored::{self, step, validating},
};
use crate::{
    execution::Execution,
    observed::*,
    step::{Effect, Step},
};
use crds::{KubernetesExecution, Phase};
use expect_test::expect;

fn stage(name: &str) -> Execution {
    stored::all().into_iter().find(|(n, _)| n == name).unwrap().1
}

fn waits(p: &PhaseSeen) -> bool {
    matches!(p, PhaseSeen::AwaitingApproval(s) if s.guards == stored::guarded() && s.left.is_none())
}

#[test]
fn what_happens_while_approvals_are_waited_for() {
    snapshot(
        &["awaiting approval", "half approved"],
        "",
        14,
        waits,
        &expect![[r#"
            awaiting approval
              do TellApprovals: waiting, one approves | waiting, two approve | waiting, another group approves | waiting, the requester approves | waiting, another plan is approved | waiting, the right is gone | waiting, approved before the guards | waiting, one rejects | waiting, one approves, one rejects
              record AwaitingApproval/ApprovalNeeded: waiting, guarded, wants an approval | waiting, guarded, wants an approval, break glass is open
              record Preparing/Accepted: waiting, guarded, allow | waiting, guarded, wants a review | waiting, guarded, allow, a shadow fails
              record Refused/ActionNotGranted: waiting, guarded, not granted
              record Refused/ActionUnknown: waiting, guarded, action unknown
              record Refused/NamespaceTerminating: waiting, guarded, terminating
              record Refused/NotAllowed: waiting, guarded, not allowed | waiting, guarded, not to be seen
              record Refused/NotSupportedYet: waiting, guarded, connects to its target
              record Refused/ParametersInvalid: waiting, guarded, invalid
              record Refused/PluginFailed: waiting, guarded, plugin broken
              record Refused/PluginRefused: waiting, guarded, plugin refuses
              record Refused/PluginSuspended: waiting, guarded, plugin suspended
              record Refused/PolicyDenied: waiting, guarded, deny | waiting, guarded, deny in silence | waiting, guarded, one of two denies | waiting, guarded, one fails, one denies
              record Refused/PolicyErrored: waiting, guarded, errored
              record Refused/PolicyMalformed: waiting, guarded, malformed
              record Refused/PolicyMissing: waiting, guarded, no policy | waiting, guarded, a shadow alone
              record Refused/PolicyNotReady: waiting, guarded, not ready
              record Refused/PolicyOutOfMemory: waiting, guarded, out of memory
              record Refused/PolicyTimedOut: waiting, guarded, timed out
              record Refused/PolicyUndefined: waiting, guarded, undefined
              record Refused/TargetNotAllowed: waiting, guarded, target not allowed
              record Refused/TargetNotFound: waiting, guarded, target missing
              record Validating/Drifted: waiting, guarded, wants a dry run | waiting, guarded, drifted
              wait for Approval: waiting, nobody
              wait for PluginBusy: waiting, guarded, plugin busy
              wait for Starting: waiting, guarded, starting
            half approved
              do TellApprovals: waiting, one approves | waiting, two approve | waiting, another group approves | waiting, the requester approves | waiting, another plan is approved | waiting, the right is gone | waiting, approved before the guards | waiting, one rejects | waiting, one approves, one rejects
              record AwaitingApproval/ApprovalNeeded: waiting, guarded, wants an approval | waiting, guarded, wants an approval, break glass is open | waiting, nobody
              record Preparing/Accepted: waiting, guarded, allow | waiting, guarded, wants a review | waiting, guarded, allow, a shadow fails
              record Refused/ActionNotGranted: waiting, guarded, not granted
              record Refused/ActionUnknown: waiting, guarded, action unknown
              record Refused/NamespaceTerminating: waiting, guarded, terminating
              record Refused/NotAllowed: waiting, guarded, not allowed | waiting, guarded, not to be seen
              record Refused/NotSupportedYet: waiting, guarded, connects to its target
              record Refused/ParametersInvalid: waiting, guarded, invalid
              record Refused/PluginFailed: waiting, guarded, plugin broken
              record Refused/PluginRefused: waiting, guarded, plugin refuses
              record Refused/PluginSuspended: waiting, guarded, plugin suspended
              record Refused/PolicyDenied: waiting, guarded, deny | waiting, guarded, deny in silence | waiting, guarded, one of two denies | waiting, guarded, one fails, one denies
              record Refused/PolicyErrored: waiting, guarded, errored
              record Refused/PolicyMalformed: waiting, guarded, malformed
              record Refused/PolicyMissing: waiting, guarded, no policy | waiting, guarded, a shadow alone
              record Refused/PolicyNotReady: waiting, guarded, not ready
              record Refused/PolicyOutOfMemory: waiting, guarded, out of memory
              record Refused/PolicyTimedOut: waiting, guarded, timed out
              record Refused/PolicyUndefined: waiting, guarded, undefined
              record Refused/TargetNotAllowed: waiting, guarded, target not allowed
              record Refused/TargetNotFound: waiting, guarded, target missing
              record Validating/Drifted: waiting, guarded, wants a dry run | waiting, guarded, drifted
              wait for PluginBusy: waiting, guarded, plugin busy
              wait for Starting: waiting, guarded, starting
        "#]],
    );
    snapshot(
        &["awaiting approval"],
        "cancelled",
        14,
        waits,
        &expect![[r#"
            awaiting approval
              record Cancelled/CancelRequested: waiting, guarded, starting | waiting, guarded, action unknown | waiting, guarded, plugin suspended | waiting, guarded, not allowed | waiting, guarded, not to be seen | waiting, guarded, not granted | waiting, guarded, target not allowed | waiting, guarded, target missing | waiting, guarded, terminating | waiting, guarded, invalid | waiting, guarded, plugin refuses | waiting, guarded, plugin broken | waiting, guarded, plugin busy | waiting, guarded, allow | waiting, guarded, no policy | waiting, guarded, deny | waiting, guarded, deny in silence | waiting, guarded, undefined | waiting, guarded, malformed | waiting, guarded, errored | waiting, guarded, timed out | waiting, guarded, out of memory | waiting, guarded, not ready | waiting, guarded, one of two denies | waiting, guarded, one fails, one denies | waiting, guarded, wants an approval | waiting, guarded, wants an approval, break glass is open | waiting, guarded, wants a dry run | waiting, guarded, wants a review | waiting, guarded, allow, a shadow fails | waiting, guarded, a shadow alone | waiting, guarded, drifted | waiting, guarded, connects to its target | waiting, nobody | waiting, one approves | waiting, two approve | waiting, another group approves | waiting, the requester approves | waiting, another plan is approved | waiting, the right is gone | waiting, approved before the guards | waiting, one rejects | waiting, one approves, one rejects
        "#]],
    );
    // When time is up, whatever is seen.
    snapshot(
        &["awaiting approval"],
        "",
        901,
        waits,
        &expect![[r#"
            awaiting approval
              record Refused/ApprovalExpired: waiting, guarded, starting | waiting, guarded, action unknown | waiting, guarded, plugin suspended | waiting, guarded, not allowed | waiting, guarded, not to be seen | waiting, guarded, not granted | waiting, guarded, target not allowed | waiting, guarded, target missing | waiting, guarded, terminating | waiting, guarded, invalid | waiting, guarded, plugin refuses | waiting, guarded, plugin broken | waiting, guarded, plugin busy | waiting, guarded, allow | waiting, guarded, no policy | waiting, guarded, deny | waiting, guarded, deny in silence | waiting, guarded, undefined | waiting, guarded, malformed | waiting, guarded, errored | waiting, guarded, timed out | waiting, guarded, out of memory | waiting, guarded, not ready | waiting, guarded, one of two denies | waiting, guarded, one fails, one denies | waiting, guarded, wants an approval | waiting, guarded, wants an approval, break glass is open | waiting, guarded, wants a dry run | waiting, guarded, wants a review | waiting, guarded, allow, a shadow fails | waiting, guarded, a shadow alone | waiting, guarded, drifted | waiting, guarded, connects to its target | waiting, nobody | waiting, one approves | waiting, two approve | waiting, another group approves | waiting, the requester approves | waiting, another plan is approved | waiting, the right is gone | waiting, approved before the guards | waiting, one rejects | waiting, one approves, one rejects
        "#]],
    );
}

#[test]
fn no_approval_is_believed_without_its_guards() {
    let unguarded = |p: &PhaseSeen| matches!(p, PhaseSeen::AwaitingApproval(s) if s.guards != stored::guarded() && matches!(s.judged, Judgement::Judged { .. }));
    snapshot(
        &["awaiting approval"],
        "",
        14,
        unguarded,
        &expect![[r#"
            awaiting approval
              record Refused/AdmissionNotInForce: waiting, guards of the same second, allow | waiting, guards of the same second, no policy | waiting, guards of the same second, deny | waiting, guards of the same second, deny in silence | waiting, guards of the same second, undefined | waiting, guards of the same second, malformed | waiting, guards of the same second, errored | waiting, guards of the same second, timed out | waiting, guards of the same second, out of memory | waiting, guards of the same second, not ready | waiting, guards of the same second, one of two denies | waiting, guards of the same second, one fails, one denies | waiting, guards of the same second, wants an approval | waiting, guards of the same second, wants an approval, break glass is open | waiting, guards of the same second, wants a dry run | waiting, guards of the same second, wants a review | waiting, guards of the same second, allow, a shadow fails | waiting, guards of the same second, a shadow alone | waiting, guards of the same second, drifted | waiting, guards of the same second, connects to its target | waiting, guards missing, allow | waiting, guards missing, no policy | waiting, guards missing, deny | waiting, guards missing, deny in silence | waiting, guards missing, undefined | waiting, guards missing, malformed | waiting, guards missing, errored | waiting, guards missing, timed out | waiting, guards missing, out of memory | waiting, guards missing, not ready | waiting, guards missing, one of two denies | waiting, guards missing, one fails, one denies | waiting, guards missing, wants an approval | waiting, guards missing, wants an approval, break glass is open | waiting, guards missing, wants a dry run | waiting, guards missing, wants a review | waiting, guards missing, allow, a shadow fails | waiting, guards missing, a shadow alone | waiting, guards missing, drifted | waiting, guards missing, connects to its target
              wait for Starting: waiting, guards not read, allow | waiting, guards not read, no policy | waiting, guards not read, deny | waiting, guards not read, deny in silence | waiting, guards not read, undefined | waiting, guards not read, malformed | waiting, guards not read, errored | waiting, guards not read, timed out | waiting, guards not read, out of memory | waiting, guards not read, not ready | waiting, guards not read, one of two denies | waiting, guards not read, one fails, one denies | waiting, guards not read, wants an approval | waiting, guards not read, wants an approval, break glass is open | waiting, guards not read, wants a dry run | waiting, guards not read, wants a review | waiting, guards not read, allow, a shadow fails | waiting, guards not read, a shadow alone | waiting, guards not read, drifted | waiting, guards not read, connects to its target
        "#]],
    );
}

#[test]
fn what_was_granted_for_a_yes_that_was_taken_back_goes() {
    let left = |p: &PhaseSeen| matches!(p, PhaseSeen::AwaitingApproval(s) if s.left.is_some());
    snapshot(
        &["approval withdrawn"],
        "",
        14,
        left,
        &expect![[r#"
        approval withdrawn
          do Revoke: waiting again, part of the grant | waiting again, grant pending | waiting again, granted
          wait for Approval: waiting again, no grant | waiting again, grant forbidden
    "#]],
    );
}

#[test]
fn what_the_last_look_asks_of_approvals() {
    let last = |p: &PhaseSeen| matches!(p, PhaseSeen::Preparing(s) if s.judged == Some(judged(demanding())) && s.grants == Grants::Whole);
    snapshot(
        &["preparing", "approved"],
        "",
        14,
        last,
        &expect![[r#"
            preparing
              record AwaitingApproval/ApprovalWithdrawn: last look, nobody, granted | last look, one approves, granted | last look, two approve, granted | last look, another group approves, granted | last look, the requester approves, granted | last look, another plan is approved, granted | last look, the right is gone, granted | last look, approved before the guards, granted | last look, one rejects, granted | last look, one approves, one rejects, granted
            approved
              do TellApprovals: last look, another group approves, granted | last look, the requester approves, granted | last look, another plan is approved, granted | last look, the right is gone, granted | last look, approved before the guards, granted | last look, one rejects, granted | last look, one approves, one rejects, granted
              record AwaitingApproval/ApprovalWithdrawn: last look, nobody, granted
              record Executing/Prepared: last look, one approves, granted | last look, two approve, granted
        "#]],
    );
    snapshot(
        &["approved"],
        "",
        901,
        last,
        &expect![[r#"
        approved
          do TellApprovals: last look, one approves, granted | last look, two approve, granted | last look, another group approves, granted | last look, the requester approves, granted | last look, another plan is approved, granted | last look, the right is gone, granted | last look, approved before the guards, granted | last look, one rejects, granted | last look, one approves, one rejects, granted
          record Refused/ApprovalExpired: last look, nobody, granted
    "#]],
    );
}

#[test]
fn who_comes_too_late_is_told_so_before_all_is_let_go() {
    let over = |p: &PhaseSeen| matches!(p, PhaseSeen::Over(s) if !s.approvals.is_empty());
    snapshot(
        &["rejected"],
        "",
        14,
        over,
        &expect![[r#"
            rejected
              do ReleasePods: over, approved too late, None, 1 held
              do Revoke: over, approved too late, Whole, 0 held
              do TellApprovals: over, approved too late, None, 0 held | reviewed | reviewed, and told | approved | approved, guards not read
              wait for Starting: reviewed, guards not read | reviewed, and told, guards not read
        "#]],
    );
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
    let moved = Judgement::Judged {
        planned: Box::new(planned_from(3, false)),
        ruling: demanding(),
        writers: vec![wrote("kubectl-edit", Some(at(5)))],
    };
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
            (
                "asked for at last".into(),
                step(&stage("preparing"), at(7), preparing(judged(demanding()), Grants::Whole, vec![approval()])),
            ),
            ("not started".into(), after(&approved, 901, preparing(judged(demanding()), Grants::Whole, vec![approval()]))),
            (
                "rejected last".into(),
                after(&approved, 7, preparing(judged(demanding()), Grants::Whole, vec![approval(), rejection()])),
            ),
        ],
        &expect![[r#"
            one of sre-leads
              AwaitingApproval/ApprovalNeeded: replicas 2 -> 5
              It waits for 1 approval of sre-leads, until 2026-11-23T03:27:08Z. They look at it and decide: writ approve scale-web-x7k2p -n shop
            two groups
              AwaitingApproval/ApprovalNeeded: replicas 2 -> 5
              It waits for 2 approvals, one each of dba, sre-leads, until 2026-11-23T03:27:08Z. They look at it and decide: writ approve scale-web-x7k2p -n shop
            anybody
              AwaitingApproval/ApprovalNeeded: replicas 2 -> 5
              It waits for 2 approvals, until 2026-11-23T03:27:08Z. They look at it and decide: writ approve scale-web-x7k2p -n shop
            one of two
              AwaitingApproval/ApprovalNeeded: replicas 2 -> 5
              It waits for 2 approvals, one each of dba, sre-leads, until 2026-11-23T03:27:08Z. So far: jonas@example.com (sre-leads) "ok, capacity is there". They look at it and decide: writ approve scale-web-x7k2p -n shop
            two of the same group
              AwaitingApproval/ApprovalNeeded: replicas 2 -> 5
              It waits for 3 approvals, one each of dba, sre-leads, until 2026-11-23T03:27:08Z. So far: jonas@example.com (sre-leads) "ok, capacity is there"; lena@example.com (sre-leads) "ok, capacity is there". They look at it and decide: writ approve scale-web-x7k2p -n shop
            approved
              Preparing/Approved: replicas 2 -> 5
              Approved, 1 of 1: jonas@example.com (sre-leads) "ok, capacity is there"; the run's identity is made next, or given up at 2026-11-23T03:14:13Z.
            rejected
              Refused/Rejected: rejected by kim@example.com: not during the sale
              kim@example.com rejected it: not during the sale. Nothing was touched. Talk to them; to ask again, make a new execution.
            nobody came
              Refused/ApprovalExpired: not approved in time: 0 of 1
              It waited for 1 approval of sre-leads until 2026-11-23T03:27:08Z; there came 0 of 1. Nothing was touched. Find out who may approve it and is there, and make a new execution.
            no longer wanted
              Preparing/Accepted: replicas 2 -> 5
              The policies want no approval any more; the run's identity is made next, or given up at 2026-11-23T03:14:13Z.
            it moved
              Validating/Drifted: replicas 2 -> 5
              Deployment shop/web moved after the plan was made, so that the plan made again is another. It was replicas 2 -> 5, and would be replicas 3 -> 5 now. Written last: spec.replicas by somebody with kubectl-edit (2026-11-23T03:12:12Z). It is looked at anew.
            taken back
              AwaitingApproval/ApprovalWithdrawn: replicas 2 -> 5
              What was approved is not enough any more. It waits for 1 approval of sre-leads, until 2026-11-23T03:27:08Z. They look at it and decide: writ approve scale-web-x7k2p -n shop
            more wanted
              AwaitingApproval/ApprovalWithdrawn: replicas 2 -> 5
              What was approved is not enough any more. It waits for 2 approvals of sre-leads, until 2026-11-23T03:27:08Z. So far: jonas@example.com (sre-leads) "ok, capacity is there". They look at it and decide: writ approve scale-web-x7k2p -n shop
            asked for at last
              AwaitingApproval/ApprovalWithdrawn: replicas 2 -> 5
              The policies ask for approvals now. It waits for 1 approval of sre-leads, until 2026-11-23T03:27:14Z. They look at it and decide: writ approve scale-web-x7k2p -n shop
            not started
              Refused/ApprovalExpired: not started in time: 1 of 1
              It was approved (1 of 1: jonas@example.com (sre-leads) "ok, capacity is there"), and had not started by 2026-11-23T03:27:08Z. Nothing was touched. Find out who may approve it and is there, and make a new execution.
            rejected last
              Refused/Rejected: rejected by kim@example.com: not during the sale
              kim@example.com rejected it: not during the sale. Nothing was touched. Talk to them; to ask again, make a new execution.
        "#]],
    );
}

#[test]
fn the_status_shows_what_is_asked_of_whom_and_how_to_give_it() {
    let half = stage("half approved");
    let json = serde_json::to_string_pretty(&half.status.approval).unwrap();
    expect![[r#"
        {
          "state": "Waiting",
          "count": "1 of 2",
          "needed": 2,
          "groups": [
            "sre-leads"
          ],
          "planHash": "sha256:3ab184b38af36db984057acd4d80f27290326c96e85f44481d59a4342cd72277",
          "how": "echo '{\"apiVersion\":\"writ.dev/v1alpha1\",\"kind\":\"ExecutionApproval\",\"metadata\":{\"generateName\":\"approval-\"},\"spec\":{\"execution\":{\"name\":\"scale-web-x7k2p\",\"uid\":\"3c1f0a52-94d7-4be1-8a5e-0c1d2e3f4a5b\"},\"action\":\"scale_deployment\",\"planHash\":\"sha256:3ab184b38af36db984057acd4d80f27290326c96e85f44481d59a4342cd72277\",\"decision\":\"Approve\",\"comment\":\"ok\",\"coversUndo\":true}}' | kubectl create -n shop -f -",
          "since": "2026-11-23T03:12:08.000000Z",
          "expiresAt": "2026-11-23T03:27:08.000000Z",
          "given": [
            {
              "by": "jonas@example.com",
              "groups": [
                "sre-leads"
              ],
              "at": "2026-11-23T03:12:12Z",
              "comment": "ok, capacity is there",
              "object": "approval-jonas"
            }
          ]
        }"#]].assert_eq(&json);
    let conditions = |name: &str| {
        let s = stage(name).status;
        let c = s.conditions.iter().find(|c| c.type_ == "Approved").unwrap();
        format!("{name}: {} {} {}\n", c.status, c.reason, c.message)
    };
    let all: String =
        ["awaiting approval", "half approved", "approved", "approval withdrawn", "rejected"].map(conditions).concat();
    expect![[r#"
        awaiting approval: Unknown ApprovalNeeded 0 of 1
        half approved: Unknown ApprovalNeeded 1 of 2: jonas@example.com (sre-leads) "ok, capacity is there"
        approved: True Approved 1 of 1: jonas@example.com (sre-leads) "ok, capacity is there"
        approval withdrawn: Unknown ApprovalWithdrawn 0 of 1
        rejected: False Rejected 0 of 1: kim@example.com "not during the sale"
    "#]]
    .assert_eq(&all);
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
    expect![[r#"
        one approves: approval-jonas Counted: it counts for sre-leads
        two approve: approval-jonas Counted: it counts for sre-leads
        two approve: approval-lena Counted: it counts for sre-leads
        another group approves: approval-lena NotInGroup: its giver is of none of these groups: sre-leads
        the requester approves: approval-maria SelfApproval: its giver asked for this himself: somebody else must
        another plan is approved: approval-jonas WrongPlan: the plan is sha256:3ab184b38af36db984057acd4d80f27290326c96e85f44481d59a4342cd72277 now; look again: writ approve scale-web-x7k2p -n shop
        the right is gone: approval-jonas NotAllowed: the verb approve on actions.writ.dev/scale-deployment is missing in shop
        approved before the guards: approval-jonas AdmissionNotInForce: the admission policies that stamp its approver were made or changed after it
        one rejects: approval-kim Counted: scale-web-x7k2p is over: it is rejected
        one approves, one rejects: approval-jonas Rejected: somebody rejected it, and that ends it
        one approves, one rejects: approval-kim Counted: scale-web-x7k2p is over: it is rejected
    "#]].assert_eq(&text);
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
    expect![[r#"
        AwaitingApproval/ApprovalNeeded 0 of 1 until 2026-11-23T03:27:08.000000Z
        Preparing/Approved 1 of 1 until 2026-11-23T03:27:08.000000Z
        AwaitingApproval/ApprovalWithdrawn 1 of 2 until 2026-11-23T03:27:08.000000Z
        Preparing/Approved 2 of 2 until 2026-11-23T03:27:08.000000Z
        Executing/Prepared 2 of 2 until 2026-11-23T03:27:08.000000Z
    "#]]
    .assert_eq(&text);
}

/// resourceVersion, status, managed fields, annotations: nothing of that is in a plan, however often it is made again.
#[test]
fn a_plan_that_is_made_again_is_the_same_for_whoever_approved_it() {
    let waiting = stage("awaiting approval");
    for _ in 0..100 {
        let again = Judgement::Judged { planned: Box::new(planned()), ruling: demanding(), writers: vec![] };
        let next = after(&waiting, 30, awaiting(again, vec![]));
        assert!(matches!(next, Step::Wait(_)), "{next:?}");
    }
}

fn asked_and(last: (i64, PhaseSeen)) -> Execution {
    stored::through(vec![(1, validating(judged(demanding()))), last])
}

/// The yes was for a quarter of an hour.
#[test]
fn what_was_approved_waits_for_a_thaw_or_its_turn_no_longer_than_it_was_approved_for() {
    let PhaseSeen::Preparing(waits) = preparing(judged(demanding()), Grants::None, vec![approval()]) else { panic!() };
    let frozen = Preparing { judged: None, lock: LockSeen::Free, freezes: vec![seen::freeze()], ..(*waits).clone() };
    let queued = Preparing { judged: None, lock: LockSeen::Held { by: "scale-web-abcde".into() }, ..*waits };
    let mut told = Vec::new();
    for (name, look) in [("frozen", frozen), ("queued", queued)] {
        let look = || PhaseSeen::Preparing(Box::new(look.clone()));
        let yes = (6, awaiting(judged(demanding()), vec![approval()]));
        let exec = stored::through(vec![(1, validating(judged(demanding()))), yes.clone(), (14, look())]);
        assert!(matches!(step(&exec, at(899), look()), Step::Wait(w) if w.until == Some(at(901))), "{name}");
        told.push((name.to_owned(), step(&asked_and(yes), at(14), look())));
        told.push((format!("{name}, for too long"), step(&exec, at(901), look())));
    }
    check(
        told,
        &expect![[r#"
        frozen
          Preparing/Frozen: Frozen until it is thawed by jonas@example.com: checkout is being released
          jonas@example.com froze this (release-day): checkout is being released. Nothing starts until it is thawed; then it goes on by itself, and is refused if that is not by 2026-11-23T03:27:08Z. Thaw: writ thaw release-day
        frozen, for too long
          Refused/ApprovalExpired: not started in time: 1 of 1
          It was approved (1 of 1: jonas@example.com (sre-leads) "ok, capacity is there"), and had not started by 2026-11-23T03:27:08Z. Nothing was touched. Find out who may approve it and is there, and make a new execution.
        queued
          Preparing/Queued: replicas 2 -> 5
          scale-web-abcde has Deployment shop/web. This one goes on by itself when it is its turn, and is refused if that is not by 2026-11-23T03:27:08Z. To wait no longer: writ cancel scale-web-x7k2p -n shop
        queued, for too long
          Refused/ApprovalExpired: not started in time: 1 of 1
          It was approved (1 of 1: jonas@example.com (sre-leads) "ok, capacity is there"), and had not started by 2026-11-23T03:27:08Z. Nothing was touched. Find out who may approve it and is there, and make a new execution.
    "#]],
    );
}

/// It is not done over somebody's no because the policies changed meanwhile.
#[test]
fn a_no_is_heard_also_where_the_policies_ask_for_nobody_any_more() {
    let allow = || judged(ruling(&[Verdict::Allow(Obligations::default())]));
    let asked = stored::through(vec![(1, validating(judged(demanding())))]);
    let approved = asked_and((6, awaiting(judged(demanding()), vec![approval()])));
    let both = || vec![approval(), rejection()];
    let looks = [
        ("while it is asked for", &asked, awaiting(allow(), vec![rejection()])),
        ("in the last look", &approved, preparing(allow(), Grants::Whole, both())),
    ];
    check(
        looks.map(|(name, exec, look)| (name.to_owned(), after(exec, 14, look))).into(),
        &expect![[r#"
        while it is asked for
          Refused/Rejected: rejected by kim@example.com: not during the sale
          kim@example.com rejected it: not during the sale. Nothing was touched. Talk to them; to ask again, make a new execution.
        in the last look
          Refused/Rejected: rejected by kim@example.com: not during the sale
          kim@example.com rejected it: not during the sale. Nothing was touched. Talk to them; to ask again, make a new execution.
    "#]],
    );
    // Of somebody who may not say so it is none.
    let stranger = vec![Approval { may: false, ..rejection() }];
    let next = after(&asked, 14, awaiting(allow(), stranger));
    assert!(matches!(&next, Step::Record(s) if s.phase == Phase::Preparing), "{next:?}");
}
