//! Who asks and who stops it is who the API server authenticated.
use super::{ACTION, execution, patch, with};
use crds::labels::OPERATOR_USER;
use kube::api::{DynamicObject, Patch, PatchParams, PostParams};
use serde_json::{Value, json};
use tests::{Cluster, Scratch, api, create, eventually, refused, would_create};

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

/// What failed is undone in the name of who asked for it; nobody else writes another's name, and the operator asks for nothing else.
#[tokio::test]
async fn only_an_undo_that_the_operator_makes_has_another_requester() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-stamp").await.unwrap();
    let maria = json!({"username": "maria", "groups": ["oncall"]});
    let plain = with(execution(&space.name), json!({"spec": {"requester": maria}}));
    let of = json!({"name": "another", "uid": "77777777-1111-4222-8333-444455556666"});
    let undo = with(plain.clone(), json!({"spec": {"rollbackOf": of}}));
    let operator = cluster.almighty(OPERATOR_USER);
    refused(would_create(&operator, &plain).await, "the Writ operator makes executions only to undo others");
    let made = create(&operator, &undo).await.unwrap();
    assert_eq!(spec(&made)["requester"], maria);
    // Without one it is the operator's own.
    let own = with(undo.clone(), json!({"metadata": {"name": "own"}, "spec": {"requester": null}}));
    assert_eq!(spec(&create(&operator, &own).await.unwrap())["requester"]["username"], OPERATOR_USER);
    // Anybody else's is his, also of an undo.
    let theirs = with(undo, json!({"metadata": {"name": "theirs"}}));
    assert_eq!(spec(&create(&cluster.almighty("mallory"), &theirs).await.unwrap())["requester"]["username"], "mallory");
    // And nobody but the operator may ask for what he may not run.
    space.user("alice", "writ-viewer").await.unwrap();
    let alice = cluster.as_user(&format!("alice-{}", space.name), &[]);
    assert!(would_create(&alice, &theirs).await.is_err());
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

#[tokio::test]
async fn what_mutates_after_the_stamp_cannot_forge_a_requester() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-stamp").await.unwrap();
    let patch = "[JSONPatch{op: \"add\", path: \"/spec/requester\", value: Object.spec.requester{username: \"root\"}}]";
    let forger = Forger::start(&cluster, &space, "CREATE", patch).await;
    let alice = cluster.almighty("alice");
    let forged = forger
        .has_the_last_word(async || match would_create(&alice, &execution(&space.name)).await {
            Ok(stored) if spec(&stored)["requester"]["username"] == "alice" => None,
            other => Some(other),
        })
        .await;
    refused(forged, "spec.requester is not who you are");
}

#[tokio::test]
async fn what_mutates_after_the_stamp_cannot_forge_who_stopped_it() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-stamp").await.unwrap();
    let object = execution(&space.name);
    let alice = cluster.almighty("alice");
    create(&alice, &object).await.unwrap();
    let patch = "has(object.spec.cancel) ? [JSONPatch{op: \"add\", path: \"/spec/cancel/by\", value: \"root\"}] : []";
    let forger = Forger::start(&cluster, &space, "UPDATE", patch).await;
    let (dry, stop) = (PatchParams::default().dry_run(), Patch::Merge(json!({"spec": {"cancel": {"requested": true}}})));
    let forged = forger
        .has_the_last_word(async || match api(&alice, &object).patch("probe", &dry, &stop).await {
            Ok(stored) if spec(&stored)["cancel"]["by"] == "alice" => None,
            other => Some(other),
        })
        .await;
    refused(forged, "spec.cancel.by is not who you are");
}

#[tokio::test]
async fn what_mutates_after_the_stamp_cannot_forge_the_label() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-stamp").await.unwrap();
    let patch = "[JSONPatch{op: \"add\", path: \"/metadata/labels\", value: {\"writ.dev/action\": \"another\"}}]";
    let forger = Forger::start(&cluster, &space, "CREATE", patch).await;
    let alice = cluster.almighty("alice");
    let forged = forger
        .has_the_last_word(async || match would_create(&alice, &execution(&space.name)).await {
            Ok(stored) if json!(stored.metadata.labels)["writ.dev/action"] == ACTION => None,
            other => Some(other),
        })
        .await;
    refused(forged, "label writ.dev/action is stamped");
}

/// Other mutators, which write what the stamp wrote.
pub(super) struct Forger {
    cluster: Cluster,
    policies: Vec<Value>,
}

/// Mutators are called in an order that the API server shuffles whenever one of them changes, and each is called again after another
/// changed the object: the last in that order has the last word. Of so many, the stamp seldom is the last.
const FORGERS: usize = 8;

impl Forger {
    async fn start(cluster: &Cluster, space: &Scratch, operation: &str, patch: &str) -> Self {
        Self::of(cluster, space, "kubernetesexecutions", operation, patch).await
    }

    /// Of another kind of object.
    pub(super) async fn of(cluster: &Cluster, space: &Scratch, resource: &str, operation: &str, patch: &str) -> Self {
        let here = format!("request.namespace == '{}'", space.name);
        Self::of_those(cluster, space, &here, (resource, operation), patch).await
    }

    /// Of those objects of which this is so: others run at the same time.
    async fn of_those(cluster: &Cluster, space: &Scratch, which: &str, (resource, operation): (&str, &str), patch: &str) -> Self {
        let rules = json!([{
            "apiGroups": ["writ.dev"], "apiVersions": ["*"], "resources": [resource], "operations": [operation],
        }]);
        let spec = json!({
            "failurePolicy": "Fail", "reinvocationPolicy": "IfNeeded", "matchConstraints": {"resourceRules": rules},
            "matchConditions": [{"name": "here", "expression": which}],
            "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": patch}}],
        });
        let mut forger = Self { cluster: cluster.clone(), policies: Vec::new() };
        for n in 0..FORGERS {
            let name = format!("forge-{n}-{}", space.name);
            let policy = admission("MutatingAdmissionPolicy", &name, spec.clone());
            forger.policies.push(policy.clone());
            create(&cluster.admin, &policy).await.unwrap();
            create(&cluster.admin, &admission("MutatingAdmissionPolicyBinding", &name, json!({"policyName": name})))
                .await
                .unwrap();
        }
        forger
    }

    /// Until the answer is no longer `None`.
    pub(super) async fn has_the_last_word<T>(&self, ask: impl AsyncFn() -> Option<T>) -> T {
        eventually("a forger has the last word", async || {
            let shuffle = json!({"metadata": {"annotations": {"at": format!("{:?}", std::time::SystemTime::now())}}});
            patch(&self.cluster.admin, &self.policies[0], shuffle).await.unwrap();
            ask().await
        })
        .await
    }
}

fn admission(kind: &str, name: &str, spec: Value) -> Value {
    json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": name}, "spec": spec})
}

impl Drop for Forger {
    fn drop(&mut self) {
        let policies = std::mem::take(&mut self.policies);
        self.cluster.afterwards("delete the forgers", async move |cluster| {
            for policy in policies {
                let name = policy["metadata"]["name"].as_str().unwrap_or_default();
                for object in [admission("MutatingAdmissionPolicyBinding", name, json!({})), policy.clone()] {
                    api(&cluster.admin, &object).delete(name, &Default::default()).await?;
                }
            }
            Ok(())
        });
    }
}

fn freeze() -> Value {
    // Of nothing that exists: others run at the same time.
    let spec = json!({"reason": "release day", "selector": {"namespaces": ["admit-nowhere"]}});
    json!({"apiVersion": "writ.dev/v1alpha1", "kind": "ExecutionFreeze", "metadata": {"name": "admit-freeze"}, "spec": spec})
}

#[tokio::test]
async fn who_froze_is_stamped_and_what_he_said_does_not_change() {
    let cluster = Cluster::connect().await.unwrap();
    let alice = cluster.almighty("alice");
    let forged = with(freeze(), json!({"spec": {"by": "root"}}));
    assert_eq!(spec(&would_create(&alice, &forged).await.unwrap())["by"], "alice");
    let _freeze = cluster.stand(freeze()).await.unwrap();
    let no = "is immutable: make a new freeze";
    refused(patch(&alice, &freeze(), json!({"spec": {"by": "alice"}})).await, no);
    refused(patch(&alice, &freeze(), json!({"spec": {"selector": null}})).await, no);
    refused(patch(&alice, &freeze(), json!({"spec": {"until": "2020-01-01T00:00:00Z"}})).await, no);
}

/// A freeze is in no namespace: the forgers know this one by its name.
#[tokio::test]
async fn what_mutates_after_the_stamp_cannot_forge_who_froze() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-freeze").await.unwrap();
    let forged = with(freeze(), json!({"metadata": {"name": space.name}}));
    let which = format!("object.metadata.name == '{}'", space.name);
    let patch = "[JSONPatch{op: \"add\", path: \"/spec/by\", value: \"root\"}]";
    let forger = Forger::of_those(&cluster, &space, &which, ("executionfreezes", "CREATE"), patch).await;
    let alice = cluster.almighty("alice");
    let answer = forger
        .has_the_last_word(async || match would_create(&alice, &forged).await {
            Ok(stored) if spec(&stored)["by"] == "alice" => None,
            other => Some(other),
        })
        .await;
    refused(answer, "spec.by is not who you are");
}

#[tokio::test]
async fn freezing_is_a_right_of_its_own() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-freeze").await.unwrap();
    let dave = space.user("dave", "writ-user").await.unwrap();
    refused(would_create(&dave, &freeze()).await, "cannot create resource \"executionfreezes\"");
}
