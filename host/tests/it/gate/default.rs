//! The default policy: it is ready, its tests catch what is broken in it, and the files that ship are made from it.
use super::fixtures::{gate, only, question};
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use decide::observed::{Denial, Obligations, Verdict};
use expect_test::expect_file;
use host::gate::{Kind, Policy, check, read, test_report};
use std::process::{Command, Output};

pub fn default_policy() -> Policy {
    let directory = "../deploy/policy";
    let mut policies = read(&Dir::open_ambient_dir(directory, ambient_authority()).unwrap()).unwrap();
    assert_eq!(policies.len(), 1);
    policies.remove(0)
}

#[test]
fn the_default_policy_is_ready() {
    let report = test_report(&[default_policy()]);
    assert!(report.passed(), "\n{report}");
    assert!(report.to_string().ends_with("  coverage 100 %\n"), "\n{report}");
    let checked = check(&default_policy()).unwrap();
    assert!(checked.tests.1 > 30 && checked.tests.0 == checked.tests.1);
}

/// Each breaks one promise of the policy.
const MUTANTS: &[(&str, &str)] = &[
    ("ns in data.settings.protected_namespaces", "not ns in data.settings.protected_namespaces"),
    ("namespaces contains input.execution.namespace\n", ""),
    ("namespaces contains t.namespace if some t in input.targets\n", ""),
    ("namespaces contains w.namespace if some w in input.plan.writes\n", ""),
    (r#"{"system-cluster-critical", "system-node-critical"}"#, r#"{"system-cluster-critical"}"#),
    ("c.after > limit", "c.after > limit + 1"),
    ("c.after > limit", "c.after >= limit"),
    (r#"in {"/spec/replicas", "/spec/maxReplicas"}"#, r#"in {"/spec/replicas"}"#),
    ("t.kind == \"Node\"\n", "t.kind == \"node\"\n"),
    ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/worker"),
    ("n.ready - 1 < data.settings.min_ready_nodes", "n.ready < data.settings.min_ready_nodes"),
    (r#"{"drain_node", "cordon_node"}"#, r#"{"drain_node"}"#),
    ("not regex.match(data.settings.reason_pattern", "regex.match(data.settings.reason_pattern"),
    (
        "startswith(input.requester.username, \"system:serviceaccount:\")",
        "startswith(input.requester.username, \"serviceaccount:\")",
    ),
    ("\tadded_replicas > data.settings.free_replicas", "\tadded_replicas > data.settings.free_replicas + 1"),
    ("\tc.after == 0", "\tc.after < 0"),
    (r#"input.action.risk in {"medium", "high"}"#, r#"input.action.risk in {"high"}"#),
    ("needed contains 2 if input.action.risk == \"critical\"", "needed contains 1 if input.action.risk == \"critical\""),
    ("needed contains 2 if {\n\tproduction\n\tnot input", "needed contains 1 if {\n\tproduction\n\tnot input"),
    ("\t\"break_glass\": break_glass,\n", "\t\"break_glass\": true,\n"),
    ("\tg in data.settings.break_glass.groups\n", ""),
    ("\tinput.action.risk in data.settings.break_glass.risks\n", ""),
    ("\tbreak_glass\n\tapprovals > 0\n", "\tapprovals > 0\n"),
    ("\tbreak_glass\n\tapprovals > 0\n", "\tbreak_glass\n"),
    ("review := data.settings.review_within if {", "review := \"\" if {"),
    (" | {input.execution.namespaceLabels}", ""),
    ("{t.namespaceLabels | some t in input.targets} | ", ""),
    ("n := c.after - count_of(c.before); n > 0", "n := c.before - c.after; n > 0"),
    ("\tinput.action.dryRun == \"Server\"\n", ""),
    ("if not complete", "if complete"),
    ("\tis_array(input.plan.writes)\n", ""),
    ("\tis_boolean(s.dry_run)\n", ""),
    ("\tis_array(s.overruled_owners)\n", ""),
    ("\tis_array(input.plan.owners)\n", ""),
    ("\tnot is_number(c.after)\n", "\tis_boolean(c.after)\n"),
    ("count_of(replicas) := 0 if", "count_of(replicas) := 9 if"),
    ("\to.reverts\n", ""),
    ("\tnot o.kind in data.settings.overruled_owners\n", ""),
    ("\tis_array(input.history.target)\n", ""),
    ("\tis_string(s.cooldown)\n", ""),
    ("\tis_object(s.limits)\n", ""),
    ("time.parse_rfc3339_ns(input.now) < cooled_down", "time.parse_rfc3339_ns(input.now) <= cooled_down"),
    ("\tlast.finishedAt == \"\"\n", ""),
    ("input.history.target[0]", "input.history.target[count(input.history.target) - 1]"),
    ("\ttime.parse_duration_ns(data.settings.cooldown) > 0\n", ""),
    ("\tobject.get(input.execution, \"rollbackOf\", null) == null\n", ""),
    ("limits := data.settings.limits", "limits := {\"action\": 1}"),
    ("\"allow\": count(deny) == 0", "\"allow\": count(deny) < 2"),
    ("\"allow\": count(deny) == 0", "\"allow\": true"),
];

#[test]
fn its_own_tests_catch_whatever_is_broken_in_it() {
    let missed: Vec<&str> = MUTANTS
        .iter()
        .filter(|(from, to)| {
            let mut policy = default_policy();
            let text = policy.modules.get_mut("default.rego").unwrap();
            assert!(text.contains(from), "the policy has no {from:?}");
            *text = text.replace(from, to);
            match check(&policy) {
                Ok(_) => true,
                // Caught by a test that failed, not by accident.
                Err(problems) => !problems.iter().any(|p| p.kind == Kind::TestFailed),
            }
        })
        .map(|(from, _)| *from)
        .collect();
    assert!(missed.is_empty(), "not caught, when these are broken: {missed:#?}");
}

#[tokio::test]
async fn a_small_change_outside_production_goes_through_in_this_build() {
    let verdict = only(gate(&[default_policy()]).decide(&question("demo", "", 1, 3)).await);
    assert_eq!(verdict, Verdict::Allow(Obligations::default()));
}

#[tokio::test]
async fn production_is_asked_for_an_approval() {
    let verdict = only(gate(&[default_policy()]).decide(&question("shop", "production", 2, 5)).await);
    let Verdict::Allow(obligations) = verdict else { panic!("{verdict:?}") };
    assert_eq!((obligations.approvals, obligations.expires.as_str()), (1, "15m"));
}

#[tokio::test]
async fn a_refusal_names_the_line_of_its_rule() {
    let text = &default_policy().modules["default.rego"];
    let line = 1 + text.lines().position(|l| l.starts_with("deny contains sprintf(\"namespace %s is protected\"")).unwrap();
    let verdict = only(gate(&[default_policy()]).decide(&question("kube-system", "", 1, 3)).await);
    let denial = Denial { message: "namespace kube-system is protected".to_owned(), rule: format!("default.rego:{line}") };
    assert_eq!(verdict, Verdict::Deny(vec![denial]));
}

#[test]
fn the_schema_of_the_question_that_ships_is_the_one_that_is_enforced() {
    let schema = serde_json::to_string_pretty(&decide::question::schema()).unwrap() + "\n";
    expect_file!["../../../../deploy/policy/question.schema.json"].assert_eq(&schema);
}

#[test]
fn the_object_that_ships_is_what_writ_policy_print_makes_of_the_policy_that_is_tested() {
    let manifest = printed(&["deploy/policy"]);
    expect_file!["../../../../deploy/50-policy.yaml"].assert_eq(&manifest);
    let object: crds::ExecutionPolicy = serde_saphyr::from_str(&manifest).unwrap();
    assert_eq!(Policy { owner: String::new(), ..Policy::from(&object) }, default_policy());
}

#[test]
fn a_policy_is_printed_under_another_name_for_another_owner_and_in_shadow() {
    let manifest = printed(&["deploy/policy", "--name", "next", "--owner", "ops: \"the\" team # 1", "--mode", "Shadow"]);
    let object: crds::ExecutionPolicy = serde_saphyr::from_str(&manifest).unwrap();
    let expected =
        Policy { name: "next".to_owned(), owner: "ops: \"the\" team # 1".to_owned(), shadow: true, ..default_policy() };
    assert_eq!(Policy::from(&object), expected);
}

#[test]
fn a_policy_that_would_not_be_ready_is_not_printed() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("mine.rego"), "package writ\n\ndecision := {").unwrap();
    let out = print(&[directory.path().to_str().unwrap()]);
    assert_eq!((out.status.code(), out.stdout.is_empty()), (Some(1), true), "{out:?}");
    assert!(String::from_utf8_lossy(&out.stderr).contains("mine.rego:3"), "{out:?}");
}

fn printed(arguments: &[&str]) -> String {
    let out = print(arguments);
    assert!(out.status.success(), "{out:?}");
    String::from_utf8(out.stdout).unwrap()
}

/// Of the program itself, from the top of the repository.
fn print(arguments: &[&str]) -> Output {
    let top = "..";
    Command::new(env!("CARGO_BIN_EXE_writ")).args(["policy", "print"]).args(arguments).current_dir(top).output().unwrap()
}

#[test]
fn it_protects_the_namespaces_that_everything_else_protects() {
    let mut protected: Vec<String> = serde_json::from_value(default_policy().data["protected_namespaces"].clone()).unwrap();
    protected.sort();
    assert_eq!(protected, crds::labels::NAMESPACES_PROTECTED);
}
