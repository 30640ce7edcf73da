//! Claims on targets: which answers of the API server make whose turn of them, and that each is made, taken over and let go by version.
use super::api::{Answer, Call, EXECUTION, TARGET, cluster, execution, list, missing, no, ok, uid};
use decide::{
    lock::{Claim, Counts},
    observed::{AtWork, Claimant, LockSeen},
};
use host::cluster::Listed;
use serde_json::{Value, json};

const OTHER: &str = "00000000-0000-4000-8000-000000000003";
const LEASE: &str = "/apis/coordination.k8s.io/v1/namespaces/writ-runs/leases/target-00000000-0000-4000-8000-000000000002";

fn lease(holder: &str, turn: &str) -> Value {
    json!({
        "metadata": {
            "name": format!("target-{TARGET}"), "resourceVersion": "7", "labels": {"writ.dev/execution-uid": holder},
            "annotations": {"writ.dev/execution": "shop/scale-web-abcde", "writ.dev/turn": turn},
        },
        "spec": {"holderIdentity": "shop/scale-web-abcde"},
    })
}

fn holder(phase: &str, turn: i64) -> Value {
    json!({
        "apiVersion": "writ.dev/v1alpha1", "kind": "KubernetesExecution",
        "metadata": {"name": "scale-web-abcde", "namespace": "shop", "uid": OTHER},
        "spec": {"action": "scale_deployment"},
        "status": {"phase": phase, "lock": {"state": "Wanted", "seq": turn}},
    })
}

/// What is seen with this claim, this holder, and these accounts of it.
async fn seen(claim: Option<Value>, holder: Option<Value>, left: Vec<Value>) -> (LockSeen, Vec<String>) {
    let (cluster, heard) = cluster(move |call: &Call| match () {
        () if call.line.contains("/leases/") => claim.clone().map_or_else(|| missing("target"), ok),
        () if call.line.contains("/kubernetesexecutions/") => holder.clone().map_or_else(|| missing("scale-web-abcde"), ok),
        () if call.line.contains("/serviceaccounts") => list(&left),
        () => list(&[]),
    });
    (cluster.lock(&execution(), &uid(TARGET), 3).await.unwrap(), heard.lines())
}

#[tokio::test]
async fn a_claim_is_held_against_the_status_of_its_holder_and_what_is_left_of_its_run() {
    let held = LockSeen::Held { by: "scale-web-abcde".into() };
    let stale = LockSeen::Stale { version: "7".into() };
    let account = || json!({"metadata": {"name": "run-1", "labels": {"writ.dev/execution-uid": OTHER}}});
    assert_eq!(seen(None, None, vec![]).await, (LockSeen::Free, vec![format!("GET {LEASE}")]));
    let ours = LockSeen::Ours { object: format!("target-{TARGET}"), version: "7".into() };
    assert_eq!(seen(Some(lease(EXECUTION, "3")), None, vec![]).await, (ours, vec![format!("GET {LEASE}")]));
    assert_eq!(seen(Some(lease(EXECUTION, "2")), None, vec![]).await.0, stale);
    assert_eq!(seen(Some(lease(OTHER, "5")), Some(holder("Preparing", 5)), vec![]).await.0, held);
    assert_eq!(seen(Some(lease(OTHER, "5")), Some(holder("Executing", 5)), vec![]).await.0, held);
    assert_eq!(seen(Some(lease(OTHER, "5")), Some(holder("Preparing", 6)), vec![]).await.0, stale);
    assert_eq!(seen(Some(lease(OTHER, "5")), Some(holder("Completed", 5)), vec![]).await.0, stale);
    assert_eq!(seen(Some(lease(OTHER, "5")), Some(holder("Completed", 5)), vec![account()]).await.0, held);
    assert_eq!(seen(Some(lease(OTHER, "5")), None, vec![account()]).await.0, held);
    assert_eq!(seen(Some(lease(OTHER, "5")), None, vec![]).await.0, stale);
}

#[tokio::test]
async fn what_is_no_claim_of_ours_is_no_leave_to_go_on() {
    for spoil in ["/metadata/labels", "/metadata/annotations"] {
        let mut lease = lease(OTHER, "5");
        *lease.pointer_mut(spoil).unwrap() = json!({});
        let (seen, _) = seen(Some(lease), None, vec![]).await;
        assert!(matches!(&seen, LockSeen::Held { by } if by.contains("which Writ did not make")), "{spoil}: {seen:?}");
    }
}

fn claim() -> Claim {
    let (namespace, name) = ("shop".to_owned(), "scale-web-x7k2p".to_owned());
    Claim {
        target: uid(TARGET),
        holder: uid(EXECUTION),
        namespace,
        name,
        turn: 3,
        counts: Counts::new("shop", "scale_deployment", "maria@example.com", None),
    }
}

#[tokio::test]
async fn a_claim_is_made_anew_or_in_the_place_of_the_very_version_that_was_seen() {
    for (over, method) in [(None, "POST"), (Some("7"), "PUT")] {
        let (cluster, heard) = cluster(|_| ok(lease(EXECUTION, "3")));
        cluster.claim(&claim(), over).await.unwrap();
        let call = heard.calls().remove(0);
        assert!(call.line.starts_with(method), "{}", call.line);
        assert_eq!(call.body["metadata"]["resourceVersion"], over.map_or(Value::Null, |v| json!(v)));
        assert_eq!(
            call.body["metadata"]["annotations"],
            json!({"writ.dev/execution": "shop/scale-web-x7k2p", "writ.dev/turn": "3"})
        );
        let labels = json!({
            "writ.dev/execution-uid": EXECUTION, "writ.dev/namespace": "shop", "writ.dev/action": "scale_deployment",
            "writ.dev/requester": claim().counts.requester,
        });
        assert_eq!(call.body["metadata"]["labels"], labels);
    }
}

#[tokio::test]
async fn who_comes_too_late_looks_again_and_every_other_answer_is_told() {
    for (code, fine) in [(409, true), (404, true), (403, false), (500, false)] {
        let (cluster, _) = cluster(move |_| no(code, "No", "no"));
        assert_eq!(cluster.claim(&claim(), Some("7")).await.is_ok(), fine, "{code}");
        assert_eq!(cluster.unclaim(&[("target-1".into(), "7".into())]).await.is_ok(), fine, "{code}");
    }
    let (cluster, _) = cluster(|_| Answer::Broken);
    assert!(cluster.claim(&claim(), None).await.is_err());
}

#[tokio::test]
async fn only_the_version_that_was_seen_is_let_go() {
    let (cluster, heard) = cluster(|_| ok(json!({"kind": "Status", "status": "Success"})));
    cluster.unclaim(&[(format!("target-{TARGET}"), "7".into())]).await.unwrap();
    let call = heard.calls().remove(0);
    assert!(call.is(&format!("DELETE {LEASE}")), "{}", call.line);
    assert_eq!(call.body["preconditions"], json!({"resourceVersion": "7"}));
}

#[tokio::test]
async fn the_sweep_lets_go_what_belongs_to_nobody_who_is_busy() {
    let (cluster, heard) = cluster(|call| match call.line.starts_with("GET") {
        true => {
            let mut other = lease(OTHER, "5");
            other["metadata"]["name"] = json!("target-other");
            list(&[lease(EXECUTION, "3"), other])
        }
        false => ok(json!({"kind": "Status", "status": "Success"})),
    });
    assert_eq!(cluster.sweep_claims(|| [EXECUTION.to_owned()].into()).await.unwrap(), 1);
    let deleted: Vec<_> = heard.lines().into_iter().filter(|l| l.starts_with("DELETE")).collect();
    assert!(matches!(&deleted[..], [one] if one.contains("/leases/target-other")), "{deleted:?}");
}

/// A claim of the other on this target, that counts for this.
fn counted(target: &str, version: &str, namespace: &str, action: &str, requester: &str) -> Value {
    let mut lease = lease(OTHER, "5");
    let Counts { namespace, action, requester, .. } = Counts::new(namespace, action, requester, None);
    (lease["metadata"]["name"], lease["metadata"]["resourceVersion"]) = (json!(format!("target-{target}")), json!(version));
    for (label, value) in [("namespace", namespace), ("action", action), ("requester", requester)] {
        lease["metadata"]["labels"][format!("writ.dev/{label}")] = json!(value);
    }
    lease
}

/// What counts, with these claims, this holder, and these accounts of it.
async fn claimants(how: Listed, claims: Vec<Value>, holder: Value, left: Vec<Value>) -> (Vec<Claimant>, Vec<String>) {
    let (cluster, heard) = cluster(move |call: &Call| match () {
        () if call.line.contains("/leases") => list(&claims),
        () if call.line.contains("/kubernetesexecutions/") => ok(holder.clone()),
        () if call.line.contains("/serviceaccounts") => list(&left),
        () => list(&[]),
    });
    let mut found = cluster.claimants(&execution(), how).await.unwrap();
    found.sort_by(|a, b| a.version.cmp(&b.version));
    (found, heard.lines())
}

#[tokio::test]
async fn whoever_claimed_counts_where_it_shares_a_limit_and_as_its_holder_says() {
    let all = || {
        let mut own = counted("own", "1", "shop", "scale_deployment", "maria");
        own["metadata"]["labels"]["writ.dev/execution-uid"] = json!(EXECUTION);
        vec![
            own,
            counted("a", "2", "shop", "another", "jonas"),
            counted("b", "3", "pay", "scale_deployment", "jonas"),
            // The request that is looked at names nobody.
            counted("c", "4", "pay", "another", ""),
            counted("d", "5", "pay", "another", "jonas"),
            json!({"metadata": {"name": "no-claim", "resourceVersion": "6", "labels": {"writ.dev/execution-uid": OTHER}}}),
        ]
    };
    let account = || json!({"metadata": {"name": "run-1", "labels": {"writ.dev/execution-uid": OTHER}}});
    for (phase, turn, left, at_work) in [
        ("Preparing", 5, vec![], AtWork::MayStart),
        ("Preparing", 6, vec![], AtWork::No),
        ("Executing", 5, vec![], AtWork::Runs),
        ("Verifying", 5, vec![], AtWork::Runs),
        ("Completed", 5, vec![], AtWork::No),
        ("Completed", 5, vec![account()], AtWork::Runs),
    ] {
        let (found, _) = claimants(Listed::Live, all(), holder(phase, turn), left).await;
        let seen: Vec<_> = found.iter().map(|c| (c.version.as_str(), c.at_work)).collect();
        assert_eq!(seen, [("2", at_work), ("3", at_work), ("4", at_work)], "{phase} {turn}");
        assert_eq!(found[0].place, ("shop".to_owned(), "scale-web-abcde".to_owned()));
    }
}

#[tokio::test]
async fn claims_are_listed_as_of_now_where_that_matters() {
    for (how, from_cache) in [(Listed::Live, false), (Listed::FromCache, true)] {
        let (_, heard) = claimants(how, vec![], json!({}), vec![]).await;
        assert_eq!(heard.len(), 1);
        assert_eq!(heard[0].contains("resourceVersion=0"), from_cache, "{heard:?}");
    }
}
