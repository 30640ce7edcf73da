//! What the operator may do: little by RBAC, and of that, bindings of run identities only, whatever RBAC would allow it.
use super::{patch, with};
use crds::labels::{LABEL_EXECUTION_UID, NAMESPACE_DRYRUN, NAMESPACE_RUNS, NAMESPACES_PROTECTED, OPERATOR_USER};
use k8s_openapi::api::authorization::v1::ResourceAttributes;
use serde_json::{Value, json};
use tests::{Cluster, api, create, refused, would_create};

const RBAC: &str = "rbac.authorization.k8s.io";
const UID: &str = "11111111-1111-4111-8111-111111111111";
const DRY: &str = "dry-11111111-1111-4111-8111-111111111111.22222222-2222-4222-8222-222222222222";
const RUN: &str = "run-11111111-1111-4111-8111-111111111111.22222222-2222-4222-8222-222222222222";

fn binding(namespace: &str) -> Value {
    json!({
        "apiVersion": format!("{RBAC}/v1"), "kind": "RoleBinding",
        "metadata": {"name": RUN, "namespace": namespace, "labels": {LABEL_EXECUTION_UID: UID}},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "writ:action:admit-probe:0123456789"},
        "subjects": [{"kind": "ServiceAccount", "name": RUN, "namespace": NAMESPACE_RUNS}],
    })
}

#[tokio::test]
async fn the_operator_binds_roles_of_actions_to_run_identities_only() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-bind").await.unwrap();
    let operator = cluster.almighty(OPERATOR_USER);
    would_create(&operator, &binding(&space.name)).await.unwrap();
    let subject = |subject: Value| json!({"subjects": [subject]});
    let dry = |home: &str| {
        let subject = json!({"kind": "ServiceAccount", "name": DRY, "namespace": home});
        with(binding(&space.name), json!({"metadata": {"name": DRY}, "subjects": [subject]}))
    };
    would_create(&operator, &dry(NAMESPACE_DRYRUN)).await.unwrap();
    refused(would_create(&operator, &dry(NAMESPACE_RUNS)).await, "binds only one run identity");
    let (whom, what, named) = ("binds only one run identity", "binds only roles of actions", "only bindings named run-");
    let other = RUN.replace("run-1", "run-3");
    let table = [
        (whom, subject(json!({"kind": "ServiceAccount", "name": "writ", "namespace": "writ-system"}))),
        (whom, subject(json!({"kind": "ServiceAccount", "name": RUN, "namespace": space.name}))),
        (whom, subject(json!({"kind": "ServiceAccount", "name": RUN, "namespace": NAMESPACE_DRYRUN}))),
        (whom, subject(json!({"kind": "ServiceAccount", "name": other, "namespace": NAMESPACE_RUNS}))),
        (whom, subject(json!({"apiGroup": RBAC, "kind": "Group", "name": "system:authenticated"}))),
        (whom, subject(json!({"apiGroup": RBAC, "kind": "User", "name": "mallory"}))),
        (whom, json!({"subjects": null})),
        (
            whom,
            json!({"subjects": [{"kind": "ServiceAccount", "name": RUN, "namespace": NAMESPACE_RUNS}, {"apiGroup": RBAC, "kind": "User", "name": "mallory"}]}),
        ),
        (what, json!({"roleRef": {"name": "cluster-admin"}})),
        (what, json!({"roleRef": {"name": "writ:cluster-action:drain-node:0123456789"}})),
        (what, json!({"roleRef": {"kind": "Role"}})),
        (named, json!({"metadata": {"name": "mine"}})),
        (named, json!({"metadata": {"name": &RUN[..40]}})),
        (named, json!({"metadata": {"labels": null}})),
        (named, json!({"metadata": {"labels": {LABEL_EXECUTION_UID: "22222222-2222-4222-8222-222222222222"}}})),
    ];
    for (words, change) in table {
        refused(would_create(&operator, &with(binding(&space.name), change)).await, words);
    }
}

#[tokio::test]
async fn no_run_gets_rights_in_a_protected_namespace() {
    let cluster = Cluster::connect().await.unwrap();
    let operator = cluster.almighty(OPERATOR_USER);
    // Where runs and dry runs live, a guard of their own refuses such a binding as well.
    for namespace in NAMESPACES_PROTECTED.into_iter().filter(|n| !matches!(*n, NAMESPACE_DRYRUN | NAMESPACE_RUNS)) {
        let message =
            refused(would_create(&operator, &binding(namespace)).await, "no run gets rights in the protected namespace");
        assert!(message.contains(namespace), "{message}");
    }
    // Whichever of the two speaks first.
    for namespace in [NAMESPACE_DRYRUN, NAMESPACE_RUNS] {
        let message = refused(would_create(&operator, &binding(namespace)).await, "denied request");
        assert!(message.contains("no run gets rights") || message.contains("nobody grants a run"), "{message}");
    }
}

#[tokio::test]
async fn the_operator_binds_cluster_wide_only_what_is_for_that_and_writes_no_roles() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-bind").await.unwrap();
    let operator = cluster.almighty(OPERATOR_USER);
    let wide = with(binding(&space.name), json!({"kind": "ClusterRoleBinding", "metadata": {"namespace": null}}));
    refused(would_create(&operator, &wide).await, "binds only roles of actions");
    would_create(&operator, &with(wide, json!({"roleRef": {"name": "writ:cluster-action:drain-node:0123456789"}})))
        .await
        .unwrap();
    let role = json!({"apiVersion": format!("{RBAC}/v1"), "kind": "ClusterRole", "metadata": {"name": "writ:action:admit-probe:0123456789"}, "rules": []});
    refused(would_create(&operator, &role).await, "the operator writes no roles");
    let here = with(role, json!({"kind": "Role", "metadata": {"name": "x", "namespace": space.name}}));
    refused(would_create(&operator, &here).await, "the operator writes no roles");
}

#[tokio::test]
async fn the_operator_takes_away_its_own_bindings_and_changes_none() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("admit-bind").await.unwrap();
    let operator = cluster.almighty(OPERATOR_USER);
    let (ours, theirs) = (binding(&space.name), with(binding(&space.name), json!({"metadata": {"name": "theirs"}})));
    create(&operator, &ours).await.unwrap();
    create(&cluster.admin, &theirs).await.unwrap();
    refused(patch(&operator, &ours, json!({"metadata": {"annotations": {"x": "y"}}})).await, "never changes a binding");
    refused(api(&operator, &theirs).delete("theirs", &Default::default()).await, "makes and removes only bindings named run-");
    api(&operator, &ours).delete(RUN, &Default::default()).await.unwrap();
}

#[tokio::test]
async fn the_operator_holds_no_right_that_it_does_not_need() {
    let cluster = Cluster::connect().await.unwrap();
    let may = async |right: &str| {
        let parts: Vec<&str> = right.split(' ').collect();
        let part = |n: usize| parts.get(n).filter(|p| **p != "-").map(|p| (*p).to_owned());
        let (resource, subresource) = parts[2].split_once('/').unwrap_or((parts[2], ""));
        let what = ResourceAttributes {
            verb: part(0),
            group: part(1),
            resource: Some(resource.to_owned()),
            subresource: Some(subresource.to_owned()).filter(|s| !s.is_empty()),
            namespace: part(3),
            name: part(4),
            ..ResourceAttributes::default()
        };
        let groups = ["system:serviceaccounts", "system:serviceaccounts:writ-system", "system:authenticated"];
        cluster.allows(OPERATOR_USER, &groups, what).await.unwrap()
    };
    // verb group resource namespace name
    let no = "* * * -
get - secrets writ-system
list - secrets shop
create - pods writ-runs
delete - pods writ-runs
create - pods/exec writ-runs
create - serviceaccounts/token writ-runs
create - serviceaccounts shop
create - pods writ-dryrun
patch - pods writ-dryrun
create - serviceaccounts/token writ-dryrun
patch batch jobs writ-dryrun
update - serviceaccounts writ-runs
create batch jobs shop
update apps deployments shop
patch apps deployments shop
delete apps deployments writ-system
impersonate - users - admin
impersonate - groups - system:masters
bind rbac.authorization.k8s.io clusterroles - cluster-admin
bind rbac.authorization.k8s.io clusterroles - writ-operator
escalate rbac.authorization.k8s.io clusterroles -
create rbac.authorization.k8s.io clusterroles -
update rbac.authorization.k8s.io clusterroles - writ-operator
create rbac.authorization.k8s.io roles writ-runs
update rbac.authorization.k8s.io rolebindings shop
update rbac.authorization.k8s.io clusterrolebindings -
run writ.dev actions shop scale-deployment
create writ.dev actionplugins -
update writ.dev executionpolicies -
create writ.dev executionfreezes -
create writ.dev executionapprovals shop
delete writ.dev executionapprovals shop
update writ.dev executionapprovals shop
approve writ.dev actions shop scale-deployment
delete writ.dev executionfreezes -
install writ.dev installations -
update admissionregistration.k8s.io validatingadmissionpolicies - writ-identity
delete admissionregistration.k8s.io validatingadmissionpolicybindings - writ-identity
update apiextensions.k8s.io customresourcedefinitions -
update - nodes - node1
get - nodes/proxy - node1
update - configmaps writ-system
get - configmaps kube-system
update writ.dev kubernetesexecutions shop
update coordination.k8s.io leases shop
get autoscaling horizontalpodautoscalers -";
    for right in no.lines() {
        assert!(!may(right).await, "the operator may {right}");
    }
    let yes = "watch writ.dev kubernetesexecutions -
create writ.dev kubernetesexecutions shop
list writ.dev executionfreezes -
watch writ.dev executionapprovals -
patch writ.dev executionapprovals/status shop
update writ.dev kubernetesexecutions/status shop
patch writ.dev kubernetesexecutions shop
delete writ.dev kubernetesexecutions shop
create writ.dev actions -
patch writ.dev actionplugins/status -
patch writ.dev executionpolicies/status -
create coordination.k8s.io leases writ-runs
list autoscaling horizontalpodautoscalers -
create rbac.authorization.k8s.io rolebindings shop
delete rbac.authorization.k8s.io rolebindings shop
watch rbac.authorization.k8s.io clusterroles -
create authorization.k8s.io subjectaccessreviews -
watch admissionregistration.k8s.io validatingadmissionpolicies -
watch admissionregistration.k8s.io mutatingadmissionpolicybindings -
create - serviceaccounts writ-runs
delete - serviceaccounts writ-runs
create - serviceaccounts writ-dryrun
delete - serviceaccounts writ-dryrun
create batch jobs writ-dryrun
delete batch jobs writ-dryrun
get - pods/log writ-dryrun
create batch jobs writ-runs
patch batch jobs writ-runs
patch - pods writ-runs
get - pods/log writ-runs
get - configmaps writ-system
create events.k8s.io events shop
watch - nodes -
watch - namespaces -";
    for right in yes.lines() {
        assert!(may(right).await, "the operator may not {right}");
    }
}
