//! A record is written by the operator only, and what was asked does not change.
use super::{ACTION, execution, patch, patch_sub, with};
use crds::labels::OPERATOR_USER;
use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::{Value, json};
use tests::{Cluster, api, create, refused, would_create};

#[tokio::test]
async fn a_spec_does_not_change() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-record").await.unwrap();
    let alice = cluster.almighty("alice");
    let object = with(execution(&space.name), json!({"spec": {"origin": {"agent": "a"}, "timeout": "5m"}}));
    create(&alice, &object).await.unwrap();
    let table: [(&str, Value); 16] = [
        ("spec.action is immutable", json!({"action": "drain_node"})),
        ("spec.target is immutable", json!({"target": {"name": "db"}})),
        ("spec.target is immutable", json!({"target": {"kind": "Deployment"}})),
        ("spec.target is immutable", json!({"target": null})),
        ("spec.reason is immutable", json!({"reason": "another"})),
        ("spec.dryRun is immutable", json!({"dryRun": "Plan"})),
        ("spec.planHash is immutable", json!({"planHash": format!("sha256:{}", "0".repeat(64))})),
        ("spec.breakGlass is immutable", json!({"breakGlass": true})),
        ("spec.timeout is immutable", json!({"timeout": null})),
        ("spec.onConflict is immutable", json!({"onConflict": "Queue"})),
        ("spec.rollback is immutable", json!({"rollback": {"keepFor": "1h"}})),
        ("spec.rollbackOf is immutable", json!({"rollbackOf": {"name": "a", "uid": "11111111-1111-4111-8111-111111111111"}})),
        ("spec.ttlAfterFinished is immutable", json!({"ttlAfterFinished": "1h"})),
        ("spec.parameters is immutable", json!({"parameters": {"replicas": 50}})),
        ("spec.parameters is immutable", json!({"parameters": null})),
        ("spec.origin is immutable", json!({"origin": {"agent": "b"}})),
    ];
    for (words, spec) in table {
        refused(patch(&alice, &object, json!({"spec": spec})).await, words);
    }
}

#[tokio::test]
async fn what_stands_around_a_spec_may_change() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-record").await.unwrap();
    let alice = cluster.almighty("alice");
    let object = execution(&space.name);
    create(&alice, &object).await.unwrap();
    patch(&alice, &object, json!({"metadata": {"labels": {"team": "a"}, "annotations": {"note": "b"}}})).await.unwrap();
}

#[tokio::test]
async fn only_the_operator_writes_a_status() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-record").await.unwrap();
    let object = execution(&space.name);
    create(&cluster.almighty("alice"), &object).await.unwrap();
    let status = json!({"status": {"message": "it was like this"}});
    let no = "only the Writ operator writes status";
    refused(patch_sub(&cluster.almighty("alice"), &object, "status", status.clone()).await, no);
    refused(patch_sub(&cluster.admin, &object, "status", status.clone()).await, no);
    let operator = cluster.almighty(OPERATOR_USER);
    let written = patch_sub(&operator, &object, "status", status).await.unwrap();
    assert_eq!(written.data["status"]["message"], "it was like this");
    // The ledger says otherwise: whatever runs here leaves it as it is, for ever.
    patch(&operator, &object, json!({"metadata": {"finalizers": null}})).await.unwrap();
}

#[tokio::test]
async fn only_the_operator_says_whether_a_plugin_or_a_policy_is_in_force() {
    let cluster = Cluster::connect().await.unwrap();
    let name = cluster.scratch("admit-record").await.unwrap();
    // Nothing can be fetched from there, so it stays inactive; a broken policy would refuse everything, so it only watches.
    let plugin = json!({
        "apiVersion": "writ.dev/v1alpha1", "kind": "ActionPlugin", "metadata": {"name": name.name},
        "spec": {"source": {"configMap": {"name": "nowhere", "key": "none"}}, "digest": format!("sha256:{}", "0".repeat(64)), "owner": "test", "suspended": true},
    });
    let policy = json!({
        "apiVersion": "writ.dev/v1alpha1", "kind": "ExecutionPolicy", "metadata": {"name": name.name},
        "spec": {"mode": "Shadow", "owner": "test", "modules": {"a.rego": "package writ"}},
    });
    let mut answers = Vec::new();
    for object in [&plugin, &policy] {
        create(&cluster.admin, object).await.unwrap();
        answers.push(patch_sub(&cluster.admin, object, "status", json!({"status": {"observedGeneration": 9}})).await);
        api(&cluster.admin, object).delete(&name.name, &Default::default()).await.unwrap();
    }
    for answer in answers {
        refused(answer, "only the Writ operator writes status");
    }
}

#[tokio::test]
async fn only_the_operator_puts_on_and_takes_off_its_finalizers() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-record").await.unwrap();
    let (alice, operator) = (cluster.almighty("alice"), cluster.almighty(OPERATOR_USER));
    let object = execution(&space.name);
    let finalizers = |f: Value| json!({"metadata": {"finalizers": f}});
    let no = "only the Writ operator puts on and takes off its finalizer";
    // One that no operator knows, so that one that runs here leaves it alone.
    let ours = json!(["writ.dev/a-test"]);
    // Nobody could ever take it off again.
    refused(would_create(&alice, &with(object.clone(), finalizers(ours.clone()))).await, no);
    // The only executions that it makes.
    let undo = json!({"spec": {"rollbackOf": {"name": "another", "uid": "77777777-1111-4222-8333-444455556666"}}});
    create(&operator, &with(with(object.clone(), finalizers(ours)), undo)).await.unwrap();
    for change in [json!(null), json!([]), json!(["example.com/another"]), json!(["writ.dev/a-test", "writ.dev/mine"])] {
        refused(patch(&alice, &object, finalizers(change)).await, no);
    }
    // Those of others are theirs.
    let add = json!([{"op": "add", "path": "/metadata/finalizers/-", "value": "example.com/another"}]);
    let add = Patch::Json::<()>(serde_json::from_value(add).unwrap());
    api(&alice, &object).patch("probe", &PatchParams::default(), &add).await.unwrap();
    patch(&operator, &object, finalizers(json!([]))).await.unwrap();
}

#[tokio::test]
async fn the_operator_changes_no_spec() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-record").await.unwrap();
    let object = execution(&space.name);
    create(&cluster.almighty("alice"), &object).await.unwrap();
    let stop = json!({"spec": {"cancel": {"requested": true}}});
    refused(patch(&cluster.almighty(OPERATOR_USER), &object, stop).await, "the operator changes no spec");
}

#[tokio::test]
async fn the_operator_deletes_only_what_is_over_and_was_to_go() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-record").await.unwrap();
    let operator = cluster.almighty(OPERATOR_USER);
    let plain = with(execution(&space.name), json!({"metadata": {"name": "plain"}}));
    let soon = with(execution(&space.name), json!({"metadata": {"name": "soon"}, "spec": {"ttlAfterFinished": "1h"}}));
    let no = "only after its end and its review, and only where spec.ttlAfterFinished asks for it";
    for (object, goes) in [(plain, false), (soon, true)] {
        create(&cluster.almighty("alice"), &object).await.unwrap();
        let name = object["metadata"]["name"].as_str().unwrap();
        let delete = || async { api(&operator, &object).delete(name, &DeleteParams::default()).await.map(drop) };
        // As no host leaves it: so the one that runs here leaves it alone.
        let status = |phase: &str| json!({"status": {"phase": phase, "seq": 9}});
        patch_sub(&operator, &object, "status", status("Executing")).await.unwrap();
        refused(delete().await, no);
        patch_sub(&operator, &object, "status", status("Completed")).await.unwrap();
        patch(&operator, &object, json!({"metadata": {"finalizers": null}})).await.unwrap();
        let review = |state: &str| {
            let hash = format!("sha256:{}", "1".repeat(64));
            json!({"status": {"review": {"state": state, "planHash": hash, "how": "", "dueAt": "2026-11-24T00:00:00Z"}}})
        };
        patch_sub(&operator, &object, "status", review("Due")).await.unwrap();
        refused(delete().await, no);
        patch_sub(&operator, &object, "status", review("Done")).await.unwrap();
        match goes {
            true => delete().await.unwrap(),
            false => drop(refused(delete().await, no)),
        }
    }
}

#[tokio::test]
async fn only_the_operator_says_which_actions_there_are() {
    let cluster = Cluster::connect().await.unwrap();
    let action = json!({
        "apiVersion": "writ.dev/v1alpha1", "kind": "Action", "metadata": {"name": "admit-probe"},
        "spec": {"name": ACTION, "plugin": "none"},
    });
    refused(would_create(&cluster.admin, &action).await, "Action objects are made by the Writ operator");
    would_create(&cluster.almighty(OPERATOR_USER), &action).await.unwrap();
}
