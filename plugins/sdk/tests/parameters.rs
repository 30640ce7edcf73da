//! Typed parameters: the schema that follows from a type, reading with every violation at once, and writing back.
use expect_test::expect;
use std::collections::BTreeMap;
use writ_action::prelude::*;
use writ_action::{Param, Rules, serde_json};

/// How careful to be.
#[derive(Choice, Clone, Copy, Debug, PartialEq)]
enum Care {
    Much,
    #[param(name = "a-little")]
    Little,
}

/// A window of time.
#[derive(Parameters, Debug, PartialEq)]
struct Window {
    /// first hour
    #[param(minimum = 0, maximum = 23)]
    from: u8,
}

/// Everything a parameter can be.
/// Two lines, one paragraph.
///
/// And a second one.
#[derive(Parameters, Debug, PartialEq)]
struct All {
    /// How many.
    #[param(minimum = 1, maximum = 9)]
    count: u32,
    /// How much.
    #[param(minimum = -0.5)]
    share: Option<f64>,
    /// Which.
    #[param(min_length = 2, max_length = 4, pattern = "^[a-z]+$", default = "web".to_owned())]
    name: String,
    /// Also.
    #[param(default = false)]
    also: bool,
    /// Care.
    #[param(default = Care::Much)]
    care: Care,
    /// Lists.
    #[param(max_length = 2)]
    hosts: Option<Vec<u16>>,
    /// Pairs.
    labels: Option<BTreeMap<String, String>>,
    /// When.
    window: Option<Window>,
    /// With what.
    key: Option<SecretKeyRef>,
    /// A word of the language.
    r#type: Option<i64>,
}

fn read(parameters: Value) -> Result<All, Vec<String>> {
    let mut bad = Violations::default();
    let read = All::read(&parameters, "", &Rules::NONE, &mut bad);
    let bad = bad.into_list().into_iter().map(|v| format!("{} {}", v.at, v.message)).collect::<Vec<_>>();
    match read {
        Some(all) if bad.is_empty() => Ok(all),
        _ => Err(bad),
    }
}

#[test]
fn the_schema_follows_from_the_type() {
    expect![[r#"
        {
          "additionalProperties": false,
          "description": "Everything a parameter can be. Two lines, one paragraph.\n\nAnd a second one.",
          "properties": {
            "also": {
              "default": false,
              "description": "Also.",
              "type": "boolean"
            },
            "care": {
              "default": "Much",
              "description": "Care.",
              "enum": [
                "Much",
                "a-little"
              ],
              "type": "string"
            },
            "count": {
              "description": "How many.",
              "maximum": 9,
              "minimum": 1,
              "type": "integer"
            },
            "hosts": {
              "description": "Lists.",
              "items": {
                "maximum": 65535,
                "minimum": 0,
                "type": "integer"
              },
              "maxItems": 2,
              "type": "array"
            },
            "key": {
              "additionalProperties": false,
              "description": "With what.",
              "format": "secret-key-ref",
              "properties": {
                "key": {
                  "description": "key in its data",
                  "maxLength": 253,
                  "minLength": 1,
                  "type": "string"
                },
                "name": {
                  "description": "name of the Secret",
                  "maxLength": 253,
                  "minLength": 1,
                  "type": "string"
                }
              },
              "required": [
                "name",
                "key"
              ],
              "type": "object"
            },
            "labels": {
              "additionalProperties": {
                "type": "string"
              },
              "description": "Pairs.",
              "type": "object"
            },
            "name": {
              "default": "web",
              "description": "Which.",
              "maxLength": 4,
              "minLength": 2,
              "pattern": "^[a-z]+$",
              "type": "string"
            },
            "share": {
              "description": "How much.",
              "minimum": -0.5,
              "type": "number"
            },
            "type": {
              "description": "A word of the language.",
              "maximum": 9007199254740992,
              "minimum": -9007199254740992,
              "type": "integer"
            },
            "window": {
              "additionalProperties": false,
              "description": "When.",
              "properties": {
                "from": {
                  "description": "first hour",
                  "maximum": 23,
                  "minimum": 0,
                  "type": "integer"
                }
              },
              "required": [
                "from"
              ],
              "type": "object"
            }
          },
          "required": [
            "count"
          ],
          "type": "object"
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&All::schema()).unwrap());
}

#[test]
fn every_violation_is_said_with_its_place() {
    let bad = read(json!({
        "count": 10, "share": "much", "name": "x", "also": 0, "care": "none", "hosts": [1, 70000, -1],
        "labels": {"a/b": 1}, "window": {"from": 24, "to": 1}, "key": {"name": ""}, "type": 1.5, "odd": null,
    }));
    expect![[r#"
        /odd is no parameter of this action: there are count, share, name, also, care, hosts, labels, window, key, type
        /count 10 is above the maximum 9
        /share "much" is not a number
        /name has 1 characters: the least is 2
        /also 0 is not true or false
        /care "none" is none of Much, a-little
        /hosts has 3 items: the most is 2
        /hosts/1 70000 is above the maximum 65535
        /hosts/2 -1 is below the minimum 0
        /labels/a~1b 1 is not a string
        /window/to is no parameter of this action: the only one is from
        /window/from 24 is above the maximum 23
        /key/name has 0 characters: the least is 1
        /key/key is required
        /type 1.5 is not an integer"#]]
    .assert_eq(&bad.unwrap_err().join("\n"));
}

#[test]
fn what_is_left_out_is_its_default_or_none() {
    let all = read(json!({"count": 3})).unwrap();
    assert_eq!((all.name.as_str(), all.also, all.care, all.hosts), ("web", false, Care::Much, None));
    assert_eq!(read(json!({})).unwrap_err(), ["/count is required"]);
    assert_eq!(read(json!([])).unwrap_err(), [" [] is not an object"]);
}

#[test]
fn what_is_written_is_read_back_and_has_every_default() {
    let all = read(json!({
        "count": 3.0, "share": 0.25, "care": "a-little", "hosts": [80], "labels": {"team": "a"},
        "window": {"from": 22}, "key": {"name": "tls", "key": "crt"}, "type": -7,
    }))
    .unwrap();
    let written = all.write().unwrap();
    expect![[r#"{"also":false,"care":"a-little","count":3,"hosts":[80],"key":{"key":"crt","name":"tls"},"labels":{"team":"a"},"name":"web","share":0.25,"type":-7,"window":{"from":22}}"#]].assert_eq(&written.to_string());
    assert_eq!(read(written).unwrap(), all);
}

#[test]
fn a_default_satisfies_the_rules_of_its_field() {
    let schema = All::schema();
    let defaults = schema["properties"].as_object().unwrap().iter().filter_map(|(k, p)| Some((k, p.get("default")?)));
    let mut parameters = json!({"count": 1});
    defaults.for_each(|(name, default)| parameters[name] = default.clone());
    read(parameters).unwrap();
}
