//! What people read, word for word: what happened, what it means, what to do next.
use super::{
    fixtures::*,
    seen,
    stored::{self, ended, executing, judged, ours, preparing, step, validating},
};
use crate::{execution::Execution, model::Planned, observed::*, step::Step};
use crds::{Cancel, DryRun, ExecutionStatus};
use expect_test::{Expect, expect};

pub fn status(step: Step) -> ExecutionStatus {
    let Step::Record(status) = step else { panic!("no record: {step:?}") };
    *status
}

fn lines(name: &str, s: &ExecutionStatus) -> String {
    format!("{name}\n  {:?}/{:?}: {}\n  {}\n", s.phase, s.reason, s.summary, s.message)
}

fn stage(name: &str) -> Execution {
    stored::all().into_iter().find(|(n, _)| n == name).unwrap().1
}

pub fn check(looks: Vec<(String, Step)>, expect: &Expect) {
    let text: String = looks.into_iter().map(|(name, step)| lines(&name, &status(step))).collect();
    expect.assert_eq(&text);
}

#[test]
fn the_way_of_a_run() {
    let mut kx = kx();
    let mut text = String::new();
    let looks = [
        (1, validating(judged(&planned()))),
        (2, preparing(&planned(), Grants::Whole)),
        (3, ours(PodSeen::Running { command: 0 })),
        (13, ours(ended(0))),
        (16, PhaseSeen::Verifying(Box::new(Verifying { grants: Grants::None, checks: Some(seen::checks().remove(0).1) }))),
    ];
    for (n, (seconds, look)) in looks.into_iter().enumerate() {
        let next = step(&parse(&kx), at(seconds), look);
        stored::store(&mut kx, &next);
        text.push_str(&lines(&n.to_string(), kx.status.as_ref().unwrap()));
    }
    expect![[r#"
        0
          Preparing/Accepted: replicas 2 -> 5
          Parameters, plan and policies say yes; the run's identity is made next, or given up at 2026-11-23T03:14:08Z.
        1
          Executing/Prepared: replicas 2 -> 5
          Everything asked for is in place; the Job is created next, or given up at 2026-11-23T03:14:09Z.
        2
          Executing/JobSeen: replicas 2 -> 5
          Job writ-runs/run-3c1f0a52-94d7-4be1-8a5e-0c1d2e3f4a5b exists and is followed; it is ended at 2026-11-23T03:13:09Z at the latest.
        3
          Verifying/JobSucceeded: replicas 2 -> 5
          Every command exited 0; the action's own checks are asked, until 2026-11-23T03:17:20Z at the latest.
        4
          Completed/ChecksPassed: replicas 2 -> 5
          Deployment shop/web: replicas 2 -> 5. Seen: 5 of 5 replicas ready. To undo it: writ undo scale-web-x7k2p -n shop
    "#]]
    .assert_eq(&text);
    let mut s = kx.status.unwrap();
    s.message.clear();
    expect![[r#"
        {
          "observedGeneration": 1,
          "phase": "Completed",
          "reason": "ChecksPassed",
          "summary": "replicas 2 -> 5",
          "message": "",
          "seq": 5,
          "at": "2026-11-23T03:12:23.000000Z",
          "by": "writ-0",
          "startedAt": "2026-11-23T03:12:08.000000Z",
          "finishedAt": "2026-11-23T03:12:23.000000Z",
          "duration": "16s",
          "plugin": {
            "name": "workload",
            "version": "1.4.0",
            "digest": "sha256:9999999999999999999999999999999999999999999999999999999999999999"
          },
          "target": {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "resource": "deployments",
            "namespace": "shop",
            "name": "web",
            "uid": "6d1f8e90-1111-4222-8333-444455556666"
          },
          "plan": {
            "hash": "sha256:3ab184b38af36db984057acd4d80f27290326c96e85f44481d59a4342cd72277",
            "requestHash": "sha256:7f85aae0b753ad98ed30b6ec2bf43af2c95fb9ed0d572c4d8ebeb4b032533d13",
            "command": "kubectl scale --current-replicas=2 --replicas=5 --namespace=shop -- deployment/web",
            "commands": [
              {
                "program": "kubectl",
                "verb": [
                  "scale"
                ],
                "options": [
                  {
                    "name": "current-replicas",
                    "value": "2"
                  },
                  {
                    "name": "replicas",
                    "value": "5"
                  }
                ],
                "operands": [
                  "deployment/web"
                ]
              }
            ],
            "writes": [
              {
                "group": "apps",
                "version": "v1",
                "kind": "Deployment",
                "resource": "deployments",
                "subresource": "scale",
                "namespace": "shop",
                "name": "web",
                "uid": "6d1f8e90-1111-4222-8333-444455556666",
                "operation": "update"
              }
            ],
            "changes": [
              {
                "object": "Deployment shop/web",
                "field": "/spec/replicas",
                "before": "2",
                "after": "5"
              }
            ],
            "memo": "{}",
            "parameters": "{\"replicas\":5}",
            "role": "writ:action:scale-deployment:9999999999",
            "risk": "medium",
            "deadlineSeconds": 60,
            "verifySeconds": 300,
            "idempotent": false,
            "dryRun": true,
            "image": "registry.example/kubectl@sha256:11"
          },
          "policy": {
            "decision": "Allow",
            "results": [
              {
                "policy": "default",
                "digest": "sha256:7777777777777777777777777777777777777777777777777777777777777777",
                "decision": "Allow",
                "owner": "platform@example.com"
              }
            ],
            "inputDigest": "sha256:1111111111111111111111111111111111111111111111111111111111111111"
          },
          "lock": {
            "state": "Released",
            "seq": 1
          },
          "job": {
            "namespace": "writ-runs",
            "name": "run-3c1f0a52-94d7-4be1-8a5e-0c1d2e3f4a5b",
            "uid": "job",
            "serviceAccount": "run-3c1f0a52-94d7-4be1-8a5e-0c1d2e3f4a5b.6d1f8e90-1111-4222-8333-444455556666",
            "exitCode": 0,
            "output": "scaled\n"
          },
          "checks": [
            {
              "name": "replicas_ready",
              "verdict": "Holds",
              "message": "5 of 5 replicas ready"
            }
          ],
          "rollback": {
            "state": "Ready",
            "action": "scale_deployment",
            "parameters": "{\"replicas\":2}",
            "command": "writ run scale_deployment web replicas=2 -n shop",
            "expiresAt": "2026-11-24T03:12:23.000000Z"
          },
          "timeline": [
            {
              "at": "2026-11-23T03:12:07.000000Z",
              "phase": "Validating",
              "reason": "Accepted",
              "took": "1.0s"
            },
            {
              "at": "2026-11-23T03:12:08.000000Z",
              "phase": "Preparing",
              "reason": "Accepted",
              "took": "1.0s"
            },
            {
              "at": "2026-11-23T03:12:09.000000Z",
              "phase": "Executing",
              "reason": "Prepared",
              "took": "1.0s"
            },
            {
              "at": "2026-11-23T03:12:10.000000Z",
              "phase": "Executing",
              "reason": "JobSeen",
              "took": "10s"
            },
            {
              "at": "2026-11-23T03:12:20.000000Z",
              "phase": "Verifying",
              "reason": "JobSucceeded",
              "took": "3.0s"
            },
            {
              "at": "2026-11-23T03:12:23.000000Z",
              "phase": "Completed",
              "reason": "ChecksPassed"
            }
          ],
          "conditions": [
            {
              "lastTransitionTime": "2026-11-23T03:12:08Z",
              "message": "parameters, plan and 1 policy",
              "observedGeneration": 1,
              "reason": "Accepted",
              "status": "True",
              "type": "Accepted"
            },
            {
              "lastTransitionTime": "2026-11-23T03:12:20Z",
              "message": "exit 0",
              "observedGeneration": 1,
              "reason": "JobSucceeded",
              "status": "True",
              "type": "Executed"
            },
            {
              "lastTransitionTime": "2026-11-23T03:12:23Z",
              "message": "Deployment shop/web: replicas 2 -> 5. Seen: 5 of 5 replicas ready. To undo it: writ undo scale-web-x7k2p -n shop",
              "observedGeneration": 1,
              "reason": "ChecksPassed",
              "status": "True",
              "type": "Succeeded"
            },
            {
              "lastTransitionTime": "2026-11-23T03:12:23Z",
              "message": "writ run scale_deployment web replicas=2 -n shop, until 2026-11-24T03:12:23.000000Z",
              "observedGeneration": 1,
              "reason": "InverseStored",
              "status": "True",
              "type": "RollbackReady"
            },
            {
              "lastTransitionTime": "2026-11-23T03:12:23Z",
              "message": "",
              "observedGeneration": 1,
              "reason": "Completed",
              "status": "True",
              "type": "Finished"
            }
          ]
        }"#]].assert_eq(&serde_json::to_string_pretty(&s).unwrap());
}

#[test]
fn the_ends_of_a_job() {
    let plain = |job: &JobSeen| {
        !matches!(job, JobSeen::Ours { stopping: true, .. } | JobSeen::Ours { failed_by: Some(JobEnd::BackoffLimit), .. })
    };
    let looks = seen::jobs().into_iter().filter(|(_, job)| plain(job)).filter_map(|(name, job)| {
        let last = matches!(&job, JobSeen::Ours { pod: PodSeen::None, .. });
        let next = step(&stage("job seen"), at(if last { 1000 } else { 40 }), executing(job));
        matches!(&next, Step::Record(_)).then_some((name, next))
    });
    check(
        looks.collect(),
        &expect![[r#"
            absent
              Failed/OutcomeUnknown: outcome unknown: the Job was there and is gone; somebody deleted it
              Nobody can tell whether it was done: the Job was there and is gone; somebody deleted it. It may have done a part: look at Deployment shop/web before anything else. To undo it: writ undo scale-web-x7k2p -n shop
            foreign
              Failed/OutcomeUnknown: outcome unknown: the Job had uid job, and what has its name now has uid else
              Nobody can tell whether it was done: the Job had uid job, and what has its name now has uid else. It may have done a part: look at Deployment shop/web before anything else. To undo it: writ undo scale-web-x7k2p -n shop
            no pod
              Executing/Stopping: the Job had no pod after 120 s
              It is given up, and the Job is being deleted: the Job had no pod after 120 s.
            no pod, deadline
              Failed/DeadlineExceeded: not done within 60 s
              The Job was not done within 60 s and was ended. It may have done a part: look at Deployment shop/web before anything else. To undo it: writ undo scale-web-x7k2p -n shop
            pod rejected
              Executing/JobRefused: the cluster refuses the pod of the Job: exceeded quota
              It is given up, and the Job is being deleted: the cluster refuses the pod of the Job: exceeded quota.
            pod rejected, deadline
              Executing/JobRefused: the cluster refuses the pod of the Job: exceeded quota
              It is given up, and the Job is being deleted: the cluster refuses the pod of the Job: exceeded quota.
            pod never ran
              Failed/NeverStarted: no command of the Job started: ImagePullBackOff
              No command of the Job started: ImagePullBackOff. Nothing was touched. When the cause is gone, make a new execution.
            pod never ran, deadline
              Failed/NeverStarted: no command of the Job started: ImagePullBackOff
              No command of the Job started: ImagePullBackOff. Nothing was touched. When the cause is gone, make a new execution.
            exit 0
              Verifying/JobSucceeded: replicas 2 -> 5
              Every command exited 0; the action's own checks are asked, until 2026-11-23T03:17:47Z at the latest.
            exit 0, deadline
              Verifying/JobSucceeded: replicas 2 -> 5
              Every command exited 0; the action's own checks are asked, until 2026-11-23T03:17:47Z at the latest.
            exit 1
              Failed/JobFailed: kubectl scale exited 1
              kubectl scale exited 1. It said: error: no match. It may have done a part: look at Deployment shop/web before anything else. To undo it: writ undo scale-web-x7k2p -n shop
            exit 1, deadline
              Failed/DeadlineExceeded: not done within 60 s
              The Job was not done within 60 s and was ended. It may have done a part: look at Deployment shop/web before anything else. To undo it: writ undo scale-web-x7k2p -n shop
            exit 143
              Failed/JobFailed: kubectl scale exited 143
              kubectl scale exited 143. It said: error: no match. It may have done a part: look at Deployment shop/web before anything else. To undo it: writ undo scale-web-x7k2p -n shop
            exit 143, deadline
              Failed/DeadlineExceeded: not done within 60 s
              The Job was not done within 60 s and was ended. It may have done a part: look at Deployment shop/web before anything else. To undo it: writ undo scale-web-x7k2p -n shop
            disrupted
              Failed/OutcomeUnknown: outcome unknown: its pod was disrupted (evicted)
              Nobody can tell whether it was done: its pod was disrupted (evicted). It may have done a part: look at Deployment shop/web before anything else. To undo it: writ undo scale-web-x7k2p -n shop
            disrupted, deadline
              Failed/OutcomeUnknown: outcome unknown: its pod was disrupted (evicted)
              Nobody can tell whether it was done: its pod was disrupted (evicted). It may have done a part: look at Deployment shop/web before anything else. To undo it: writ undo scale-web-x7k2p -n shop
            untrusted
              Failed/OutcomeUnknown: outcome unknown: its pod is not the one that was asked for (image differs)
              Nobody can tell whether it was done: its pod is not the one that was asked for (image differs). It may have done a part: look at Deployment shop/web before anything else. To undo it: writ undo scale-web-x7k2p -n shop
            untrusted, deadline
              Failed/OutcomeUnknown: outcome unknown: its pod is not the one that was asked for (image differs)
              Nobody can tell whether it was done: its pod is not the one that was asked for (image differs). It may have done a part: look at Deployment shop/web before anything else. To undo it: writ undo scale-web-x7k2p -n shop
            another uid
              Failed/OutcomeUnknown: outcome unknown: the Job had uid job, and what has its name now has uid other
              Nobody can tell whether it was done: the Job had uid job, and what has its name now has uid other. It may have done a part: look at Deployment shop/web before anything else. To undo it: writ undo scale-web-x7k2p -n shop
        "#]],
    );
}

#[test]
fn what_was_given_up() {
    let never = || PodSeen::NeverRan { why: "ImagePullBackOff".into() };
    let looks = [
        ("stopping", stage("stopping"), executing(JobSeen::Absent)),
        ("refused", stage("refused by the cluster"), executing(JobSeen::Absent)),
        ("never ran", stage("stopping"), ours(never())),
        ("by itself", stage("job seen"), ours(never())),
        ("grace", stage("job seen"), ours(PodSeen::NotStarted { since: at(3), why: "ImagePullBackOff".into() })),
    ];
    check(
        looks.into_iter().map(|(name, exec, look)| (name.to_owned(), step(&exec, at(200), look))).collect(),
        &expect![[r#"
            stopping
              Failed/NeverStarted: nothing of the Job started within 120 s: ImagePullBackOff
              Nothing of the Job started within 120 s: ImagePullBackOff. Nothing was touched. When the cause is gone, make a new execution.
            refused
              Failed/JobRefused: the cluster refuses the pod of the Job: exceeded quota
              The cluster refuses the pod of the Job: exceeded quota. Nothing was touched. When the cause is gone, make a new execution.
            never ran
              Failed/NeverStarted: nothing of the Job started within 120 s: ImagePullBackOff
              Nothing of the Job started within 120 s: ImagePullBackOff. Nothing was touched. When the cause is gone, make a new execution.
            by itself
              Failed/NeverStarted: no command of the Job started: ImagePullBackOff
              No command of the Job started: ImagePullBackOff. Nothing was touched. When the cause is gone, make a new execution.
            grace
              Executing/Stopping: nothing of the Job started within 120 s: ImagePullBackOff
              It is given up, and the Job is being deleted: nothing of the Job started within 120 s: ImagePullBackOff.
        "#]],
    );
}

fn cancelled(exec: Execution) -> Execution {
    let mut exec = exec;
    exec.spec.cancel = Some(Cancel { requested: true, reason: "wrong cluster".into(), by: "jonas@example.com".into() });
    exec
}

#[test]
fn cancellations() {
    let gone = |grants| PhaseSeen::Executing(Box::new(Executing { job: JobSeen::Absent, grants: Some(grants) }));
    let stopping = |pod| executing(JobSeen::Ours { uid: uid("job"), stopping: true, pod, failed_by: None });
    let deleted = Execution { deleting: true, ..exec() };
    let verifying =
        |n: usize| PhaseSeen::Verifying(Box::new(Verifying { grants: Grants::None, checks: Some(seen::checks().remove(n).1) }));
    let looks = [
        ("fresh", cancelled(exec()), validating(Judgement::Starting)),
        ("deleted", deleted, validating(Judgement::Starting)),
        ("preparing", cancelled(stage("preparing")), preparing(&planned(), Grants::None)),
        ("no Job", cancelled(stage("prepared")), gone(Grants::None)),
        ("killed", cancelled(stage("job seen")), stopping(ended(143))),
        ("never ran", cancelled(stage("job seen")), stopping(PodSeen::NeverRan { why: "deleted".into() })),
        ("gone", cancelled(stage("job seen")), gone(Grants::None)),
        ("too late", cancelled(stage("job seen")), stopping(ended(0))),
        ("much too late", cancelled(stage("verifying")), verifying(0)),
    ];
    let steps: Vec<_> = looks.into_iter().map(|(name, exec, look)| (name.to_owned(), step(&exec, at(20), look))).collect();
    let by = |n: usize| status(steps[n].1.clone()).by;
    assert_eq!((by(0).as_str(), by(1).as_str(), by(7).as_str()), ("jonas@example.com", "writ-0", "writ-0"));
    check(
        steps,
        &expect![[r#"
            fresh
              Cancelled/CancelRequested: Cancelled by jonas@example.com: wrong cluster
              Cancelled by jonas@example.com: wrong cluster. Nothing was touched. To do it after all, make a new execution.
            deleted
              Cancelled/Deleted: The object was deleted
              The object was deleted. Nothing was touched. To do it after all, make a new execution.
            preparing
              Cancelled/CancelRequested: Cancelled by jonas@example.com: wrong cluster
              Cancelled by jonas@example.com: wrong cluster. Nothing was touched. To do it after all, make a new execution.
            no Job
              Cancelled/CancelRequested: Cancelled by jonas@example.com: wrong cluster
              Cancelled by jonas@example.com: wrong cluster. No Job was seen, and none can run any more: nothing was touched. To do it after all, make a new execution.
            killed
              Cancelled/StoppedMidway: stopped while it ran: kubectl scale had not ended
              It was stopped as asked: kubectl scale had not ended. It may have done a part: look at Deployment shop/web before anything else. To undo it: writ undo scale-web-x7k2p -n shop
            never ran
              Cancelled/CancelRequested: Cancelled by jonas@example.com: wrong cluster
              Cancelled by jonas@example.com: wrong cluster. No command of the Job had started: nothing was touched. To do it after all, make a new execution.
            gone
              Cancelled/StoppedMidway: stopped while it ran: the Job is gone, and no command was seen to end
              It was stopped as asked: the Job is gone, and no command was seen to end. It may have done a part: look at Deployment shop/web before anything else. To undo it: writ undo scale-web-x7k2p -n shop
            too late
              Verifying/JobSucceeded: replicas 2 -> 5
              Every command exited 0; the action's own checks are asked, until 2026-11-23T03:17:27Z at the latest.
            much too late
              Completed/ChecksPassed: replicas 2 -> 5
              Deployment shop/web: replicas 2 -> 5. Seen: 5 of 5 replicas ready. The request to stop it came too late. To undo it: writ undo scale-web-x7k2p -n shop
        "#]],
    );
}

#[test]
fn failed_checks() {
    let look =
        |n: usize| PhaseSeen::Verifying(Box::new(Verifying { grants: Grants::None, checks: Some(seen::checks().remove(n).1) }));
    let looks = (2..7).map(|n| (n.to_string(), step(&stage("verifying"), at(1000), look(n))));
    check(
        looks.collect(),
        &expect![[r#"
            2
              Failed/ChecksTimedOut: replicas_ready: 3 of 5 replicas ready
              The commands exited 0, but the effect is not there, and time is up: replicas_ready: 3 of 5 replicas ready. Look at Deployment shop/web before anything else. To undo it: writ undo scale-web-x7k2p -n shop
            3
              Failed/ChecksFailed: replicas_ready: 3 of 5 replicas ready; replicas_ready: quota exceeded
              The commands exited 0, but the effect is not there, and it will not come by waiting: replicas_ready: 3 of 5 replicas ready; replicas_ready: quota exceeded. Look at Deployment shop/web before anything else. To undo it: writ undo scale-web-x7k2p -n shop
            4
              Failed/ChecksUnavailable: ran, not checked: component sha256:9999999999999999999999999999999999999999999999999999999999999999 is not loaded
              The commands exited 0, but nobody could check the effect: component sha256:9999999999999999999999999999999999999999999999999999999999999999 is not loaded. Look at Deployment shop/web yourself. To undo it: writ undo scale-web-x7k2p -n shop
            5
              Failed/ChecksUnavailable: ran, not checked: all slots are taken
              The commands exited 0, but nobody could check the effect: all slots are taken. Look at Deployment shop/web yourself. To undo it: writ undo scale-web-x7k2p -n shop
            6
              Failed/ChecksUnavailable: ran, not checked: Trapped: unreachable
              The commands exited 0, but nobody could check the effect: Trapped: unreachable. Look at Deployment shop/web yourself. To undo it: writ undo scale-web-x7k2p -n shop
        "#]],
    );
}

#[test]
fn a_plan_as_asked_runs_nothing() {
    let mut exec = exec();
    exec.spec.dry_run = DryRun::Plan;
    let s = status(step(&exec, at(1), validating(judged(&planned()))));
    expect![[r#"
        plan
          Completed/PlanOnly: would be: replicas 2 -> 5
          Planned and allowed, as asked. Nothing was touched. To run exactly this, make an execution without dryRun, with spec.planHash sha256:7f85aae0b753ad98ed30b6ec2bf43af2c95fb9ed0d572c4d8ebeb4b032533d13.
    "#]]
    .assert_eq(&lines("plan", &s));
    assert_eq!((s.rollback.unwrap().state.as_str(), s.plan.is_some()), ("-", true));
}

#[test]
fn a_target_that_moves_is_looked_at_again_but_not_for_ever() {
    let mut kx = kx();
    let plans: Vec<Planned> = (0..2).map(|n| planned_from(n, false)).collect();
    let mut seconds = 0;
    let end = loop {
        for look in [validating(judged(&plans[0])), preparing(&plans[1], Grants::None)] {
            seconds += 1;
            let next = step(&parse(&kx), at(seconds), look);
            stored::store(&mut kx, &next);
        }
        let s = kx.status.as_ref().unwrap();
        if s.phase.is_over() {
            break s.clone();
        }
        assert!(s.plan.is_none() && s.target.is_none() && s.rollback.is_none());
    };
    expect![[r#"
        drift
          Refused/Drifted: the target does not hold still
          Deployment shop/web changed 5 times between the plan and the run. Nothing was touched. Find out what keeps writing it (an autoscaler, a deployment tool), and make a new execution.
    "#]].assert_eq(&lines("drift", &end));
    assert!(end.seq < 16);
}

#[test]
fn a_freeze_says_who_why_and_until_when_and_a_wait_for_it_ends() {
    let seen = || {
        let freezes = vec![Freeze { until: Some(at(50_000)), ..seen::freeze() }, seen::freeze()];
        PhaseSeen::Preparing(Box::new(Preparing {
            since: at(0),
            judged: None,
            grants: Grants::None,
            guards: seen::guards().remove(0).1,
            lock: LockSeen::Free,
            ahead: vec![],
            others: Others::default(),
            freezes,
            approvals: vec![],
            covering: vec![],
            original: None,
        }))
    };
    let mut kx = kx();
    let mut record = |seconds, look| {
        let next = step(&parse(&kx), at(seconds), look);
        stored::store(&mut kx, &next);
        kx.status.clone().unwrap()
    };
    record(1, validating(judged(&planned())));
    let (waiting, refused) = (record(2, seen()), record(90_000, seen()));
    let PhaseSeen::Preparing(mut turn) = preparing(&planned(), Grants::None) else { unreachable!() };
    turn.judged = None;
    let thawed = status(step(&stage("frozen"), at(9), PhaseSeen::Preparing(turn)));
    expect![[r#"
        frozen
          Preparing/Frozen: Frozen until it is thawed by jonas@example.com: checkout is being released
          jonas@example.com froze this (release-day): checkout is being released. Nothing starts until it is thawed; then it goes on by itself, and is refused if that is not by 2026-11-24T03:12:09Z. Thaw: writ thaw release-day
        too long
          Refused/Frozen: frozen for 24 hours
          jonas@example.com froze this (release-day): checkout is being released. Nothing was touched. When the freeze is over, make a new execution.
        thawed
          Preparing/Accepted: replicas 2 -> 5
          The freeze is over, and it is its turn; the run's identity is made next, or given up at 2026-11-23T03:14:16Z.
    "#]].assert_eq(&[("frozen", waiting), ("too long", refused), ("thawed", thawed)].map(|(name, s)| lines(name, &s)).concat());
}

#[test]
fn what_was_done_and_not_waited_for_says_so_and_can_be_undone() {
    let mut exec = stage("verifying");
    exec.spec.cancel = Some(Cancel { requested: true, reason: "I look myself".into(), by: "maria@example.com".into() });
    let pending = seen::checks().into_iter().find(|(name, _)| name == "pending").unwrap().1;
    let look = PhaseSeen::Verifying(Box::new(Verifying { grants: Grants::None, checks: Some(pending) }));
    let s = status(step(&exec, at(20), look));
    assert_eq!(s.rollback.as_ref().unwrap().state, "Ready");
    expect![[r#"
        not waited for
          Failed/CancelRequested: replicas_ready: 3 of 5 replicas ready
          The commands exited 0, but the effect is not there, and it was asked to wait no longer: replicas_ready: 3 of 5 replicas ready. Look at Deployment shop/web before anything else. To undo it: writ undo scale-web-x7k2p -n shop
    "#]].assert_eq(&lines("not waited for", &s));
}
