//! What keeps a bundle from being asked at all, each with its word and its line; and what stands in its place.
use super::fixtures::{answering, gate, only, policy, problem, problems, ready, rule, with_test};
use decide::observed::{Obligations, Verdict};
use host::gate::{Gate, GateLimits, Kind, Policy, check, test_report};
use serde_json::json;

const YES: &str = r#"{"allow": true, "deny": [], "require": {}}"#;

/// The decision is the first rule, on line 3.
fn yes_if(body: &str) -> Policy {
    policy(&format!("decision := {YES} if {body}"))
}

#[test]
fn what_may_not_be_called_is_refused_with_its_line() {
    for (call, kind, message) in [
        (
            r#"http.send({"method": "get", "url": "x"}).status_code == 200"#,
            Kind::HttpSendNotAllowed,
            "http.send: a decision depends on its input alone",
        ),
        ("time.now_ns() > 0", Kind::TimeNotAllowed, "time.now_ns: use time.parse_rfc3339_ns(input.now)"),
        (r#"rand.intn("x", 2) == 1"#, Kind::RandomNotAllowed, "rand.intn: the same question must get the same answer"),
        (r#"uuid.rfc4122("x") != """#, Kind::RandomNotAllowed, "uuid.rfc4122: the same question"),
        ("opa.runtime().env", Kind::BuiltinNotAllowed, "opa.runtime: a decision depends on its input alone"),
        ("bits.lsh(1, 99999999999) > 0", Kind::BuiltinNotAllowed, "bits.lsh: one call can make a number of any size"),
        ("print(1)", Kind::BuiltinNotAllowed, "print: only tests may print"),
        ("sprintf(input.execution.reason, []) != \"\"", Kind::BuiltinNotAllowed, "sprintf: write the format out"),
        (r#"sprintf("%999999999d", [1]) != """#, Kind::BuiltinNotAllowed, "sprintf: a width of more than two digits"),
        (
            r#"strings.concat("", []) == """#,
            Kind::UnknownBuiltin,
            "there is no function strings.concat here; did you mean concat?",
        ),
        ("scaling(1)", Kind::UnknownBuiltin, "there is no function scaling here"),
    ] {
        let (got, place, said) = problem(&yes_if(&format!("{{\n\tinput.action.risk == \"low\"\n\t{call}\n}}")));
        assert_eq!((got, place.as_str()), (kind, "mine.rego:5"), "{call}");
        assert!(said.starts_with(message), "{said}");
    }
}

#[test]
fn what_may_not_be_called_may_not_stand_for_something_else_either() {
    let module = format!("decision := {YES} if clock with moment as time.now_ns\n\nclock if moment() > 0\n\nmoment() := 1");
    assert_eq!(problem(&policy(&module)).0, Kind::TimeNotAllowed);
}

#[test]
fn functions_of_the_bundle_may_be_called_by_any_of_their_names() {
    let module = format!("import data.writ as me\n\ndecision := {YES} if {{ f(1); me.f(1); data.writ.f(1) }}\n\nf(x) if x == 1");
    ready(&policy(&module));
}

#[test]
fn what_does_not_parse_is_refused_with_its_line() {
    let (kind, place, message) = problem(&policy("decision := {"));
    assert_eq!((kind, place.as_str()), (Kind::ParseError, "mine.rego:4"), "{message}");
    let (kind, place, message) = problem(&yes_if("x > 1"));
    assert_eq!((kind, place.as_str()), (Kind::ParseError, "mine.rego:3"), "{message}");
}

#[test]
fn what_needs_itself_is_refused_before_it_takes_the_stack() {
    for module in
        ["f(x) := f(x + 1)", "f(x) := g(x)\n\ng(x) := f(x)", "f(x) := data.writ.f(x)", "f(g) := f(g) if { some f in g }"]
    {
        let problems = problems(&policy(&format!("decision := {YES} if f(1) == 1\n\n{module}")));
        assert!(problems.iter().all(|p| p.kind == Kind::Recursion), "{problems:#?}");
    }
    let rules = problems(&policy(&format!("decision := {YES} if a\n\na if b\n\nb if a")));
    assert!(rules.iter().all(|p| p.kind == Kind::Recursion), "{rules:#?}");
}

#[test]
fn what_lies_too_deep_is_refused_before_it_takes_the_stack() {
    let chain: String = (1..2000).map(|n| format!("r{n} if r{}\n", n - 1)).collect();
    assert_eq!(problem(&policy(&format!("decision := {YES} if r1999\n\nr0 if input.targets\n\n{chain}"))).0, Kind::TooDeep);
    // The parser would take hours over these.
    for (open, close) in [("[", "]"), ("{", "}"), ("(", ")"), ("{1: ", "}"), ("f(", ")"), ("[x | x := ", "]")] {
        let brackets = format!("decision := {}1{}", open.repeat(30), close.repeat(30));
        assert_eq!(problem(&policy(&brackets)).0, Kind::TooDeep, "{open}");
        // And not over these: that it ends is the proof.
        let fewer = format!("decision := {}1{}", open.repeat(14), close.repeat(14));
        assert!(!check(&policy(&fewer)).is_err_and(|p| p.iter().any(|p| p.kind == Kind::TooDeep)), "{open}");
    }
    let words =
        format!("decision := {YES} if {{\n\t# {}\n\t\"{}\\\"\" != `{}`\n}}", "[".repeat(99), "[".repeat(99), "{".repeat(99));
    ready(&policy(&words));
    let sum = vec!["1"; 19_000].join("+\n");
    let problems = problems(&policy(&format!("decision := {YES} if {sum} > 0")));
    assert!(problems.iter().all(|p| p.kind == Kind::TooDeep), "{problems:?}");
}

#[tokio::test]
async fn the_deepest_that_is_let_through_can_be_asked() {
    // Each rule is needed at the innermost place of the one above it.
    let sum = "+ 1\n".repeat(120);
    let sums: String = (1..62).map(|n| format!("r{n} := r{}\n{sum}\n", n - 1)).collect();
    let lists: String = (1..62).map(|n| format!("r{n} := {}r{}{}\n", "[x | x := ".repeat(13), n - 1, "]".repeat(13))).collect();
    for rules in [sums, lists] {
        let policy = policy(&format!("decision := {YES} if r61\n\nr0 := count(input.targets)\n\n{rules}"));
        assert_eq!(super::fixtures::verdict(&policy).await, Verdict::Allow(Obligations::default()));
    }
}

#[test]
fn a_field_that_the_question_does_not_have_is_refused() {
    for (body, message) in [
        (
            "input.requestor.username == \"x\"",
            "input.requestor is not in the question (it has action, cluster, diff, execution, ",
        ),
        ("some t in input.targets; t.nmae == \"x\"", "t.nmae is not in the question (it has apiVersion, kind, labels, "),
        ("some i; input.targets[i].owner == \"x\"", "input.targets._.owner is not in the question"),
        ("every c in input.plan.changes { c.owner == \"x\" }", "c.owner is not in the question"),
        ("n := input.cluster.nodes; n.raedy > 1", "n.raedy is not in the question (it has ready, total)"),
        ("count([c | some c in input.plan.changes; c.owner.kind == \"x\"]) == 0", "c.owner is not in the question"),
        ("input.action.risk.level == 1", "input.action.risk.level is not in the question (it is of type string)"),
        ("input.targets.name == \"x\"", "input.targets.name is not in the question (it is a list: some x in it)"),
        ("input[\"execution\"].raeson == \"x\"", "input.execution.raeson is not in the question"),
        (
            "input.execution.rollbackOf.coveredByApproval",
            "input.execution.rollbackOf.coveredByApproval is not in the question (it has name, uid)",
        ),
    ] {
        let policy = yes_if(&format!("{{ {body} }}"));
        assert!(check(&policy).is_err(), "{body}");
        let (kind, place, said) = problem(&policy);
        assert_eq!((kind, place.as_str()), (Kind::UnknownInput, "mine.rego:3"), "{body}");
        assert!(said.starts_with(message), "{said}");
    }
}

#[test]
fn what_may_be_anything_may_be_read() {
    for body in [
        "input.parameters.replicas > 3",
        "input.execution.origin.agent.model == \"x\"",
        "input.execution.namespaceLabels.environment == \"x\"",
        "some t in input.targets; t.labels[\"a/b\"] == \"x\"",
        "some c in input.plan.changes; c.after.limits.cpu == \"1\"",
        "some c in input.plan.changes; some t in input.targets; c.name == t.name; t.priorityClass == \"\"",
        "input.plan.undo.parameters.replicas == 1",
        "input.execution.rollbackOf.name == \"x\"",
    ] {
        ready(&yes_if(&format!("{{ {body} }}")));
    }
}

#[test]
fn a_setting_that_the_data_does_not_have_is_refused() {
    let policy =
        Policy { data: json!({"limits": {"replicas": 3}}), ..yes_if("data.settings.limits.replicas > data.settings.max") };
    let (kind, place, message) = problem(&policy);
    assert_eq!((kind, place.as_str()), (Kind::UnknownSetting, "mine.rego:3"));
    assert_eq!(message, "data.settings.max is not in the policy's data");
}

#[test]
fn a_bundle_says_what_it_is_about() {
    assert_eq!(problem(&policy("allow := true")).0, Kind::NoDecision);
    let other = Policy { modules: [("a.rego".to_owned(), "package other\n\nx := 1\n".to_owned())].into(), ..answering(YES) };
    let kinds: Vec<_> = problems(&other).iter().map(|p| p.kind).collect();
    assert_eq!(kinds, [Kind::WrongPackage, Kind::NoDecision]);
    assert_eq!(problem(&Policy::default()).0, Kind::NoModules);
    let big = policy(&"# a line that says nothing\n".repeat(3000));
    assert_eq!(problem(&big).0, Kind::TooLarge);
}

#[test]
fn a_bundle_without_tests_or_whose_tests_fail_is_not_ready() {
    let mut untested = answering(YES);
    untested.modules.remove("mine_test.rego");
    assert_eq!(problem(&untested).0, Kind::NoTests);

    let failing =
        with_test(&format!("decision := {YES}"), "test_no if {\n\td := writ.decision\n\tcount(d.deny) == 1\n\td.allow\n}");
    let (kind, place, message) = problem(&failing);
    assert_eq!((kind, place.as_str()), (Kind::TestFailed, "mine_test.rego:7"));
    assert_eq!(message, "test_no: count(d.deny): got 0, want 1");

    let endless = "test_slow if count([1 | some a in numbers.range(1, 9000); some b in numbers.range(1, 9000); a + b < 0]) == 0";
    assert_eq!(problem(&with_test(&format!("decision := {YES}"), endless)).0, Kind::TestTimedOut);
}

/// A machine that has just started is often too slow for a moment: it is looked at again and again, and nothing is judged meanwhile. One that is
/// always too slow refuses in the end.
#[test]
fn a_test_that_takes_too_long_is_tried_again_and_is_no_verdict_on_the_bundle_before() {
    let endless = "test_slow if count([1 | some a in numbers.range(1, 9000); some b in numbers.range(1, 9000); a + b < 0]) == 0";
    let slow = [with_test(&format!("decision := {YES}"), endless)];
    let gate = Gate::new(GateLimits::default()).unwrap();
    for look in 0..5 {
        assert!(gate.apply(&slow)[0].passes(), "{look}");
        assert_eq!(gate.in_force(), None, "{look}");
    }
    assert!(!gate.apply(&slow)[0].in_force.is_ready());
    assert!(gate.in_force().is_some());
    let wrong = [with_test(&format!("decision := {YES}"), "test_no if 1 == 2")];
    let gate = Gate::new(GateLimits::default()).unwrap();
    assert!(!gate.apply(&wrong)[0].passes());
    assert!(gate.in_force().is_some(), "what is wrong stays so");
}

const DENIES: &str = r#"decision := {"allow": count(deny) == 0, "deny": deny, "require": {}}

deny contains "one" if input.action.risk == "high"

deny contains "two" if { input.action.risk == "critical" }"#;

#[test]
fn a_deny_that_no_test_makes_fire_is_not_ready() {
    let one = r#"test_one if { d := writ.decision with input as {"action": {"risk": "high"}}; d.deny == {"one"} }"#;
    let (kind, place, _) = problem(&with_test(DENIES, one));
    // Its line was evaluated: only its firing counts.
    assert_eq!((kind, place.as_str()), (Kind::DenyNeverFired, "mine.rego:7"));
    let two = r#"test_two if { d := writ.decision with input as {"action": {"risk": "critical"}}; d.deny == {"two"} }"#;
    ready(&with_test(DENIES, &format!("{one}\n\n{two}")));
}

#[tokio::test]
async fn a_bad_edit_leaves_the_last_good_version_in_force() {
    let gate = Gate::new(GateLimits::default()).unwrap();
    let good = Policy { name: "mine".to_owned(), ..answering(r#"{"allow": false, "deny": ["no"], "require": {}}"#) };
    assert!(gate.apply(std::slice::from_ref(&good)).iter().all(|a| a.problems.is_empty()));
    let before = gate.in_force();

    let bad = Policy { name: "mine".to_owned(), ..yes_if("time.now_ns() > 0") };
    let applied = gate.apply(&[bad]);
    assert_eq!(applied[0].problems[0].kind, Kind::TimeNotAllowed);
    assert_eq!(gate.in_force(), before);
    assert!(matches!(only(rule(&gate).await), Verdict::Deny(_)));

    gate.apply(&[]);
    assert_eq!(gate.in_force(), Some(Vec::new()), "what is deleted goes");
}

#[tokio::test]
async fn a_policy_that_was_never_good_refuses_everything_and_says_why() {
    let gate = Gate::new(GateLimits::default()).unwrap();
    let yes = Policy { name: "yes".to_owned(), ..answering(YES) };
    gate.apply(&[yes, yes_if("time.now_ns() > 0")]);
    let results = rule(&gate).await.results;
    assert_eq!(results[0].verdict, Verdict::Allow(Obligations::default()));
    let why = "mine.rego:3: TimeNotAllowed: time.now_ns: use time.parse_rfc3339_ns(input.now). Correct it, or delete it";
    assert_eq!(results[1].verdict, Verdict::NotReady(why.to_owned()));
}

#[tokio::test]
async fn what_was_checked_is_in_force_under_the_name_owner_and_mode_of_each_that_has_it() {
    let gate = Gate::new(GateLimits::default()).unwrap();
    let one = answering(YES);
    let other = Policy { name: "other".to_owned(), owner: "you@example.com".to_owned(), shadow: true, ..one.clone() };
    gate.apply(&[one, other]);
    let results = rule(&gate).await.results;
    let said: Vec<_> = results.iter().map(|r| (r.policy.as_str(), r.owner.as_str(), r.shadow)).collect();
    assert_eq!(said, [("mine", "me@example.com", false), ("other", "you@example.com", true)]);
    assert!(results.iter().all(|r| r.verdict == Verdict::Allow(Obligations::default())), "{results:?}");
}

#[tokio::test]
async fn tests_take_no_part_in_a_decision() {
    let test = "package writ\n\ntest_x if true\n\ndecision := {\"allow\": true, \"deny\": [], \"require\": {}} if input.action.risk == \"medium\"\n";
    let mut policy = answering(r#"{"allow": false, "deny": ["no"], "require": {}} if count(input.targets) > 0"#);
    policy.modules.insert("mine_test.rego".to_owned(), test.to_owned());
    assert!(matches!(only(rule(&gate(&[policy])).await), Verdict::Deny(_)));
}

#[test]
fn the_report_says_what_passed_what_failed_and_what_was_never_evaluated() {
    let one = "test_one if {\n\td := writ.decision with input as {\"action\": {\"risk\": \"high\"}}\n\td.deny == {\"two\"}\n}\n\ntest_yes if true";
    let unseen = "nobody := x if {\n\tinput.action.risk == \"none\"\n\tinput.action.reversible\n\tx := 1\n}";
    let report = test_report(&[with_test(&format!("{DENIES}\n\n{unseen}"), one)]);
    assert!(!report.passed());
    let said = [
        "  mine.rego   1 passed, 1 FAILED",
        "    test_one: d.deny: got [\"one\"], want [\"two\"]      mine_test.rego:7",
        "    mine.rego:7: DenyNeverFired: no test makes this deny fire: nobody has seen it work",
        "  coverage 57 %: mine.rego:9, 11-12 never evaluated",
    ];
    assert_eq!(report.to_string().lines().collect::<Vec<_>>(), said);
}
