//! The NetworkPolicies of the namespaces where Writ and its runs live, as deploy says them, for all pods there, and none beside them that
//! would open a way: what is installed. Whether packets obey is the network's matter: that of the local cluster enforces none.
use crds::labels::{NAMESPACE_DRYRUN, NAMESPACE_RUNS, NAMESPACE_SYSTEM};
use serde_json::{Map, Value, json};
use tests::{Cluster, all};

const DEPLOY: &str = include_str!("../../../../deploy/00-namespaces.yaml");

/// What is empty says nothing.
fn plain(value: &Value) -> Value {
    let empty = |v: &Value| v.is_null() || v.as_array().is_some_and(Vec::is_empty) || v.as_object().is_some_and(Map::is_empty);
    match value {
        Value::Object(map) => map.iter().map(|(k, v)| (k.clone(), plain(v))).filter(|(_, v)| !empty(v)).collect(),
        Value::Array(items) => items.iter().map(plain).collect(),
        other => other.clone(),
    }
}

/// Name and spec of those that ship for a namespace.
fn shipped(namespace: &str) -> Vec<(Value, Value)> {
    let documents = serde_saphyr::from_multiple::<Value>(DEPLOY).unwrap();
    let ours = documents.into_iter().filter(|d| d["kind"] == "NetworkPolicy" && d["metadata"]["namespace"] == namespace);
    ours.map(|d| (d["metadata"]["name"].clone(), plain(&d["spec"]))).collect()
}

#[tokio::test]
async fn each_namespace_has_its_network_policy_as_it_ships_and_no_other() {
    let cluster = Cluster::connect().await.unwrap();
    for namespace in [NAMESPACE_SYSTEM, NAMESPACE_RUNS, NAMESPACE_DRYRUN] {
        let kind = json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"namespace": namespace}});
        let there = all(&cluster.admin, &kind, "").await.unwrap();
        let there: Vec<_> = there.iter().map(|p| (p["metadata"]["name"].clone(), plain(&p["spec"]))).collect();
        assert_eq!(there, shipped(namespace), "{namespace}");
        assert_eq!(there.len(), 1, "{namespace}");
    }
}

/// For every pod of the namespaces in which the operator makes Jobs, whatever its labels; out to the API server's ports alone; nothing in.
#[test]
fn a_run_reaches_the_ports_of_the_api_server_and_nobody_reaches_a_run() {
    for namespace in [NAMESPACE_RUNS, NAMESPACE_DRYRUN] {
        let [(_, spec)] = &shipped(namespace)[..] else { panic!("one for {namespace}") };
        let ports = json!([{"protocol": "TCP", "port": 443}, {"protocol": "TCP", "port": 6443}]);
        assert_eq!(*spec, json!({"policyTypes": ["Ingress", "Egress"], "egress": [{"ports": ports}]}), "{namespace}");
    }
}
