//! An evaluation that holds too much is stopped with a reason of its own, gives all back, and nobody beside it notices.
use super::fixtures::{answering, gate, gate_within, only, policy, problem, ready, rule, with_test};
use decide::observed::{Obligations, Verdict};
use host::gate::{Gate, GateLimits, Kind, Policy};
use std::time::{Duration, Instant};

const YES: &str = r#"{"allow": true, "deny": [], "require": {}}"#;

/// Time is no help: memory must end it.
fn limits() -> GateLimits {
    GateLimits { time: Duration::from_secs(60), patience: Duration::from_secs(60), threads: 2, ..GateLimits::default() }
}

/// A text of 90 KB, and what would hold gigabytes of such.
fn bombs() -> Vec<(&'static str, String)> {
    let big = r#"big := concat("", ["123456789" | some n in numbers.range(1, 10000)])"#;
    let copy = r#"concat("", [big, sprintf("%d", [n])])"#;
    let many = "some n in numbers.range(1, 10000)";
    [
        ("a list", format!("decision := {YES} if count([{copy} | {many}]) > 0")),
        ("a set", format!("decision := {YES} if count({{{copy} | {many}}}) > 0")),
        ("an object", format!("decision := {YES} if count({{n: {copy} | {many}}}) > 0")),
        ("rules of a set", format!("decision := {YES} if count(all) > 0\n\nall contains {copy} if {many}")),
        ("rules of an object", format!("decision := {YES} if count(all) > 0\n\nall[n] := {copy} if {many}")),
        ("small things", format!("decision := {YES} if count([[n, m] | {many}; some m in numbers.range(1, 10000)]) > 0")),
        (
            "inside of a function, where another definition answers",
            format!(
                "decision := {YES} if large(1)\n\nlarge(x) if {{ x > 0; count([{copy} | {many}]) > 0 }}\n\nlarge(x) if x == 1"
            ),
        ),
    ]
    .map(|(name, module)| (name, format!("{module}\n\n{big}")))
    .into()
}

/// Two to the so many, in little memory: each is a pair of the one before.
fn shared(depth: usize) -> String {
    let pairs: Vec<String> = (1..=depth).map(|n| format!("x{n} := [x{0}, x{0}]", n - 1)).collect();
    format!("x0 := [1, 2]\n{}", pairs.join("\n"))
}

#[tokio::test]
async fn whatever_holds_too_much_is_out_of_memory() {
    for (name, bomb) in bombs() {
        let gate = gate_within(limits(), &[policy(&bomb)]);
        assert_eq!(only(rule(&gate).await), Verdict::OutOfMemory, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_policy_beside_bombs_goes_on_and_nothing_stays() {
    let bomb = Policy { name: "bomb".to_owned(), ..policy(&bombs().remove(0).1) };
    let gate = gate_within(limits(), &[bomb, answering(YES)]);
    let asked = async |gate: Gate| {
        let results = rule(&gate).await.results;
        assert_eq!(results[0].verdict, Verdict::OutOfMemory);
        assert_eq!(results[1].verdict, Verdict::Allow(Obligations::default()));
    };
    asked(gate.clone()).await;
    let before = resident();
    let all: Vec<_> = (0..40).map(|_| tokio::spawn(asked(gate.clone()))).collect();
    for one in all {
        one.await.unwrap();
    }
    // 40 times 16 MiB; other tests of this program run beside and take some.
    let grown = resident().saturating_sub(before);
    assert!(grown < 400 << 20, "{} MiB stayed", grown >> 20);
}

/// An error draws the value that is no number: as text it would fill every memory there is, in one step that asks nobody.
fn stuck() -> String {
    format!("{}\n\ndecision := {YES} if x40 + 1 > 0", shared(40))
}

#[tokio::test]
async fn one_step_that_would_fill_all_memory_stands_still_and_its_gate_goes_on_without_it() {
    let (time, patience) = (Duration::from_millis(100), Duration::from_secs(2));
    let gate = gate_within(GateLimits { time, patience, threads: 2, ..GateLimits::default() }, &[policy(&stuck())]);
    let before = resident();
    // Both threads are lost.
    let (one, other) = tokio::join!(rule(&gate), rule(&gate));
    assert_eq!([only(one), only(other)], [Verdict::TimedOut, Verdict::TimedOut]);
    let Verdict::NotReady(why) = only(rule(&gate).await) else { panic!("it is asked again, and takes another thread") };
    assert!(why.contains("does not come back"), "{why}");
    gate.swap(vec![ready(&answering(YES))]);
    assert_eq!(only(rule(&gate).await), Verdict::Allow(Obligations::default()), "others are in their place");
    gate.swap(vec![ready(&policy(&stuck()))]);
    assert!(matches!(only(rule(&gate).await), Verdict::NotReady(_)), "the same bundle, in force again");
    assert_eq!(gate.alive(), Ok(()), "so many are no reason to start again");
    assert!(resident().saturating_sub(before) < 400 << 20);
}

/// What takes no time is in force at once; what is checked already is not checked again.
#[tokio::test]
async fn a_check_that_stands_still_holds_up_nobody_else_and_is_not_begun_again() {
    let check = Duration::from_secs(2);
    let gate = Gate::new(GateLimits { check, ..GateLimits::default() }).unwrap();
    let other = |answer: &str| Policy { name: "other".to_owned(), ..answering(answer) };
    gate.apply(&[other(YES)]);
    let mine = with_test(&format!("decision := {YES}"), &format!("{}\n\ntest_stuck if x40 + 1 > 0", shared(40)));
    let no = r#"{"allow": false, "deny": ["no"], "require": {}}"#;

    let applied = gate.apply(&[mine.clone(), other(no)]);
    assert_eq!(applied[0].problems.iter().map(|p| p.kind).collect::<Vec<_>>(), [Kind::Checking]);
    let results = rule(&gate).await.results;
    assert!(matches!(&results[0].verdict, Verdict::NotReady(why) if why.contains("Checking")), "{:?}", results[0]);
    assert!(matches!(results[1].verdict, Verdict::Deny(_)), "the edit of the other is in force: {:?}", results[1]);

    let begun = Instant::now();
    let renamed = Policy { name: "renamed".to_owned(), ..mine };
    let applied = gate.apply(&[renamed, other(no)]);
    assert!(begun.elapsed() < check, "it was waited for again");
    assert_eq!(applied[0].in_force.name, "renamed");
    assert!(applied[0].in_force.digest == results[0].digest && applied[1].problems.is_empty());
}

#[tokio::test]
async fn the_limit_is_the_gate_s_own() {
    let module = format!("decision := {YES} if count(numbers.range(1, 10000)) > 0");
    let small = GateLimits { memory: 16 << 10, ..limits() };
    assert_eq!(only(rule(&gate_within(small, &[policy(&module)])).await), Verdict::OutOfMemory);
    assert_eq!(only(rule(&gate(&[policy(&module)])).await), Verdict::Allow(Obligations::default()));
}

#[tokio::test]
async fn the_default_policy_is_far_from_the_limit() {
    let small = GateLimits { memory: GateLimits::default().memory / 16, ..limits() };
    let said = only(rule(&gate_within(small, &[super::default::default_policy()])).await);
    assert!(matches!(said, Verdict::Allow(_)), "{said:?}");
}

#[test]
fn a_test_of_a_bundle_that_holds_too_much_has_a_word_of_its_own() {
    let test = r#"test_large if count([concat("", [big, sprintf("%d", [n])]) | some n in numbers.range(1, 10000)]) > 0

big := concat("", ["123456789" | some n in numbers.range(1, 10000)])"#;
    assert_eq!(problem(&with_test(&format!("decision := {YES}"), test)).0, Kind::TestOutOfMemory);
}

/// Bytes of memory this program has now.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}
