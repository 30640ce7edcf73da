//! Who asks and who stops it is who the API server authenticated.
use super::{ACTION, execution, patch, with};
use kube::api::{DynamicObject, Patch, PatchParams, PostParams};
use serde_json::{Value, json};
use tests::{Cluster, api, create, eventually, refused};

fn spec(object: &DynamicObject) -> &Value {
    &object.data["spec"]
}

#[tokio::test]
async fn a_forged_requester_is_overwritten_whole() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-stamp").await.unwrap();
    let alice = cluster.as_user("alice", &["system:masters", "dev"]);
    let forged = json!({"spec": {"requester": {"username": "root", "uid": "0", "groups": ["security", "dev"]}}});
    let made = create(&alice, &with(execution(&space.name), forged)).await.unwrap();
    let stamped = json!({"username": "alice", "groups": ["system:masters", "dev", "system:authenticated"]});
    assert_eq!(spec(&made)["requester"], stamped);
}

#[tokio::test]
async fn a_requester_forged_by_server_side_apply_is_overwritten_too() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-stamp").await.unwrap();
    let alice = cluster.almighty("alice");
    let object = execution(&space.name);
    let forged = with(object.clone(), json!({"spec": {"requester": {"username": "root", "groups": ["security"]}}}));
    let apply = PatchParams::apply("a-test");
    let made = api(&alice, &object).patch("probe", &apply, &Patch::Apply(&forged)).await.unwrap();
    assert_eq!(spec(&made)["requester"]["username"], "alice");
    assert_eq!(spec(&made)["requester"]["groups"], json!(["system:masters", "system:authenticated"]));
    // The same file without it, as its owner would apply it again.
    let again = api(&alice, &object).patch("probe", &apply, &Patch::Apply(&object)).await.unwrap();
    assert_eq!(spec(&again)["requester"], spec(&made)["requester"]);
}

#[tokio::test]
async fn what_mutates_after_the_stamp_cannot_forge_a_requester() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-stamp").await.unwrap();
    let name = format!("forge-{}", space.name);
    let kind = |kind: &str, spec: Value| {
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": name}, "spec": spec,
        })
    };
    let policy = kind(
        "MutatingAdmissionPolicy",
        json!({
            "failurePolicy": "Fail", "reinvocationPolicy": "IfNeeded",
            "matchConstraints": {"resourceRules": [{"apiGroups": ["writ.dev"], "apiVersions": ["*"], "resources": ["kubernetesexecutions"], "operations": ["CREATE"]}]},
            "matchConditions": [{"name": "here", "expression": format!("request.namespace == '{}'", space.name)}],
            "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression":
                "[JSONPatch{op: \"add\", path: \"/spec/requester\", value: Object.spec.requester{username: \"root\"}}]"}}],
        }),
    );
    let binding = kind("MutatingAdmissionPolicyBinding", json!({"policyName": name}));
    create(&cluster.admin, &policy).await.unwrap();
    create(&cluster.admin, &binding).await.unwrap();
    let alice = cluster.almighty("alice");
    // Mutators are called in an order that is shuffled whenever one of them changes, and each is called again after another changed
    // the object; the last in that order has the last word. So: until the forger is the last.
    let forged = eventually("the forger has the last word", async || {
        let shuffle = json!({"metadata": {"annotations": {"at": format!("{:?}", std::time::SystemTime::now())}}});
        patch(&cluster.admin, &policy, shuffle).await.unwrap();
        match tests::would_create(&alice, &execution(&space.name)).await {
            Ok(stored) if spec(&stored)["requester"]["username"] == "alice" => None,
            other => Some(other),
        }
    })
    .await;
    for object in [&binding, &policy] {
        api(&cluster.admin, object).delete(&name, &Default::default()).await.unwrap();
    }
    refused(forged, "spec.requester is not who you are");
}

#[tokio::test]
async fn the_requester_does_not_change_and_is_put_back_where_it_is_left_out() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-stamp").await.unwrap();
    let object = execution(&space.name);
    let (alice, bob) = (cluster.almighty("alice"), cluster.almighty("bob"));
    let made = create(&alice, &object).await.unwrap();
    let no = "spec.requester is immutable";
    refused(patch(&bob, &object, json!({"spec": {"requester": {"username": "bob"}}})).await, no);
    refused(patch(&bob, &object, json!({"spec": {"requester": {"groups": null}}})).await, no);
    let left_out = patch(&bob, &object, json!({"spec": {"requester": null}})).await.unwrap();
    assert_eq!(spec(&left_out)["requester"], spec(&made)["requester"]);
    // `kubectl replace` of the file it was made from.
    let replaced = eventually("nobody else writes it at the same time", async || {
        let now = api(&bob, &object).get("probe").await.unwrap();
        let old = with(object.clone(), json!({"metadata": {"resourceVersion": now.metadata.resource_version}}));
        api(&bob, &object).replace("probe", &PostParams::default(), &serde_json::from_value(old).unwrap()).await.ok()
    })
    .await;
    assert_eq!(spec(&replaced)["requester"], spec(&made)["requester"]);
}

#[tokio::test]
async fn the_label_says_the_action_whatever_the_client_wrote() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-stamp").await.unwrap();
    let alice = cluster.almighty("alice");
    let object = with(execution(&space.name), json!({"metadata": {"labels": {"writ.dev/action": "another", "team": "a"}}}));
    let made = create(&alice, &object).await.unwrap();
    let labels = |o: &DynamicObject| json!(o.metadata.labels);
    assert_eq!(labels(&made), json!({"writ.dev/action": ACTION, "team": "a"}));
    let removed = patch(&alice, &object, json!({"metadata": {"labels": null}})).await.unwrap();
    assert_eq!(labels(&removed), json!({"writ.dev/action": ACTION}));
}

#[tokio::test]
async fn who_stops_an_execution_is_stamped_and_stopping_is_one_way() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-stamp").await.unwrap();
    let object = execution(&space.name);
    let (alice, bob) = (cluster.almighty("alice"), cluster.almighty("bob"));
    create(&alice, &object).await.unwrap();
    let cancel = |cancel: Value| json!({"spec": {"cancel": cancel}});
    refused(patch(&bob, &object, cancel(json!({"requested": false, "by": "alice"}))).await, "spec.cancel.by is stamped when");
    refused(patch(&bob, &object, cancel(json!({"requested": false, "reason": "no"}))).await, "spec.cancel.reason goes with");
    let asked = json!({"requested": true, "reason": "wrong replicas", "by": "alice"});
    let stopped = patch(&bob, &object, cancel(asked)).await.unwrap();
    assert_eq!(spec(&stopped)["cancel"], json!({"requested": true, "reason": "wrong replicas", "by": "bob"}));
    for back in [json!({"requested": false}), json!(null), json!({"by": "alice"}), json!({"reason": "another"})] {
        refused(patch(&alice, &object, cancel(back)).await, "a cancellation is not taken back");
    }
    // The same again is no change.
    patch(&alice, &object, cancel(json!({"requested": true}))).await.unwrap();
}

#[tokio::test]
async fn an_execution_may_be_born_stopped_and_says_by_whom() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-stamp").await.unwrap();
    let born = with(execution(&space.name), json!({"spec": {"cancel": {"requested": true, "by": "root"}}}));
    let made = create(&cluster.almighty("alice"), &born).await.unwrap();
    assert_eq!(spec(&made)["cancel"]["by"], "alice");
}
