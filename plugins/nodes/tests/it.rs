//! `cordon_node` and `uncordon_node`.
use serde_json::{Value, json};
use writ_action::serde_json;
use writ_action::testing::{Scene, conforms};

fn scene(spec: Value) -> Scene {
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n7", "uid": "7b1c0c9e-0000-4000-8000-000000000007"}, "spec": spec});
    Scene::on(nodes::plugin(), node)
}

#[test]
fn what_it_declares_is_in_order() {
    conforms(nodes::plugin());
}

#[test]
fn a_node_is_cordoned_and_back() {
    let start = scene(json!({}));
    let there = start.plan("cordon_node", json!({})).unwrap();
    assert_eq!(there.command_lines(), ["kubectl patch --type=merge --patch-file=/writ/in/patch.json -- node/n7"]);
    assert_eq!(
        there.patch(),
        json!({"metadata": {"uid": "7b1c0c9e-0000-4000-8000-000000000007"}, "spec": {"unschedulable": true}})
    );
    assert_eq!(there.changes(), ["/spec/unschedulable - -> true", "no new pods are scheduled to it"]);
    let cordoned = start.after(&there);
    assert_eq!(cordoned.checks(&there), ["cordoned holds: node/n7 gets no new pods"]);
    let (inverse, parameters) = there.inverse().unwrap();
    let back = cordoned.plan(&inverse, parameters).unwrap();
    assert_eq!(back.changes()[0], "/spec/unschedulable true -> -");
    assert_eq!(cordoned.after(&back).checks(&back), ["uncordoned holds: node/n7 gets new pods"]);
    assert_eq!(back.inverse(), Some(("cordon_node".into(), json!({}))));
}

#[test]
fn what_is_so_already_is_refused() {
    let reason = |spec, action: &str| scene(spec).plan(action, json!({})).unwrap_err().reason;
    assert_eq!(reason(json!({"unschedulable": true}), "cordon_node"), "NothingToChange");
    assert_eq!(reason(json!({}), "uncordon_node"), "NothingToChange");
}
