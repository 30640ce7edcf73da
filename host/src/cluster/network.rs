//! The NetworkPolicies that this build was made with, held against those of the cluster. Owns what may be added to them. Whether the
//! network of a cluster enforces any, nobody can read there.
use super::shipped::spec_of;
use crds::labels::{NAMESPACE_DRYRUN, NAMESPACE_RUNS, NAMESPACE_SYSTEM};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::{Api, Client, ResourceExt, api::ListParams};
use serde_json::Value;
use std::collections::BTreeMap;

/// They stand beside their namespaces.
const FILE: &str = include_str!("../../../deploy/00-namespaces.yaml");

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkSeen {
    /// As shipped, or narrower.
    AsShipped,
    /// Not there.
    Missing,
    /// It lets through what the shipped one does not, or is for other pods.
    Changed,
    /// None of ours, beside a run: what any of them lets through is let through.
    Foreign,
}

/// All that ship, and whatever else is where runs live; by namespace and name.
pub async fn networks(client: &Client) -> Result<BTreeMap<(String, String), NetworkSeen>, kube::Error> {
    let mut all = BTreeMap::new();
    for namespace in [NAMESPACE_SYSTEM, NAMESPACE_RUNS, NAMESPACE_DRYRUN] {
        let there: BTreeMap<String, Value> = listed(client, namespace).await?;
        let ours = shipped(namespace);
        for (name, spec) in &ours {
            all.insert((namespace.to_owned(), name.clone()), judge(spec, there.get(name)));
        }
        let foreign = there.into_keys().filter(|name| namespace != NAMESPACE_SYSTEM && !ours.contains_key(name));
        all.extend(foreign.map(|name| ((namespace.to_owned(), name), NetworkSeen::Foreign)));
    }
    Ok(all)
}

async fn listed(client: &Client, namespace: &str) -> Result<BTreeMap<String, Value>, kube::Error> {
    let all = Api::<NetworkPolicy>::namespaced(client.clone(), namespace).list(&ListParams::default()).await?;
    Ok(all.into_iter().filter_map(|object| Some((object.name_any(), spec_of(&object)?))).collect())
}

fn shipped(namespace: &str) -> BTreeMap<String, Value> {
    let documents = serde_saphyr::from_multiple::<Value>(FILE).unwrap_or_default();
    let policies = documents.into_iter().filter(|d| d.get("kind").is_some_and(|kind| kind == "NetworkPolicy"));
    let typed = policies.filter_map(|d| serde_json::from_value::<NetworkPolicy>(d).ok());
    let here = typed.filter(|p| p.namespace().as_deref() == Some(namespace));
    here.filter_map(|object| Some((object.name_any(), spec_of(&object)?))).collect()
}

fn judge(shipped: &Value, there: Option<&Value>) -> NetworkSeen {
    match there {
        None => NetworkSeen::Missing,
        Some(there) if wide(there) == wide(shipped) => NetworkSeen::AsShipped,
        Some(_) => NetworkSeen::Changed,
    }
}

/// Without the addresses that somebody who knows them put beside the ports: these make it narrower.
fn wide(spec: &Value) -> Value {
    let mut spec = spec.clone();
    if let Some(rules) = spec.get_mut("egress").and_then(Value::as_array_mut) {
        rules.iter_mut().filter_map(Value::as_object_mut).for_each(|rule| drop(rule.remove("to")));
        rules.dedup();
    }
    spec
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn one_ships_for_each_namespace_and_lets_nobody_in_where_runs_live() {
        for namespace in [NAMESPACE_SYSTEM, NAMESPACE_RUNS, NAMESPACE_DRYRUN] {
            let ours = shipped(namespace);
            assert_eq!(ours.len(), 1, "{namespace}");
            let spec = ours.values().next().unwrap();
            assert_eq!(spec.get("policyTypes"), Some(&json!(["Ingress", "Egress"])));
            assert_eq!(spec.get("podSelector"), None, "all pods of {namespace}");
            assert_eq!(spec.get("ingress").is_none(), namespace != NAMESPACE_SYSTEM);
        }
    }

    #[test]
    fn what_is_narrower_is_as_shipped_and_what_is_wider_is_not() {
        let ours = shipped(NAMESPACE_RUNS).remove("api-server-only").unwrap();
        let with = |key: &str, value: Value| {
            let mut spec = ours.clone();
            spec[key] = value;
            judge(&ours, Some(&spec))
        };
        let ports = ours["egress"][0]["ports"].clone();
        let to = json!([{"ipBlock": {"cidr": "10.0.0.1/32"}}]);
        assert_eq!(with("egress", json!([{"ports": ports, "to": to}])), NetworkSeen::AsShipped);
        assert_eq!(with("egress", json!([{"to": to}])), NetworkSeen::Changed, "any port");
        assert_eq!(with("egress", json!([{}])), NetworkSeen::Changed, "anything");
        assert_eq!(with("ingress", json!([{}])), NetworkSeen::Changed);
        assert_eq!(with("policyTypes", json!(["Ingress"])), NetworkSeen::Changed);
        assert_eq!(with("podSelector", json!({"matchLabels": {"a": "b"}})), NetworkSeen::Changed);
        assert_eq!(judge(&ours, None), NetworkSeen::Missing);
    }
}
