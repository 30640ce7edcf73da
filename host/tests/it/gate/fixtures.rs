//! A question that fits its schema, small bundles, and gates.
use decide::observed::{Ruling, Verdict};
use decide::question::{Question, VERSION};
use host::gate::{Checked, Gate, GateLimits, Kind, Policy, Problem, check};
use serde_json::{Value, json};
use std::sync::Arc;

/// `scale_deployment web` from `before` to `after` in `namespace`, in an environment of that name.
pub fn question(namespace: &str, environment: &str, before: u32, after: u32) -> Question {
    serde_json::from_value(document(namespace, environment, before, after)).unwrap()
}

fn document(namespace: &str, environment: &str, before: u32, after: u32) -> Value {
    let labels = json!({"environment": environment});
    json!({
        "version": VERSION,
        "now": "2026-11-23T03:12:07Z",
        "requester": {"username": "maria@example.com", "uid": "", "groups": ["oncall"]},
        "execution": {
            "namespace": namespace, "namespaceLabels": labels, "name": "scale-web-x7k2p", "uid": "0c4e", "reason": "INC-4312 slow",
            "dryRun": "None", "origin": {}, "breakGlass": false, "rollbackOf": null,
        },
        "action": {
            "name": "scale_deployment", "plugin": {"name": "workload", "version": "1.4.0", "digest": "sha256:9f2c"},
            "risk": "medium", "reversible": true, "dryRun": "Server", "idempotent": true,
        },
        "parameters": {"replicas": after},
        "targets": [{
            "apiVersion": "apps/v1", "kind": "Deployment", "namespace": namespace, "name": "web", "uid": "6d1f", "labels": {},
            "namespaceLabels": labels, "priorityClass": "",
        }],
        "plan": {
            "hash": "sha256:77aa", "commands": ["kubectl scale --replicas=5 -- deployment/web"],
            "changes": [{
                "object": format!("Deployment {namespace}/web"), "apiVersion": "apps/v1", "kind": "Deployment", "namespace": namespace,
                "name": "web", "effect": "Set", "field": "/spec/replicas", "before": before, "after": after, "text": "",
            }],
            "writes": [{
                "apiVersion": "apps/v1", "kind": "Deployment", "namespace": namespace, "name": "web", "uid": "6d1f",
                "operation": "update", "subresource": "scale",
            }],
            "warnings": [],
            "undo": {"kind": "Action", "action": "scale_deployment", "parameters": {"replicas": before}, "loses": [], "why": ""},
        },
        "cluster": {"uid": "c1", "kubernetes": "1.37", "nodes": {"total": 5, "ready": 5}},
    })
}

/// A policy of one module, with a test that only asks whether two is two.
pub fn policy(module: &str) -> Policy {
    with_test(module, "test_arithmetic if 1 + 1 == 2")
}

pub fn with_test(module: &str, test: &str) -> Policy {
    let test = format!("package writ_test\n\nimport data.writ\n\n{test}\n");
    Policy {
        name: "mine".to_owned(),
        owner: "me@example.com".to_owned(),
        shadow: false,
        modules: [("mine.rego".to_owned(), format!("package writ\n\n{module}\n")), ("mine_test.rego".to_owned(), test)].into(),
        data: json!({}),
    }
}

/// A module that always gives this answer.
pub fn answering(answer: &str) -> Policy {
    policy(&format!("decision := {answer}"))
}

pub fn ready(policy: &Policy) -> Arc<Checked> {
    Arc::new(check(policy).unwrap_or_else(|problems| panic!("{problems:#?}")))
}

pub fn gate(policies: &[Policy]) -> Gate {
    gate_within(GateLimits::default(), policies)
}

pub fn gate_within(limits: GateLimits, policies: &[Policy]) -> Gate {
    let gate = Gate::new(limits).unwrap();
    gate.swap(policies.iter().map(ready).collect());
    gate
}

pub async fn rule(gate: &Gate) -> Ruling {
    gate.decide(&question("shop", "staging", 2, 3)).await
}

/// What one policy says to a small change outside production.
pub async fn verdict(policy: &Policy) -> Verdict {
    only(rule(&gate(std::slice::from_ref(policy))).await)
}

pub fn only(mut ruling: Ruling) -> Verdict {
    assert_eq!(ruling.results.len(), 1);
    ruling.results.remove(0).verdict
}

pub fn problems(policy: &Policy) -> Vec<Problem> {
    check(policy).expect_err("this is not ready")
}

/// The one problem of a policy, as `KIND file:line`.
pub fn problem(policy: &Policy) -> (Kind, String, String) {
    let mut problems = problems(policy);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    let p = problems.remove(0);
    (p.kind, format!("{}:{}", p.file, p.line), p.message)
}
