//! `writ doctor` before an installation in which one guard is missing, changed, or does not bite: it says this one line, with its fix.
use super::{Api, Machine, text};
use crate::cluster::guards::installed;
use axum::{
    Router,
    extract::{Request, State},
    http::{Method, StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

const MEND: &str = "      Fix: writ install --print --image … --run-image … | kubectl apply --server-side --force-conflicts -f -";
const INSTALL: &str = "      Fix: writ install --print --image … --run-image … | kubectl apply --server-side -f -";

/// What no cluster can tell is always there, so that not all is known to be in force.
const WELL: &str = "Nothing is wrong; look at what is marked !.";

/// What is there, by plural; what is answered to who makes one, by plural; what whoever asks may not list; and in whose name was asked.
#[derive(Clone)]
struct World {
    there: BTreeMap<String, Vec<Value>>,
    made: BTreeMap<&'static str, (u16, Value)>,
    hidden: Option<&'static str>,
    named: Arc<Mutex<Vec<String>>>,
}

fn refused(message: &str) -> (u16, Value) {
    no(403, "Forbidden", message)
}

fn no(code: u16, reason: &str, message: &str) -> (u16, Value) {
    (code, json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": message, "code": code}))
}

fn true_is(kind: &str) -> Value {
    all_true(&[kind])
}

fn all_true(kinds: &[&str]) -> Value {
    let since = "2026-01-01T00:00:00Z";
    let is = |kind: &&str| json!({"type": kind, "status": "True", "reason": "", "message": "", "lastTransitionTime": since});
    json!({"conditions": kinds.iter().map(is).collect::<Vec<_>>()})
}

/// What is there of this kind and name.
fn one<'a>(world: &'a mut World, plural: &str, name: &str) -> &'a mut Value {
    world.there.get_mut(plural).unwrap().iter_mut().find(|o| o["metadata"]["name"] == name).unwrap()
}

/// This condition of it says so.
fn is_false(object: &mut Value, kind: &str, message: &str) {
    let conditions = object["status"]["conditions"].as_array_mut().unwrap();
    let condition = conditions.iter_mut().find(|c| c["type"] == kind).unwrap();
    (condition["status"], condition["message"]) = (json!("False"), json!(message));
}

/// All of it is in force.
fn healthy() -> World {
    let mut there = installed();
    let text = std::fs::read_to_string("../deploy/00-namespaces.yaml").unwrap();
    let networks = serde_saphyr::from_multiple::<Value>(&text).unwrap().into_iter().filter(|d| d["kind"] == "NetworkPolicy");
    there.insert("networkpolicies".into(), networks.collect());
    let served = crds::all().into_iter().map(|crd| {
        let mut crd = serde_json::to_value(crd).unwrap();
        crd["status"] = true_is("Established");
        crd
    });
    there.insert("customresourcedefinitions".into(), served.collect());
    let v1 = "writ.dev/v1alpha1";
    let action = json!({"apiVersion": v1, "kind": "Action", "metadata": {"name": "scale-deployment"}, "spec":
        {"name": "scale_deployment", "plugin": "workload", "targets": [{"apiVersion": "apps/v1", "kind": "Deployment"}]}});
    there.insert("actions".into(), vec![action]);
    let mut active = all_true(&["Fetched", "Verified", "Compiled", "Granted", "Active"]);
    (active["version"], active["actions"]) = (json!("1.4.0"), json!(["scale_deployment", "rollout_restart"]));
    let plugin = json!({"apiVersion": v1, "kind": "ActionPlugin", "metadata": {"name": "workload"}, "status": active,
        "spec": {"source": {"file": "workload.wasm"}, "digest": "sha256:0", "owner": "test"}});
    there.insert("actionplugins".into(), vec![plugin]);
    let operator =
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "writ"}, "status": {"readyReplicas": 1}});
    there.insert("deployments".into(), vec![operator]);
    let mut ready = true_is("Ready");
    ready["tests"] = json!("3/3");
    let policy = json!({"apiVersion": v1, "kind": "ExecutionPolicy", "metadata": {"name": "default"}, "status": ready,
        "spec": {"mode": "Enforce", "owner": "test", "modules": {"a.rego": "package writ"}}});
    there.insert("executionpolicies".into(), vec![policy]);
    let jonas = json!({"username": "jonas"});
    let execution = json!({"apiVersion": v1, "kind": "KubernetesExecution", "metadata": {"name": "writ-doctor"},
        "spec": {"action": "scale_deployment", "requester": jonas}});
    let approval = json!({"apiVersion": v1, "kind": "ExecutionApproval", "metadata": {"name": "writ-doctor"}, "spec": {
        "execution": {"name": "x", "uid": ""}, "action": "scale_deployment", "planHash": "", "decision": "Reject", "approver": jonas}});
    let made = [
        ("kubernetesexecutions", (201, execution)),
        ("executionapprovals", (201, approval)),
        ("selfsubjectreviews", (201, json!({"status": {"userInfo": jonas}}))),
        ("pods", refused("ValidatingAdmissionPolicy 'writ-runs-guard' with binding 'writ-runs-guard' denied request: no")),
        ("serviceaccounts", refused("denied request: writ: this identity may only dry-run")),
        ("validatingadmissionpolicies", refused("Writ's policies are changed by the group writ:policy-admins only")),
    ];
    World { there, made: made.into(), hidden: None, named: Arc::default() }
}

async fn answer(State(world): State<World>, request: Request) -> impl IntoResponse {
    let path = request.uri().path().to_owned();
    let parts: Vec<&str> = path.split('/').collect();
    let last = *parts.last().unwrap();
    let namespace = parts.iter().position(|p| *p == "namespaces").map(|at| parts[at + 1]);
    if let Some(who) = request.headers().get("Impersonate-User") {
        world.named.lock().unwrap().push(format!("{} {path} as {}", request.method(), who.to_str().unwrap()));
    }
    let (code, body) = match (request.method(), last) {
        (&Method::POST, plural) => world.made[plural].clone(),
        (_, "version") => (
            200,
            json!({"major": "1", "minor": "37", "gitVersion": "v1.37.2", "gitCommit": "", "gitTreeState": "",
            "buildDate": "", "goVersion": "", "compiler": "", "platform": ""}),
        ),
        (&Method::GET, "writ") => match world.there["deployments"].first() {
            Some(operator) => (200, operator.clone()),
            None => no(404, "NotFound", "deployments.apps \"writ\" not found"),
        },
        (&Method::GET, plural) if world.hidden == Some(plural) => {
            let right = format!("cannot list resource \"{plural}\" in API group \"writ.dev\" at the cluster scope");
            refused(&format!("{plural}.writ.dev is forbidden: User \"jonas\" {right}"))
        }
        (&Method::GET, plural) => {
            let here = |o: &&Value| namespace.is_none_or(|n| o["metadata"]["namespace"] == n);
            let items: Vec<&Value> = world.there.get(plural).into_iter().flatten().filter(here).collect();
            (200, json!({"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": items}))
        }
        _ => (200, json!({"kind": "Status", "status": "Success"})),
    };
    (StatusCode::from_u16(code).unwrap(), [(CONTENT_TYPE, "application/json")], body.to_string())
}

/// How it ended, and each line.
async fn doctor(world: &World) -> (Option<i32>, Vec<String>) {
    let router = Router::new().fallback(answer).with_state(world.clone());
    let machine =
        Machine::before(router, Api { calls: Arc::default(), posted: Arc::default(), phase: "Completed", more: json!({}) }).await;
    let said = machine.writ("doctor").await;
    (said.status.code(), text(&said.stdout).lines().map(str::to_owned).collect())
}

/// What is said instead of what, and nothing else is different.
async fn instead(world: &World) -> (Vec<String>, Vec<String>) {
    let ((well, before), (ill, now)) = (doctor(&healthy()).await, doctor(world).await);
    let lines = |all: &[String]| -> BTreeSet<String> { all.iter().cloned().collect() };
    let only = |some: &[String], others: &[String]| -> Vec<String> {
        let others = lines(others);
        some.iter().filter(|line| !others.contains(*line)).cloned().collect()
    };
    let marked = |mark: &str| now.iter().any(|line| line.starts_with(mark));
    let code = if marked("  ✗") { 1 } else { 4 * i32::from(marked("  ?")) };
    assert_eq!((well, ill), (Some(0), Some(code)), "{now:#?}");
    (only(&before, &now), only(&now, &before))
}

/// Exactly this line is bad, where that one was good.
async fn is_told(world: &World, good: &str, bad: &str, fix: &str) {
    let was = vec![format!("  ✓ {good}"), WELL.to_owned()];
    let is = vec![format!("  ✗ {bad}"), fix.to_owned(), "1 thing is wrong.".to_owned()];
    assert_eq!(instead(world).await, (was, is));
}

/// Nobody must: no reason to fail.
async fn is_noted(world: &World, good: &str, note: &str, next: &str) {
    let is = vec![format!("  ! {note}"), format!("      Next: {next}")];
    assert_eq!(instead(world).await, (vec![format!("  ✓ {good}")], is));
}

/// Whoever asks may not look: neither good nor wrong.
async fn is_unknown(world: &World, good: &str, unknown: &str, next: &str) {
    let was = vec![format!("  ✓ {good}"), WELL.to_owned()];
    let sum = "Nothing wrong found; 1 could not be looked at.".to_owned();
    let is = vec![format!("  ? {unknown}"), format!("      Next: {next}"), sum];
    assert_eq!(instead(world).await, (was, is));
}

/// What a policy is for, as it is said where all is well.
fn holds(lines: &[String], policy: &str) -> String {
    let end = format!(" ({policy}, since 2026-01-01T00:00:00Z)");
    let line = lines.iter().find_map(|line| line.strip_prefix("  ✓ ")?.strip_suffix(&end));
    let words = line.unwrap_or_else(|| panic!("{policy} has no line of its own: {lines:#?}"));
    assert_ne!(words, "", "{policy} is for nothing");
    words.to_owned()
}

#[tokio::test]
async fn every_guard_has_a_line_of_its_own_and_a_policy_that_is_not_there_is_missed() {
    let (code, lines) = doctor(&healthy()).await;
    assert_eq!((code, lines.last().map(String::as_str)), (Some(0), Some(WELL)), "{lines:#?}");
    for (plural, objects) in installed() {
        for at in 0..objects.len() {
            let mut world = healthy();
            let gone = world.there.get_mut(&plural).unwrap().remove(at);
            let (kind, name) = (gone["kind"].as_str().unwrap(), gone["metadata"]["name"].as_str().unwrap());
            let what = holds(&lines, name);
            let bad = format!("nothing holds that {what}: {kind} {name} is missing");
            is_told(&world, &format!("{what} ({name}, since 2026-01-01T00:00:00Z)"), &bad, MEND).await;
        }
    }
}

#[tokio::test]
async fn a_policy_that_was_weakened_is_named() {
    let lines = doctor(&healthy()).await.1;
    for (plural, pointer, value) in [
        ("validatingadmissionpolicies", "/spec/failurePolicy", json!("Ignore")),
        ("validatingadmissionpolicies", "/spec/validations/0/expression", json!("true")),
        ("validatingadmissionpolicybindings", "/spec/validationActions", json!(["Audit"])),
        ("mutatingadmissionpolicies", "/spec/failurePolicy", json!("Ignore")),
    ] {
        let mut world = healthy();
        let changed = &mut world.there.get_mut(plural).unwrap()[0];
        *changed.pointer_mut(pointer).unwrap() = value;
        let [kind, name] = ["/kind", "/metadata/name"].map(|at| changed.pointer(at).unwrap().as_str().unwrap().to_owned());
        let what = holds(&lines, &name);
        let bad = format!("nothing holds that {what}: {kind} {name} is not the one that this version ships");
        is_told(&world, &format!("{what} ({name}, since 2026-01-01T00:00:00Z)"), &bad, MEND).await;
    }
}

#[tokio::test]
async fn the_network_policies_are_there_as_shipped_and_nobody_else_opens_a_way() {
    for at in 0..3 {
        let policy = healthy().there["networkpolicies"][at].clone();
        let (namespace, name) = (policy["metadata"]["namespace"].as_str().unwrap(), policy["metadata"]["name"].as_str().unwrap());
        let what = format!("NetworkPolicy {name} of {namespace}");
        let good = format!("pods of {namespace} reach only what they need ({what})");
        let mut world = healthy();
        world.there.get_mut("networkpolicies").unwrap().remove(at);
        is_told(&world, &good, &format!("{what} is missing: pods there reach whatever there is"), MEND).await;
        let mut world = healthy();
        world.there.get_mut("networkpolicies").unwrap()[at]["spec"]["egress"] = json!([{}]);
        is_told(&world, &good, &format!("{what} is not the one that this version ships"), MEND).await;
    }
    let mut world = healthy();
    let mut open = world.there["networkpolicies"][0].clone();
    open["metadata"] = json!({"name": "open", "namespace": "writ-runs"});
    world.there.get_mut("networkpolicies").unwrap().push(open);
    let gained = instead(&world).await.1;
    let bad = "  ✗ NetworkPolicy open of writ-runs is not Writ's, and what it lets through is let through";
    assert_eq!(gained, [bad, "      Fix: kubectl delete networkpolicy open -n writ-runs", "1 thing is wrong."]);
}

/// A cluster cannot say whether it enforces them.
#[tokio::test]
async fn what_cannot_be_known_of_the_network_is_said() {
    let lines = doctor(&healthy()).await.1;
    let note = "  ! not known: whether the network of this cluster enforces NetworkPolicies; they cannot say it";
    assert!(lines.iter().any(|line| line == note), "{lines:#?}");
}

#[tokio::test]
async fn the_guard_of_dry_runs_is_heard_by_its_own_words_and_as_the_operator_hears_it() {
    let good = "the guard of dry runs refuses what would be written, in its own words";
    let world = healthy();
    doctor(&world).await;
    let accounts = "/api/v1/namespaces/writ-dryrun/serviceaccounts";
    let operator = "system:serviceaccount:writ-system:writ";
    let asked = format!("POST {accounts} as {operator}");
    assert!(world.named.lock().unwrap().contains(&asked), "{:?}", world.named.lock().unwrap());

    let mut open = healthy();
    open.made.insert("serviceaccounts", (201, json!({"kind": "ServiceAccount"})));
    let bad = "the guard of dry runs let a write through (account dry-probe of writ-dryrun)";
    is_told(&open, good, bad, MEND).await;
    let taken = format!("DELETE {accounts}/dry-probe as {operator}");
    assert!(open.named.lock().unwrap().contains(&taken), "{:?}", open.named.lock().unwrap());

    let mut other = healthy();
    other.made.insert("serviceaccounts", refused("somebody else says no"));
    let bad = "what would be written in a dry run was refused, but not by its guard: somebody else says no";
    is_told(&other, good, bad, MEND).await;

    let mut nobody = healthy();
    nobody.made.insert("serviceaccounts", refused("serviceaccounts \"writ\" is forbidden: User \"jonas\" cannot impersonate"));
    let note = "not known: whether the guard of dry runs refuses; it was not tried, you may not act as the operator";
    let next = "ask as an administrator; the operator tries it before each dry run, and refuses with DryRunNotGuarded";
    is_unknown(&nobody, good, note, next).await;
}

#[tokio::test]
async fn a_lock_that_is_not_there_or_cannot_be_known_is_said_with_what_to_do() {
    let good = "Writ's own policies are locked: only the group writ:policy-admins changes them";
    let mut open = healthy();
    open.made.insert("validatingadmissionpolicies", (201, json!({"kind": "ValidatingAdmissionPolicy"})));
    let note = "Writ's own policies are not locked: whoever may write admission policies may change them";
    let next = "give the API server deploy/local/static-admission (--admission-control-config-file, Kubernetes 1.37 or later)";
    is_noted(&open, good, note, next).await;
    let mut nobody = healthy();
    nobody.made.insert("validatingadmissionpolicies", refused("users \"writ-doctor\" is forbidden: cannot impersonate"));
    let note = "not known: whether Writ's own policies are locked; it was not tried, you may not act as another";
    let next = "ask as an administrator, or look for --admission-control-config-file among the API server's flags";
    is_unknown(&nobody, good, note, next).await;
}

#[tokio::test]
async fn a_stamp_that_does_not_replace_what_was_forged_is_told() {
    for (plural, does, who) in [("kubernetesexecutions", "asks", "requester"), ("executionapprovals", "approves", "approver")] {
        let mut world = healthy();
        world.made.get_mut(plural).unwrap().1["spec"][who]["username"] = json!("somebody-else");
        let good = format!("who {does} is stamped (a forged {who} became jonas)");
        let bad = format!("who {does} is not stamped: a forged {who} stayed somebody-else");
        is_told(&world, &good, &bad, INSTALL).await;
    }
}

#[tokio::test]
async fn a_pod_that_could_be_started_where_runs_are_is_told_and_who_may_make_none_learns_nothing() {
    let good = "only the cluster's own parts start pods in writ-runs (one of yours was refused)";
    let mut open = healthy();
    open.made.insert("pods", (201, json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "writ-doctor"}})));
    is_told(&open, good, "whoever may create pods can start one in writ-runs", INSTALL).await;

    let mut other = healthy();
    other.made.insert("pods", no(422, "Invalid", "Pod \"writ-doctor\" is invalid"));
    let bad = "a pod in writ-runs was refused, but not by Writ: Pod \"writ-doctor\" is invalid";
    is_told(&other, good, bad, INSTALL).await;

    let mut nobody = healthy();
    nobody.made.insert("pods", refused("pods is forbidden: User \"jonas\" cannot create resource \"pods\""));
    let unknown = "pods in writ-runs were not tried: you may not create pods there anyway";
    is_unknown(&nobody, good, unknown, "ask as an administrator").await;
}

#[tokio::test]
async fn an_operator_that_is_not_ready_or_not_there_is_told() {
    let good = "the operator is ready";
    let mut idle = healthy();
    one(&mut idle, "deployments", "writ")["status"] = json!({"readyReplicas": 0});
    let fix = "      Fix: kubectl -n writ-system get pods; kubectl -n writ-system logs deployment/writ";
    is_told(&idle, good, "the operator is not ready: nothing is looked at", fix).await;
    // As the API server tells of none.
    one(&mut idle, "deployments", "writ")["status"] = json!({});
    is_told(&idle, good, "the operator is not ready: nothing is looked at", fix).await;
    let mut gone = healthy();
    gone.there.get_mut("deployments").unwrap().clear();
    is_told(&gone, good, "the operator is not installed", INSTALL).await;
}

#[tokio::test]
async fn a_kind_that_is_not_served_or_of_another_version_is_named() {
    let good = format!("{} kinds of objects are served, as shipped", crds::all().len());
    let kind = "kubernetesexecutions.writ.dev";
    let mut unserved = healthy();
    is_false(one(&mut unserved, "customresourcedefinitions", kind), "Established", "");
    is_told(&unserved, &good, &format!("{kind} is not served"), INSTALL).await;
    let mut old = healthy();
    let fields = "/spec/versions/0/schema/openAPIV3Schema/properties/status/properties";
    let stored = one(&mut old, "customresourcedefinitions", kind).pointer_mut(fields).unwrap();
    stored.as_object_mut().unwrap().remove("lock").unwrap();
    let bad =
        format!("{kind} is of another version of Writ: it has no status.lock, and the API server drops what it does not know");
    is_told(&old, &good, &bad, INSTALL).await;
}

#[tokio::test]
async fn a_plugin_that_is_not_all_active_says_what_is_missing_and_what_to_do() {
    let good = "plugin workload 1.4.0 is active with 2 actions";
    let look = "kubectl describe actionplugin";
    for (kind, fix) in [
        ("Fetched", look),
        ("Verified", look),
        ("Compiled", look),
        ("Granted", "writ plugin rbac COMPONENT.wasm | kubectl apply -f -"),
        ("Active", look),
    ] {
        let mut world = healthy();
        is_false(one(&mut world, "actionplugins", "workload"), kind, "it is not so");
        let bad = format!("plugin workload is not {kind}: it is not so");
        is_told(&world, good, &bad, &format!("      Fix: {fix}")).await;
    }
    // The first says why the others are not.
    let mut world = healthy();
    let plugin = one(&mut world, "actionplugins", "workload");
    is_false(plugin, "Granted", "ClusterRole writ-workload is missing");
    is_false(plugin, "Active", "it is not granted");
    let bad = "plugin workload is not Granted: ClusterRole writ-workload is missing";
    is_told(&world, good, bad, "      Fix: writ plugin rbac COMPONENT.wasm | kubectl apply -f -").await;
    one(&mut world, "actionplugins", "workload")["status"] = json!({"version": "1.4.0"});
    is_told(&world, good, "plugin workload is not Fetched: it was not looked at yet", &format!("      Fix: {look}")).await;
}

#[tokio::test]
async fn a_policy_that_is_not_ready_and_a_cluster_without_one_are_told() {
    let good = "policy default is in force, 3/3 of its tests passed";
    let mut world = healthy();
    is_false(one(&mut world, "executionpolicies", "default"), "Ready", "1 of its 3 tests failed");
    let fix = "      Fix: correct ExecutionPolicy default; try it first: writ policy test";
    is_told(&world, good, "policy default is not ready: 1 of its 3 tests failed", fix).await;
    world.there.get_mut("executionpolicies").unwrap().clear();
    let fix = "      Fix: writ policy print deploy/policy | kubectl apply --server-side -f -";
    is_told(&world, good, "no policy is enforced: everything is refused", fix).await;
}

#[tokio::test]
async fn what_whoever_asks_may_not_read_is_not_known_and_counts_as_that() {
    let mut world = healthy();
    world.hidden = Some("executionpolicies");
    let unknown = "you may not look at policies (needs list executionpolicies in API group writ.dev at the cluster scope)";
    is_unknown(&world, "policy default is in force, 3/3 of its tests passed", unknown, "ask as somebody who may").await;
}

#[tokio::test]
async fn a_freeze_is_told_while_it_holds_and_a_suspended_plugin_is() {
    let freeze = |name: &str, until: &str| {
        json!({"apiVersion": "writ.dev/v1alpha1", "kind": "ExecutionFreeze", "metadata": {"name": name},
            "spec": {"reason": "INC-1", "by": "jonas", "until": until}})
    };
    let plugin = json!({"apiVersion": "writ.dev/v1alpha1", "kind": "ActionPlugin", "metadata": {"name": "pods"},
        "spec": {"source": {"file": "pods.wasm"}, "digest": "sha256:0", "owner": "test", "suspended": true}});
    let mut world = healthy();
    world
        .there
        .insert("executionfreezes".into(), vec![freeze("on", "2226-01-01T00:00:00Z"), freeze("over", "2026-01-01T00:00:00Z")]);
    world.there.insert("actionplugins".into(), vec![plugin]);
    let gained = instead(&world).await.1;
    let told = ["  ! plugin pods is suspended", "  ! on holds back what it matches: INC-1"];
    assert!(told.iter().all(|line| gained.contains(&(*line).to_owned())), "{gained:#?}");
    assert!(!gained.iter().any(|line| line.contains("over") || line.contains("All of it")), "{gained:#?}");
}
