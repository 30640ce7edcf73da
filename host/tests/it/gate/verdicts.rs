//! Each way of not saying yes is a verdict of its own.
use super::fixtures::{answering, gate, gate_within, only, policy, question, ready, rule, verdict};
use decide::observed::{Denial, Obligations, Verdict};
use host::gate::{Gate, GateLimits, Policy};
use std::time::Duration;

const YES: &str = r#"{"allow": true, "deny": [], "require": {}}"#;

fn malformed(why: &str) -> Verdict {
    Verdict::Malformed(why.to_owned())
}

fn errored(verdict: Verdict) -> String {
    match verdict {
        Verdict::Errored(why) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn no_policies_read_yet_is_not_no_policy_and_neither_says_yes() {
    let gate = Gate::new(GateLimits::default()).unwrap();
    assert_eq!(gate.in_force(), None);
    assert_eq!(rule(&gate).await.results, []);
    gate.swap(Vec::new());
    assert_eq!(gate.in_force(), Some(Vec::new()));
    assert_eq!(rule(&gate).await.results, []);
}

#[tokio::test]
async fn a_yes_carries_its_conditions() {
    let all = r#"{"allow": true, "deny": [], "require": {"dry_run": true, "approvals": 2, "approver_groups": ["sre"], "expires": "15m",
        "approver_accounts": ["system:serviceaccount:ci:gate"], "break_glass": true, "review": "24h", "limits": {"namespace": 5, "requester": 2}}}"#;
    let obligations = Obligations {
        dry_run: true,
        approvals: 2,
        approver_groups: vec!["sre".to_owned()],
        approver_accounts: vec!["system:serviceaccount:ci:gate".to_owned()],
        expires: "15m".to_owned(),
        break_glass: true,
        review: "24h".to_owned(),
        limits: crds::Limits { namespace: Some(5), action: None, requester: Some(2) },
    };
    assert_eq!(verdict(&answering(all)).await, Verdict::Allow(obligations));
    assert_eq!(verdict(&answering(YES)).await, Verdict::Allow(Obligations::default()));
}

#[tokio::test]
async fn a_no_names_the_rule_that_said_it() {
    let module = r#"decision := {"allow": count(deny) == 0, "deny": deny, "require": {}}

deny contains sprintf("%s is asked for", [t.name]) if {
	some t in input.targets
}

deny contains "never" if input.action.risk == "critical"

deny contains "medium" if input.action.risk == "medium"

deny contains "medium" if { input.action.risk == "medium"; input.action.idempotent }"#;
    let test = r#"test_all if {
	d := writ.decision with input as {"targets": [{"name": "a"}], "action": {"risk": "critical"}}
	d.deny == {"a is asked for", "never"}
	e := writ.decision with input as {"targets": [], "action": {"risk": "medium", "idempotent": true}}
	e.deny == {"medium"}
}"#;
    let policy = super::fixtures::with_test(module, test);
    let deny = |message: &str, rule: &str| Denial { message: message.to_owned(), rule: rule.to_owned() };
    let expected = vec![deny("medium", "mine.rego:11, mine.rego:13"), deny("web is asked for", "mine.rego:5")];
    assert_eq!(verdict(&policy).await, Verdict::Deny(expected));
}

#[tokio::test]
async fn a_reason_that_no_rule_gave_is_not_put_down_to_one() {
    let no = verdict(&answering(r#"{"allow": false, "deny": ["no"], "require": {}}"#)).await;
    assert_eq!(no, Verdict::Deny(vec![Denial { message: "no".to_owned(), rule: String::new() }]));
    let silent = verdict(&answering(r#"{"allow": false, "deny": [], "require": {}}"#)).await;
    let message = "the policy says no and gives no reason".to_owned();
    assert_eq!(silent, Verdict::Deny(vec![Denial { message, rule: String::new() }]));
}

#[tokio::test]
async fn what_a_requester_wrote_does_not_draw_on_the_reader_s_terminal() {
    let policy = answering(r#"{"allow": false, "deny": [sprintf("no %s", ["\u001b[2J\n"])], "require": {}}"#);
    let Verdict::Deny(denials) = verdict(&policy).await else { panic!() };
    assert_eq!(denials[0].message, "no \u{fffd}[2J\u{fffd}");
}

#[tokio::test]
async fn no_decision_is_undefined() {
    assert_eq!(verdict(&policy(&format!("decision := {YES} if input.action.risk == \"low\""))).await, Verdict::Undefined);
}

#[tokio::test]
async fn two_decisions_at_once_are_an_error() {
    let other = r#"{"allow": false, "deny": ["no"], "require": {}}"#;
    let policy = policy(&format!(
        "decision := {YES} if input.action.risk == \"medium\"\n\ndecision := {other} if count(input.targets) > 0"
    ));
    let why = errored(verdict(&policy).await);
    assert!(why.ends_with("error: rule conflicts with rule at mine.rego:3:1"), "{why}");
}

#[tokio::test]
async fn a_builtin_that_fails_is_an_error_and_not_a_rule_that_does_not_fire() {
    let module = r#"decision := {"allow": count(deny) == 0, "deny": deny, "require": {}}

deny contains "not a number above 3" if to_number(input.execution.reason) > 3"#;
    let test = r#"test_fires if { d := writ.decision with input as {"execution": {"reason": "4"}}; not d.allow }"#;
    let why = errored(verdict(&super::fixtures::with_test(module, test)).await);
    assert!(why.contains("mine.rego:5"), "{why}");
}

#[tokio::test]
async fn what_is_no_answer_is_malformed() {
    for (answer, why) in [
        (r#""yes""#, "the decision is no object"),
        (r#"{"allow": true}"#, "the decision has no deny"),
        (r#"{"allow": true, "deny": []}"#, "the decision has no require"),
        (r#"{"allow": "true", "deny": [], "require": {}}"#, "allow is no boolean"),
        (r#"{"allow": true, "deny": "no", "require": {}}"#, "deny is no list"),
        (r#"{"allow": false, "deny": [1], "require": {}}"#, "deny has an entry that is no text"),
        (r#"{"allow": false, "deny": [" "], "require": {}}"#, "deny has an entry without words"),
        (r#"{"allow": true, "deny": ["no"], "require": {}}"#, "allow is true and there is a deny: no"),
        (
            r#"{"allow": true, "deny": [], "require": {}, "because": "x"}"#,
            "the decision has because, which means nothing here (allow, deny, require)",
        ),
        (r#"{"allow": true, "deny": [], "require": []}"#, "require is no object"),
        (
            r#"{"allow": true, "deny": [], "require": {"approval": 1}}"#,
            "require has approval, which means nothing here (dry_run, approvals, approver_groups, approver_accounts, expires, break_glass, review, limits)",
        ),
        (r#"{"allow": true, "deny": [], "require": {"dry_run": 1}}"#, "require.dry_run is no boolean"),
        (r#"{"allow": true, "deny": [], "require": {"limits": 5}}"#, "require.limits is no object"),
        (
            r#"{"allow": true, "deny": [], "require": {"limits": {"target": 1}}}"#,
            "require.limits has target, which means nothing here (namespace, action, requester)",
        ),
        (
            r#"{"allow": true, "deny": [], "require": {"limits": {"action": 0}}}"#,
            "require.limits.action is no whole number from 1 to 1000",
        ),
        (
            r#"{"allow": true, "deny": [], "require": {"limits": {"requester": 1.5}}}"#,
            "require.limits.requester is no whole number from 1 to 1000",
        ),
        (r#"{"allow": true, "deny": [], "require": {"dry_run": null}}"#, "require.dry_run is no boolean"),
        (r#"{"allow": true, "deny": [], "require": {"break_glass": "yes"}}"#, "require.break_glass is no boolean"),
        (r#"{"allow": true, "deny": [], "require": {"approvals": "1"}}"#, "require.approvals is no whole number from 0 to 16"),
        (r#"{"allow": true, "deny": [], "require": {"approvals": -1}}"#, "require.approvals is no whole number from 0 to 16"),
        (r#"{"allow": true, "deny": [], "require": {"approvals": 1.5}}"#, "require.approvals is no whole number from 0 to 16"),
        (r#"{"allow": true, "deny": [], "require": {"approvals": 17}}"#, "require.approvals is no whole number from 0 to 16"),
        (r#"{"allow": true, "deny": [], "require": {"approver_groups": "sre"}}"#, "require.approver_groups is no list"),
        (
            r#"{"allow": true, "deny": [], "require": {"approver_accounts": ["jonas"]}}"#,
            "require.approver_accounts names jonas; it takes system:serviceaccount:NAMESPACE:NAME",
        ),
        (r#"{"allow": true, "deny": [], "require": {"expires": "soon"}}"#, "require.expires is no time span such as 15m or 24h"),
        (r#"{"allow": true, "deny": [], "require": {"expires": "-15m"}}"#, "require.expires is no time span such as 15m or 24h"),
        (r#"{"allow": true, "deny": [], "require": {"review": 24}}"#, "require.review is no text"),
    ] {
        assert_eq!(verdict(&answering(answer)).await, malformed(why), "{answer}");
    }
}

#[tokio::test]
async fn an_answer_without_end_is_malformed() {
    let many = r#"{"allow": false, "deny": [sprintf("%v", [n]) | some n in numbers.range(1, 9000)], "require": {}}"#;
    assert_eq!(verdict(&answering(many)).await, malformed("deny has more than 64 entries"));
    let long = r#"{"allow": false, "deny": [concat("", ["no" | some n in numbers.range(1, 9000)])], "require": {}}"#;
    assert_eq!(verdict(&answering(long)).await, malformed("deny has an entry of more than 1024 characters"));
}

/// Three loops of a thousand in one another: days, if nothing stopped it. Nothing is collected, or memory would be at its end first.
const ENDLESS: &str = "count([1 | some a in numbers.range(1, 1000); some b in numbers.range(1, 1000); some c in numbers.range(1, 1000); a + b + c < 0]) == 0";

#[tokio::test]
async fn an_evaluation_without_end_is_stopped_and_its_thread_comes_back() {
    // Patience alone would also answer, and leave the thread to it for days.
    let limits =
        GateLimits { time: Duration::from_millis(100), patience: Duration::from_secs(30), threads: 1, ..GateLimits::default() };
    let gate = gate_within(limits, &[policy(&format!("decision := {YES} if {ENDLESS}"))]);
    assert_eq!(only(rule(&gate).await), Verdict::TimedOut);
    gate.swap(vec![ready(&answering(YES))]);
    assert_eq!(only(rule(&gate).await), Verdict::Allow(Obligations::default()));
}

#[tokio::test]
async fn an_evaluation_without_end_inside_a_function_is_stopped() {
    // Regorus drops the error of one definition where another gives a value.
    let module = format!("decision := {YES} if slow(1)\n\nslow(x) if {{ x > 0; {ENDLESS} }}\n\nslow(x) if x == 1");
    assert_eq!(verdict(&policy(&module)).await, Verdict::TimedOut);
}

#[tokio::test]
async fn values_that_double_are_stopped() {
    for (start, doubled, why) in [
        ("[1, 2]", "array.concat(x, x)", "array.concat: more than 10000 elements"),
        ("\"ab\"", "sprintf(\"%s%s\", [x, x])", "sprintf: arguments of more than 1048576 bytes"),
        ("\"\\\"\"", "json.marshal(x)", "json.marshal: arguments of more than 1048576 bytes"),
        ("\"ab\"", "concat(x, [x, x])", "concat: more than 1048576 bytes"),
        ("\"ab\"", "replace(x, \"a\", x)", "replace: more than 1048576 bytes"),
    ] {
        let steps: String = (1..60).map(|n| format!("x{n} := {}\n", doubled.replace('x', &format!("x{}", n - 1)))).collect();
        let module = format!("x0 := {start}\n{steps}\ndecision := {YES} if x59");
        let said = errored(verdict(&policy(&module)).await);
        assert!(said.contains(why), "{said}");
    }
}

#[tokio::test]
async fn a_policy_that_goes_or_is_edited_while_it_is_asked_answers_as_it_was_and_not_the_next_time() {
    let limits =
        GateLimits { time: Duration::from_millis(300), patience: Duration::from_secs(30), threads: 2, ..GateLimits::default() };
    let slow = policy(&format!("decision := {YES} if {ENDLESS}"));
    let gate = gate_within(limits, std::slice::from_ref(&slow));
    let asked = gate.clone();
    let (ruling, ()) = tokio::join!(async move { rule(&asked).await }, async { gate.swap(vec![ready(&answering(YES))]) });
    assert_eq!(ruling.results[0].digest, slow.digest(), "one version answers, and is named");
    assert_eq!(only(ruling), Verdict::TimedOut, "gone is not yes");
    let edited = rule(&gate).await;
    assert_eq!(edited.results[0].digest, answering(YES).digest());
    gate.swap(Vec::new());
    assert_eq!(rule(&gate).await.results, [], "no policy is no yes");
}

#[tokio::test]
async fn nobody_waits_longer_than_patience() {
    let limits =
        GateLimits { time: Duration::from_secs(3), patience: Duration::from_millis(50), threads: 1, ..GateLimits::default() };
    let gate = gate_within(limits, &[policy(&format!("decision := {YES} if {ENDLESS}"))]);
    assert_eq!(only(rule(&gate).await), Verdict::TimedOut);
    // The one thread is still at it, and a good policy has to wait: no is the answer, not silence.
    gate.swap(vec![ready(&answering(YES))]);
    assert_eq!(only(rule(&gate).await), Verdict::TimedOut);
}

#[tokio::test]
async fn one_call_cannot_take_all_memory() {
    for (call, why) in [
        ("count(numbers.range(1, 1000000000000)) > 0", "numbers.range: more than 10000 numbers"),
        (r#"count(replace(big, "x", big)) > 0"#, "replace: more than 1048576 bytes"),
        (r#"count(concat(big, numbers_as_text)) > 0"#, "concat: more than 1048576 bytes"),
    ] {
        let module = format!(
            "decision := {YES} if {call}\n\nbig := concat(\"\", [\"x\" | some n in numbers.range(1, 9999)])\n\nnumbers_as_text := [sprintf(\"%v\", [n]) | some n in numbers.range(1, 200)]"
        );
        let said = errored(verdict(&policy(&module)).await);
        assert!(said.contains(why), "{said}");
    }
}

#[tokio::test]
async fn a_regular_expression_is_never_a_catastrophe() {
    let text: String = "a".repeat(60);
    let nested = format!(r#"decision := {YES} if not regex.match("^(a+)+$", "{text}!")"#);
    assert_eq!(verdict(&policy(&nested)).await, Verdict::Allow(Obligations::default()));
    let huge = format!(r#"decision := {YES} if not regex.match("((a{{1,1000}}){{1,1000}}){{1,1000}}", "{text}")"#);
    let why = errored(verdict(&policy(&huge)).await);
    assert!(why.contains("exceeded size limit"), "{why}");
}

#[tokio::test]
async fn a_question_that_does_not_fit_its_schema_is_answered_by_nobody() {
    let mut question = question("shop", "staging", 2, 3);
    question.requester.username = String::new();
    let why = errored(only(gate(&[answering(YES)]).decide(&question).await));
    assert!(why.starts_with("the question does not fit its schema: /requester/username: "), "{why}");
}

#[tokio::test]
async fn every_policy_speaks_for_itself() {
    let no = Policy { name: "no".to_owned(), shadow: true, ..answering(r#"{"allow": false, "deny": ["no"], "require": {}}"#) };
    let results = rule(&gate(&[answering(YES), no])).await.results;
    let said: Vec<_> = results.iter().map(|r| (r.policy.as_str(), r.owner.as_str(), r.shadow)).collect();
    assert_eq!(said, [("mine", "me@example.com", false), ("no", "me@example.com", true)]);
    assert_eq!(results[0].verdict, Verdict::Allow(Obligations::default()));
    assert!(matches!(results[1].verdict, Verdict::Deny(_)));
}

#[tokio::test]
async fn the_ruling_names_the_question_by_its_bytes() {
    let question = question("shop", "staging", 2, 3);
    let ruling = gate(&[answering(YES)]).decide(&question).await;
    assert_eq!(ruling.input, decide::model::Digest::of(&question.bytes()));
    assert_eq!(ruling.results[0].digest, answering(YES).digest());
}

#[tokio::test]
async fn nothing_of_one_question_is_there_for_the_next() {
    let gate = gate(&[super::default::default_policy()]);
    let no = only(gate.decide(&question("kube-system", "staging", 2, 3)).await);
    assert!(matches!(no, Verdict::Deny(_)), "{no:?}");
    for _ in 0..100 {
        assert!(matches!(only(gate.decide(&question("shop", "staging", 2, 3)).await), Verdict::Allow(_)));
    }
}
