//! What the identities of runs and dry runs wrote, each held against its one binding and against the objects in its name.
use super::text;
use crds::labels::{NAMESPACE_DRYRUN, NAMESPACE_RUNS, OPERATOR_USER};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What one account wrote: kind, namespace, name.
type Written = BTreeMap<String, BTreeSet<(String, String, String)>>;

fn account<'a>(event: &'a Value, namespace: &str) -> Option<&'a str> {
    event["user"]["username"].as_str()?.strip_prefix(&format!("system:serviceaccount:{namespace}:"))
}

fn writes(event: &Value) -> bool {
    let asks = text(&event["objectRef"]["apiGroup"]) == "authorization.k8s.io";
    !asks && !matches!(event["verb"].as_str().unwrap_or_default(), "get" | "list" | "watch")
}

/// A deletion says so in its body.
fn is_dry(event: &Value) -> bool {
    text(&event["requestURI"]).split(['?', '&']).any(|part| part == "dryRun=All")
        || event["requestObject"]["dryRun"] == serde_json::json!(["All"])
}

fn written(log: &[Value], namespace: &str) -> Written {
    let mut all = Written::new();
    for event in log.iter().filter(|e| writes(e) && !is_dry(e)) {
        if let Some(account) = account(event, namespace) {
            let object = &event["objectRef"];
            let what = (text(&object["resource"]), text(&object["namespace"]), text(&object["name"]));
            all.entry(account.to_owned()).or_default().insert(what);
        }
    }
    all
}

/// Where the operator bound each account; the empty place is cluster-wide.
fn bound(log: &[Value]) -> BTreeMap<String, String> {
    let made = log.iter().filter(|e| super::is(e, OPERATOR_USER) && e["verb"] == "create");
    let bindings = made.filter(|e| matches!(e["objectRef"]["resource"].as_str(), Some("rolebindings" | "clusterrolebindings")));
    bindings.map(|e| (text(&e["objectRef"]["name"]), text(&e["objectRef"]["namespace"]))).collect()
}

pub(crate) fn wrong(log: &[Value]) -> Vec<String> {
    let bound = bound(log);
    let mut wrong = Vec::new();
    for (account, objects) in written(log, NAMESPACE_RUNS) {
        let place = bound.get(&account);
        let outside = objects.iter().any(|(_, namespace, _)| Some(namespace) != place);
        if objects.len() > account.split('.').count() - 1 || outside {
            wrong.push(format!("{account}, bound in {place:?}, wrote {objects:?}"));
        }
    }
    let dry = written(log, NAMESPACE_DRYRUN);
    wrong.extend(dry.into_iter().map(|(account, objects)| format!("{account} of a dry run wrote {objects:?}")));
    wrong
}

pub(crate) fn summary(log: &[Value]) -> String {
    let tried = log.iter().filter(|e| account(e, NAMESPACE_DRYRUN).is_some() && writes(e)).count();
    format!(
        "{} runs wrote the objects in their names, {tried} writes of dry runs persisted nothing",
        written(log, NAMESPACE_RUNS).len()
    )
}
