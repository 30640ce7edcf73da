//! The diff: each kind of difference, what is no difference, and what counts as announced.
use super::*;
use crate::tests::fixtures::{json, planned, web};
use serde_json::json as value;

fn shown(before: &Value, after: &Value) -> Vec<String> {
    let text = |v: &Option<Value>| v.as_ref().map_or_else(|| "-".to_owned(), Value::to_string);
    between(before, after).iter().map(|d| format!("{} {} {}", d.at, text(&d.before), text(&d.after))).collect()
}

#[test]
fn each_field_that_differs_is_one_and_what_is_made_or_goes_is_told_by_its_leaves() {
    let before = value!({"spec": {"replicas": 2, "a": {"b": 1, "c": 2}, "same": [1, {"x": 1}]}});
    let after = value!({"spec": {"replicas": 5, "new": {"x/y": 1}, "same": [1, {"x": 2}]}});
    let wanted = ["/spec/a/b 1 -", "/spec/a/c 2 -", "/spec/new/x~1y - 1", "/spec/replicas 2 5", "/spec/same/1/x 1 2"];
    assert_eq!(shown(&before, &after), wanted);
}

#[test]
fn a_list_of_another_length_is_one_difference_and_an_empty_map_is_not_nothing() {
    assert_eq!(shown(&value!({"a": [1]}), &value!({"a": [1, 2]})), ["/a [1] [1,2]"]);
    assert_eq!(shown(&value!({"a": {}}), &value!({})), ["/a {} -"]);
    assert_eq!(shown(&value!({"a": 1}), &value!({"a": {"b": 1}})), ["/a 1 {\"b\":1}"]);
    assert_eq!(shown(&value!({"a": null}), &value!({})), ["/a null -"]);
}

#[test]
fn what_moves_by_itself_is_no_difference_and_what_only_looks_like_it_is_one() {
    let copy = "kubectl.kubernetes.io/last-applied-configuration";
    let before = value!({"metadata": {"resourceVersion": "1", "generation": 1, "managedFields": [], "annotations": {copy: "a"}}, "status": {"x": 1}});
    let after = value!({"metadata": {"resourceVersion": "2", "generation": 2, "annotations": {copy: "b"}}, "status": {"x": 2}});
    assert_eq!(shown(&before, &after), Vec::<String>::new());
    let (before, after) = (value!({"spec": {"status": 1, "generation": 1}}), value!({"spec": {"status": 2, "generation": 2}}));
    assert_eq!(shown(&before, &after), ["/spec/generation 1 2", "/spec/status 1 2"]);
}

#[test]
fn of_several_answers_all_is_told_that_any_of_them_changes() {
    let (a, b) = (value!({"x": 1, "y": 0}), value!({"x": 0, "y": 2}));
    let at: Vec<String> = all(Some(&value!({"x": 0, "y": 0})), &[Some(a), Some(b)]).into_iter().map(|d| d.at).collect();
    assert_eq!(at, ["/x", "/y"]);
}

fn found(at: &str, after: Option<Value>) -> Difference {
    Difference { at: at.into(), before: Some(value!(2)), after }
}

#[test]
fn only_the_same_field_with_the_same_value_was_announced() {
    let mut plan = planned();
    assert!(announced(&plan, &web(), &found("/spec/replicas", Some(value!(5)))));
    for other in [
        found("/spec/replicas", Some(value!(4))),
        found("/spec/replicas", None),
        found("/spec/replicasMax", Some(value!(5))),
        found("/spec", Some(value!({"replicas": 5}))),
        found("/spec/paused", Some(value!(true))),
    ] {
        assert!(!announced(&plan, &web(), &other), "{other:?}");
    }
    // A field that is announced as a whole covers its leaves, as far as they are the same.
    plan.proposal.changes[0].effect =
        ChangeEffect::Set(vec![Field { at: "/spec/a".into(), before: None, after: Some(json(r#"{"b":1}"#)) }]);
    assert!(announced(&plan, &web(), &found("/spec/a/b", Some(value!(1)))));
    assert!(!announced(&plan, &web(), &found("/spec/a/c", Some(value!(1)))));
    assert!(!announced(&plan, &web(), &found("/spec/ab", Some(value!(1)))));
    plan.proposal.changes[0].object.name = "api".into();
    assert!(!announced(&plan, &web(), &found("/spec/a/b", Some(value!(1)))), "said of another object");
}

#[test]
fn what_the_plan_says_and_no_answer_shows_is_told() {
    let plan = planned();
    let (same, other) = (value!({"spec": {"replicas": 5}}), value!({"spec": {"replicas": 2}}));
    assert_eq!(unseen(&plan, &web(), &[Some(other.clone()), Some(same)]).len(), 0);
    assert_eq!(unseen(&plan, &web(), &[Some(other)]), ["/spec/replicas"]);
}

#[test]
fn what_an_answer_comes_to_is_a_patch_that_makes_it_so() {
    let object = |body: &str| crate::model::Object { body: json(body), ..crate::tests::seen::object(2) };
    let before = object(
        r#"{"metadata":{"resourceVersion":"1","generation":1},"spec":{"replicas":2,"old":true,"list":[1]},"status":{"a":1}}"#,
    );
    let after = object(
        r#"{"metadata":{"resourceVersion":"2","generation":2,"annotations":{"a/b":"c"}},"spec":{"replicas":5,"list":[1,2]}}"#,
    );
    let patch: json_patch::Patch = serde_json::from_str(&patch(Some(&before), &After::Is(Box::new(after.clone())))).unwrap();
    let read = |o: &crate::model::Object| canonical::value(o.body.as_str()).unwrap();
    let mut patched = quiet(&read(&before));
    json_patch::patch(&mut patched, &patch).unwrap();
    assert_eq!(patched, quiet(&read(&after)));
    let text = serde_json::to_value(&patch).unwrap();
    assert!(text.as_array().unwrap().contains(&value!({"op": "replace", "path": "/spec/replicas", "value": 5})), "{text}");
    assert!(!text.to_string().contains("resourceVersion"), "{text}");
}

#[test]
fn that_an_object_comes_to_be_or_goes_is_a_difference_of_its_own() {
    let new = value!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "shop", "uid": "u", "creationTimestamp": "t"},
        "data": {"k": "v"},
    });
    let told = |before: Option<&Value>, after: Option<Value>| {
        all(before, &[after]).into_iter().map(|d| (d.at, d.before, d.after)).collect::<Vec<_>>()
    };
    let there = || Some(value!("exists"));
    assert_eq!(told(None, Some(new.clone())), [("".into(), None, there()), ("/data/k".into(), None, Some(value!("v")))]);
    assert_eq!(told(Some(&new), None), [("".into(), there(), None)]);
    let object = crate::model::Object { body: json(&new.to_string()), ..crate::tests::seen::object(2) };
    assert!(patch(None, &After::Is(Box::new(object.clone()))).starts_with(r#"[{"op":"add","path":"","value":{"#));
    assert_eq!(patch(Some(&object), &After::Gone(web())), r#"[{"op":"remove","path":""}]"#);
}

#[test]
fn what_a_plan_makes_it_announces_whole_and_what_it_takes_away_too() {
    let mut plan = planned();
    let here = Difference { at: String::new(), before: None, after: Some(value!("exists")) };
    let gone = Difference { at: String::new(), before: Some(value!("exists")), after: None };
    let part = Difference { at: "/data/k".into(), before: None, after: Some(value!("v")) };
    let mut said = |effect| {
        plan.proposal.changes[0].effect = effect;
        let said = [&here, &part, &gone].map(|d| announced(&plan, &web(), d));
        let unseen = [vec![], vec![None], vec![Some(value!({}))]].map(|answers| unseen(&plan, &web(), &answers).len());
        (said, unseen)
    };
    assert_eq!(said(ChangeEffect::Created), ([true, true, false], [1, 1, 0]));
    assert_eq!(said(ChangeEffect::Deleted), ([false, false, true], [1, 0, 1]));
    assert_eq!(said(ChangeEffect::Other("x".into())), ([false; 3], [0; 3]));
}
