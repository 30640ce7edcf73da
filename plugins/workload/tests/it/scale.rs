//! `scale_deployment` and `scale_statefulset`.
use crate::objects::{UID, deadline_passed, deployment, stateful_set};
use expect_test::{Expect, expect};
use serde_json::{Value, json};
use writ_action::serde_json;
use writ_action::testing::Scene;
use writ_action::wire::{Operation, Undo};

fn scene(target: Value) -> Scene {
    Scene::on(workload::plugin(), target)
}

fn refused(scene: &Scene, parameters: Value, expected: Expect) {
    let r = scene.plan("scale_deployment", parameters).unwrap_err();
    expected.assert_eq(&format!("{}: {}\n{}\n", r.reason, r.message, r.remedy));
}

#[test]
fn a_deployment_is_scaled_with_what_was_seen_as_precondition() {
    let planned = scene(deployment(2)).plan("scale_deployment", json!({"replicas": 5})).unwrap();
    assert_eq!(planned.command_lines(), ["kubectl scale --current-replicas=2 --replicas=5 -- deployment/web"]);
    assert_eq!(planned.changes(), ["/spec/replicas 2 -> 5"]);
    assert_eq!(planned.inverse(), Some(("scale_deployment".into(), json!({"replicas": 2}))));
    assert!(planned.proposal.warnings.is_empty());
}

#[test]
fn it_writes_the_scale_of_exactly_this_object_and_nothing_else() {
    let planned = scene(deployment(2)).plan("scale_deployment", json!({"replicas": 5})).unwrap();
    let [write] = planned.proposal.writes.as_slice() else { panic!("one write") };
    assert_eq!((write.operation, write.subresource.as_deref()), (Operation::Update, Some("scale")));
    assert_eq!((write.object.name.as_str(), write.uid.as_deref()), ("web", Some(UID)));
}

#[test]
fn the_undo_of_the_undo_is_the_start() {
    for target in [deployment(2), stateful_set(2)] {
        let action = if target["kind"] == "Deployment" { "scale_deployment" } else { "scale_statefulset" };
        let start = scene(target);
        let there = start.plan(action, json!({"replicas": 5})).unwrap();
        let (inverse, parameters) = there.inverse().unwrap();
        let back = start.after(&there).plan(&inverse, parameters).unwrap();
        let end = start.after(&there).after(&back);
        assert_eq!(end.target()["spec"], start.target()["spec"]);
        assert_eq!(back.inverse(), Some((action.into(), json!({"replicas": 5}))));
    }
}

#[test]
fn every_violation_is_found_at_once() {
    let bad = scene(deployment(2)).validate("scale_deployment", &json!({"replicas": 0, "max": 5, "a/b": 1})).unwrap_err();
    let said: String = bad.iter().map(|v| format!("{} {}\n", v.at, v.message)).collect();
    expect![[r#"
        /a~1b is no parameter of this action: the only one is replicas
        /max is no parameter of this action: the only one is replicas
        /replicas 0 is below the minimum 1
    "#]]
    .assert_eq(&said);
}

#[test]
fn what_is_no_number_of_replicas_is_said_so() {
    for (replicas, message) in [
        (json!("5"), "\"5\" is not an integer"),
        (json!(2.5), "2.5 is not an integer"),
        (json!(null), "null is not an integer"),
        (json!(1001), "1001 is above the maximum 1000"),
        (json!(-1), "-1 is below the minimum 1"),
        (json!(1e300), "1e+300 is above the maximum 1000"),
    ] {
        let bad = scene(deployment(2)).validate("scale_deployment", &json!({"replicas": replicas})).unwrap_err();
        assert_eq!(bad.len(), 1);
        assert_eq!((bad[0].at.as_str(), bad[0].message.as_str()), ("/replicas", message));
    }
    let bad = scene(deployment(2)).validate("scale_deployment", &json!({})).unwrap_err();
    assert_eq!((bad[0].at.as_str(), bad[0].message.as_str()), ("/replicas", "is required"));
}

#[test]
fn where_nothing_would_change_nothing_is_done() {
    refused(
        &scene(deployment(5)),
        json!({"replicas": 5}),
        expect![[r#"
            NothingToChange: deployment/web has 5 replicas already.

        "#]],
    );
    refused(
        &scene(deployment(1)),
        json!({"replicas": 1}),
        expect![[r#"
            NothingToChange: deployment/web has 1 replica already.

        "#]],
    );
}

#[test]
fn a_target_that_is_not_there_is_refused() {
    refused(
        &scene(deployment(2)).gone(),
        json!({"replicas": 5}),
        expect![[r#"
            TargetNotFound: deployment/web is not there in shop.
            Look at the name: kubectl get deployment/web -n shop
        "#]],
    );
}

#[test]
fn what_had_no_replicas_has_no_way_back() {
    for (before, said) in [(0, "had 0 replicas"), (1500, "had 1500 replicas")] {
        let planned = scene(deployment(before)).plan("scale_deployment", json!({"replicas": 3})).unwrap();
        let Undo::Impossible(why) = planned.undo else { panic!("there is no way back by an action that sets 1 to 1000") };
        assert!(why.contains(said), "{why}");
    }
}

#[test]
fn a_stateful_set_that_deletes_volumes_says_what_is_lost() {
    let deletes = "/spec/persistentVolumeClaimRetentionPolicy/whenScaled";
    let loses = |scene: Scene, replicas: i64| {
        let planned = scene.plan("scale_statefulset", json!({"replicas": replicas})).unwrap();
        let Undo::By(inverse) = planned.undo else { panic!("there is a way back") };
        assert_eq!(inverse.loses, planned.proposal.warnings);
        inverse.loses
    };
    let lost = "the volumes of pods 2 to 4 of statefulset/db and their data (its retention policy deletes them)";
    assert_eq!(loses(scene(stateful_set(5)).set(deletes, "Delete"), 2), [lost]);
    assert!(loses(scene(stateful_set(5)).set(deletes, "Delete"), 7).is_empty());
    assert!(loses(scene(stateful_set(5)), 2).is_empty());
}

/// The scene right after the command ran, the controller not yet awake.
fn after(before: i64, wanted: i64) -> (Scene, writ_action::testing::Planned) {
    let start = scene(deployment(before));
    let planned = start.plan("scale_deployment", json!({"replicas": wanted})).unwrap();
    (start.after(&planned), planned)
}

fn counts(scene: Scene, exist: i64, ready: i64, available: i64) -> Scene {
    scene
        .set("/status/observedGeneration", 8)
        .set("/status/replicas", exist)
        .set("/status/readyReplicas", ready)
        .set("/status/availableReplicas", available)
}

#[test]
fn the_check_waits_for_the_real_effect() {
    let (up, planned) = after(2, 5);
    let said = |scene: Scene| scene.checks(&planned).join("; ");
    let unseen = "replicas_ready pending: 2 of 5 replicas ready, the controller has not seen the change yet";
    assert_eq!(said(up.clone()), unseen);
    // the numbers of before are worth nothing, even where they fit
    assert_eq!(
        said(counts(up.clone(), 5, 5, 5).set("/status/observedGeneration", 7)),
        "replicas_ready pending: 5 of 5 replicas ready, the controller has not seen the change yet"
    );
    assert_eq!(said(counts(up.clone(), 5, 3, 3)), "replicas_ready pending: 3 of 5 replicas ready");
    assert_eq!(said(counts(up.clone(), 5, 5, 4)), "replicas_ready pending: 5 of 5 replicas ready");
    assert_eq!(said(counts(up, 5, 5, 5)), "replicas_ready holds: 5 of 5 replicas ready");
}

#[test]
fn scaling_down_is_done_when_the_others_are_gone() {
    let (down, planned) = after(5, 2);
    let said = |scene: Scene| scene.checks(&planned).join("; ");
    assert_eq!(said(counts(down.clone(), 4, 2, 2)), "replicas_ready pending: 2 of 2 replicas ready, 2 to go");
    assert_eq!(said(counts(down, 2, 2, 2)), "replicas_ready holds: 2 of 2 replicas ready");
    let (down, planned) = after(2, 1);
    assert_eq!(counts(down, 1, 1, 1).checks(&planned), ["replicas_ready holds: 1 of 1 replica ready"]);
}

#[test]
fn the_check_fails_where_waiting_does_not_help() {
    let (up, planned) = after(2, 5);
    let said = |scene: Scene| scene.checks(&planned).join("; ");
    assert_eq!(
        said(counts(up.clone(), 5, 5, 5).set("/spec/replicas", 4)),
        "replicas_ready failed: spec.replicas is 4, not 5: somebody else changed it"
    );
    assert_eq!(said(up.clone().gone()), "target_exists failed: deployment/web is not there in shop.");
    assert_eq!(
        said(counts(up.clone(), 5, 5, 5).set("/metadata/uid", "another")),
        "replicas_ready failed: deployment/web was deleted and made again meanwhile"
    );
    let late = deadline_passed("web-hash5", "2026-11-23T03:30:00Z");
    assert_eq!(
        said(counts(up, 5, 3, 3).set("/status/conditions", &late)),
        "replicas_ready failed: 3 of 5 replicas ready: ReplicaSet \"web-hash5\" has timed out progressing."
    );
}

#[test]
fn a_deadline_that_passed_before_the_execution_does_not_count() {
    let (up, planned) = after(2, 5);
    let late = deadline_passed("web-hash5", "2026-11-23T03:00:00Z");
    let checks = counts(up, 5, 3, 3).set("/status/conditions", &late).checks(&planned);
    assert_eq!(checks, ["replicas_ready pending: 3 of 5 replicas ready"]);
}

#[test]
fn a_quota_that_is_used_up_is_named_while_it_lasts() {
    let (up, planned) = after(2, 5);
    let quota =
        json!([{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota: small"}]);
    let checks = counts(up, 3, 3, 3).set("/status/conditions", &quota).checks(&planned);
    assert_eq!(checks, ["replicas_ready pending: 3 of 5 replicas ready: FailedCreate: exceeded quota: small"]);
}
