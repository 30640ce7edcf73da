//! What became of the target since the plan was made, and how the same went before: looked up by whoever decides, with their own rights, when
//! they decide. The host looks again before it acts; this says beforehand that a yes would be for nothing.
use crate::cli::{
    connect::Connected,
    human::{age, field, plain, short},
    page,
};
use crds::{ExecutionStatus, KubernetesExecution, Phase, TargetSeen};
use jiff::Timestamp;
use kube::{
    Api, ResourceExt,
    api::{ApiResource, DynamicObject, ListParams},
};
use serde_json::Value;
use std::collections::BTreeMap;

/// What is found.
pub(super) struct Since {
    /// For the page.
    pub(super) lines: Vec<(&'static str, String)>,
    /// A yes would be for nothing.
    pub(super) void: bool,
}

pub(super) async fn look(cluster: &Connected, kx: &KubernetesExecution, now: Timestamp) -> Since {
    let status = kx.status.clone().unwrap_or_default();
    let mut found = Since { lines: Vec::new(), void: false };
    if let Some(target) = status.target.as_ref().filter(|t| !t.uid.is_empty()) {
        let line = match read(cluster, target).await {
            Ok(there) => {
                let (line, moved) = since(&status, target, there.as_ref());
                found.void = moved;
                line
            }
            Err(error) => format!("whether {} moved is not known here: {error}", short(&target.kind, &target.name)),
        };
        found.lines.push(("since", line));
    }
    if let Ok(all) = cluster.here::<KubernetesExecution>().list(&ListParams::default()).await {
        found.lines.push(("since", before(kx, &all.items, now)));
    }
    found
}

/// What an undo takes back, in words: `scale-web-x7k2p (replicas 2 -> 5)`.
pub(super) async fn undoes(cluster: &Connected, kx: &KubernetesExecution) -> Option<String> {
    let of = kx.spec.rollback_of.as_ref()?;
    let found = cluster.here::<KubernetesExecution>().get_opt(&of.name).await.ok().flatten();
    let same = found.filter(|found| found.metadata.uid.as_deref() == Some(of.uid.as_str()));
    let did = same.and_then(|original| original.status).map(|status| plain(&status.summary));
    Some(format!("{} ({})", of.name, did.as_deref().unwrap_or("what it did is not known here")))
}

/// None: it is gone.
async fn read(cluster: &Connected, target: &TargetSeen) -> Result<Option<Value>, String> {
    let (group, version) = target.api_version.split_once('/').unwrap_or(("", &target.api_version));
    let kind = ApiResource {
        group: group.into(),
        version: version.into(),
        api_version: target.api_version.clone(),
        kind: target.kind.clone(),
        plural: target.resource.clone(),
    };
    let api: Api<DynamicObject> = match &target.namespace {
        Some(namespace) => Api::namespaced_with(cluster.client.clone(), namespace, &kind),
        None => Api::all_with(cluster.client.clone(), &kind),
    };
    let found = api.get_opt(&target.name).await.map_err(|error| crate::cli::connect::said(error).to_string())?;
    found.map(|object| serde_json::to_value(object).map_err(|error| error.to_string())).transpose()
}

/// In words, and whether it moved.
fn since(status: &ExecutionStatus, target: &TargetSeen, found: Option<&Value>) -> (String, bool) {
    let name = short(&target.kind, &target.name);
    let Some(found) = found else { return (format!("{name} IS GONE: this will be void"), true) };
    if found.pointer("/metadata/uid").and_then(Value::as_str) != Some(&target.uid) {
        return (format!("{name} IS ANOTHER ONE by now, of the same name: this will be void"), true);
    }
    // Its values are told as digests, which nobody can compare here.
    if target.kind == "Secret" {
        return (format!("whether {name} moved is not known here: values of a Secret are not shown"), false);
    }
    let moved = moved(status, found);
    let tried = status.dry_run.as_ref().is_some_and(|d| d.answered_at.is_some());
    match (moved.is_empty(), tried) {
        (true, true) => ("what it changes is as it was at the dry run".to_owned(), false),
        (true, false) => ("what it changes is as it was when it was planned".to_owned(), false),
        (false, _) => (format!("THE TARGET MOVED: {}; this will be void", moved.join(", ")), true),
    }
}

/// Values that are not as they were found.
fn moved(status: &ExecutionStatus, found: &Value) -> Vec<String> {
    let target = page::target(status);
    let tried = status.diff.iter().filter(|d| d.object.is_empty()).map(|d| (d.pointer.as_str(), d.before.as_deref()));
    let planned = status.plan.iter().flat_map(|p| &p.changes).filter(|c| Some(&c.object) == target.as_ref());
    let planned = planned.map(|c| (c.field.as_str(), c.before.as_deref()));
    let known: BTreeMap<&str, Option<&str>> = planned.chain(tried).filter(|(at, _)| !at.is_empty()).collect();
    let was = |text: Option<&str>| text.and_then(|t| serde_json::from_str::<Value>(t).ok());
    let other = known.into_iter().filter(|(at, before)| found.pointer(at) != was(*before).as_ref());
    other.map(|(at, _)| is_now(at, found.pointer(at))).collect()
}

fn is_now(at: &str, value: Option<&Value>) -> String {
    match value {
        Some(value) => format!("{} is now {value}", field(at)),
        None => format!("{} is no longer there", field(at)),
    }
}

/// The same action on the same target, as far as its executions are still here.
fn before(kx: &KubernetesExecution, all: &[KubernetesExecution], now: Timestamp) -> String {
    let name = |kx: &KubernetesExecution| kx.spec.target.as_ref().map(|t| t.name.clone());
    let ran = |other: &&KubernetesExecution| {
        other.uid() != kx.uid()
            && (&other.spec.action, name(other)) == (&kx.spec.action, name(kx))
            && other.status.as_ref().is_some_and(|s| s.phase.is_over() && s.job.is_some())
    };
    let ended = |kx: &KubernetesExecution| kx.status.as_ref().and_then(|s| s.finished_at.clone());
    let mut ran: Vec<&KubernetesExecution> = all.iter().filter(ran).collect();
    ran.sort_by_key(|kx| ended(kx));
    let Some(last) = ran.last() else { return "not done here before, by the executions that are still there".to_owned() };
    let ago = ended(last).and_then(|at| at.parse().ok()).map_or_else(String::new, |at| format!(" {} ago", age(at, now)));
    let by = last.spec.requester.as_ref().map(|r| format!(" by {}", r.username)).unwrap_or_default();
    let phase = |kx: &KubernetesExecution| kx.status.as_ref().map(|s| s.phase);
    let failed = ran.iter().filter(|kx| phase(kx) == Some(Phase::Failed)).count();
    let end = phase(last).map(|p| format!("{p:?}")).unwrap_or_default();
    format!("last done{ago}{by}: {end} · {failed} of {} failed, by the executions that are still there", ran.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn status() -> ExecutionStatus {
        serde_json::from_value(json!({
            "phase": "AwaitingApproval", "reason": "ApprovalNeeded",
            "target": {"apiVersion": "apps/v1", "kind": "Deployment", "resource": "deployments", "namespace": "shop", "name": "web", "uid": "u1"},
            "diff": [
                {"pointer": "/spec/replicas", "before": "2", "after": "5", "announced": true},
                {"pointer": "/spec/paused", "after": "true", "announced": false},
                {"object": "NetworkPolicy shop/deny", "pointer": "", "after": "\"exists\"", "announced": true},
            ],
            "dryRun": {"namespace": "writ-dryrun", "job": "dry-1", "serviceAccount": "dry-1", "answeredAt": "2026-11-23T03:12:08Z"},
        }))
        .unwrap()
    }

    fn line(found: Option<&Value>) -> String {
        let status = status();
        let (line, moved) = since(&status, status.target.as_ref().unwrap(), found);
        assert_eq!(moved, line.ends_with("this will be void"), "{line}");
        line
    }

    #[test]
    fn a_target_that_moved_is_told_before_somebody_says_yes_for_nothing() {
        let mut web = json!({"metadata": {"uid": "u1", "resourceVersion": "9"}, "spec": {"replicas": 2, "minReadySeconds": 3}});
        assert_eq!(line(Some(&web)), "what it changes is as it was at the dry run");
        web["spec"] = json!({"replicas": 3, "paused": true});
        assert_eq!(line(Some(&web)), "THE TARGET MOVED: spec.paused is now true, spec.replicas is now 3; this will be void");
        web["spec"] = json!({});
        assert_eq!(line(Some(&web)), "THE TARGET MOVED: spec.replicas is no longer there; this will be void");
        web["metadata"]["uid"] = json!("u2");
        assert_eq!(line(Some(&web)), "deployment/web IS ANOTHER ONE by now, of the same name: this will be void");
        assert_eq!(line(None), "deployment/web IS GONE: this will be void");
    }

    /// To say that it is as it was would be a guess.
    #[test]
    fn of_a_secret_nothing_is_said_that_nobody_compared() {
        let status = status();
        let secret = TargetSeen { kind: "Secret".into(), ..status.target.clone().unwrap() };
        let said = since(&status, &secret, Some(&json!({"metadata": {"uid": "u1"}, "data": {}})));
        assert_eq!(said, ("whether secret/web moved is not known here: values of a Secret are not shown".to_owned(), false));
    }

    #[test]
    fn how_the_same_went_before_is_told() {
        let one = |name: &str, target: &str, status: Value| -> KubernetesExecution {
            serde_json::from_value(json!({
                "apiVersion": "writ.dev/v1alpha1", "kind": "KubernetesExecution",
                "metadata": {"name": name, "uid": name, "namespace": "shop"},
                "spec": {"action": "scale_deployment", "target": {"name": target}, "reason": "",
                         "requester": {"username": "deniz@example.com"}},
                "status": status,
            }))
            .unwrap()
        };
        let job = json!({"namespace": "writ-runs", "name": "run-1", "serviceAccount": "run-1"});
        let ended = |phase: &str, at: &str| json!({"phase": phase, "reason": "ChecksPassed", "finishedAt": at, "job": job});
        let asked = one("a", "web", json!({"phase": "AwaitingApproval", "reason": "ApprovalNeeded"}));
        let refused =
            one("r", "web", json!({"phase": "Refused", "reason": "PolicyDenied", "finishedAt": "2026-11-22T00:00:00Z"}));
        let now = "2026-11-23T00:00:00Z".parse().unwrap();
        let nothing = [asked.clone(), one("b", "api", ended("Completed", "2026-11-22T00:00:00Z")), refused];
        assert_eq!(before(&asked, &nothing, now), "not done here before, by the executions that are still there");
        let some = [
            one("d", "web", ended("Completed", "2026-11-11T00:00:00Z")),
            one("c", "web", ended("Failed", "2026-11-10T00:00:00Z")),
        ];
        let told = "last done 12d ago by deniz@example.com: Completed · 1 of 2 failed, by the executions that are still there";
        assert_eq!(before(&asked, &some, now), told);
    }
}
