//! `quarantine_pod` and `unquarantine_pod`.
use serde_json::{Value, json};
use writ_action::serde_json;
use writ_action::testing::{Scene, conforms};
use writ_action::wire::{Effect, Operation, Undo};

const UID: &str = "7b1c0c9e-0000-4000-8000-000000000007";
const PLACE: &str = "/metadata/labels/writ.dev~1quarantined";

fn pod() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-0", "namespace": "shop", "uid": UID, "labels": {"app": "web"}},
        "spec": {"nodeName": "n7"},
    })
}

fn scene() -> Scene {
    Scene::on(pods::plugin(), pod())
}

#[test]
fn what_it_declares_is_in_order() {
    conforms(pods::plugin());
}

#[test]
fn a_pod_is_held_by_a_policy_of_its_own_that_is_there_before_the_label() {
    let planned = scene().plan("quarantine_pod", json!({})).unwrap();
    let lines = [
        "kubectl create --filename=/writ/in/object.json --",
        "kubectl patch --type=merge --patch-file=/writ/in/patch-2.json -- pod/web-0",
    ];
    assert_eq!(planned.command_lines(), lines);
    let policy = planned.patch();
    let spec = json!({"podSelector": {"matchLabels": {"writ.dev/quarantined": UID}}, "policyTypes": ["Ingress", "Egress"]});
    assert_eq!((&policy["metadata"]["name"], &policy["spec"]), (&json!("quarantine-web-0"), &spec));
    let writes: Vec<_> =
        planned.proposal.writes.iter().map(|w| (w.object.name.as_str(), w.operation, w.uid.as_deref())).collect();
    assert_eq!(writes, [("quarantine-web-0", Operation::Create, None), ("web-0", Operation::Update, Some(UID))]);
    assert_eq!(
        planned.changes(),
        ["created".to_owned(), format!("{PLACE} - -> \"{UID}\""), "no packet reaches it, and none leaves it".into()]
    );
    assert_eq!(
        scene().after(&planned).checks(&planned),
        ["quarantined holds: pod/web-0 is held by NetworkPolicy quarantine-web-0"]
    );
    assert!(scene().checks(&planned)[0].starts_with("quarantined pending"));
}

#[test]
fn the_undo_of_the_undo_is_the_start() {
    let start = scene();
    let there = start.plan("quarantine_pod", json!({})).unwrap();
    let held = start.after(&there);
    let (inverse, parameters) = there.inverse().unwrap();
    let back = held.plan(&inverse, parameters).unwrap();
    assert!(back.command_lines()[1].ends_with("delete --wait=false -- networkpolicies.networking.k8s.io/quarantine-web-0"));
    assert!(matches!(back.proposal.changes.last().unwrap().effect, Effect::Deleted));
    assert_eq!(back.inverse(), Some(("quarantine_pod".into(), json!({}))));
    let end = held.after(&back);
    assert_eq!(end.target(), start.target());
    assert_eq!(end.checks(&back), ["free holds: pod/web-0 is held by nothing"]);
    assert!(matches!(end.plan("quarantine_pod", json!({})).unwrap().undo, Undo::By(_)));
}

#[test]
fn what_cannot_be_held_or_is_not_held_is_refused() {
    let reason = |scene: Scene, action: &str| scene.plan(action, json!({})).unwrap_err().reason;
    assert_eq!(reason(scene().set("/spec/hostNetwork", true), "quarantine_pod"), "HostNetwork");
    let held = scene().after(&scene().plan("quarantine_pod", json!({})).unwrap());
    assert_eq!(reason(held, "quarantine_pod"), "NothingToChange");
    assert_eq!(reason(scene(), "unquarantine_pod"), "NothingToChange");
    let metadata = json!({"name": "quarantine-web-0", "namespace": "shop", "uid": "x"});
    let policy =
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": {"podSelector": {}}});
    assert_eq!(reason(scene().with(policy.clone()), "quarantine_pod"), "NameTaken");
    // What selects something else is not ours, whatever its name.
    let planned = scene().set(PLACE, UID).with(policy).plan("unquarantine_pod", json!({})).unwrap();
    assert_eq!(planned.command_lines().len(), 1);
}

#[test]
fn what_was_done_by_half_is_finished_or_taken_back() {
    let whole = scene().after(&scene().plan("quarantine_pod", json!({})).unwrap());
    let only_policy = whole.clone().set(PLACE, json!(null));
    let rest = only_policy.plan("quarantine_pod", json!({})).unwrap();
    assert_eq!(rest.command_lines(), ["kubectl patch --type=merge --patch-file=/writ/in/patch.json -- pod/web-0"]);
    assert!(matches!(rest.undo, Undo::Impossible(_)));
    let back = only_policy.plan("unquarantine_pod", json!({})).unwrap();
    assert!(back.command_lines()[1].contains(" delete "));
    assert!(matches!(back.undo, Undo::Impossible(_)));
    let only_label = scene().set(PLACE, UID);
    assert_eq!(only_label.plan("unquarantine_pod", json!({})).unwrap().command_lines().len(), 1);
    assert_eq!(only_label.plan("quarantine_pod", json!({})).unwrap().command_lines().len(), 2);
}
