//! `rollout_restart`.
use crate::objects::{UID, daemon_set, deployment, stateful_set};
use serde_json::{Value, json};
use writ_action::serde_json;
use writ_action::testing::Scene;
use writ_action::wire::Undo;

const NOW: &str = "2026-11-23T03:12:00Z";
const PLACE: &str = "/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt";

fn scene(target: Value) -> Scene {
    Scene::on(workload::plugin(), target).at(NOW)
}

#[test]
fn each_kind_is_restarted_by_a_patch_that_can_be_tried() {
    for (target, name) in
        [(deployment(2), "deployment/web"), (stateful_set(2), "statefulset/db"), (daemon_set(2), "daemonset/agent")]
    {
        let planned = scene(target).plan("rollout_restart", json!({})).unwrap();
        let line = format!("kubectl patch --type=merge --patch-file=/writ/in/patch.json -- {name}");
        assert_eq!(planned.command_lines(), [line]);
        let annotations = json!({"kubectl.kubernetes.io/restartedAt": NOW});
        let spec = json!({"template": {"metadata": {"annotations": annotations}}});
        assert_eq!(planned.patch(), json!({"metadata": {"uid": UID}, "spec": spec}));
        assert_eq!(planned.changes(), [format!("{PLACE} - -> \"{NOW}\""), "its pods are replaced".to_owned()]);
        assert_eq!(planned.proposal.writes[0].uid.as_deref(), Some(UID));
        assert_eq!(planned.proposal.writes[0].subresource, None);
    }
}

#[test]
fn there_is_no_way_back_and_it_says_why() {
    let planned = scene(deployment(2)).plan("rollout_restart", json!({})).unwrap();
    let Undo::Impossible(why) = planned.undo else { panic!("pods do not come back") };
    assert_eq!(why, "pods that were replaced do not come back; the new ones of deployment/web run the same template");
}

#[test]
fn what_would_have_no_effect_is_refused() {
    let reason = |scene: Scene| scene.plan("rollout_restart", json!({})).unwrap_err().reason;
    assert_eq!(reason(scene(deployment(2)).set("/spec/paused", true)), "Paused");
    assert_eq!(reason(scene(stateful_set(2)).set("/spec/updateStrategy/type", "OnDelete")), "UpdatesOnDelete");
    assert_eq!(reason(scene(daemon_set(2)).set("/spec/updateStrategy/type", "OnDelete")), "UpdatesOnDelete");
    assert_eq!(reason(scene(deployment(0))), "NothingToChange");
    assert_eq!(reason(scene(daemon_set(0))), "NothingToChange");
    assert_eq!(reason(scene(stateful_set(2)).set("/spec/updateStrategy/rollingUpdate/partition", 2)), "NothingToChange");
    assert_eq!(reason(scene(deployment(2)).set(PLACE, NOW)), "NothingToChange");
}

#[test]
fn what_stands_still_meanwhile_is_said() {
    let warnings = |scene: Scene| scene.plan("rollout_restart", json!({})).unwrap().proposal.warnings;
    let down = "deployment/web has the strategy Recreate: all its pods stop before the first new one starts.";
    assert!(warnings(scene(deployment(2)).set("/spec/strategy/type", "Recreate")).contains(&down.to_owned()));
    let alone = "statefulset/db has one pod: it is down until the new one is ready.";
    assert!(warnings(scene(stateful_set(1))).contains(&alone.to_owned()));
    assert_eq!(warnings(scene(deployment(3))), ["3 pods are replaced, as its update strategy says."]);
}

#[test]
fn an_autoscaler_does_not_make_it_another_plan() {
    let hashed = |replicas| {
        let p = scene(deployment(replicas)).plan("rollout_restart", json!({})).unwrap().proposal;
        (p.commands, p.writes, p.changes, p.memo)
    };
    assert_eq!(hashed(2), hashed(3));
}

#[test]
fn the_check_waits_until_all_pods_are_new_and_ready() {
    let start = scene(deployment(3));
    let planned = start.plan("rollout_restart", json!({})).unwrap();
    let after = start.after(&planned);
    let said = |scene: Scene| scene.checks(&planned).join("; ");
    let unseen = "replicas_ready pending: 3 of 3 replicas ready, 3 of 3 updated, the controller has not seen the change yet";
    assert_eq!(said(after.clone()), unseen);
    let after = after.set("/status/observedGeneration", 8);
    let turning = after.clone().set("/status/replicas", 4).set("/status/updatedReplicas", 2);
    assert_eq!(said(turning), "replicas_ready pending: 3 of 3 replicas ready, 2 of 3 updated, 1 to go");
    assert_eq!(said(after.clone()), "replicas_ready holds: 3 of 3 replicas ready, 3 of 3 updated");
    let other = after.set(PLACE, "2026-11-23T04:00:00Z");
    assert_eq!(
        said(other),
        "restart_ours failed: the annotation of deployment/web is \"2026-11-23T04:00:00Z\": somebody else changed it"
    );
}

#[test]
fn a_daemon_set_is_counted_by_nodes() {
    let start = scene(daemon_set(3));
    let planned = start.plan("rollout_restart", json!({})).unwrap();
    let after = start.after(&planned).set("/status/observedGeneration", 8);
    let turning = after.clone().set("/status/updatedNumberScheduled", 1).set("/status/numberReady", 2);
    assert_eq!(turning.checks(&planned), ["replicas_ready pending: 2 of 3 replicas ready, 1 of 3 updated"]);
    assert_eq!(after.checks(&planned), ["replicas_ready holds: 3 of 3 replicas ready, 3 of 3 updated"]);
}

#[test]
fn a_partition_leaves_the_pods_below_it_alone() {
    let start = scene(stateful_set(5)).set("/spec/updateStrategy/rollingUpdate/partition", 3);
    let planned = start.plan("rollout_restart", json!({})).unwrap();
    assert_eq!(planned.proposal.warnings, ["2 pods are replaced, as its update strategy says."]);
    let after = start.after(&planned).set("/status/observedGeneration", 8).set("/status/updatedReplicas", 2);
    assert_eq!(after.checks(&planned), ["replicas_ready holds: 5 of 5 replicas ready, 2 of 2 updated"]);
}
