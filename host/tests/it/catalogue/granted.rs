//! Whether the roles of a component are granted: only where they are, rule for rule, what it declares. More is no grant either: a run would
//! hold what nobody read.
use crate::cluster::api::{Answer, cluster, list};
use decide::{
    model::{
        ActionInfo, ActionName, Api, Digest, DryRunForm, Json, PluginId, Reversible, Risk, Rule, Scope, TargetKind, Texts,
        Timeouts,
    },
    roles,
};
use futures::FutureExt;
use host::catalogue::granted::granted;
use serde_json::{Value, json};

fn plugin() -> PluginId {
    let digest = Digest::try_from(format!("sha256:9f2c81d0a3{}", "0".repeat(54))).unwrap();
    PluginId { name: "workload".into(), version: "1.4.0".into(), digest }
}

fn rule(resource: &str, verbs: &[&str]) -> Rule {
    Rule {
        scope: Scope::Namespaced,
        groups: vec!["apps".into()],
        resources: vec![resource.into()],
        resource_names: vec![],
        verbs: verbs.iter().map(|v| (*v).to_owned()).collect(),
    }
}

fn info() -> ActionInfo {
    let api = Api { group: "apps".into(), version: "v1".into(), kind: "Deployment".into(), resource: "deployments".into() };
    ActionInfo {
        name: ActionName::try_from("scale_deployment".to_owned()).unwrap(),
        summary: String::new(),
        texts: Texts::default(),
        parameters: Json::try_from("{}".to_owned()).unwrap(),
        examples: vec![],
        targets: vec![TargetKind { api, scope: Scope::Namespaced, may_be_absent: false }],
        needs: vec![rule("deployments", &["get"]), rule("deployments/scale", &["get", "patch"])],
        observes: vec![],
        risk: Risk::Low,
        reversible: Reversible::Always,
        idempotent: true,
        dry_run: DryRunForm::Server,
        timeouts: Timeouts { default: 1, longest: 1, verify: 1 },
        annotations: vec![],
    }
}

/// As `writ plugin rbac` prints it.
fn declared() -> Value {
    serde_json::to_value(roles::of(&plugin(), &info()).unwrap()).unwrap()
}

/// With these roles in the cluster.
async fn with(there: Vec<Value>) -> Result<(), Vec<String>> {
    let (cluster, _) = cluster(move |call| match call.line.contains("watch=") {
        true => Answer::Hang,
        false if call.is("GET /apis/rbac.authorization.k8s.io/v1/clusterroles") => list(&there),
        false => list(&[]),
    });
    let mut follow = Box::pin(cluster.follow());
    while !cluster.roles_read() {
        assert!((&mut follow).now_or_never().is_none());
        tokio::task::yield_now().await;
    }
    granted(&cluster, &plugin(), &info())
}

#[tokio::test]
async fn what_is_declared_and_nothing_else_is_a_grant() {
    assert_eq!(with(vec![declared()]).await, Ok(()));
}

#[tokio::test]
async fn a_role_that_is_missing_or_of_another_version_is_none() {
    let name = declared()["metadata"]["name"].as_str().unwrap().to_owned();
    let missing = Err(vec![format!("role {name} is missing")]);
    assert_eq!(with(vec![]).await, missing);
    let mut older = declared();
    older["metadata"]["name"] = json!("writ:action:scale-deployment:0000000000");
    assert_eq!(with(vec![older]).await, missing);
}

#[tokio::test]
async fn a_role_that_grants_more_less_or_other_than_is_declared_is_none() {
    let name = declared()["metadata"]["name"].as_str().unwrap().to_owned();
    let extra = json!({"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]});
    let rules = declared()["rules"].as_array().unwrap().clone();
    let table: [(&str, Value); 7] = [
        ("a rule more", json!([rules[0], rules[1], extra])),
        ("a rule less", json!([rules[0]])),
        ("no rules", json!([])),
        ("no rules at all", Value::Null),
        ("a verb more", changed(&rules, "verbs", json!(["get", "patch", "delete"]))),
        ("a group more", changed(&rules, "apiGroups", json!(["apps", "batch"]))),
        ("another resource", changed(&rules, "resources", json!(["statefulsets/scale"]))),
    ];
    for (what, rules) in table {
        let mut role = declared();
        role["rules"] = rules;
        assert_eq!(with(vec![role]).await, Err(vec![format!("role {name} is not what the component declares")]), "{what}");
    }
}

fn changed(rules: &[Value], part: &str, to: Value) -> Value {
    let mut rules = rules.to_vec();
    rules[1][part] = to;
    json!(rules)
}
