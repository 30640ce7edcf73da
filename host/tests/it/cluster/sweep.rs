//! What executions that are gone left behind is taken away; what belongs to one that is there, or to nobody, stays.
use super::api::{Answer, Call, EXECUTION, Heard, TARGET, cluster, list, ok};
use host::cluster::Cluster;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const LABEL: &str = "writ.dev/execution-uid";

fn made(name: &str, of: &str, more: Value) -> Value {
    let mut object = json!({"metadata": {"name": name, "namespace": "writ-runs", "uid": name, "labels": {LABEL: of}}});
    for (key, value) in more.as_object().into_iter().flatten() {
        object["metadata"][key] = value.clone();
    }
    object
}

/// One of each, made for this execution.
fn litter(call: &Call, of: &str) -> Answer {
    let name = format!("run-{of}.{TARGET}");
    let held = json!({"finalizers": ["writ.dev/outcome"]});
    match () {
        () if call.is("DELETE") => ok(json!({"kind": "Status", "status": "Success"})),
        () if call.line.contains("/clusterrolebindings") => {
            list(&[made(&format!("{name}.wide"), of, json!({"namespace": null}))])
        }
        () if call.line.contains("/rolebindings") => list(&[made(&name, of, json!({"namespace": "shop"}))]),
        () if call.line.contains("/writ-dryrun/") => list(&[made(&format!("dry-{of}.{TARGET}"), of, json!({}))]),
        () if call.line.contains("/serviceaccounts") => list(&[made(&name, of, json!({}))]),
        () if call.line.contains("/jobs") => list(&[made(&format!("run-{of}"), of, json!({}))]),
        () if call.line.contains("/pods?") => list(&[made(&format!("run-{of}-x7k2p"), of, held)]),
        () => ok(made(&format!("run-{of}-x7k2p"), of, held)),
    }
}

fn deeds(heard: &Heard) -> Vec<String> {
    heard.lines().into_iter().filter(|l| !l.starts_with("GET")).map(|l| l.trim_end_matches('?').to_owned()).collect()
}

async fn swept(cluster: &Cluster, living: &[&str]) -> usize {
    let living: BTreeSet<String> = living.iter().map(|uid| (*uid).to_owned()).collect();
    cluster.sweep(move || living).await.unwrap()
}

#[tokio::test]
async fn what_nobody_follows_goes_in_the_order_of_every_end() {
    let (cluster, heard) = cluster(|call| litter(call, EXECUTION));
    assert_eq!(swept(&cluster, &[TARGET]).await, 6);
    let run = format!("run-{EXECUTION}");
    let expected = [
        format!("DELETE /apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings/{run}.{TARGET}"),
        format!("DELETE /apis/rbac.authorization.k8s.io/v1/clusterrolebindings/{run}.{TARGET}.wide"),
        format!("DELETE /api/v1/namespaces/writ-runs/serviceaccounts/{run}.{TARGET}"),
        format!("DELETE /api/v1/namespaces/writ-dryrun/serviceaccounts/dry-{EXECUTION}.{TARGET}"),
        format!("DELETE /apis/batch/v1/namespaces/writ-runs/jobs/{run}"),
        format!("PATCH /api/v1/namespaces/writ-runs/pods/{run}-x7k2p"),
    ];
    assert_eq!(deeds(&heard), expected);
    let exactly: Vec<Value> =
        heard.calls().iter().filter(|c| c.is("DELETE")).map(|c| c.body["preconditions"]["uid"].clone()).collect();
    let dry = format!("dry-{EXECUTION}.{TARGET}");
    let own = format!("{run}.{TARGET}");
    assert_eq!(exactly, [json!(own), json!(format!("{own}.wide")), json!(own), json!(dry), json!(run)]);
}

#[tokio::test]
async fn what_belongs_to_an_execution_that_is_there_stays() {
    let (cluster, heard) = cluster(|call| litter(call, EXECUTION));
    assert_eq!((swept(&cluster, &[EXECUTION]).await, deeds(&heard)), (0, vec![]));
}

#[tokio::test]
async fn a_label_alone_makes_nothing_ours() {
    let (cluster, heard) = cluster(|call| match call.is("GET") {
        true => list(&[made("own", EXECUTION, json!({"namespace": "shop"}))]),
        false => ok(json!({})),
    });
    assert_eq!((swept(&cluster, &[]).await, deeds(&heard)), (0, vec![]));
}
