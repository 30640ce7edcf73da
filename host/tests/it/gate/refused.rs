//! Where the gate and the core meet: whatever can go wrong with a policy, the execution is refused with a reason of its own, at the first look
//! and at the last one, and nothing is made for it.
use super::fixtures::{answering, policy, rule, with_test};
use crds::{KubernetesExecution, Phase, Reason};
use decide::{
    execution::{Execution, Progress},
    model::{Planned, Uid},
    next_step,
    observed::{Grants, GuardsSeen, Judgement, LedgerSeen, LockSeen, Observed, Others, PhaseSeen, Preparing, Ruling, Validating},
    site::Site,
    step::Step,
};
use host::gate::{Gate, GateLimits, Policy};
use serde_json::{Value, json};
use std::time::Duration;

const YES: &str = r#"{"allow": true, "deny": [], "require": {}}"#;
const NO: &str = r#"{"allow": false, "deny": ["no"], "require": {}}"#;

/// Every way of issue and design: what is in force, and the reason.
fn ways() -> Vec<(&'static str, Vec<Policy>, Reason)> {
    let yes_if = |body: &str| policy(&format!("decision := {YES} if {body}"));
    let named = |name: &str, policy: Policy| Policy { name: name.to_owned(), ..policy };
    let endless = "some a in numbers.range(1, 9000); some b in numbers.range(1, 9000); a + b < 0";
    let doubled: String = (1..60).map(|n| format!("x{n} := array.concat(x{0}, x{0})\n", n - 1)).collect();
    let (copy, many) = (r#"concat("", [big, sprintf("%d", [n])])"#, "some n in numbers.range(1, 9000)");
    let big = format!("big := concat(\"\", [\"123456789\" | {many}])");
    let silent = format!("decision := {YES}\n\ndeny contains \"never\" if input.action.risk == \"critical\"");
    vec![
        ("none", vec![], Reason::PolicyMissing),
        ("a shadow alone", vec![Policy { shadow: true, ..answering(YES) }], Reason::PolicyMissing),
        ("two of which one denies", vec![named("a", answering(YES)), named("b", answering(NO))], Reason::PolicyDenied),
        (
            "two decisions in one",
            vec![policy(&format!("decision := {YES} if input.version\n\ndecision := {NO} if input.now"))],
            Reason::PolicyErrored,
        ),
        ("undefined", vec![yes_if("input.action.risk == \"critical\"")], Reason::PolicyUndefined),
        ("wrong types", vec![answering(r#"{"allow": "true", "deny": [], "require": {}}"#)], Reason::PolicyMalformed),
        ("extra keys", vec![answering(r#"{"allow": true, "deny": [], "require": {}, "because": 1}"#)], Reason::PolicyMalformed),
        ("an error", vec![yes_if("to_number(input.execution.reason) > 3")], Reason::PolicyErrored),
        ("endless", vec![yes_if(&format!("count([1 | {endless}]) == 0"))], Reason::PolicyTimedOut),
        ("exponential", vec![policy(&format!("x0 := [1, 2]\n{doubled}\ndecision := {YES} if x59"))], Reason::PolicyErrored),
        (
            "memory",
            vec![policy(&format!("decision := {YES} if count([{copy} | {many}]) > 0\n\n{big}"))],
            Reason::PolicyOutOfMemory,
        ),
        (
            "a catastrophe of a regular expression",
            vec![yes_if(r#"regex.match("((a{1,1000}){1,1000}){1,1000}", input.execution.reason)"#)],
            Reason::PolicyErrored,
        ),
        (
            "huge output",
            vec![answering(
                r#"{"allow": false, "deny": [sprintf("%v", [n]) | some n in numbers.range(1, 9000)], "require": {}}"#,
            )],
            Reason::PolicyMalformed,
        ),
        ("an unknown builtin", vec![yes_if("no.such(1)")], Reason::PolicyNotReady),
        ("http.send", vec![yes_if(r#"http.send({"method": "GET", "url": "http://x"})"#)], Reason::PolicyNotReady),
        ("time", vec![yes_if("time.now_ns() > 0")], Reason::PolicyNotReady),
        ("no sentence of Rego", vec![policy("decision := {")], Reason::PolicyNotReady),
        ("its tests fail", vec![with_test(&format!("decision := {YES}"), "test_no if 1 == 2")], Reason::PolicyNotReady),
        ("its deny never fires", vec![policy(&silent)], Reason::PolicyNotReady),
    ]
}

fn stage(number: usize) -> Execution {
    let stages: Value = serde_json::from_str(include_str!("../../../fuzz/stages.json")).unwrap();
    let kx: KubernetesExecution = serde_json::from_value(json!({
        "apiVersion": "writ.dev/v1alpha1", "kind": "KubernetesExecution",
        "metadata": {
            "name": "scale-web-x7k2p", "namespace": "shop", "uid": "3c1f0a52-94d7-4be1-8a5e-0c1d2e3f4a5b", "resourceVersion": "1",
            "generation": 1, "creationTimestamp": "2026-11-23T03:12:07Z", "finalizers": [decide::execution::FINALIZER],
        },
        "spec": stages[number]["spec"],
        "status": stages[number]["status"],
    }))
    .unwrap();
    Execution::parse(&Uid::try_from("cluster".to_owned()).unwrap(), &kx).unwrap()
}

/// Stored by the core itself: one that is new, and one that was allowed and is about to start.
fn stages() -> (Execution, Execution, Planned) {
    let (new, ready) = (stage(0), stage(2));
    let Progress::Preparing(known) = &ready.progress else { panic!("{:?}", ready.progress) };
    let planned = known.planned.clone();
    (new, ready, planned)
}

fn step(exec: &Execution, phase: PhaseSeen) -> Step {
    let site = Site {
        runs_namespace: "writ-runs".into(),
        image: "registry.example/kubectl@sha256:11".into(),
        program: "/bin/kubectl".into(),
        cpu: "500m".into(),
        memory: "128Mi".into(),
        keep_job: 3600,
        start_grace: 120,
        longest: 3600,
        kubernetes: "1.37".into(),
        by: "writ-0".into(),
    };
    next_step(&site, "2026-11-23T03:12:12Z".parse().unwrap(), exec, &Observed { ledger: LedgerSeen::At(exec.seq), phase })
}

const GUARDED: GuardsSeen = GuardsSeen::InForce { since: jiff::Timestamp::UNIX_EPOCH };

fn first_look(exec: &Execution, planned: &Planned, ruling: Ruling) -> Step {
    let judged = Judgement::Judged { planned: Box::new(planned.clone()), ruling, writers: vec![] };
    let since = "2026-11-23T03:12:07Z".parse().unwrap();
    step(exec, PhaseSeen::Validating(Box::new(Validating { since, guards: GUARDED, judged, left: None, original: None })))
}

/// Everything else is in order: the identity is whole, it is its turn.
fn last_look(exec: &Execution, planned: &Planned, ruling: Ruling) -> Step {
    let seen = Preparing {
        since: exec.at,
        guards: GUARDED,
        judged: Some(Judgement::Judged { planned: Box::new(planned.clone()), ruling, writers: vec![] }),
        grants: Grants::Whole,
        lock: LockSeen::Ours { object: "target".into(), version: "7".into() },
        ahead: vec![],
        others: Others::default(),
        freezes: vec![],
        approvals: vec![],
        covering: vec![],
        original: None,
    };
    step(exec, PhaseSeen::Preparing(Box::new(seen)))
}

/// What is recorded; anything but a record is an effect, such as a grant or a Job.
fn recorded(step: Step) -> (Phase, Reason) {
    let Step::Record(status) = step else { panic!("no record: {step:?}") };
    (status.phase, status.reason)
}

fn gate() -> Gate {
    Gate::new(GateLimits { patience: Duration::from_secs(60), ..GateLimits::default() }).unwrap()
}

#[tokio::test]
async fn whatever_is_wrong_with_a_policy_has_its_reason_and_makes_nothing_at_the_first_look_and_at_the_last() {
    let (new, ready, planned) = stages();
    for (way, policies, reason) in ways() {
        let gate = gate();
        gate.apply(&policies);
        let ruling = rule(&gate).await;
        assert_eq!(recorded(first_look(&new, &planned, ruling.clone())), (Phase::Refused, reason), "{way}: {ruling:?}");
        assert_eq!(recorded(last_look(&ready, &planned, ruling)), (Phase::Refused, reason), "{way}, at the last look");
    }
}

/// The same two looks of the same execution under a good policy: nothing else refuses it.
#[tokio::test]
async fn a_good_policy_lets_it_start_until_it_is_deleted_or_edited() {
    let (new, ready, planned) = stages();
    let gate = gate();
    gate.apply(&[answering(YES)]);
    assert_eq!(recorded(first_look(&new, &planned, rule(&gate).await)), (Phase::Preparing, Reason::Accepted));
    assert_eq!(recorded(last_look(&ready, &planned, rule(&gate).await)), (Phase::Executing, Reason::Prepared));

    gate.apply(&[answering(NO)]);
    assert_eq!(recorded(last_look(&ready, &planned, rule(&gate).await)), (Phase::Refused, Reason::PolicyDenied), "edited");
    gate.apply(&[]);
    assert_eq!(recorded(last_look(&ready, &planned, rule(&gate).await)), (Phase::Refused, Reason::PolicyMissing), "deleted");
}

#[test]
fn no_two_ways_of_failing_share_a_reason() {
    let mut reasons: Vec<Reason> = ways().into_iter().map(|(_, _, reason)| reason).collect();
    reasons.sort_unstable();
    reasons.dedup();
    assert_eq!(
        reasons,
        [
            Reason::PolicyDenied,
            Reason::PolicyMissing,
            Reason::PolicyUndefined,
            Reason::PolicyMalformed,
            Reason::PolicyErrored,
            Reason::PolicyTimedOut,
            Reason::PolicyOutOfMemory,
            Reason::PolicyNotReady,
        ]
    );
}
