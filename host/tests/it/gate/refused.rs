//! Where the gate and the core meet: whatever can go wrong with a policy, the execution is refused in words of its own and with the reason of its
//! kind, at the first look and at the last one, and nothing is made for it.
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
const NONE: &str = "No policy is in force, and nothing is allowed by silence";

/// A way to go wrong.
struct Way {
    name: &'static str,
    /// What is in force.
    policies: Vec<Policy>,
    reason: Reason,
    /// Of the message: they say this way, and no other.
    words: &'static str,
}

fn way(name: &'static str, policies: impl IntoIterator<Item = Policy>, reason: Reason, words: &'static str) -> Way {
    Way { name, policies: policies.into_iter().collect(), reason, words }
}

fn yes_if(body: &str) -> Policy {
    policy(&format!("decision := {YES} if {body}"))
}

/// Every way of issue and design.
fn ways() -> Vec<Way> {
    let mut all = said_nothing_good();
    all.extend(did_not_end_well());
    all.extend(was_never_good());
    all
}

/// It ends, and what it says is no yes.
fn said_nothing_good() -> Vec<Way> {
    let named = |name: &str, policy: Policy| Policy { name: name.to_owned(), ..policy };
    let two = format!("decision := {YES} if input.version\n\ndecision := {NO} if input.now");
    let strange = r#"{"allow": true, "deny": [], "require": {}, "because": 1}"#;
    let huge = r#"{"allow": false, "deny": [sprintf("%v", [n]) | some n in numbers.range(1, 9000)], "require": {}}"#;
    vec![
        way("none", [], Reason::PolicyMissing, NONE),
        way(
            "two of which one denies",
            [named("a", answering(YES)), named("b", answering(NO))],
            Reason::PolicyDenied,
            "policy b: no.",
        ),
        way("two decisions in one", [policy(&two)], Reason::PolicyErrored, "rule conflicts with rule"),
        way("undefined", [yes_if("input.action.risk == \"critical\"")], Reason::PolicyUndefined, "it came to no decision"),
        way(
            "wrong types",
            [answering(r#"{"allow": "true", "deny": [], "require": {}}"#)],
            Reason::PolicyMalformed,
            "allow is no boolean",
        ),
        way("extra keys", [answering(strange)], Reason::PolicyMalformed, "the decision has because, which means nothing here"),
        way("huge output", [answering(huge)], Reason::PolicyMalformed, "deny has more than 64 entries"),
    ]
}

/// It fails, or is stopped.
fn did_not_end_well() -> Vec<Way> {
    let endless = "some a in numbers.range(1, 9000); some b in numbers.range(1, 9000); a + b < 0";
    let doubled: String = (1..60).map(|n| format!("x{n} := array.concat(x{0}, x{0})\n", n - 1)).collect();
    let doubled = format!("x0 := [1, 2]\n{doubled}\ndecision := {YES} if x59");
    let (copy, many) = (r#"concat("", [big, sprintf("%d", [n])])"#, "some n in numbers.range(1, 9000)");
    let big = format!("big := concat(\"\", [\"123456789\" | {many}])");
    let greedy = format!("decision := {YES} if count([{copy} | {many}]) > 0\n\n{big}");
    let catastrophe = r#"regex.match("((a{1,1000}){1,1000}){1,1000}", input.execution.reason)"#;
    vec![
        way(
            "an error",
            [yes_if("to_number(input.execution.reason) > 3")],
            Reason::PolicyErrored,
            "could not parse string as number",
        ),
        way("endless", [yes_if(&format!("count([1 | {endless}]) == 0"))], Reason::PolicyTimedOut, "it took too long"),
        way("exponential", [policy(&doubled)], Reason::PolicyErrored, "array.concat: more than 10000 elements"),
        way("memory", [policy(&greedy)], Reason::PolicyOutOfMemory, "it needs too much memory"),
        way("a catastrophe of a regular expression", [yes_if(catastrophe)], Reason::PolicyErrored, "exceeded size limit"),
    ]
}

/// It is not asked.
fn was_never_good() -> Vec<Way> {
    let silent = format!("decision := {YES}\n\ndeny contains \"never\" if input.action.risk == \"critical\"");
    let failing = with_test(&format!("decision := {YES}"), "test_no if 1 == 2");
    let not_ready = |name, policy, words| way(name, [policy], Reason::PolicyNotReady, words);
    vec![
        not_ready("an unknown builtin", yes_if("no.such(1)"), "UnknownBuiltin: there is no function no.such here"),
        not_ready(
            "http.send",
            yes_if(r#"http.send({"method": "GET", "url": "http://x"})"#),
            "HttpSendNotAllowed: http.send: a decision depends on its input alone",
        ),
        not_ready("time", yes_if("time.now_ns() > 0"), "TimeNotAllowed: time.now_ns"),
        not_ready("no sentence of Rego", policy("decision := {"), "ParseError: "),
        not_ready("its tests fail", failing, "TestFailed: test_no"),
        not_ready("its deny never fires", policy(&silent), "DenyNeverFired: no test makes this deny fire"),
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
fn told(step: Step) -> (Phase, Reason, String) {
    let Step::Record(status) = step else { panic!("no record: {step:?}") };
    (status.phase, status.reason, status.message)
}

fn recorded(step: Step) -> (Phase, Reason) {
    let (phase, reason, _) = told(step);
    (phase, reason)
}

/// Refused so, in these words.
#[track_caller]
fn refused(step: Step, reason: Reason, words: &str, what: &str) -> String {
    let (phase, why, message) = told(step);
    assert_eq!((phase, why), (Phase::Refused, reason), "{what}: {message}");
    assert!(message.contains(words) && message.contains("Nothing was touched."), "{what}: {message}");
    message
}

fn gate() -> Gate {
    Gate::new(GateLimits { patience: Duration::from_secs(60), ..GateLimits::default() }).unwrap()
}

#[tokio::test]
async fn whatever_is_wrong_with_a_policy_is_told_in_its_own_words_and_makes_nothing_at_the_first_look_and_at_the_last() {
    let (new, ready, planned) = stages();
    let mut said = vec![];
    for Way { name, policies, reason, words } in ways() {
        let gate = gate();
        gate.apply(&policies);
        let ruling = rule(&gate).await;
        said.push((name, refused(first_look(&new, &planned, ruling.clone()), reason, words, name)));
        refused(last_look(&ready, &planned, ruling), reason, words, &format!("{name}, at the last look"));
    }
    for Way { name, words, .. } in ways() {
        let who: Vec<&str> = said.iter().filter(|(_, message)| message.contains(words)).map(|(name, _)| *name).collect();
        assert_eq!(who, [name], "{words:?} say more than one way");
    }
}

/// Who is evaluated and not obeyed is none.
#[tokio::test]
async fn the_yes_of_a_shadow_alone_is_no_policy_at_all() {
    let (new, ready, planned) = stages();
    let gate = gate();
    gate.apply(&[Policy { shadow: true, ..answering(YES) }]);
    let ruling = rule(&gate).await;
    refused(first_look(&new, &planned, ruling.clone()), Reason::PolicyMissing, NONE, "at first");
    refused(last_look(&ready, &planned, ruling), Reason::PolicyMissing, NONE, "at last");
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
    refused(last_look(&ready, &planned, rule(&gate).await), Reason::PolicyDenied, "policy mine: no.", "edited");
    gate.apply(&[]);
    refused(last_look(&ready, &planned, rule(&gate).await), Reason::PolicyMissing, NONE, "deleted");
}

/// Reasons are for programs, and of each kind there is one: what went wrong is in the words.
#[test]
fn each_reason_that_policies_have_is_that_of_some_way_to_go_wrong() {
    let mut reasons: Vec<Reason> = ways().into_iter().map(|way| way.reason).collect();
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
