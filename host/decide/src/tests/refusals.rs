//! Every no, word for word: what happened, that nothing was touched, who can change it, what to do next.
use super::{
    fixtures::*,
    messages::{check, status},
    seen,
    stored::{judged, step, validating},
};
use crate::observed::*;
use crds::Rollback;
use expect_test::expect;

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
            plugin suspended
              Refused/PluginSuspended: plugin workload is suspended
              Plugin workload offers scale_deployment and is suspended (spec.suspended); it is not active since 2026-11-23T03:10:27Z. Nothing was touched. Who can lift that: whoever may update ActionPlugin workload (owner platform@example.com), with kubectl patch actionplugin workload --type merge -p '{"spec":{"suspended":false}}'. Then make a new execution.
            not allowed
              Refused/NotAllowed: maria@example.com may not run scale_deployment here
              maria@example.com may not run scale_deployment in namespace shop: no rule of any role covers it. Nothing was touched. Ask for the verb run on actions.writ.dev/scale-deployment in namespace shop.
            not to be seen
              Refused/NotAllowed: its requester may not read what scale_deployment looks at
              scale_deployment looks at what its requester may not read: maria lacks the verb get on deployments.apps in namespace shop. What one may not read, no action shows. Nothing was touched. Ask for that right, or have somebody make the request who has it.
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
              Parameters, plan and policies say yes; the run's identity is made next, or given up at 2026-11-23T03:14:08Z.
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
              Refused/PolicyMalformed: policy default: its answer is none: allow is a text
              Refused by policy default: its answer is none: allow is a text (Malformed). Nothing was touched. Who can change this: ExecutionPolicy default (owner platform@example.com).
            errored
              Refused/PolicyErrored: policy default: it failed: division by zero
              Refused by policy default: it failed: division by zero (Errored). Nothing was touched. Who can change this: ExecutionPolicy default (owner platform@example.com).
            timed out
              Refused/PolicyTimedOut: policy default: it took too long
              Refused by policy default: it took too long (TimedOut). Nothing was touched. Who can change this: ExecutionPolicy default (owner platform@example.com).
            out of memory
              Refused/PolicyOutOfMemory: policy default: it needs too much memory
              Refused by policy default: it needs too much memory (OutOfMemory). Nothing was touched. Who can change this: ExecutionPolicy default (owner platform@example.com).
            not ready
              Refused/PolicyNotReady: policy default: it is not ready: mine.rego:3: ParseError: unexpected end
              Refused by policy default: it is not ready: mine.rego:3: ParseError: unexpected end (NotReady). Nothing was touched. Who can change this: ExecutionPolicy default (owner platform@example.com).
            one of two denies
              Refused/PolicyDenied: policy p1: namespace kube-system is protected
              Refused by policy p1: namespace kube-system is protected (default.rego:31). Nothing was touched. Who can change this: ExecutionPolicy p1 (owner platform@example.com).
            one fails, one denies
              Refused/PolicyDenied: policy p1: namespace kube-system is protected (and 1 more)
              Refused by policy default: it took too long (TimedOut); policy p1: namespace kube-system is protected (default.rego:31). Nothing was touched. Who can change this: ExecutionPolicy default (owner platform@example.com); ExecutionPolicy p1 (owner platform@example.com).
            wants an approval
              AwaitingApproval/ApprovalNeeded: replicas 2 -> 5
              It waits for 1 approval of sre-leads, until 2026-11-24T03:12:08Z. They look at it and decide: writ approve scale-web-x7k2p -n shop
            wants an approval, break glass is open
              AwaitingApproval/ApprovalNeeded: replicas 2 -> 5
              It waits for 1 approval of sre-leads, until 2026-11-24T03:12:08Z. They look at it and decide: writ approve scale-web-x7k2p -n shop
            wants a dry run
              DryRunning/DryRunNeeded: replicas 2 -> 5
              Parameters, plan and policies say yes to a dry run; the API server is asked what would change, until 2026-11-23T03:15:08Z at the latest.
            wants a review
              Preparing/Accepted: replicas 2 -> 5
              Parameters, plan and policies say yes; the run's identity is made next, or given up at 2026-11-23T03:14:08Z.
            allow, a shadow fails
              Preparing/Accepted: replicas 2 -> 5
              Parameters, plan and policies say yes; the run's identity is made next, or given up at 2026-11-23T03:14:08Z.
            a shadow alone
              Refused/PolicyMissing: no policy is in force
              No policy is in force, and nothing is allowed by silence. Nothing was touched. Install one (kubectl get executionpolicies), and make a new execution.
            drifted
              Preparing/Accepted: replicas 3 -> 5
              Parameters, plan and policies say yes; the run's identity is made next, or given up at 2026-11-23T03:14:08Z.
            connects to its target
              Refused/NotSupportedYet: not supported yet: a plan that a run cannot be held to
              The plan connects to an object, creates a part of one (such as an eviction), or writes more objects than the name of a run's identity can hold (five, fewer where some are new), and this build of Writ cannot hold a run to exactly those. Nothing was touched. Use an action that changes less at once.
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
fn what_is_not_as_it_was_shown_is_refused_and_what_is_goes_on() {
    let wanted = |hash: &str| {
        let mut exec = exec();
        exec.spec.plan_hash = Some(hash.to_owned());
        exec
    };
    let shown = crate::plan::request_hash(&exec(), &planned()).unwrap();
    let s = status(step(&wanted(shown.as_str()), at(1), validating(judged(&planned()))));
    assert_eq!((s.phase, s.plan.unwrap().request_hash), (crds::Phase::Preparing, shown.to_string()));
    // Not the hash of the plan of this one execution: nobody could know it beforehand.
    let looks = [("moved", planned_from(3, false), shown), ("its own hash", planned(), planned().hash)];
    let judged = |plan| Judgement::Judged {
        planned: Box::new(plan),
        ruling: ruling(&[allow()]),
        writers: vec![wrote("kubectl-edit", Some(at(-5))), wrote("kubectl", None)],
    };
    let looks = looks.map(|(name, plan, hash)| (name.to_owned(), step(&wanted(hash.as_str()), at(1), validating(judged(plan)))));
    check(
        looks.into(),
        &expect![[r#"
            moved
              Refused/PlanChanged: the plan is not the one that was shown
              The plan is not the one that spec.planHash was taken from: it is replicas 3 -> 5 now, with the hash sha256:4132161902b86d8aee9a97c34b944e1bf54dc155b07783523197dbfc4a96304c. Written last: spec.replicas by somebody with kubectl-edit (2026-11-23T03:12:02Z), spec.replicas by somebody with kubectl. Nothing was touched. Look again (writ run, or dryRun: Plan), and ask for what is shown then.
            its own hash
              Refused/PlanChanged: the plan is not the one that was shown
              The plan is not the one that spec.planHash was taken from: it is replicas 2 -> 5 now, with the hash sha256:7f85aae0b753ad98ed30b6ec2bf43af2c95fb9ed0d572c4d8ebeb4b032533d13. Written last: spec.replicas by somebody with kubectl-edit (2026-11-23T03:12:02Z), spec.replicas by somebody with kubectl. Nothing was touched. Look again (writ run, or dryRun: Plan), and ask for what is shown then.
        "#]],
    );
}

#[test]
fn what_this_build_does_not_honor_is_refused_by_name() {
    let all: [(&str, fn(&mut crds::ExecutionSpec)); 3] = [
        ("timeout", |s| s.timeout = Some("soon".into())),
        ("ttl", |s| s.ttl_after_finished = Some("a week".into())),
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
            timeout
              Refused/ParametersInvalid: invalid spec.timeout
              spec.timeout: "soon" is no time such as 90s, 5m or 1h30m. Nothing was touched. Correct it in a new execution.
            ttl
              Refused/ParametersInvalid: invalid spec.ttlAfterFinished
              spec.ttlAfterFinished: "a week" is no time such as 90s, 5m or 1h30m. Nothing was touched. Correct it in a new execution.
            keep
              Refused/ParametersInvalid: invalid spec.rollback.keepFor
              spec.rollback.keepFor: "1 day" is no time such as 90s, 5m or 1h30m. Nothing was touched. Correct it in a new execution.
        "#]],
    );
}

#[test]
fn unbelievable_stamps() {
    let with = |guards| {
        PhaseSeen::Validating(Box::new(Validating {
            since: at(0),
            guards,
            judged: judged(&planned()),
            left: None,
            original: None,
        }))
    };
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
          The admission policies were made or changed after this object, so its requester may be forged. Nothing was touched. Install the guards again (writ install --print | kubectl apply -f -), and make a new execution.
        guards missing
          Refused/AdmissionNotInForce: the admission policies of Writ are not in force
          These admission policies are not there as they were shipped: writ-stamp-requester. Nothing was touched. Install the guards again (writ install --print | kubectl apply -f -), and make a new execution.
        nobody
          Refused/AdmissionNotInForce: the admission policies of Writ are not in force
          Nobody stamped who asks for this. Nothing was touched. Install the guards again (writ install --print | kubectl apply -f -), and make a new execution.
    "#]],
    );
}
