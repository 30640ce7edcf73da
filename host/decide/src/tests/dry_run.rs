//! The dry run: what is decided on each look, and what people read of it.
use super::{
    decisions::snapshot,
    fixtures::*,
    messages::{check, status},
    seen,
    stored::{self, dry_running, step, validating},
};
use crate::{
    model::DryRunForm,
    observed::*,
    step::{Effect, Step},
};
use crds::{DryRun, Reason};
use expect_test::expect;

fn dry(phase: &PhaseSeen, one: impl Fn(&DryRunning) -> bool) -> bool {
    matches!(phase, PhaseSeen::DryRunning(s) if one(s))
}

#[test]
fn what_happens_while_it_asks() {
    snapshot(
        &["dry running"],
        "",
        4,
        |p| dry(p, |s| s.grants == Grants::Whole || s.job == DryJob::Absent),
        &expect![[r#"
            dry running
              do DryRun: absent, granted | absent, granted, proven | absent, granted, guarded
              do EndDryRun: of another plan, granted
              do Grant: absent, no grant | absent, part of the grant | gone, starting | gone, action unknown | gone, plugin suspended | gone, not allowed | gone, not to be seen | gone, not granted | gone, target not allowed | gone, target missing | gone, terminating | gone, invalid | gone, plugin refuses | gone, plugin broken | gone, plugin busy | gone, allow | gone, no policy | gone, deny | gone, deny in silence | gone, undefined | gone, malformed | gone, errored | gone, timed out | gone, out of memory | gone, not ready | gone, one of two denies | gone, one fails, one denies | gone, wants an approval | gone, wants an approval, break glass is open | gone, wants a dry run | gone, wants a review | gone, allow, a shadow fails | gone, a shadow alone | gone, drifted | gone, connects to its target
              record DryRunning/DryRunAnswered: as announced, granted | a warning, granted | nothing would change, granted | another value, granted | more than announced, granted
              record Refused/ActionNotGranted: absent, grant forbidden
              record Refused/AdmissionNotInForce: absent, granted, guards of the same second | absent, granted, guards missing
              record Refused/DiffTooLarge: too much, granted | too large, granted
              record Refused/DryRunFailed: pod never ran, granted | exit 1, granted | exit 143, granted | disrupted, granted | untrusted, granted | another object, granted | made anew, granted | target gone, granted | no object, granted
              record Refused/DryRunNotGuarded: absent, granted, open
              record Refused/JobNameTaken: foreign, granted
              wait for Grant: absent, grant pending
              wait for JobEnd: of another plan, stopping, granted | stopping, granted | running, granted
              wait for JobStart: no pod, granted | pod rejected, granted | pod not started, granted
              wait for Starting: absent, granted, proven, young | absent, granted, guards not read
              wait for ViewMoved: exit 0, granted | unreadable, granted | absent, granted, not proven
        "#]],
    );
    snapshot(
        &["dry running"],
        "",
        1000,
        |p| dry(p, |s| s.grants == Grants::Whole && s.proof.is_some()),
        &expect![[r#"
            dry running
              do EndDryRun: of another plan, granted
              record DryRunning/DryRunAnswered: as announced, granted | a warning, granted | nothing would change, granted | another value, granted | more than announced, granted
              record Refused/DiffTooLarge: too much, granted | too large, granted
              record Refused/DryRunFailed: pod never ran, granted | exit 1, granted | exit 143, granted | disrupted, granted | untrusted, granted | another object, granted | made anew, granted | target gone, granted | no object, granted | unreadable, granted
              record Refused/DryRunTimedOut: absent, granted | of another plan, stopping, granted | stopping, granted | no pod, granted | pod rejected, granted | pod not started, granted | running, granted | absent, granted, proven | absent, granted, proven, young | absent, granted, open | absent, granted, guarded | absent, granted, guards of the same second | absent, granted, guards missing | absent, granted, guards not read
              record Refused/JobNameTaken: foreign, granted
              wait for ViewMoved: exit 0, granted
        "#]],
    );
    snapshot(
        &["dry running"],
        "cancelled",
        4,
        |p| dry(p, |_| true),
        &expect![[r#"
            dry running
              do EndDryRun: of another plan, no grant | no pod, no grant | pod rejected, no grant | pod not started, no grant | pod never ran, no grant | running, no grant | exit 0, no grant | exit 1, no grant | exit 143, no grant | disrupted, no grant | untrusted, no grant | as announced, no grant | a warning, no grant | nothing would change, no grant | another value, no grant | more than announced, no grant | too much, no grant | another object, no grant | made anew, no grant | target gone, no grant | no object, no grant | unreadable, no grant | too large, no grant | of another plan, grant forbidden | no pod, grant forbidden | pod rejected, grant forbidden | pod not started, grant forbidden | pod never ran, grant forbidden | running, grant forbidden | exit 0, grant forbidden | exit 1, grant forbidden | exit 143, grant forbidden | disrupted, grant forbidden | untrusted, grant forbidden | as announced, grant forbidden | a warning, grant forbidden | nothing would change, grant forbidden | another value, grant forbidden | more than announced, grant forbidden | too much, grant forbidden | another object, grant forbidden | made anew, grant forbidden | target gone, grant forbidden | no object, grant forbidden | unreadable, grant forbidden | too large, grant forbidden
              do Revoke: absent, part of the grant | foreign, part of the grant | of another plan, part of the grant | of another plan, stopping, part of the grant | stopping, part of the grant | no pod, part of the grant | pod rejected, part of the grant | pod not started, part of the grant | pod never ran, part of the grant | running, part of the grant | exit 0, part of the grant | exit 1, part of the grant | exit 143, part of the grant | disrupted, part of the grant | untrusted, part of the grant | as announced, part of the grant | a warning, part of the grant | nothing would change, part of the grant | another value, part of the grant | more than announced, part of the grant | too much, part of the grant | another object, part of the grant | made anew, part of the grant | target gone, part of the grant | no object, part of the grant | unreadable, part of the grant | too large, part of the grant | absent, grant pending | foreign, grant pending | of another plan, grant pending | of another plan, stopping, grant pending | stopping, grant pending | no pod, grant pending | pod rejected, grant pending | pod not started, grant pending | pod never ran, grant pending | running, grant pending | exit 0, grant pending | exit 1, grant pending | exit 143, grant pending | disrupted, grant pending | untrusted, grant pending | as announced, grant pending | a warning, grant pending | nothing would change, grant pending | another value, grant pending | more than announced, grant pending | too much, grant pending | another object, grant pending | made anew, grant pending | target gone, grant pending | no object, grant pending | unreadable, grant pending | too large, grant pending | absent, granted | foreign, granted | of another plan, granted | of another plan, stopping, granted | stopping, granted | no pod, granted | pod rejected, granted | pod not started, granted | pod never ran, granted | running, granted | exit 0, granted | exit 1, granted | exit 143, granted | disrupted, granted | untrusted, granted | as announced, granted | a warning, granted | nothing would change, granted | another value, granted | more than announced, granted | too much, granted | another object, granted | made anew, granted | target gone, granted | no object, granted | unreadable, granted | too large, granted | absent, granted, proven | absent, granted, proven, young | absent, granted, open | absent, granted, not proven | absent, granted, guarded | absent, granted, guards of the same second | absent, granted, guards missing | absent, granted, guards not read
              record Cancelled/CancelRequested: absent, no grant | foreign, no grant | of another plan, stopping, no grant | stopping, no grant | absent, grant forbidden | foreign, grant forbidden | of another plan, stopping, grant forbidden | stopping, grant forbidden | gone, starting | gone, action unknown | gone, plugin suspended | gone, not allowed | gone, not to be seen | gone, not granted | gone, target not allowed | gone, target missing | gone, terminating | gone, invalid | gone, plugin refuses | gone, plugin broken | gone, plugin busy | gone, allow | gone, no policy | gone, deny | gone, deny in silence | gone, undefined | gone, malformed | gone, errored | gone, timed out | gone, out of memory | gone, not ready | gone, one of two denies | gone, one fails, one denies | gone, wants an approval | gone, wants an approval, break glass is open | gone, wants a dry run | gone, wants a review | gone, allow, a shadow fails | gone, a shadow alone | gone, drifted | gone, connects to its target
        "#]],
    );
}

#[test]
fn what_happens_when_it_was_answered() {
    snapshot(
        &["dry run answered"],
        "",
        4,
        |p| dry(p, |s| s.job == DryJob::Absent || s.judged.is_some()),
        &expect![[r#"
            dry run answered
              do EndDryRun: of another plan, no grant | no pod, no grant | pod rejected, no grant | pod not started, no grant | pod never ran, no grant | running, no grant | exit 0, no grant | exit 1, no grant | exit 143, no grant | disrupted, no grant | untrusted, no grant | as announced, no grant | a warning, no grant | nothing would change, no grant | another value, no grant | more than announced, no grant | too much, no grant | another object, no grant | made anew, no grant | target gone, no grant | no object, no grant | unreadable, no grant | too large, no grant | of another plan, grant forbidden | no pod, grant forbidden | pod rejected, grant forbidden | pod not started, grant forbidden | pod never ran, grant forbidden | running, grant forbidden | exit 0, grant forbidden | exit 1, grant forbidden | exit 143, grant forbidden | disrupted, grant forbidden | untrusted, grant forbidden | as announced, grant forbidden | a warning, grant forbidden | nothing would change, grant forbidden | another value, grant forbidden | more than announced, grant forbidden | too much, grant forbidden | another object, grant forbidden | made anew, grant forbidden | target gone, grant forbidden | no object, grant forbidden | unreadable, grant forbidden | too large, grant forbidden
              do Revoke: absent, part of the grant | foreign, part of the grant | of another plan, part of the grant | of another plan, stopping, part of the grant | stopping, part of the grant | no pod, part of the grant | pod rejected, part of the grant | pod not started, part of the grant | pod never ran, part of the grant | running, part of the grant | exit 0, part of the grant | exit 1, part of the grant | exit 143, part of the grant | disrupted, part of the grant | untrusted, part of the grant | as announced, part of the grant | a warning, part of the grant | nothing would change, part of the grant | another value, part of the grant | more than announced, part of the grant | too much, part of the grant | another object, part of the grant | made anew, part of the grant | target gone, part of the grant | no object, part of the grant | unreadable, part of the grant | too large, part of the grant | absent, grant pending | foreign, grant pending | of another plan, grant pending | of another plan, stopping, grant pending | stopping, grant pending | no pod, grant pending | pod rejected, grant pending | pod not started, grant pending | pod never ran, grant pending | running, grant pending | exit 0, grant pending | exit 1, grant pending | exit 143, grant pending | disrupted, grant pending | untrusted, grant pending | as announced, grant pending | a warning, grant pending | nothing would change, grant pending | another value, grant pending | more than announced, grant pending | too much, grant pending | another object, grant pending | made anew, grant pending | target gone, grant pending | no object, grant pending | unreadable, grant pending | too large, grant pending | absent, granted | foreign, granted | of another plan, granted | of another plan, stopping, granted | stopping, granted | no pod, granted | pod rejected, granted | pod not started, granted | pod never ran, granted | running, granted | exit 0, granted | exit 1, granted | exit 143, granted | disrupted, granted | untrusted, granted | as announced, granted | a warning, granted | nothing would change, granted | another value, granted | more than announced, granted | too much, granted | another object, granted | made anew, granted | target gone, granted | no object, granted | unreadable, granted | too large, granted | absent, granted, proven | absent, granted, proven, young | absent, granted, open | absent, granted, not proven | absent, granted, guarded | absent, granted, guards of the same second | absent, granted, guards missing | absent, granted, guards not read
              record AwaitingApproval/ApprovalNeeded: gone, wants an approval | gone, wants an approval, break glass is open
              record Preparing/Accepted: absent, no grant | foreign, no grant | of another plan, stopping, no grant | stopping, no grant | absent, grant forbidden | foreign, grant forbidden | of another plan, stopping, grant forbidden | stopping, grant forbidden | gone, allow | gone, wants a dry run | gone, wants a review | gone, allow, a shadow fails
              record Refused/ActionNotGranted: gone, not granted
              record Refused/ActionUnknown: gone, action unknown
              record Refused/NamespaceTerminating: gone, terminating
              record Refused/NotAllowed: gone, not allowed | gone, not to be seen
              record Refused/NotSupportedYet: gone, connects to its target
              record Refused/ParametersInvalid: gone, invalid
              record Refused/PluginFailed: gone, plugin broken
              record Refused/PluginRefused: gone, plugin refuses
              record Refused/PluginSuspended: gone, plugin suspended
              record Refused/PolicyDenied: gone, deny | gone, deny in silence | gone, one of two denies | gone, one fails, one denies
              record Refused/PolicyErrored: gone, errored
              record Refused/PolicyMalformed: gone, malformed
              record Refused/PolicyMissing: gone, no policy | gone, a shadow alone
              record Refused/PolicyNotReady: gone, not ready
              record Refused/PolicyOutOfMemory: gone, out of memory
              record Refused/PolicyTimedOut: gone, timed out
              record Refused/PolicyUndefined: gone, undefined
              record Refused/TargetNotAllowed: gone, target not allowed
              record Refused/TargetNotFound: gone, target missing
              record Validating/Drifted: gone, drifted
              wait for PluginBusy: gone, plugin busy
              wait for Starting: gone, starting
        "#]],
    );
}

/// One that a policy wants only now, of a run that had one and of one that had none.
#[test]
fn a_policy_that_wants_a_dry_run_by_now_gets_one_once() {
    let look = |grants| {
        let judged = Some(stored::demanding(&planned()));
        PhaseSeen::Preparing(Box::new(Preparing {
            since: at(0),
            lock: super::locking::mine(),
            ahead: vec![],
            others: Others::default(),
            guards: GuardsSeen::InForce { since: at(-1) },
            judged,
            grants,
            freezes: vec![],
            approvals: vec![],
            covering: vec![],
            original: None,
        }))
    };
    let stage = |name: &str| stored::all().into_iter().find(|(n, _)| n == name).unwrap().1;
    let without = status(step(&stage("preparing"), at(4), look(Grants::Whole)));
    assert_eq!((without.reason, without.plan, without.dry_run), (Reason::Drifted, None, None));
    let with = status(step(&stage("preparing after a dry run"), at(4), look(Grants::Whole)));
    assert_eq!((with.reason, with.diff.len()), (Reason::Prepared, 1));
}

#[test]
fn an_action_without_a_dry_run_is_refused_where_one_is_wanted() {
    let mut predicted = planned();
    predicted.dry_run = DryRunForm::Predicted;
    let mut server = exec();
    server.spec.dry_run = DryRun::Server;
    let looks = vec![
        ("asked".into(), step(&server, at(1), validating(stored::judged(&predicted)))),
        ("demanded".into(), step(&exec(), at(1), validating(stored::demanding(&predicted)))),
    ];
    check(
        looks,
        &expect![[r#"
        asked
          Refused/DryRunImpossible: scale_deployment has no dry run
          scale_deployment has no dry run on the server; its component only predicts what it changes. Nothing was touched. Ask for dryRun: Plan to see the prediction.
        demanded
          Refused/DryRunImpossible: scale_deployment has no dry run
          scale_deployment has no dry run on the server; its component only predicts what it changes. Nothing was touched. Policy default allows it only after one.
    "#]],
    );
}

/// All that a dry run can come to, word for word.
#[test]
fn the_ends_of_a_dry_run() {
    let asking = stored::all().into_iter().find(|(n, _)| n == "dry running").unwrap().1;
    let records = seen::dry_jobs().into_iter().filter_map(|(name, job)| {
        let next = step(&asking, at(1000), dry_running(Grants::Whole, job, None));
        matches!(next, Step::Record(_)).then_some((name, next))
    });
    let open = PhaseSeen::DryRunning(Box::new(DryRunning {
        guards: GuardsSeen::InForce { since: at(-100) },
        proof: Some(DryGuard::Open { why: "a write that it must refuse went through".into() }),
        grants: Grants::Whole,
        job: DryJob::Absent,
        judged: None,
        original: None,
    }));
    let forbidden = dry_running(Grants::Forbidden { why: "writ-operator-bindings".into() }, DryJob::Absent, None);
    let more = [("not guarded", open), ("not granted", forbidden)];
    let more = more.into_iter().map(|(name, look)| (name.to_owned(), step(&asking, at(4), look)));
    check(
        records.chain(more).collect(),
        &expect![[r#"
            absent
              Refused/DryRunTimedOut: dry run: there was no answer within 180 s: its Job was not there
              The dry run did not get through: there was no answer within 180 s: its Job was not there. Nothing was touched. Look at the events of namespace writ-dryrun, mend what holds it up, and make a new execution.
            foreign
              Refused/JobNameTaken: something else has the name of Job dry-3c1f0a52-94d7-4be1-8a5e-0c1d2e3f4a5b
              Something else has the name of Job dry-3c1f0a52-94d7-4be1-8a5e-0c1d2e3f4a5b: it has uid else and is not ours. Nothing was touched. Find out who made it (only Writ may make Jobs there), then make a new execution.
            of another plan, stopping
              Refused/DryRunTimedOut: dry run: there was no answer within 180 s: the Job of an earlier dry run was still there
              The dry run did not get through: there was no answer within 180 s: the Job of an earlier dry run was still there. Nothing was touched. Look at the events of namespace writ-dryrun, mend what holds it up, and make a new execution.
            stopping
              Refused/DryRunTimedOut: dry run: there was no answer within 180 s: it had not ended
              The dry run did not get through: there was no answer within 180 s: it had not ended. Nothing was touched. Look at the events of namespace writ-dryrun, mend what holds it up, and make a new execution.
            no pod
              Refused/DryRunTimedOut: dry run: there was no answer within 180 s: no pod was made for it
              The dry run did not get through: there was no answer within 180 s: no pod was made for it. Nothing was touched. Look at the events of namespace writ-dryrun, mend what holds it up, and make a new execution.
            pod rejected
              Refused/DryRunTimedOut: dry run: there was no answer within 180 s: exceeded quota
              The dry run did not get through: there was no answer within 180 s: exceeded quota. Nothing was touched. Look at the events of namespace writ-dryrun, mend what holds it up, and make a new execution.
            pod not started
              Refused/DryRunTimedOut: dry run: there was no answer within 180 s: ImagePullBackOff
              The dry run did not get through: there was no answer within 180 s: ImagePullBackOff. Nothing was touched. Look at the events of namespace writ-dryrun, mend what holds it up, and make a new execution.
            pod never ran
              Refused/DryRunFailed: dry run: its pod did not run to its end (ImagePullBackOff)
              The dry run did not get through: its pod did not run to its end (ImagePullBackOff). Nothing was touched. What the dry run cannot do, the run cannot either: correct the request, or the cause, and make a new execution.
            running
              Refused/DryRunTimedOut: dry run: there was no answer within 180 s: it had not ended
              The dry run did not get through: there was no answer within 180 s: it had not ended. Nothing was touched. Look at the events of namespace writ-dryrun, mend what holds it up, and make a new execution.
            exit 1
              Refused/DryRunFailed: dry run: kubectl exited 1. It said: error: no match
              The dry run did not get through: kubectl exited 1. It said: error: no match. Nothing was touched. What the dry run cannot do, the run cannot either: correct the request, or the cause, and make a new execution.
            exit 143
              Refused/DryRunFailed: dry run: kubectl exited 143. It said: error: no match
              The dry run did not get through: kubectl exited 143. It said: error: no match. Nothing was touched. What the dry run cannot do, the run cannot either: correct the request, or the cause, and make a new execution.
            disrupted
              Refused/DryRunFailed: dry run: its pod did not run to its end (evicted)
              The dry run did not get through: its pod did not run to its end (evicted). Nothing was touched. What the dry run cannot do, the run cannot either: correct the request, or the cause, and make a new execution.
            untrusted
              Refused/DryRunFailed: dry run: its pod did not run to its end (image differs)
              The dry run did not get through: its pod did not run to its end (image differs). Nothing was touched. What the dry run cannot do, the run cannot either: correct the request, or the cause, and make a new execution.
            as announced
              DryRunning/DryRunAnswered: replicas 2 -> 5
              The API server would take it: 1 field would change. Nothing was persisted. The policies are asked again, with that.
            a warning
              DryRunning/DryRunAnswered: replicas 2 -> 5
              The API server would take it: 1 field would change. Nothing was persisted. The policies are asked again, with that.
            nothing would change
              DryRunning/DryRunAnswered: replicas 2 -> 5
              The API server would take it: nothing would change. Nothing was persisted. The policies are asked again, with that.
            another value
              DryRunning/DryRunAnswered: replicas 2 -> 5
              The API server would take it: 1 field would change; not announced by the plugin: /spec/replicas. Nothing was persisted. The policies are asked again, with that.
            more than announced
              DryRunning/DryRunAnswered: replicas 2 -> 5
              The API server would take it: 2 fields would change; not announced by the plugin: /spec/paused. Nothing was persisted. The policies are asked again, with that.
            too much
              Refused/DiffTooLarge: the dry run would change too much to be shown
              What the dry run would change is more than 32 KiB, so that nobody could read it. Nothing was touched. Use an action that changes less at once.
            another object
              Refused/DryRunFailed: dry run: it answered with Deployment shop/api, which is not what the plan writes
              The dry run did not get through: it answered with Deployment shop/api, which is not what the plan writes. Nothing was touched. What the dry run cannot do, the run cannot either: correct the request, or the cause, and make a new execution.
            made anew
              Refused/DryRunFailed: dry run: its target is gone, or was made anew
              The dry run did not get through: its target is gone, or was made anew. Nothing was touched. What the dry run cannot do, the run cannot either: correct the request, or the cause, and make a new execution.
            target gone
              Refused/DryRunFailed: dry run: its target is gone, or was made anew
              The dry run did not get through: its target is gone, or was made anew. Nothing was touched. What the dry run cannot do, the run cannot either: correct the request, or the cause, and make a new execution.
            no object
              Refused/DryRunFailed: dry run: it answered nothing
              The dry run did not get through: it answered nothing. Nothing was touched. What the dry run cannot do, the run cannot either: correct the request, or the cause, and make a new execution.
            unreadable
              Refused/DryRunFailed: dry run: command 1 printed something else than objects
              The dry run did not get through: command 1 printed something else than objects. Nothing was touched. What the dry run cannot do, the run cannot either: correct the request, or the cause, and make a new execution.
            too large
              Refused/DiffTooLarge: the dry run would change too much to be shown
              What the dry run would change is more than 32 KiB, so that nobody could read it. Nothing was touched. Use an action that changes less at once.
            not guarded
              Refused/DryRunNotGuarded: the guard of dry runs is not in force
              The guard of dry runs is not in force: a write that it must refuse went through. Without it a dry run could write. Nothing was touched. Install the guards again (writ install --print | kubectl apply -f -), and make a new execution.
            not granted
              Refused/ActionNotGranted: the run's identity could not be granted
              The API server refuses the dry run's identity: writ-operator-bindings. Nothing was touched. A cluster administrator compares the roles with what the component declares: writ plugin rbac
        "#]],
    );
}

#[test]
fn the_status_of_a_dry_run_that_was_asked_for() {
    let mut kx = kx();
    kx.spec.dry_run = DryRun::Server;
    let object = |more: &str| {
        let body = json(&format!(r#"{{"spec":{{"replicas":5{more}}}}}"#));
        crate::model::Object { body, ..seen::object(5) }
    };
    let after = vec![After::Is(Box::new(object(r#","paused":true"#)))];
    let answer = Answer::Objects {
        before: vec![seen::object(2)],
        after,
        patches: vec![digest('b')],
        warnings: vec!["spec.old is deprecated".into()],
    };
    for (seconds, look) in [
        (1, validating(stored::judged(&planned()))),
        (2, stored::answered(answer)),
        (3, dry_running(Grants::None, DryJob::Absent, Some(stored::judged(&planned())))),
    ] {
        let next = step(&parse(&kx), at(seconds), look);
        stored::store(&mut kx, &next);
    }
    let s = kx.status.unwrap();
    expect![[r#"
        Completed/DryRunPassed: would be: replicas 2 -> 5
        The API server would take it, and the policies allow what it would change; not announced by the plugin: /spec/paused. Nothing was touched. To run it, make an execution without dryRun.
    "#]].assert_eq(&format!("{:?}/{:?}: {}\n{}\n", s.phase, s.reason, s.summary, s.message));
    expect![[r#"
        [
          {
            "namespace": "writ-dryrun",
            "job": "dry-3c1f0a52-94d7-4be1-8a5e-0c1d2e3f4a5b",
            "serviceAccount": "dry-3c1f0a52-94d7-4be1-8a5e-0c1d2e3f4a5b.6d1f8e90-1111-4222-8333-444455556666",
            "answeredAt": "2026-11-23T03:12:09.000000Z",
            "patches": [
              "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
            ],
            "warnings": [
              "spec.old is deprecated"
            ]
          },
          [
            {
              "pointer": "/spec/paused",
              "after": "true",
              "announced": false
            },
            {
              "pointer": "/spec/replicas",
              "before": "2",
              "after": "5",
              "announced": true
            }
          ]
        ]"#]]
    .assert_eq(&serde_json::to_string_pretty(&(&s.dry_run, &s.diff)).unwrap());
    let conditions = s.conditions.iter().map(|c| format!("{} {} {}: {}\n", c.type_, c.status, c.reason, c.message));
    expect![[r#"
        Accepted True Accepted: parameters, plan and 1 policy
        DryRunPassed True DryRunAnswered: 2 fields change
        Executed False DryRunPassed: 
        Succeeded True DryRunPassed: The API server would take it, and the policies allow what it would change; not announced by the plugin: /spec/paused. Nothing was touched. To run it, make an execution without dryRun.
        RollbackReady False Planned: writ run scale_deployment web replicas=2 -n shop
        Finished True Completed: 
    "#]].assert_eq(&conditions.collect::<String>());
    assert_eq!(s.rollback.unwrap().state, "-");
}

#[test]
fn nothing_is_made_before_the_guard_has_settled() {
    let asking = stored::all().into_iter().find(|(n, _)| n == "dry running").unwrap().1;
    let look = |since| {
        let mut seen = dry_running(Grants::Whole, DryJob::Absent, None);
        if let PhaseSeen::DryRunning(s) = &mut seen {
            s.proof = Some(DryGuard::InForce { since: at(since) });
        }
        seen
    };
    assert_eq!(step(&asking, at(9), look(-50)), Step::Wait(crate::step::Waiting::at(at(10), crate::step::Why::Starting)));
    assert!(matches!(step(&asking, at(10), look(-50)), Step::Do(Effect::DryRun(_))));
}

#[test]
fn what_cannot_be_read_yet_is_read_again_for_some_seconds() {
    let asking = stored::all().into_iter().find(|(n, _)| n == "dry running").unwrap().1;
    let look = |answer| step(&asking, at(16), stored::answered(answer));
    let torn = || Answer::Unreadable { why: "command 1 printed something else than objects".into() };
    assert!(matches!(look(torn()), Step::Wait(_)), "its pod ended at 12");
    assert!(matches!(step(&asking, at(17), stored::answered(torn())), Step::Record(_)));
    assert!(matches!(look(Answer::TooLarge), Step::Record(_)), "waiting makes it no shorter");
}
