//! `rollback_deployment`.
use crate::objects::{UID, deadline_passed, deployment, replica_set, template};
use expect_test::expect;
use serde_json::{Value, json};
use writ_action::serde_json;
use writ_action::testing::{Planned, Scene};
use writ_action::wire::Undo;

/// Revisions 3, 4 and 5, of which 5 runs.
fn scene() -> Scene {
    let mut scene = Scene::on(workload::plugin(), deployment(2));
    for revision in 3..=5 {
        scene = scene.with(replica_set(revision, &format!("web:{revision}")));
    }
    scene
}

fn plan(parameters: Value) -> Planned {
    scene().plan("rollback_deployment", parameters).unwrap()
}

#[test]
fn without_a_revision_it_goes_back_by_one() {
    let planned = plan(json!({}));
    assert_eq!(planned.command_lines(), ["kubectl patch --type=json --patch-file=/writ/in/patch.json -- deployment/web"]);
    expect![[r#"
        /spec/template/spec/containers/0/image "web:5" -> "web:4"
        /metadata/annotations/kubernetes.io~1change-cause "web 5" -> "web 4"
    "#]]
    .assert_eq(&planned.changes().iter().map(|c| format!("{c}\n")).collect::<String>());
}

#[test]
fn the_patch_tests_all_it_relies_on_before_it_changes_anything() {
    let cause = "/metadata/annotations/kubernetes.io~1change-cause";
    assert_eq!(
        plan(json!({"revision": 3})).patch(),
        json!([
            {"op": "test", "path": "/metadata/uid", "value": UID},
            {"op": "test", "path": "/spec/template", "value": template("web:5")},
            {"op": "replace", "path": "/spec/template", "value": template("web:3")},
            {"op": "test", "path": cause, "value": "web 5"},
            {"op": "replace", "path": cause, "value": "web 3"},
        ])
    );
}

#[test]
fn the_patch_is_written_as_the_api_server_compares_it() {
    let planned = plan(json!({}));
    let file = &planned.proposal.commands[0].files[0];
    assert!(file.content.contains(r"warm \u0026\u0026 serve \u003e /log"), "{}", file.content);
}

#[test]
fn a_cause_is_not_added_where_none_was() {
    let without = scene().set("/metadata/annotations/kubernetes.io~1change-cause", Value::Null);
    let planned = without.plan("rollback_deployment", json!({})).unwrap();
    assert_eq!(planned.patch().as_array().unwrap().len(), 3);
}

#[test]
fn the_way_back_is_the_revision_that_runs_now() {
    let planned = plan(json!({}));
    assert_eq!(planned.inverse(), Some(("rollback_deployment".into(), json!({"revision": 5}))));
}

#[test]
fn the_undo_of_the_undo_is_the_start() {
    let there = plan(json!({}));
    // what the controller makes of it: the old ReplicaSet is the newest revision
    let after = |scene: Scene, back: &Planned| scene.after(back);
    let turned = after(scene(), &there);
    let turned = [replica_set(3, "web:3"), replica_set(5, "web:5"), renumbered(replica_set(4, "web:4"), 6)]
        .into_iter()
        .fold(Scene::on(workload::plugin(), turned.target().clone()), Scene::with);
    let (action, parameters) = there.inverse().unwrap();
    let back = turned.plan(&action, parameters).unwrap();
    assert_eq!(turned.after(&back).target()["spec"], scene().target()["spec"]);
    assert_eq!(back.inverse(), Some(("rollback_deployment".into(), json!({"revision": 6}))));
}

fn renumbered(mut replica_set: Value, revision: u64) -> Value {
    replica_set["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = revision.to_string().into();
    replica_set
}

#[test]
fn where_no_history_is_kept_there_is_no_way_back() {
    let planned = scene().set("/spec/revisionHistoryLimit", 0).plan("rollback_deployment", json!({})).unwrap();
    assert!(matches!(planned.undo, Undo::Impossible(why) if why.contains("revisionHistoryLimit 0")));
    let unkept = scene().set("/spec/template/spec/containers/0/image", "web:6");
    let planned = unkept.plan("rollback_deployment", json!({})).unwrap();
    assert!(matches!(planned.undo, Undo::Impossible(why) if why.contains("no ReplicaSet keeps")));
}

#[test]
fn what_cannot_be_rolled_back_is_refused() {
    let refused = |scene: Scene, parameters| {
        let r = scene.plan("rollback_deployment", parameters).unwrap_err();
        format!("{}: {}", r.reason, r.message)
    };
    assert_eq!(
        refused(scene(), json!({"revision": 9})),
        "NoSuchRevision: Revision 9 of deployment/web is not kept any more (kept: 3, 4, 5)."
    );
    assert_eq!(refused(scene(), json!({"revision": 5})), "NothingToChange: deployment/web runs revision 5 already.");
    assert_eq!(
        refused(scene().set("/spec/paused", true), json!({})),
        "Paused: deployment/web is paused: nothing would be rolled out."
    );
    let alone = Scene::on(workload::plugin(), deployment(2)).with(replica_set(5, "web:5"));
    assert_eq!(refused(alone, json!({})), "NoSuchRevision: deployment/web has no earlier revision to go back to (kept: 5).");
}

#[test]
fn a_replica_set_of_somebody_else_is_no_revision() {
    let mut foreign = replica_set(9, "evil:1");
    foreign["metadata"]["ownerReferences"][0]["uid"] = "another".into();
    let planned = scene().with(foreign).plan("rollback_deployment", json!({})).unwrap();
    assert_eq!(planned.patch()[2]["value"], template("web:4"));
}

#[test]
fn revision_numbers_start_at_one() {
    let bad = scene().validate("rollback_deployment", &json!({"revision": 0})).unwrap_err();
    assert_eq!(bad[0].message, "0 is below the minimum 1");
}

#[test]
fn the_check_waits_until_the_old_template_runs_everywhere() {
    let planned = plan(json!({}));
    let after = scene().after(&planned).set("/status/observedGeneration", 8);
    let restored = "template_restored holds: the template is that of revision 4, now revision 4";
    let turning = after.clone().set("/status/updatedReplicas", 1);
    assert_eq!(turning.checks(&planned), [restored, "replicas_ready pending: 2 of 2 replicas ready, 1 of 2 updated"]);
    assert_eq!(after.checks(&planned), [restored, "replicas_ready holds: 2 of 2 replicas ready, 2 of 2 updated"]);
}

#[test]
fn the_check_fails_where_somebody_released_again() {
    let planned = plan(json!({}));
    let other = scene().after(&planned).set("/spec/template/spec/containers/0/image", "web:7");
    assert!(other.checks(&planned)[0].starts_with("template_restored failed: the template of deployment/web is not that"));
}

#[test]
fn the_deadline_of_the_bad_release_does_not_fail_its_rollback() {
    let planned = plan(json!({}));
    let turning = scene().after(&planned).set("/status/observedGeneration", 8).set("/status/updatedReplicas", 0);
    let verdict = |of: &str, time| {
        let checks = turning.clone().set("/status/conditions", deadline_passed(of, time)).checks(&planned);
        checks[1].split(':').next().unwrap().to_owned()
    };
    // while the approval was waited for, the bad release gave up: nothing is said of ours
    assert_eq!(verdict("web-hash5", "2026-11-23T03:20:00Z"), "replicas_ready pending");
    assert_eq!(verdict("web-hash4", "2026-11-23T03:00:00Z"), "replicas_ready pending");
    assert_eq!(verdict("web-hash4", "2026-11-23T03:20:00Z"), "replicas_ready failed");
}

#[test]
fn a_release_that_changed_a_hundred_fields_can_still_be_shown() {
    let env = |value: &str| (0..100).map(|n| json!({"name": format!("V{n}"), "value": value})).collect::<Vec<_>>();
    let mut kept = replica_set(4, "web:4");
    kept["spec"]["template"]["spec"]["containers"][0]["env"] = env("old").into();
    let env: Value = env("new").into();
    let scene = Scene::on(workload::plugin(), deployment(2)).with(kept).set("/spec/template/spec/containers/0/env", env);
    let planned = scene.plan("rollback_deployment", json!({})).unwrap();
    assert_eq!(planned.changes().len(), 102);
    assert_eq!(planned.proposal.changes.len(), 2, "64 fields a change at most");
}
