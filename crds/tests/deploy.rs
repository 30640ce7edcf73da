//! The manifests in `deploy/` agree with the names in `crds::labels`, and no admission policy in them can be passed by.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests: what is not as expected ends the test"
)]
use crds::labels::{NAMESPACES_PROTECTED, OPERATOR_USER, POLICY_PREFIX};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn deploy(path: &str) -> PathBuf {
    Path::new("../deploy").join(path)
}

fn files(folder: &str) -> Vec<PathBuf> {
    let mut all: Vec<_> = fs::read_dir(deploy(folder)).unwrap().map(|e| e.unwrap().path()).collect();
    all.retain(|p| p.extension().is_some_and(|e| e == "yaml"));
    all.sort();
    all
}

fn objects(file: &PathBuf) -> Vec<Value> {
    serde_saphyr::from_multiple(&fs::read_to_string(file).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

fn of_kind(suffix: &str) -> Vec<Value> {
    let all = files("admission").iter().flat_map(objects).collect::<Vec<_>>();
    all.into_iter().filter(|o| o["kind"].as_str().unwrap().ends_with(suffix)).collect()
}

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap()
}

#[test]
fn every_policy_is_bound_as_a_whole_and_fails_closed() {
    let bindings = of_kind("Binding");
    let policies = of_kind("AdmissionPolicy");
    assert_eq!(policies.len(), bindings.len());
    for policy in policies {
        let name = name(&policy);
        assert!(name.starts_with(POLICY_PREFIX), "{name}");
        assert_eq!(policy["spec"]["failurePolicy"], "Fail", "{name}");
        let mut spec = json!({"policyName": name});
        if policy["kind"] == "ValidatingAdmissionPolicy" {
            spec["validationActions"] = json!(["Deny"]);
        }
        let kind = format!("{}Binding", policy["kind"].as_str().unwrap());
        let bound = bindings.iter().filter(|b| self::name(b) == name && b["kind"] == json!(kind)).collect::<Vec<_>>();
        // Nothing beside: `matchResources` or a parameter would take a part of the world out.
        assert_eq!(bound.iter().map(|b| &b["spec"]).collect::<Vec<_>>(), [&spec], "{name}");
    }
}

#[test]
fn every_refusal_says_why_and_that_it_is_one() {
    for policy in of_kind("ValidatingAdmissionPolicy") {
        for check in policy["spec"]["validations"].as_array().unwrap() {
            // Without it, the API server answers 422 Invalid, as if the request were malformed.
            assert_eq!(check["reason"], "Forbidden", "{}: {check}", name(&policy));
            let said = ["message", "messageExpression"].iter().any(|m| check[m].as_str().is_some_and(|m| m.len() > 10));
            assert!(said, "{}: {check}", name(&policy));
        }
    }
}

#[test]
fn the_protected_namespaces_are_one_list() {
    let ours: BTreeSet<String> = NAMESPACES_PROTECTED.into_iter().map(str::to_owned).collect();
    let bindings = of_kind("ValidatingAdmissionPolicy").into_iter().find(|p| name(p) == "writ-operator-bindings").unwrap();
    let variables = bindings["spec"]["variables"].as_array().unwrap().clone();
    let expression = variables.iter().find(|v| v["name"] == "protected").unwrap()["expression"].as_str().unwrap().to_owned();
    let listed =
        expression.split('\'').filter(|s| NAMESPACES_PROTECTED.contains(s) || s.starts_with("kube-") || s.starts_with("writ-"));
    assert_eq!(listed.map(str::to_owned).collect::<BTreeSet<_>>(), ours);
    let policy = objects(&deploy("50-policy.yaml")).into_iter().find(|o| o["kind"] == "ExecutionPolicy").unwrap();
    let data: BTreeSet<String> = serde_json::from_value(policy["spec"]["data"]["protected_namespaces"].clone()).unwrap();
    assert_eq!(data, ours);
}

#[test]
fn the_operator_has_one_name() {
    let mut named = 0;
    for file in files("admission").into_iter().chain(files(".")) {
        let text = fs::read_to_string(&file).unwrap();
        for (at, _) in text.match_indices("system:serviceaccount:writ-system:") {
            let rest = &text[at..];
            let user = &rest[..rest.find('\'').unwrap()];
            assert_eq!(user, OPERATOR_USER, "{}", file.display());
            named += 1;
        }
    }
    assert!(named > 3, "the policies do not name the operator");
}

#[test]
fn no_shipped_role_holds_a_wildcard_or_a_right_over_rights() {
    let mut rules = 0;
    for role in objects(&deploy("30-rbac.yaml")).iter().filter(|o| o["kind"].as_str().unwrap().ends_with("Role")) {
        for rule in role["rules"].as_array().unwrap() {
            for forbidden in ["*", "impersonate", "bind", "escalate", "secrets"] {
                let held =
                    ["apiGroups", "resources", "verbs"].iter().any(|k| rule[k].as_array().unwrap().contains(&json!(forbidden)));
                assert!(!held, "{}: {forbidden} in {rule}", name(role));
            }
            rules += 1;
        }
    }
    assert!(rules > 20, "only {rules} rules were looked at");
}

#[test]
fn the_operator_runs_alone_and_with_nothing_it_does_not_need() {
    let all = objects(&deploy("40-operator.yaml"));
    let deployment = all.iter().find(|o| o["kind"] == "Deployment").unwrap();
    let spec = &deployment["spec"];
    assert_eq!((&spec["replicas"], &spec["strategy"]["type"]), (&json!(1), &json!("Recreate")));
    let pod = &spec["template"]["spec"];
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
    let container = &pod["containers"][0];
    let hardened = json!({"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]}});
    assert_eq!(container["securityContext"], hardened);
    let ports: Vec<_> = container["ports"].as_array().unwrap().iter().map(|p| p["containerPort"].clone()).collect();
    assert_eq!(ports, [json!(8080)], "8081, the audit trail, listens on loopback only");
}
