//! What people read, word for word: what happened, what it means, what to do next.
use super::{
    fixtures::*,
    seen,
    stored::{self, ended, executing, judged, ours, preparing, step, validating},
};
use crate::{execution::Execution, model::Planned, observed::*, step::Step};
use crds::{Cancel, DryRun, ExecutionStatus, OnFailure, Rollback};
use expect_test::{Expect, expect};

fn status(step: Step) -> ExecutionStatus {
    let Step::Record(status) = step else { panic!("no record: {step:?}") };
    *status
}

fn lines(name: &str, s: &ExecutionStatus) -> String {
    format!("{name}\n  {:?}/{:?}: {}\n  {}\n", s.phase, s.reason, s.summary, s.message)
}

fn stage(name: &str) -> Execution {
    stored::all().into_iter().find(|(n, _)| n == name).unwrap().1
}

fn check(looks: Vec<(String, Step)>, expect: &Expect) {
    let text: String = looks.into_iter().map(|(name, step)| lines(&name, &status(step))).collect();
    expect.assert_eq(&text);
}

#[test]
fn refusals() {
    let waits = ["starting", "plugin busy"];
    let all = seen::judgements().into_iter().filter(|(name, _)| !waits.contains(&name.as_str()));
    check(
        all.map(|(name, j)| (name, step(&exec(), at(1), validating(j)))).collect(),
        &expect![[r#"
            action unknown
              Refused/ActionUnknown: no action scale_deployment
              No active plugin exports an action scale_deployment. Nothing was touched. Did you mean scale_deployment? All there are: kubectl get actions
            not allowed
              Refused/NotAllowed: maria@example.com may not run scale_deployment here
              maria@example.com may not run scale_deployment in namespace shop: no rule of any role covers it. Nothing was touched. Ask for the verb run on actions.writ.dev/scale-deployment in namespace shop.
            not granted
              Refused/ActionNotGranted: roles of scale_deployment are missing
              The roles of scale_deployment are not there as its component declares them: writ:action:scale-deployment:9999999999. Nothing was touched. To grant them: writ plugin rbac PLUGIN | kubectl apply -f -
            target not allowed
              Refused/TargetNotAllowed: it takes no Pod
              The target is not one for scale_deployment: it takes no Pod. Nothing was touched. What it can be aimed at: writ explain scale_deployment
            target missing
              Refused/TargetNotFound: there is no Deployment shop/web
              There is no Deployment shop/web. Nothing was touched. Look for the right name in namespace shop.
            terminating
              Refused/NamespaceTerminating: namespace shop is being deleted
              Namespace shop is being deleted. Nothing was touched.
            invalid
              Refused/ParametersInvalid: 2 invalid parameters: /replicas, /max
              2 things are wrong with the parameters: /replicas 0 is below the minimum 1; /max is no parameter. Nothing was touched. scale_deployment takes replicas. An example: writ explain scale_deployment
            plugin refuses
              Refused/PluginRefused: OwnedByAutoscaler: HorizontalPodAutoscaler web owns the replicas
              The plugin of scale_deployment says not now: HorizontalPodAutoscaler web owns the replicas (OwnedByAutoscaler). Nothing was touched. Change the autoscaler instead.
            plugin broken
              Refused/PluginFailed: the plugin failed: Trapped
              The plugin of scale_deployment broke the contract: Trapped, unreachable. Nothing was touched. Show this to its owner: the same request fails the same way.
            allow
              Preparing/Accepted: replicas 2 -> 5
              Parameters, plan and policies say yes; the run's identity is made next.
            no policy
              Refused/PolicyMissing: no policy is in force
              No policy is in force, and nothing is allowed by silence. Nothing was touched. Install one (kubectl get executionpolicies), and make a new execution.
            deny
              Refused/PolicyDenied: policy default: namespace kube-system is protected
              Refused by policy default: namespace kube-system is protected (default.rego:31). Nothing was touched. Who can change this: ExecutionPolicy default (owner platform@example.com).
            deny in silence
              Refused/PolicyDenied: policy default: it says no, and not why
              Refused by policy default: it says no, and not why. Nothing was touched. Who can change this: ExecutionPolicy default (owner platform@example.com).
            undefined
              Refused/PolicyUndefined: policy default: it came to no decision
              Refused by policy default: it came to no decision (Undefined). Nothing was touched. Who can change this: ExecutionPolicy default (owner platform@example.com).
            malformed
              Refused/PolicyFailed: policy default: its answer is none: allow is a text
              Refused by policy default: its answer is none: allow is a text (Malformed). Nothing was touched. Who can change this: ExecutionPolicy default (owner platform@example.com).
            errored
              Refused/PolicyFailed: policy default: it failed: division by zero
              Refused by policy default: it failed: division by zero (Errored). Nothing was touched. Who can change this: ExecutionPolicy default (owner platform@example.com).
            timed out
              Refused/PolicyFailed: policy default: it took too long
              Refused by policy default: it took too long (TimedOut). Nothing was touched. Who can change this: ExecutionPolicy default (owner platform@example.com).
            one of two denies
              Refused/PolicyDenied: policy p1: namespace kube-system is protected
              Refused by policy p1: namespace kube-system is protected (default.rego:31). Nothing was touched. Who can change this: ExecutionPolicy p1 (owner platform@example.com).
            one fails, one denies
              Refused/PolicyDenied: policy p1: namespace kube-system is protected (and 1 more)
              Refused by policy default: it took too long (TimedOut); policy p1: namespace kube-system is protected (default.rego:31). Nothing was touched. Who can change this: ExecutionPolicy default (owner platform@example.com); ExecutionPolicy p1 (owner platform@example.com).
            wants an approval
              Refused/NotSupportedYet: policy default wants 1 approval of sre-leads: not supported yet
              Policy default allows it only with: 1 approval of sre-leads. This build of Writ cannot see to that yet. Nothing was touched. Have ExecutionPolicy default (owner platform@example.com) allow it without, or wait for a build that honors it.
            wants a dry run
              Refused/NotSupportedYet: policy default wants a dry run first: not supported yet
              Policy default allows it only with: a dry run first. This build of Writ cannot see to that yet. Nothing was touched. Have ExecutionPolicy default (owner platform@example.com) allow it without, or wait for a build that honors it.
            wants a review
              Refused/NotSupportedYet: policy default wants a review within 24h: not supported yet
              Policy default allows it only with: a review within 24h. This build of Writ cannot see to that yet. Nothing was touched. Have ExecutionPolicy default (owner platform@example.com) allow it without, or wait for a build that honors it.
            allow, a shadow fails
              Preparing/Accepted: replicas 2 -> 5
              Parameters, plan and policies say yes; the run's identity is made next.
            a shadow alone
              Refused/PolicyMissing: no policy is in force
              No policy is in force, and nothing is allowed by silence. Nothing was touched. Install one (kubectl get executionpolicies), and make a new execution.
            drifted
              Preparing/Accepted: replicas 3 -> 5
              Parameters, plan and policies say yes; the run's identity is made next.
            writes two objects
              Refused/NotSupportedYet: not supported yet: a plan that writes more than its target
              The plan writes more than its one existing target (several objects, a new one, or one of the whole cluster), and this build of Writ cannot yet hold a run to exactly those. Nothing was touched. Use an action that changes its own target only.
        "#]],
    );
}

#[test]
fn a_refusal_says_who_can_change_it() {
    let one = |name: &str| seen::judgements().into_iter().find(|(n, _)| n == name).unwrap().1;
    let s = status(step(&exec(), at(1), validating(one("one of two denies"))));
    expect![[r#"
        [
          {
            "by": "Policy",
            "violations": [
              {
                "rule": "default.rego:31",
                "message": "namespace kube-system is protected"
              }
            ],
            "whoCanChangeThis": "ExecutionPolicy p1 (owner platform@example.com)"
          },
          {
            "decision": "Deny",
            "results": [
              {
                "policy": "default",
                "digest": "sha256:7777777777777777777777777777777777777777777777777777777777777777",
                "decision": "Allow",
                "owner": "platform@example.com"
              },
              {
                "policy": "p1",
                "digest": "sha256:7777777777777777777777777777777777777777777777777777777777777777",
                "decision": "Deny",
                "because": [
                  "namespace kube-system is protected"
                ],
                "owner": "platform@example.com"
              }
            ],
            "inputDigest": "sha256:1111111111111111111111111111111111111111111111111111111111111111"
          }
        ]"#]]
    .assert_eq(&serde_json::to_string_pretty(&(&s.refusal, &s.policy)).unwrap());
    let s = status(step(&exec(), at(1), validating(one("invalid"))));
    expect![[r#"{"by":"Schema","violations":[{"pointer":"/replicas","rule":"minimum","message":"0 is below the minimum 1"},{"pointer":"/max","rule":"additionalProperties","message":"is no parameter"}]}"#]].assert_eq(&serde_json::to_string(&s.refusal).unwrap());
}

#[test]
fn what_this_build_does_not_honor_is_refused_by_name() {
    let all: [(&str, fn(&mut crds::ExecutionSpec)); 9] = [
        ("server", |s| s.dry_run = DryRun::Server),
        ("hash", |s| s.plan_hash = Some(String::new())),
        ("glass", |s| s.break_glass = true),
        ("conflict", |s| s.on_conflict = Some(crds::OnConflict::Queue)),
        ("automatic", |s| s.rollback = Some(Rollback { on_failure: OnFailure::Automatic, keep_for: None })),
        ("undo", |s| s.rollback_of = Some(crds::ObjectUid::default())),
        ("ttl", |s| s.ttl_after_finished = Some("1h".into())),
        ("timeout", |s| s.timeout = Some("soon".into())),
        ("keep", |s| s.rollback = Some(Rollback { keep_for: Some("1 day".into()), ..Rollback::default() })),
    ];
    let looks = all.map(|(name, ask)| {
        let mut exec = exec();
        ask(&mut exec.spec);
        (name.to_owned(), step(&exec, at(1), validating(Judgement::Starting)))
    });
    check(
        looks.into(),
        &expect![[r#"
        server
          Refused/NotSupportedYet: not supported yet: spec.dryRun: Server
          This build of Writ does not honor spec.dryRun: Server yet, and ignores nothing that was asked. Nothing was touched. spec.dryRun: Server: leave it out, or use Plan.
        hash
          Refused/NotSupportedYet: not supported yet: spec.planHash
          This build of Writ does not honor spec.planHash yet, and ignores nothing that was asked. Nothing was touched. spec.planHash: leave it out: the plan is shown by dryRun: Plan, and made anew for the run.
        glass
          Refused/NotSupportedYet: not supported yet: spec.breakGlass
          This build of Writ does not honor spec.breakGlass yet, and ignores nothing that was asked. Nothing was touched. spec.breakGlass: leave it out.
        conflict
          Refused/NotSupportedYet: not supported yet: spec.onConflict
          This build of Writ does not honor spec.onConflict yet, and ignores nothing that was asked. Nothing was touched. spec.onConflict: leave it out: executions on one target are not kept apart yet.
        automatic
          Refused/NotSupportedYet: not supported yet: spec.rollback.onFailure: Automatic
          This build of Writ does not honor spec.rollback.onFailure: Automatic yet, and ignores nothing that was asked. Nothing was touched. spec.rollback.onFailure: Automatic: leave it out, and run status.rollback.command by hand.
        undo
          Refused/NotSupportedYet: not supported yet: spec.rollbackOf
          This build of Writ does not honor spec.rollbackOf yet, and ignores nothing that was asked. Nothing was touched. spec.rollbackOf: run the action of status.rollback.command by itself.
        ttl
          Refused/NotSupportedYet: not supported yet: spec.ttlAfterFinished
          This build of Writ does not honor spec.ttlAfterFinished yet, and ignores nothing that was asked. Nothing was touched. spec.ttlAfterFinished: leave it out, and delete the object by hand.
        timeout
          Refused/ParametersInvalid: invalid spec.timeout
          spec.timeout: "soon" is no time such as 90s, 5m or 1h30m. Nothing was touched. Correct it in a new execution.
        keep
          Refused/ParametersInvalid: invalid spec.rollback.keepFor
          spec.rollback.keepFor: "1 day" is no time such as 90s, 5m or 1h30m. Nothing was touched. Correct it in a new execution.
    "#]],
    );
}

#[test]
fn unbelievable_stamps() {
    let with = |guards| PhaseSeen::Validating(Box::new(Validating { since: at(0), guards, judged: judged(&planned()) }));
    let mut looks: Vec<_> =
        seen::guards().into_iter().filter(|(n, _)| n.starts_with("guards ") && n != "guards not read").collect();
    looks.push(("nobody".into(), GuardsSeen::InForce { since: at(-1) }));
    let steps = looks.into_iter().map(|(name, guards)| {
        let mut exec = exec();
        if name == "nobody" {
            exec.spec.requester = None;
        }
        (name, step(&exec, at(1), with(guards)))
    });
    check(
        steps.collect(),
        &expect![[r#"
        guards of the same second
          Refused/AdmissionNotInForce: the admission policies of Writ are not in force
          The admission policies are younger than this object, so its requester may be forged. Nothing was touched. Install the guards again (writ install --print | kubectl apply -f -), and make a new execution.
        guards missing
          Refused/AdmissionNotInForce: the admission policies of Writ are not in force
          These admission policies are not there as they were shipped: writ-stamp-requester. Nothing was touched. Install the guards again (writ install --print | kubectl apply -f -), and make a new execution.
        nobody
          Refused/AdmissionNotInForce: the admission policies of Writ are not in force
          Nobody stamped who asks for this. Nothing was touched. Install the guards again (writ install --print | kubectl apply -f -), and make a new execution.
    "#]],
    );
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
        (16, PhaseSeen::Verifying(Box::new(Verifying { grants: Grants::None, checks: seen::checks().remove(0).1 }))),
    ];
    for (n, (seconds, look)) in looks.into_iter().enumerate() {
        let next = step(&parse(&kx), at(seconds), look);
        stored::store(&mut kx, &next);
        text.push_str(&lines(&n.to_string(), kx.status.as_ref().unwrap()));
    }
    expect![[r#"
        0
          Preparing/Accepted: replicas 2 -> 5
          Parameters, plan and policies say yes; the run's identity is made next.
        1
          Executing/Prepared: replicas 2 -> 5
          Everything asked for is in place; the Job is created next.
        2
          Executing/JobSeen: replicas 2 -> 5
          Job writ-runs/run-3c1f0a52-94d7-4be1-8a5e-0c1d2e3f4a5b exists and is followed.
        3
          Verifying/JobSucceeded: replicas 2 -> 5
          Every command exited 0; the action's own checks are asked.
        4
          Completed/ChecksPassed: replicas 2 -> 5
          Deployment shop/web: replicas 2 -> 5. Seen: 5 of 5 replicas ready. To undo it: writ run scale_deployment web replicas=2 -n shop
    "#]].assert_eq(&text);
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
            "hash": "sha256:8eca52bdc61846f791d870d50d5ad7c692646c2357221d8c726f8bcf0221b961",
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
              "message": "Deployment shop/web: replicas 2 -> 5. Seen: 5 of 5 replicas ready. To undo it: writ run scale_deployment web replicas=2 -n shop",
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
              Nobody can tell whether it was done: the Job was there and is gone; somebody deleted it. It may have done a part: look at Deployment shop/web before anything else. To undo it: writ run scale_deployment web replicas=2 -n shop
            foreign
              Failed/OutcomeUnknown: outcome unknown: the Job had uid job, and what has its name now has uid else
              Nobody can tell whether it was done: the Job had uid job, and what has its name now has uid else. It may have done a part: look at Deployment shop/web before anything else. To undo it: writ run scale_deployment web replicas=2 -n shop
            no pod
              Executing/Stopping: the Job had no pod after 120 s
              It is given up, and the Job is being deleted: the Job had no pod after 120 s.
            no pod, deadline
              Failed/DeadlineExceeded: not done within 60 s
              The Job was not done within 60 s and was ended. It may have done a part: look at Deployment shop/web before anything else. To undo it: writ run scale_deployment web replicas=2 -n shop
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
              Every command exited 0; the action's own checks are asked.
            exit 0, deadline
              Verifying/JobSucceeded: replicas 2 -> 5
              Every command exited 0; the action's own checks are asked.
            exit 1
              Failed/JobFailed: kubectl scale exited 1
              kubectl scale exited 1. It said: error: no match. It may have done a part: look at Deployment shop/web before anything else. To undo it: writ run scale_deployment web replicas=2 -n shop
            exit 1, deadline
              Failed/DeadlineExceeded: not done within 60 s
              The Job was not done within 60 s and was ended. It may have done a part: look at Deployment shop/web before anything else. To undo it: writ run scale_deployment web replicas=2 -n shop
            exit 143
              Failed/JobFailed: kubectl scale exited 143
              kubectl scale exited 143. It said: error: no match. It may have done a part: look at Deployment shop/web before anything else. To undo it: writ run scale_deployment web replicas=2 -n shop
            exit 143, deadline
              Failed/DeadlineExceeded: not done within 60 s
              The Job was not done within 60 s and was ended. It may have done a part: look at Deployment shop/web before anything else. To undo it: writ run scale_deployment web replicas=2 -n shop
            disrupted
              Failed/OutcomeUnknown: outcome unknown: its pod was disrupted (evicted)
              Nobody can tell whether it was done: its pod was disrupted (evicted). It may have done a part: look at Deployment shop/web before anything else. To undo it: writ run scale_deployment web replicas=2 -n shop
            disrupted, deadline
              Failed/OutcomeUnknown: outcome unknown: its pod was disrupted (evicted)
              Nobody can tell whether it was done: its pod was disrupted (evicted). It may have done a part: look at Deployment shop/web before anything else. To undo it: writ run scale_deployment web replicas=2 -n shop
            untrusted
              Failed/OutcomeUnknown: outcome unknown: its pod is not the one that was asked for (image differs)
              Nobody can tell whether it was done: its pod is not the one that was asked for (image differs). It may have done a part: look at Deployment shop/web before anything else. To undo it: writ run scale_deployment web replicas=2 -n shop
            untrusted, deadline
              Failed/OutcomeUnknown: outcome unknown: its pod is not the one that was asked for (image differs)
              Nobody can tell whether it was done: its pod is not the one that was asked for (image differs). It may have done a part: look at Deployment shop/web before anything else. To undo it: writ run scale_deployment web replicas=2 -n shop
            another uid
              Failed/OutcomeUnknown: outcome unknown: the Job had uid job, and what has its name now has uid other
              Nobody can tell whether it was done: the Job had uid job, and what has its name now has uid other. It may have done a part: look at Deployment shop/web before anything else. To undo it: writ run scale_deployment web replicas=2 -n shop
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
    let gone = |grants| PhaseSeen::Executing(Box::new(Executing { job: JobSeen::Absent, grants }));
    let stopping = |pod| executing(JobSeen::Ours { uid: uid("job"), stopping: true, pod, failed_by: None });
    let deleted = Execution { deleting: true, ..exec() };
    let verifying =
        |n: usize| PhaseSeen::Verifying(Box::new(Verifying { grants: Grants::None, checks: seen::checks().remove(n).1 }));
    let looks = [
        ("fresh", cancelled(exec()), validating(Judgement::Starting)),
        ("deleted", deleted, validating(Judgement::Starting)),
        ("preparing", cancelled(stage("preparing")), preparing(&planned(), Grants::Whole)),
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
          It was stopped as asked: kubectl scale had not ended. It may have done a part: look at Deployment shop/web before anything else. To undo it: writ run scale_deployment web replicas=2 -n shop
        never ran
          Cancelled/CancelRequested: Cancelled by jonas@example.com: wrong cluster
          Cancelled by jonas@example.com: wrong cluster. No command of the Job had started: nothing was touched. To do it after all, make a new execution.
        gone
          Cancelled/StoppedMidway: stopped while it ran: the Job is gone, and no command was seen to end
          It was stopped as asked: the Job is gone, and no command was seen to end. It may have done a part: look at Deployment shop/web before anything else. To undo it: writ run scale_deployment web replicas=2 -n shop
        too late
          Verifying/JobSucceeded: replicas 2 -> 5
          Every command exited 0; the action's own checks are asked.
        much too late
          Completed/ChecksPassed: replicas 2 -> 5
          Deployment shop/web: replicas 2 -> 5. Seen: 5 of 5 replicas ready. The request to stop it came too late. To undo it: writ run scale_deployment web replicas=2 -n shop
    "#]],
    );
}

#[test]
fn failed_checks() {
    let look = |n: usize| PhaseSeen::Verifying(Box::new(Verifying { grants: Grants::None, checks: seen::checks().remove(n).1 }));
    let looks = (2..7).map(|n| (n.to_string(), step(&stage("verifying"), at(1000), look(n))));
    check(
        looks.collect(),
        &expect![[r#"
        2
          Failed/ChecksTimedOut: replicas_ready: 3 of 5 replicas ready
          The commands exited 0, but the effect is not there, and time is up: replicas_ready: 3 of 5 replicas ready. Look at Deployment shop/web before anything else. To undo it: writ run scale_deployment web replicas=2 -n shop
        3
          Failed/ChecksFailed: replicas_ready: 3 of 5 replicas ready; replicas_ready: quota exceeded
          The commands exited 0, but the effect is not there, and it will not come by waiting: replicas_ready: 3 of 5 replicas ready; replicas_ready: quota exceeded. Look at Deployment shop/web before anything else. To undo it: writ run scale_deployment web replicas=2 -n shop
        4
          Failed/ChecksUnavailable: ran, not checked: component sha256:9999999999999999999999999999999999999999999999999999999999999999 is not loaded
          The commands exited 0, but nobody could check the effect: component sha256:9999999999999999999999999999999999999999999999999999999999999999 is not loaded. Look at Deployment shop/web yourself. To undo it: writ run scale_deployment web replicas=2 -n shop
        5
          Failed/ChecksUnavailable: ran, not checked: all slots are taken
          The commands exited 0, but nobody could check the effect: all slots are taken. Look at Deployment shop/web yourself. To undo it: writ run scale_deployment web replicas=2 -n shop
        6
          Failed/ChecksUnavailable: ran, not checked: Trapped: unreachable
          The commands exited 0, but nobody could check the effect: Trapped: unreachable. Look at Deployment shop/web yourself. To undo it: writ run scale_deployment web replicas=2 -n shop
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
          Completed/PlanOnly: replicas 2 -> 5
          Planned and allowed, as asked. Nothing was touched. To run it, make an execution without dryRun.
    "#]]
    .assert_eq(&lines("plan", &s));
    assert_eq!((s.rollback.unwrap().state.as_str(), s.plan.is_some()), ("Planned", true));
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
