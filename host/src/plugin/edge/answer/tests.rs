//! The table of what may not stand in the smaller answers: a good one, one thing wrong with it, and the place that is named. Plans
//! and declarations have their own, one level up.
use super::{
    super::tests::{api, info, object, place},
    *,
};
use crate::plugin::edge::declared;

/// A byte more than a sentence may have.
fn long() -> String {
    "a".repeat(text::LINE + 1)
}

/// Nothing wrong with it but its size.
fn heavy() -> String {
    format!("{{}}{}", " ".repeat(PARAMETERS))
}

fn schema() -> Schema {
    Schema::compile(serde_json::json!({"type": "object", "additionalProperties": false})).unwrap()
}

fn name() -> ActionName {
    ActionName::try_from("scale_deployment".to_owned()).unwrap()
}

#[test]
fn what_validate_says_is_bounded_and_of_an_action_that_exists() {
    let said = |answer| validated(answer, &name(), Some(&schema()));
    let violation = |at: &str, message: &str| v0_1::Violation { at: at.into(), message: message.into() };
    assert!(said(Ok("{}".into())).unwrap().is_ok());
    assert!(said(Err(vec![violation("/replicas", "is odd")])).unwrap().is_err());
    assert_eq!(place(said(Ok(heavy()))), "ok");
    assert_eq!(place(said(Err(vec![violation("", "is odd"); 65]))), "err");
    for at in ["replicas", "/a\nb", &format!("/{}", long())] {
        assert_eq!(place(said(Err(vec![violation(at, "is odd")]))), "err[0].at");
    }
    for message in ["", "a\nb", &long()] {
        assert_eq!(place(said(Err(vec![violation("", message)]))), "err[0].message");
    }
    assert!(validated(Ok("{}".into()), &name(), None).is_err());
}

#[test]
fn one_wrong_thing_in_a_read_is_named_by_its_place() {
    let by = |labels: String, fields: String| wit::Selector::Matching(wit::Query { labels, fields });
    let read = v0_1::Read {
        key: "pods".into(),
        api: api(),
        namespace: None,
        by: by(String::new(), String::new()),
        pick: vec![],
        limit: 1,
    };
    assert!(reads(vec![read.clone()]).is_ok());
    assert_eq!(place(reads(vec![read.clone(); 33])), "");
    assert_eq!(place(reads(vec![read.clone(); 2])), "key");
    let name = |name: &str| wit::Selector::Name(name.into());
    let table = [
        (v0_1::Read { key: String::new(), ..read.clone() }, "key"),
        (v0_1::Read { key: "a".repeat(129), ..read.clone() }, "key"),
        (v0_1::Read { key: "a\nb".into(), ..read.clone() }, "key"),
        (v0_1::Read { api: wit::Api { resource: "pods/log".into(), ..api() }, ..read.clone() }, "api.resource"),
        (v0_1::Read { namespace: Some("Shop".into()), ..read.clone() }, "namespace"),
        (v0_1::Read { by: name("a/b"), ..read.clone() }, "by.name"),
        (v0_1::Read { by: by("a\nb".into(), String::new()), ..read.clone() }, "by.labels"),
        (v0_1::Read { by: by(long(), String::new()), ..read.clone() }, "by.labels"),
        (v0_1::Read { by: by(String::new(), "a\nb".into()), ..read.clone() }, "by.fields"),
        (v0_1::Read { by: by(String::new(), long()), ..read.clone() }, "by.fields"),
        (v0_1::Read { pick: vec![String::new(); 33], ..read.clone() }, "pick"),
        (v0_1::Read { pick: vec!["spec".into()], ..read.clone() }, "pick[0]"),
        (v0_1::Read { pick: vec!["/a\nb".into()], ..read.clone() }, "pick[0]"),
        (v0_1::Read { pick: vec![format!("/{}", long())], ..read.clone() }, "pick[0]"),
        (v0_1::Read { limit: 0, ..read.clone() }, "limit"),
        (v0_1::Read { limit: 501, ..read }, "limit"),
    ];
    for (n, (read, at)) in table.into_iter().enumerate() {
        assert_eq!(place(reads(vec![read])), format!("[0].{at}"), "row {n}");
    }
}

#[test]
fn one_wrong_thing_in_an_undo_is_named_by_its_place() {
    let own = v0_1::Description { name: "workload".into(), version: "1.0.0".into(), actions: vec![info()] };
    let (own, schemas) = (declared::description(own).unwrap(), BTreeMap::from([(name(), schema())]));
    let said = |answer| undo(answer, &own, &schemas);
    let by = wit::Inverse { action: name().to_string(), parameters: "{}".into(), loses: vec!["a".into()] };
    assert!(said(wit::Undo::By(by.clone())).is_ok());
    let table = [
        (wit::Inverse { action: "delete_everything".into(), ..by.clone() }, "by.action"),
        (wit::Inverse { parameters: heavy(), ..by.clone() }, "by.parameters"),
        (wit::Inverse { parameters: r#"{"more":1}"#.into(), ..by.clone() }, "by.parameters"),
        (wit::Inverse { loses: vec!["a".into(); 17], ..by.clone() }, "by.loses"),
        (wit::Inverse { loses: vec![String::new()], ..by.clone() }, "by.loses[0]"),
        (wit::Inverse { loses: vec!["a\nb".into()], ..by.clone() }, "by.loses[0]"),
        (wit::Inverse { loses: vec![long()], ..by }, "by.loses[0]"),
    ];
    for (n, (by, at)) in table.into_iter().enumerate() {
        assert_eq!(place(said(wit::Undo::By(by))), at, "row {n}");
    }
    for why in ["", "a\nb", &long()] {
        assert_eq!(place(said(wit::Undo::Unneeded(why.into()))), "unneeded");
        assert_eq!(place(said(wit::Undo::Impossible(why.into()))), "impossible");
    }
}

#[test]
fn one_wrong_thing_in_a_check_is_named_by_its_place() {
    let check = |name: &str, verdict| v0_1::Check { name: name.into(), verdict, object: Some(object()) };
    let holds = |seen: &str| wit::Verdict::Holds(seen.into());
    assert!(checks(vec![check("there", holds(""))]).is_ok());
    assert_eq!(place(checks(vec![check("there", holds("")); 33])), "");
    assert_eq!(place(checks(vec![check("there", holds("")); 2])), "name");
    assert_eq!(place(checks(vec![check("It's there", holds(""))])), "[0].name");
    let elsewhere = wit::ObjectRef { name: "a/b".into(), ..object() };
    assert_eq!(place(checks(vec![v0_1::Check { object: Some(elsewhere), ..check("there", holds("")) }])), "[0].object.name");
    for said in ["a\nb", &long()] {
        assert_eq!(place(checks(vec![check("there", holds(said))])), "[0].verdict");
    }
    for why in ["", "a\nb", &long()] {
        assert_eq!(place(checks(vec![check("there", wit::Verdict::Pending(why.into()))])), "[0].verdict");
        assert_eq!(place(checks(vec![check("there", wit::Verdict::Failed(why.into()))])), "[0].verdict");
    }
}
