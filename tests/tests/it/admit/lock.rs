//! The static lock of the local cluster on the policies that are installed: it is read by the API server itself, and no right of any kind
//! passes it. Asked as a dry run: a lock that is missing leaves every policy as it was.
use super::with;
use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::{Value, json};
use tests::{Cluster, all, api, refused, would_create};

const LOCK: &str = "changed by the group writ:policy-admins only";

#[tokio::test]
async fn nobody_but_policy_admins_changes_a_policy_of_writ() {
    let cluster = Cluster::connect().await.unwrap();
    if !Cluster::is_local() {
        eprintln!("not asked: another cluster's API server may have no static lock (writ doctor says it)");
        return;
    }
    let root = cluster.as_user("root", &["system:masters"]);
    for kind in [
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
    ] {
        let kind = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {}});
        let mut ours = all(&cluster.admin, &kind, "").await.unwrap();
        ours.retain(|p| p["metadata"]["name"].as_str().unwrap().starts_with(crds::labels::POLICY_PREFIX));
        assert!(!ours.is_empty(), "{kind}");
        for policy in ours {
            let name = policy["metadata"]["name"].as_str().unwrap();
            let gone = api(&root, &kind).delete(name, &DeleteParams::default().dry_run()).await;
            refused(gone.map(|_| "deleted"), LOCK);
            let noted = Patch::Merge(json!({"metadata": {"annotations": {"a": "b"}}}));
            refused(api(&root, &kind).patch(name, &PatchParams::default().dry_run(), &noted).await, LOCK);
        }
    }
    refused(would_create(&root, &mine("writ-mine")).await, LOCK);
    would_create(&root, &mine("mine")).await.unwrap();
}

/// Of nothing that exists.
fn mine(name: &str) -> Value {
    let rule = json!({"apiGroups": ["writ.dev"], "apiVersions": ["*"], "resources": ["nothing"], "operations": ["CREATE"]});
    let policy = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy", "metadata": {}});
    let spec = json!({"matchConstraints": {"resourceRules": [rule]}, "validations": [{"expression": "true"}]});
    with(policy, json!({"metadata": {"name": name}, "spec": spec}))
}
