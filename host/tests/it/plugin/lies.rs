//! Answers that the contract does not allow, through a real component: each is found, and its exact place is named. The whole
//! table of what may stand where is beside the code that checks it.
use super::guests::{empty, engine, limits, misbehave, state};
use host::plugin::Fault;

/// The place and the reason.
fn lie<T: std::fmt::Debug>(answer: Result<T, Fault>) -> (String, String) {
    match answer {
        Err(Fault::BadOutput { at, why }) => (at, why),
        other => panic!("believed: {other:?}"),
    }
}

#[tokio::test]
async fn what_validate_returns_is_json_that_satisfies_the_schema_or_says_what_is_wrong() {
    let (plugins, on) = engine(limits()).await;
    for (deed, at, why) in [
        ("no-violations", "validate", "without a single violation"),
        ("invalid-utf-8", "validate", "utf-8"),
        ("no-json", "validate.ok", "no JSON"),
        ("deep", "validate.ok", "nested more than 64 deep"),
        ("twice", "validate.ok", "is there twice"),
        ("unlike-schema", "validate.ok", "does not satisfy the schema of misbehave: /more is no parameter of misbehave"),
    ] {
        let (place, reason) = lie(plugins.validate(&on, &misbehave("validate", deed)).await);
        assert_eq!(place, at, "{deed}: {reason}");
        assert!(reason.contains(why), "{deed}: {reason}");
    }
}

#[tokio::test]
async fn reads_are_bounded_and_each_has_a_name_of_its_own() {
    let (plugins, on) = engine(limits()).await;
    for (deed, at, why) in [
        ("twice", "reads.key", "\"pods\" is there twice"),
        ("all", "reads[0].limit", "1 to 500"),
        ("many", "reads", "1000 items, and at most 32"),
    ] {
        let (place, reason) = lie(plugins.reads(&on, &misbehave("reads", deed), false, &state(1)).await);
        assert_eq!(place, at, "{deed}: {reason}");
        assert!(reason.contains(why), "{deed}: {reason}");
    }
}

#[tokio::test]
async fn a_plan_is_of_commands_of_ours_and_of_bounded_size() {
    let (plugins, on) = engine(limits()).await;
    for (deed, at, why) in [
        ("program", "plan.commands[0].program", "\"bash\" is not among the programs"),
        ("no-command", "plan.commands", "at least one command"),
        ("operand", "plan.commands[0].operands[1]", "control character U+0000"),
        ("memo", "plan.memo", "at most 4096"),
    ] {
        let (place, reason) = lie(plugins.plan(&on, &misbehave("plan", deed), &state(1)).await);
        assert_eq!(place, at, "{deed}: {reason}");
        assert!(reason.contains(why), "{deed}: {reason}");
    }
    let refused = plugins.plan(&on, &misbehave("plan", "refuse"), &state(1)).await.unwrap().unwrap_err();
    assert_eq!(refused.reason, "NotNow");
}

#[tokio::test]
async fn an_inverse_is_an_action_of_the_same_component_with_parameters_it_takes() {
    let (plugins, on) = engine(limits()).await;
    let (place, why) = lie(plugins.rollback(&on, &misbehave("rollback", "foreign"), &state(1)).await);
    assert_eq!((place.as_str(), why.contains("no action of this component")), ("rollback.by.action", true), "{why}");
    let (place, why) = lie(plugins.rollback(&on, &misbehave("rollback", "unlike-schema"), &state(1)).await);
    assert_eq!((place.as_str(), why.contains("/more is no parameter")), ("rollback.by.parameters", true), "{why}");
}

#[tokio::test]
async fn checks_have_names_that_programs_can_rely_on() {
    let (plugins, on) = engine(limits()).await;
    let (place, _) = lie(plugins.checks(&on, &misbehave("checks", "twice"), &empty(), &state(1)).await);
    assert_eq!(place, "checks.name");
    let (place, why) = lie(plugins.checks(&on, &misbehave("checks", "name"), &empty(), &state(1)).await);
    assert_eq!((place.as_str(), why.contains("snake_case")), ("checks[0].name", true), "{why}");
}
