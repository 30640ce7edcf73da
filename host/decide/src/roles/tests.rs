//! The closed list as a table, and the names.
use super::*;
use crate::model::{DryRunForm, Json, Observation, Reversible, Risk, TargetKind, Texts, Timeouts};

fn rule(groups: &[&str], resources: &[&str], verbs: &[&str]) -> Rule {
    let all = |l: &[&str]| l.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
    Rule { scope: Scope::Namespaced, groups: all(groups), resources: all(resources), resource_names: vec![], verbs: all(verbs) }
}

fn action(needs: Vec<Rule>) -> ActionInfo {
    ActionInfo {
        name: ActionName::try_from("scale_deployment".to_owned()).unwrap(),
        summary: String::new(),
        texts: Texts::default(),
        parameters: Json::try_from("{}".to_owned()).unwrap(),
        examples: vec![],
        targets: vec![TargetKind { api: api("apps", "deployments"), scope: Scope::Namespaced, may_be_absent: false }],
        needs,
        observes: vec![],
        risk: Risk::Low,
        reversible: Reversible::Always,
        idempotent: true,
        dry_run: DryRunForm::Server,
        timeouts: Timeouts { default: 1, longest: 1, verify: 1 },
        annotations: vec![],
    }
}

fn api(group: &str, resource: &str) -> Api {
    Api { group: group.into(), version: "v1".into(), kind: "K".into(), resource: resource.into() }
}

fn plugin() -> PluginId {
    let digest = Digest::try_from(format!("sha256:9f2c81d0a3{}", "0".repeat(54))).unwrap();
    PluginId { name: "workload".into(), version: "1.4.0".into(), digest }
}

fn good() -> ActionInfo {
    action(vec![
        rule(&["apps"], &["deployments"], &["get"]),
        rule(&["apps"], &["deployments/scale"], &["get", "patch", "update"]),
    ])
}

#[test]
fn a_role_carries_the_declared_rules_the_digest_in_its_name_and_the_label_it_is_found_by() {
    let role = of(&plugin(), &good()).unwrap();
    expect_test::expect![[r#"
        {
          "apiVersion": "rbac.authorization.k8s.io/v1",
          "kind": "ClusterRole",
          "metadata": {
            "annotations": {
              "writ.dev/digest": "sha256:9f2c81d0a3000000000000000000000000000000000000000000000000000000",
              "writ.dev/version": "1.4.0"
            },
            "labels": {
              "writ.dev/action": "scale_deployment",
              "writ.dev/plugin": "workload"
            },
            "name": "writ:action:scale-deployment:9f2c81d0a3"
          },
          "rules": [
            {
              "apiGroups": [
                "apps"
              ],
              "resources": [
                "deployments"
              ],
              "verbs": [
                "get"
              ]
            },
            {
              "apiGroups": [
                "apps"
              ],
              "resources": [
                "deployments/scale"
              ],
              "verbs": [
                "get",
                "patch",
                "update"
              ]
            }
          ]
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&role).unwrap());
}

#[test]
fn the_operator_may_bind_exactly_the_plugins_roles_and_read_what_its_actions_look_at() {
    let mut one = good();
    one.observes = vec![Observation { api: api("autoscaling", "horizontalpodautoscalers"), scope: Scope::Namespaced }];
    let roles = for_operator(&plugin(), &[one]);
    let seen = roles.iter().map(|r| {
        assert_eq!(r.metadata.labels.as_ref().unwrap()[OPERATOR_LABEL], "true");
        (r.metadata.name.as_deref().unwrap(), r.rules.as_ref().unwrap())
    });
    let seen: Vec<_> = seen.flat_map(|(n, rules)| rules.iter().map(move |r| (n, r))).collect();
    assert_eq!(seen[0].0, "writ:bind:workload:9f2c81d0a3");
    assert_eq!(seen[0].1.verbs, ["bind"]);
    assert_eq!(seen[0].1.resource_names.as_ref().unwrap(), &["writ:action:scale-deployment:9f2c81d0a3"]);
    assert_eq!(seen[1].0, "writ:read:workload:9f2c81d0a3");
    let read: Vec<_> = seen[1..].iter().map(|(_, r)| (&r.resources.as_ref().unwrap()[0], r.verbs.join(","))).collect();
    assert_eq!(
        read,
        [
            (&"deployments".to_owned(), "get,list,watch".to_owned()),
            (&"horizontalpodautoscalers".to_owned(), "get,list,watch".to_owned())
        ]
    );
}

#[test]
fn an_action_of_the_cluster_has_a_role_that_admission_lets_be_bound_cluster_wide_only() {
    let mut needs = rule(&[""], &["nodes"], &["get", "patch"]);
    needs.scope = Scope::Cluster;
    let role = of(&plugin(), &action(vec![needs])).unwrap();
    assert_eq!(role.metadata.name.unwrap(), "writ:cluster-action:scale-deployment:9f2c81d0a3");
}

#[test]
fn what_no_role_may_contain_is_refused_with_its_reason_and_a_remedy() {
    let table: &[(&[&str], &[&str], &[&str])] = &[
        (&[""], &["users"], &["impersonate"]),
        (&[""], &["users"], &["get"]),
        (&["apps"], &["deployments"], &["*"]),
        (&["apps"], &["deployments"], &["deletecollection"]),
        (&["apps"], &["deployments"], &["use"]),
        (&["apps"], &["*"], &["get"]),
        (&["apps"], &["*/scale"], &["patch"]),
        (&["apps"], &["deployments/*"], &["patch"]),
        (&["*"], &["deployments"], &["get"]),
        (&["rbac.authorization.k8s.io"], &["rolebindings"], &["create"]),
        (&["rbac.authorization.k8s.io"], &["clusterroles"], &["bind"]),
        (&["rbac.authorization.k8s.io"], &["clusterroles"], &["escalate"]),
        (&["admissionregistration.k8s.io"], &["validatingadmissionpolicies"], &["get"]),
        (&["apiextensions.k8s.io"], &["customresourcedefinitions"], &["patch"]),
        (&["apiregistration.k8s.io"], &["apiservices"], &["create"]),
        (&["certificates.k8s.io"], &["certificatesigningrequests/approval"], &["update"]),
        (&["authentication.k8s.io"], &["tokenreviews"], &["create"]),
        (&["authorization.k8s.io"], &["subjectaccessreviews"], &["create"]),
        (&["metrics.k8s.io"], &["pods"], &["get"]),
        (&["writ.dev"], &["executionapprovals"], &["create"]),
        (&["target.writ.dev"], &["deployments"], &["update"]),
        (&[""], &["serviceaccounts/token"], &["create"]),
        (&[""], &["nodes/proxy"], &["get"]),
        (&[""], &["pods/proxy"], &["create"]),
        (&[""], &["services/proxy"], &["create"]),
        (&["example.com"], &["things/proxy"], &["create"]),
        (&[""], &["pods/exec"], &["create"]),
        (&[""], &["pods/attach"], &["create"]),
        (&[""], &["pods/portforward"], &["create"]),
        (&[""], &["pods/ephemeralcontainers"], &["update"]),
        (&["example.com"], &["uids"], &["get"]),
        (&["apps", ""], &["deployments", "serviceaccounts/token"], &["create"]),
        (&["Apps"], &["deployments"], &["get"]),
        (&["apps"], &["deployments/scale/x"], &["get"]),
        (&[], &["pods"], &["get"]),
        (&["apps"], &[], &["get"]),
        (&["apps"], &["deployments"], &[]),
    ];
    for (groups, resources, verbs) in table {
        // Behind a harmless rule: every rule is looked at, not the first.
        let needs = vec![rule(&["apps"], &["deployments"], &["get"]), rule(groups, resources, verbs)];
        let no = of(&plugin(), &action(needs)).expect_err(&format!("{groups:?} {resources:?} {verbs:?} was let through"));
        assert!(no.to_string().starts_with("scale_deployment declares "), "{no}");
        assert!(!no.why.is_empty() && !no.remedy.is_empty(), "{no}");
    }
}

#[test]
fn a_name_with_a_star_a_read_of_rbac_and_rules_of_both_scopes_are_refused() {
    let mut starred = rule(&["apps"], &["deployments"], &["get"]);
    starred.resource_names = vec!["web-*".into()];
    assert!(of(&plugin(), &action(vec![starred])).is_err());

    let mut reads = good();
    reads.observes = vec![Observation { api: api("rbac.authorization.k8s.io", "clusterroles"), scope: Scope::Cluster }];
    assert!(of(&plugin(), &reads).is_err());

    let mut mixed = good();
    mixed.needs[0].scope = Scope::Cluster;
    assert_eq!(of(&plugin(), &mixed).unwrap_err().what, "rules of both scopes");
}

#[test]
fn a_refusal_reads_as_what_why_and_what_instead() {
    let needs = vec![rule(&[""], &["serviceaccounts/token"], &["create"])];
    expect_test::expect!["scale_deployment declares serviceaccounts/token, which no role may contain: it hands out an identity, even in a dry run. Take it out; such a change is not for a plugin"]
        .assert_eq(&of(&plugin(), &action(needs)).unwrap_err().to_string());
}
