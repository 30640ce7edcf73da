//! The page that is decided on: who asks, why, for what exactly, how risky it is, how it is undone, what else was asked of it, and the hash
//! that a yes is bound to.
use crate::cli::{
    ballot,
    human::{age, plain},
    page,
};
use crds::{ApprovalStatus, KubernetesExecution};
use jiff::Timestamp;
use kube::ResourceExt;

/// `place`: namespace and context. `undoes`: what it takes back, where it is an undo.
pub(super) fn page(
    place: (&str, &str),
    kx: &KubernetesExecution,
    undoes: Option<&str>,
    approval: &ApprovalStatus,
    now: Timestamp,
) -> String {
    let (namespace, context) = place;
    let asked = kx.spec.requester.clone().unwrap_or_default();
    let ago = approval.since.parse().map(|at| format!(" {} ago", age(at, now))).unwrap_or_default();
    let groups = asked.groups.iter().filter(|g| !g.starts_with("system:")).cloned().collect::<Vec<_>>().join(", ");
    let groups = if groups.is_empty() { String::new() } else { format!(" ({groups})") };
    let head = format!("{} in {namespace} · context {context} · asked by {}{groups}{ago}\n", kx.name_any(), asked.username);
    let undoes = undoes.map_or_else(String::new, |of| format!("This undoes {of}\n"));
    let reason = if kx.spec.reason.is_empty() { "none given".to_owned() } else { plain(&kx.spec.reason) };
    let status = kx.status.clone().unwrap_or_default();
    let mut ends = ballot::lines(&status);
    ends.push(("hash", approval.plan_hash.clone()));
    [head, undoes, page::labelled(&[("reason", reason)]), page::plan(&status), page::labelled(&ends)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use serde_json::{Value, json};

    fn plan() -> crds::PlanStatus {
        let change = crds::ChangeStatus {
            object: "Deployment shop/web".into(),
            field: "/spec/replicas".into(),
            before: Some("2".into()),
            after: Some("5".into()),
            ..Default::default()
        };
        let write = crds::WriteStatus { kind: "Deployment".into(), name: "web".into(), ..Default::default() };
        crds::PlanStatus {
            command: "kubectl scale --current-replicas=2 --replicas=5 --namespace=shop -- deployment/web".into(),
            changes: vec![change],
            writes: vec![write],
            risk: "medium".into(),
            verify_seconds: 300,
            ..Default::default()
        }
    }

    fn waiting() -> KubernetesExecution {
        let mut kx: KubernetesExecution = serde_json::from_value(json!({
            "apiVersion": "writ.dev/v1alpha1", "kind": "KubernetesExecution",
            "metadata": {"name": "scale-web-x7k2p", "namespace": "shop"},
            "spec": {
                "action": "scale_deployment", "target": {"name": "web"}, "parameters": {"replicas": 5},
                "reason": "INC-4312 checkout p99 3.1 s, web at 97 % CPU",
                "requester": {"username": "maria@example.com", "groups": ["oncall", "system:authenticated"]},
            },
        }))
        .unwrap();
        let because = json!(["more than 2 pods added in a production namespace"]);
        let mut status: Value = json!({
            "phase": "AwaitingApproval",
            "reason": "ApprovalNeeded",
            "target": {"apiVersion": "apps/v1", "kind": "Deployment", "resource": "deployments", "namespace": "shop", "name": "web"},
            "plugin": {"name": "workload", "version": "1.4.0", "digest": format!("sha256:9f2c81d0aa{}", "7".repeat(54))},
            "policy": {"decision": "Allow", "inputDigest": "", "results": [
                {"policy": "default", "digest": "", "owner": "", "decision": "Allow", "because": because},
            ]},
            "dryRun": {"namespace": "writ-dryrun", "job": "dry-1", "serviceAccount": "dry-1", "answeredAt": "2026-11-23T03:12:08Z"},
            "diff": [
                {"pointer": "/spec/replicas", "before": "2", "after": "5", "announced": true},
                {"pointer": "/spec/paused", "after": "true", "announced": false},
            ],
            "approval": {
                "state": "Waiting", "count": "0 of 1", "needed": 1, "groups": ["sre-leads"], "planHash": "sha256:7f3ac91e", "how": "",
                "since": "2026-11-23T03:12:09Z", "expiresAt": "2026-11-23T03:27:09Z",
            },
            "rollback": {"state": "Planned", "action": "scale_deployment", "parameters": "{}",
                "command": "writ run scale_deployment web replicas=2 -n shop"},
        });
        status["plan"] = serde_json::to_value(plan()).unwrap();
        kx.status = serde_json::from_value(status).unwrap();
        kx
    }

    #[test]
    fn all_that_is_to_be_decided_on_is_on_one_page() {
        let kx = waiting();
        let approval = kx.status.clone().unwrap().approval.unwrap();
        let now = "2026-11-23T03:13:24Z".parse().unwrap();
        expect![[r#"
            scale-web-x7k2p in shop · context prod-eu-1 · asked by maria@example.com (oncall) 75s ago
              reason     INC-4312 checkout p99 3.1 s, web at 97 % CPU
              change     spec.replicas   2 -> 5
              command    kubectl scale --current-replicas=2 --replicas=5 --namespace=shop -- deployment/web
              may touch  deployment/web and nothing else, for as long as it runs
              risk       medium
              dry run    spec.replicas   2 -> 5
                         spec.paused   (none) -> true   NOT ANNOUNCED by the plugin
              undo       writ run scale_deployment web replicas=2 -n shop
              checks     the action's own, afterwards, until the effect is seen: 5m00s at most
              policy     default allow, on condition: more than 2 pods added in a production namespace
              plugin     workload 1.4.0   sha256:9f2c81d0aa…
              approval   1 person of sre-leads, until 2026-11-23T03:27:09Z (asked 2026-11-23T03:12:09Z)
                         waiting, 0 of 1
              hash       sha256:7f3ac91e
        "#]]
        .assert_eq(&page(("shop", "prod-eu-1"), &kx, None, &approval, now));
    }

    #[test]
    fn an_undo_says_first_that_it_is_one_and_of_what() {
        let kx = waiting();
        let approval = kx.status.clone().unwrap().approval.unwrap();
        let page = page(("shop", "prod-eu-1"), &kx, Some("scale-web-1 (replicas 5 -> 2)"), &approval, Timestamp::UNIX_EPOCH);
        assert_eq!(page.lines().nth(1), Some("This undoes scale-web-1 (replicas 5 -> 2)"), "{page}");
    }

    #[test]
    fn what_cannot_be_undone_says_so_before_it_runs() {
        let mut kx = waiting();
        let approval = kx.status.clone().unwrap().approval.unwrap();
        let rollback = kx.status.as_mut().unwrap().rollback.as_mut().unwrap();
        assert!(ballot::covers(&waiting()).is_some());
        let because = "pods cannot be restarted back".into();
        *rollback = crds::RollbackStatus { state: "Impossible".into(), because, ..Default::default() };
        let page = page(("shop", "prod-eu-1"), &kx, None, &approval, Timestamp::UNIX_EPOCH);
        assert!(page.contains("  undo       CANNOT BE UNDONE: pods cannot be restarted back\n"), "{page}");
        assert_eq!(ballot::covers(&kx), None, "a yes covers no undo where there is none");
    }
}
