//! Who approves is who the API server authenticated, and may; what was said does not change, and stays as long as its execution; whether it
//! counts is the operator's word.
use super::{execution, patch, patch_sub, uid, with};
use crds::labels::OPERATOR_USER;
use kube::{
    Client,
    api::{DeleteParams, DynamicObject, ListParams},
};
use serde_json::{Value, json};
use tests::{Cluster, PATIENCE, api, create, eventually, get, refused, within, would_create};

const UID: &str = "11111111-1111-4111-8111-111111111111";
const COLLECTOR: &str = "system:serviceaccount:kube-system:generic-garbage-collector";
const RECORDS: &str = "approvals and rejections are records: they go with their execution";

/// Of an execution that does not exist: what is stored of it is collected.
fn approval(namespace: &str) -> Value {
    json!({
        "apiVersion": "writ.dev/v1alpha1", "kind": "ExecutionApproval", "metadata": {"name": "probe", "namespace": namespace},
        "spec": {
            "execution": {"name": "nowhere", "uid": UID}, "action": "admit_probe", "planHash": format!("sha256:{}", "0".repeat(64)),
            "decision": "Approve", "comment": "a test of admission",
        },
    })
}

/// Of one that does, so that it stays. An operator that runs here as well refuses that, and says of this that it came too late.
async fn lasting(cluster: &Cluster, namespace: &str) -> Value {
    let asked = create(&cluster.almighty("maria"), &execution(namespace)).await.unwrap();
    with(approval(namespace), json!({"spec": {"execution": {"name": "probe", "uid": uid(&asked)}}}))
}

fn owners(object: &DynamicObject) -> Value {
    json!(object.metadata.owner_references)
}

/// As it is stamped.
fn owner(approval: &Value) -> Value {
    let of = &approval["spec"]["execution"];
    json!([{"apiVersion": "writ.dev/v1alpha1", "kind": "KubernetesExecution", "name": of["name"], "uid": of["uid"]}])
}

fn approver(object: &DynamicObject) -> &Value {
    &object.data["spec"]["approver"]
}

#[tokio::test]
async fn a_forged_approver_is_overwritten_whole() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-approve").await.unwrap();
    let alice = cluster.as_user("alice", &["system:masters", "dev"]);
    let forged = json!({"spec": {"approver": {"username": "root", "uid": "0", "groups": ["sre-leads", "dev"]}}});
    let made = create(&alice, &with(approval(&space.name), forged)).await.unwrap();
    let stamped = json!({"username": "alice", "groups": ["system:masters", "dev", "system:authenticated"]});
    assert_eq!(approver(&made), &stamped);
}

#[tokio::test]
async fn what_mutates_after_the_stamp_cannot_forge_an_approver() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-approve").await.unwrap();
    let patch = "[JSONPatch{op: \"add\", path: \"/spec/approver\", value: Object.spec.approver{username: \"root\"}}]";
    let forger = super::stamp::Forger::of(&cluster, &space, "executionapprovals", "CREATE", patch).await;
    let alice = cluster.almighty("alice");
    let forged = forger
        .has_the_last_word(async || match would_create(&alice, &approval(&space.name)).await {
            Ok(stored) if approver(&stored)["username"] == "alice" => None,
            other => Some(other),
        })
        .await;
    refused(forged, "spec.approver is not who you are");
}

#[tokio::test]
async fn what_was_said_does_not_change() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-approve").await.unwrap();
    let alice = cluster.almighty("alice");
    let object = lasting(&cluster, &space.name).await;
    create(&alice, &object).await.unwrap();
    let table: [(&str, Value); 8] = [
        ("spec.execution is immutable", json!({"execution": {"name": "another"}})),
        ("spec.execution is immutable", json!({"execution": {"uid": UID.replace('1', "2")}})),
        ("spec.action is immutable", json!({"action": "admit_another"})),
        ("spec.coversUndo is immutable", json!({"coversUndo": false})),
        ("spec.planHash is immutable", json!({"planHash": format!("sha256:{}", "1".repeat(64))})),
        ("spec.decision is immutable", json!({"decision": "Reject"})),
        ("spec.comment is immutable", json!({"comment": "another"})),
        ("spec.approver is immutable", json!({"approver": {"username": "bob"}})),
    ];
    for (words, spec) in table {
        refused(patch(&alice, &object, json!({"spec": spec})).await, words);
    }
}

#[tokio::test]
async fn only_the_operator_says_whether_it_counts_and_it_never_approves() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-approve").await.unwrap();
    let object = lasting(&cluster, &space.name).await;
    create(&cluster.almighty("alice"), &object).await.unwrap();
    let counted = json!({"type": "Counted", "status": "True", "reason": "Counted", "message": "", "lastTransitionTime": "2026-11-23T03:12:07Z"});
    let status = json!({"status": {"conditions": [counted]}});
    let no = "only the Writ operator writes status";
    refused(patch_sub(&cluster.almighty("alice"), &object, "status", status.clone()).await, no);
    let operator = cluster.almighty(OPERATOR_USER);
    patch_sub(&operator, &object, "status", status).await.unwrap();
    let another = with(approval(&space.name), json!({"metadata": {"name": "operators"}}));
    refused(would_create(&operator, &another).await, "the Writ operator counts approvals and never gives one");
}

#[tokio::test]
async fn the_right_to_approve_is_for_one_action_and_is_not_the_right_to_run() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-approve").await.unwrap();
    let dave = space.user("dave", "writ-approver").await.unwrap();
    let message = refused(would_create(&dave, &approval(&space.name)).await, "may not approve");
    let says = format!(
        "dave-{0} may not approve admit_probe in {0}; needs verb \"approve\" on actions.writ.dev/admit-probe",
        space.name
    );
    assert!(message.contains(&says), "{message}");
    grant(&cluster, &space.name, "run").await;
    refused(would_create(&dave, &approval(&space.name)).await, "may not approve admit_probe");
    grant(&cluster, &space.name, "approve").await;
    eventually("the right is in force", async || would_create(&dave, &approval(&space.name)).await.ok()).await;
    let another = with(approval(&space.name), json!({"spec": {"action": "admit_another"}}));
    refused(would_create(&dave, &another).await, "may not approve admit_another");
}

#[tokio::test]
async fn who_may_only_ask_cannot_say_yes_and_who_may_approve_takes_nothing_back() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-approve").await.unwrap();
    let dave = space.user("dave", "writ-user").await.unwrap();
    refused(would_create(&dave, &approval(&space.name)).await, "cannot create resource \"executionapprovals\"");
    let object = lasting(&cluster, &space.name).await;
    create(&cluster.almighty("alice"), &object).await.unwrap();
    let lena = space.user("lena", "writ-approver").await.unwrap();
    let deleted = api(&lena, &object).delete("probe", &DeleteParams::default()).await;
    refused(deleted.map(drop), "cannot delete resource \"executionapprovals\"");
}

async fn delete(who: &Client, object: &Value) -> kube::Result<()> {
    api(who, object).delete("probe", &DeleteParams::default()).await.map(drop)
}

/// A yes, a no, a review: neither who said it, nor an administrator, nor the operator takes it away, by name or with all the others.
#[tokio::test]
async fn nobody_takes_away_what_was_said_but_who_collects_what_is_left_of_an_execution() {
    let cluster = Cluster::connect().await.unwrap();
    for (decision, collector) in [
        ("Approve", COLLECTOR),
        ("Reject", "system:serviceaccount:kube-system:namespace-controller"),
        ("Review", "system:kube-controller-manager"),
    ] {
        let space = cluster.scratch("admit-approve").await.unwrap();
        let object = with(lasting(&cluster, &space.name).await, json!({"spec": {"decision": decision}}));
        create(&cluster.almighty("alice"), &object).await.unwrap();
        for who in [&cluster.admin, &cluster.almighty("alice"), &cluster.almighty(OPERATOR_USER)] {
            refused(delete(who, &object).await, RECORDS);
            let all = api(who, &object).delete_collection(&DeleteParams::default(), &ListParams::default()).await;
            refused(all.map(|_| "all"), RECORDS);
        }
        assert!(get(&cluster.admin, &object).await.unwrap().is_some(), "{decision}");
        delete(&cluster.almighty(collector), &object).await.unwrap();
        assert_eq!(get(&cluster.admin, &object).await.unwrap(), None, "{collector}");
    }
}

#[tokio::test]
async fn what_was_said_goes_with_its_execution_whatever_a_client_wrote() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-approve").await.unwrap();
    let alice = cluster.almighty("alice");
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "mine", "namespace": space.name}});
    let mine =
        json!([{"apiVersion": "v1", "kind": "ConfigMap", "name": "mine", "uid": uid(&create(&alice, &map).await.unwrap())}]);
    let object = lasting(&cluster, &space.name).await;
    let forged = with(object.clone(), json!({"metadata": {"ownerReferences": mine}}));
    assert_eq!(owners(&create(&alice, &forged).await.unwrap()), owner(&object));
    let no = "an approval goes with the execution that it names";
    let mut both = owner(&object);
    both.as_array_mut().unwrap().extend(mine.as_array().unwrap().clone());
    for others in [json!(null), json!([]), mine, both] {
        refused(patch(&alice, &object, json!({"metadata": {"ownerReferences": others}})).await, no);
    }
    patch(&alice, &object, json!({"metadata": {"labels": {"team": "a"}}})).await.unwrap();
    // An execution that is deleted with --cascade=orphan.
    let orphan = json!({"metadata": {"ownerReferences": null}});
    assert_eq!(owners(&patch(&cluster.almighty(COLLECTOR), &object, orphan).await.unwrap()), json!(null));
}

/// By the cluster's own garbage collector.
#[tokio::test]
async fn what_was_said_of_an_execution_that_is_not_there_is_collected() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-approve").await.unwrap();
    let object = approval(&space.name);
    create(&cluster.almighty("alice"), &object).await.unwrap();
    let gone = async || get(&cluster.admin, &object).await.ok()?.is_none().then_some(());
    within(PATIENCE, "the garbage collector takes it", gone).await;
}

#[tokio::test]
async fn what_mutates_after_the_stamp_cannot_keep_an_approval_from_going_with_its_execution() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-approve").await.unwrap();
    let other = r#"[{"apiVersion": "v1", "kind": "ConfigMap", "name": "mine", "uid": "11111111-1111-4111-8111-111111111111"}]"#;
    let patch = &format!(r#"[JSONPatch{{op: "add", path: "/metadata/ownerReferences", value: {other}}}]"#);
    let forger = super::stamp::Forger::of(&cluster, &space, "executionapprovals", "CREATE", patch).await;
    let (alice, object) = (cluster.almighty("alice"), approval(&space.name));
    let forged = forger
        .has_the_last_word(async || match would_create(&alice, &object).await {
            Ok(stored) if owners(&stored) == owner(&object) => None,
            other => Some(other),
        })
        .await;
    refused(forged, "an approval goes with the execution that it names");
}

async fn grant(cluster: &Cluster, namespace: &str, verb: &str) {
    let rbac = "rbac.authorization.k8s.io";
    let meta = json!({"name": format!("{verb}-admit-probe"), "namespace": namespace});
    let role = json!({
        "apiVersion": format!("{rbac}/v1"), "kind": "Role", "metadata": meta,
        "rules": [{"apiGroups": ["writ.dev"], "resources": ["actions"], "resourceNames": ["admit-probe"], "verbs": [verb]}],
    });
    let binding = json!({
        "apiVersion": format!("{rbac}/v1"), "kind": "RoleBinding", "metadata": meta,
        "roleRef": {"apiGroup": rbac, "kind": "Role", "name": format!("{verb}-admit-probe")},
        "subjects": [{"apiGroup": rbac, "kind": "User", "name": format!("dave-{namespace}")}],
    });
    create(&cluster.admin, &role).await.unwrap();
    create(&cluster.admin, &binding).await.unwrap();
}
