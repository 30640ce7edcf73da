//! What no role of a plugin may contain, whoever applies it.
use super::with;
use serde_json::{Value, json};
use tests::{Cluster, refused, would_create};

fn role(name: &str, labels: Value, rule: Value) -> Value {
    json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name, "labels": labels}, "rules": [rule]})
}

fn rule(group: &str, resource: &str, verb: &str) -> Value {
    json!({"apiGroups": [group], "resources": [resource], "verbs": [verb]})
}

fn forbidden() -> Vec<Value> {
    let table = "apps deployments *
apps deployments impersonate
apps deployments bind
apps deployments escalate
apps deployments deletecollection
apps * get
* deployments get
apps deployments/* get
- users get
- groups get
- serviceaccounts/token create
- nodes/proxy get
- nodes/log get
- pods/proxy get
- services/proxy get
- pods/exec create
- pods/attach create
- pods/portforward create
- pods/ephemeralcontainers patch
admissionregistration.k8s.io validatingadmissionpolicies get
rbac.authorization.k8s.io rolebindings create
rbac.authorization.k8s.io clusterroles bind
certificates.k8s.io certificatesigningrequests create
apiregistration.k8s.io apiservices update
apiextensions.k8s.io customresourcedefinitions update
authentication.k8s.io tokenreviews create
authorization.k8s.io subjectaccessreviews create
metrics.k8s.io pods get
custom.metrics.k8s.io pods get
writ.dev kubernetesexecutions create
target.writ.dev deployments update";
    let rule = |line: &str| {
        let parts: Vec<&str> = line.split(' ').map(|p| if p == "-" { "" } else { p }).collect();
        rule(parts[0], parts[1], parts[2])
    };
    table.lines().map(rule).chain([json!({"nonResourceURLs": ["/metrics"], "verbs": ["get"]})]).collect()
}

#[tokio::test]
async fn a_role_of_an_action_contains_nothing_of_the_closed_list() {
    let cluster = Cluster::connect().await.unwrap();
    let name = "writ:action:admit-probe:0123456789";
    for rule in forbidden() {
        refused(would_create(&cluster.admin, &role(name, json!({}), rule.clone())).await, "of a plugin grants");
        // By its label, under whatever name.
        refused(
            would_create(&cluster.admin, &role("admit-probe", json!({"writ.dev/plugin": "x"}), rule)).await,
            "of a plugin grants",
        );
    }
}

#[tokio::test]
async fn nothing_but_reading_and_binding_roles_of_actions_is_aggregated_into_the_operator() {
    let cluster = Cluster::connect().await.unwrap();
    let labels = json!({"writ.dev/aggregate-to-operator": "true"});
    let aggregated = |rule: Value| role("admit-probe", labels.clone(), rule);
    for rule in forbidden().into_iter().chain([rule("apps", "deployments", "patch"), rule("", "pods", "create")]) {
        refused(would_create(&cluster.admin, &aggregated(rule)).await, "of a plugin grants");
    }
    let bind = |names: Value| with(rule("rbac.authorization.k8s.io", "clusterroles", "bind"), json!({"resourceNames": names}));
    for names in [json!([]), json!(["cluster-admin"]), json!(["writ:action:a:0123456789", "admin"]), json!(["writ-operator"])] {
        refused(would_create(&cluster.admin, &aggregated(bind(names))).await, "of a plugin grants");
    }
    let more = with(bind(json!(["writ:action:a:0123456789"])), json!({"resources": ["clusterroles", "roles"]}));
    refused(would_create(&cluster.admin, &aggregated(more)).await, "of a plugin grants");
    would_create(&cluster.admin, &aggregated(bind(json!(["writ:action:a:0123456789", "writ:cluster-action:b:0123456789"]))))
        .await
        .unwrap();
    would_create(
        &cluster.admin,
        &aggregated(json!({"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "list", "watch"]})),
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn a_role_of_an_action_says_itself_what_it_grants() {
    let cluster = Cluster::connect().await.unwrap();
    let good = role(
        "writ:action:admit-probe:0123456789",
        json!({}),
        json!({
            "apiGroups": ["apps"], "resources": ["deployments", "deployments/scale"], "verbs": ["get", "patch", "update"],
        }),
    );
    would_create(&cluster.admin, &good).await.unwrap();
    let filled = json!({"aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]}});
    refused(would_create(&cluster.admin, &with(good, filled)).await, "no aggregationRule");
}

#[tokio::test]
async fn other_roles_are_left_alone() {
    let cluster = Cluster::connect().await.unwrap();
    would_create(&cluster.admin, &role("admit-probe", json!({}), rule("*", "*", "*"))).await.unwrap();
}
