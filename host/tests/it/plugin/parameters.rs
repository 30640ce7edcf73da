//! What is said to a person whose parameters are wrong.
use super::guests::component;
use decide::{canonical, model::ActionInfo};
use expect_test::{Expect, expect};
use host::plugin::{Limits, Plugins, check_parameters};
use serde_json::{Value, json};

/// The action of a real component, with another schema where one is given.
async fn action(schema: Option<Value>) -> ActionInfo {
    let loaded = Plugins::new().unwrap().load(component("workload").into(), Limits::ceiling()).await.unwrap();
    let mut info = loaded.description.actions.iter().find(|a| a.name.as_str() == "scale_deployment").unwrap().clone();
    if let Some(schema) = schema {
        info.parameters = canonical::json(&schema).unwrap();
    }
    info
}

fn check(info: &ActionInfo, parameters: &Value, expected: &Expect) {
    let all = check_parameters(info, parameters).expect_err("nothing is wrong with them");
    let lines: Vec<String> = all.iter().map(|v| format!("{} [{}] {}", v.at, v.rule, v.message)).collect();
    expected.assert_eq(&lines.join("\n"));
}

#[tokio::test]
async fn everything_that_is_wrong_is_said_at_once() {
    let info = action(None).await;
    assert_eq!(check_parameters(&info, &json!({"replicas": 5})), Ok(()));
    check(
        &info,
        &json!({"replicas": 0, "max": 5}),
        &expect![[r#"
        /max [additionalProperties] is no parameter of scale_deployment (replicas).
        /replicas [minimum] 0 is below the minimum 1"#]],
    );
    check(
        &info,
        &json!({"replcas": 5}),
        &expect![[r#"
        /replcas [additionalProperties] is no parameter of scale_deployment (replicas). Did you mean replicas?
        /replicas [required] is required and was not given"#]],
    );
    check(&info, &json!({"replicas": "five"}), &expect![[r#"/replicas [type] "five" is a string, and integer is wanted"#]]);
    check(&info, &json!([]), &expect![" [type] [] is an array, and object is wanted"]);
}

#[tokio::test]
async fn each_keyword_has_words_of_its_own() {
    let schema = json!({
        "type": "object", "additionalProperties": false, "required": ["needed", "a/b"],
        "properties": {
            "needed": {"type": "boolean"}, "a/b": {},
            "above": {"exclusiveMinimum": 0}, "below": {"exclusiveMaximum": 1}, "most": {"maximum": 20}, "step": {"multipleOf": 5},
            "kind": {"enum": ["Always", "Never"]}, "fixed": {"const": 1}, "name": {"pattern": "^[a-z]+$"},
            "short": {"maxLength": 3}, "long": {"minLength": 3}, "many": {"maxItems": 1}, "few": {"minItems": 1},
            "once": {"uniqueItems": true}, "when": {"type": "string", "format": "date-time"}, "either": {"type": ["string", "null"]},
            "inner": {"type": "object", "additionalProperties": false, "properties": {"cpu": {"type": "string"}}},
        },
    });
    let parameters = json!({
        "above": 0, "below": 1, "most": 21, "step": 7, "kind": "Sometimes", "fixed": 2, "name": "A1", "short": "abcd", "long": "ab",
        "many": [1, 2], "few": [], "once": [1, 1], "when": "tomorrow", "either": 1, "inner": {"cpus": "1"},
    });
    check(
        &action(Some(schema)).await,
        &parameters,
        &expect![[r#"
        /above [exclusiveMinimum] 0 is not above 0
        /a~1b [required] is required and was not given
        /below [exclusiveMaximum] 1 is not below 1
        /either [type] 1 is an integer, and null or string is wanted
        /few [minItems] [] has fewer than 1 items
        /fixed [const] 2 is not 1
        /inner/cpus [additionalProperties] is no property of /inner (cpu). Did you mean cpu?
        /kind [enum] "Sometimes" is none of "Always", "Never"
        /long [minLength] "ab" has fewer than 3 characters
        /many [maxItems] [1,2] has more than 1 items
        /most [maximum] 21 is above the maximum 20
        /name [pattern] "A1" does not match ^[a-z]+$
        /needed [required] is required and was not given
        /once [uniqueItems] [1,1] has an item twice
        /short [maxLength] "abcd" has more than 3 characters
        /step [multipleOf] 7 is no multiple of 5
        /when [format] "tomorrow" is no date-time"#]],
    );
}

#[tokio::test]
async fn a_long_value_is_shown_so_far_that_it_is_recognized_and_many_violations_are_cut_off() {
    let info = action(None).await;
    let all = check_parameters(&info, &json!({"replicas": "x".repeat(10_000)})).unwrap_err();
    assert!(all[0].message.len() < 300, "{}", all[0].message);
    let many: Value = (0..500).map(|i| (format!("p{i}"), json!(1))).collect::<serde_json::Map<_, _>>().into();
    let all = check_parameters(&info, &many).unwrap_err();
    assert_eq!(all.len(), 51);
    assert!(all[50].message.contains("only the first 50 are shown"), "{:?}", all[50]);
}

#[tokio::test]
async fn a_schema_that_cannot_be_compiled_lets_nothing_pass() {
    let info = action(Some(json!({"type": "object"}))).await;
    let all = check_parameters(&info, &json!({})).unwrap_err();
    assert!(all[0].message.contains("cannot be checked"), "{:?}", all[0]);
}
