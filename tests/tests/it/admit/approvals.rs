//! Who approves is who the API server authenticated, and may; what was said does not change; whether it counts is the operator's word.
use super::{patch, patch_sub, with};
use crds::labels::OPERATOR_USER;
use kube::api::DynamicObject;
use serde_json::{Value, json};
use tests::{Cluster, create, eventually, refused, would_create};

const UID: &str = "11111111-1111-4111-8111-111111111111";

/// Of an execution that does not exist: no operator that runs here as well has anything to do with it.
fn approval(namespace: &str) -> Value {
    json!({
        "apiVersion": "writ.dev/v1alpha1", "kind": "ExecutionApproval", "metadata": {"name": "probe", "namespace": namespace},
        "spec": {
            "execution": {"name": "nowhere", "uid": UID}, "action": "admit_probe", "planHash": format!("sha256:{}", "0".repeat(64)),
            "decision": "Approve", "comment": "a test of admission",
        },
    })
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
    let object = approval(&space.name);
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
    let object = approval(&space.name);
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
    let object = approval(&space.name);
    create(&cluster.almighty("alice"), &object).await.unwrap();
    let lena = space.user("lena", "writ-approver").await.unwrap();
    let deleted = tests::api(&lena, &object).delete("probe", &Default::default()).await;
    refused(deleted.map(drop), "cannot delete resource \"executionapprovals\"");
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
