//! The admission policies: unknown until read, in force only all and as shipped.
use super::api::{Answer, Call, cluster, list};
use decide::observed::GuardsSeen;
use futures::FutureExt;
use host::cluster::Cluster;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What `deploy/admission` installs, by plural, as the API server hands it out.
pub(crate) fn installed() -> BTreeMap<String, Vec<Value>> {
    let directory = "../deploy/admission";
    let mut all: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for file in std::fs::read_dir(directory).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for mut object in serde_saphyr::from_multiple::<Value>(&text).unwrap() {
            object["metadata"]["creationTimestamp"] = json!("2026-01-01T00:00:00Z");
            object["metadata"]["uid"] = json!(format!("{}/{}", object["kind"], object["metadata"]["name"]));
            object["metadata"]["generation"] = json!(1);
            let plural = object["kind"].as_str().unwrap().to_lowercase().replace("policy", "policies") + "s";
            all.entry(plural.replace("policiess", "policies").replace("policiesbinding", "policybinding"))
                .or_default()
                .push(object);
        }
    }
    all
}

pub(crate) fn serve(all: BTreeMap<String, Vec<Value>>) -> impl Fn(&Call) -> Answer + Send {
    move |call| {
        let path = call.line.split('?').next().unwrap_or_default();
        match call.line.contains("watch=") {
            true => Answer::Hang,
            false => list(all.get(path.rsplit('/').next().unwrap_or_default()).map_or(&[][..], Vec::as_slice)),
        }
    }
}

/// Follows until the guards are known.
pub(crate) async fn known(cluster: &Cluster) -> GuardsSeen {
    let mut follow = Box::pin(cluster.follow());
    loop {
        assert!((&mut follow).now_or_never().is_none());
        match cluster.guards() {
            GuardsSeen::Unknown => tokio::task::yield_now().await,
            seen => return seen,
        }
    }
}

#[tokio::test]
async fn they_are_unknown_until_they_are_read() {
    let (cluster, heard) = cluster(serve(installed()));
    assert_eq!(cluster.guards(), GuardsSeen::Unknown);
    assert_eq!(heard.lines(), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_shipped_is_in_force_since_the_youngest() {
    let mut all = installed();
    all.get_mut("validatingadmissionpolicybindings").unwrap()[0]["metadata"]["creationTimestamp"] = json!("2026-03-01T00:00:00Z");
    let (cluster, _) = cluster(serve(all));
    assert_eq!(known(&cluster).await, GuardsSeen::InForce { since: "2026-03-01T00:00:00Z".parse().unwrap() });
}

/// Whoever weakens one and puts it back leaves its spec as shipped: what was stored meanwhile is believed by nobody.
#[tokio::test]
async fn what_was_changed_and_changed_back_is_in_force_since_then() {
    let written = |manager: &str, time: &str| json!({"manager": manager, "operation": "Apply", "time": time});
    let mut status = written("kube-controller-manager", "2026-09-01T00:00:00Z");
    status["subresource"] = json!("status");
    for kind in [
        "validatingadmissionpolicies",
        "validatingadmissionpolicybindings",
        "mutatingadmissionpolicies",
        "mutatingadmissionpolicybindings",
    ] {
        let mut all = installed();
        all.get_mut(kind).unwrap()[0]["metadata"]["managedFields"] =
            json!([written("kubectl", "2026-01-01T00:00:00Z"), written("kubectl-edit", "2026-04-01T00:00:00Z"), status]);
        let (cluster, _) = cluster(serve(all));
        assert_eq!(known(&cluster).await, GuardsSeen::InForce { since: "2026-04-01T00:00:00Z".parse().unwrap() }, "{kind}");
    }
}

#[tokio::test]
async fn each_of_them_is_missed() {
    for (kind, objects) in installed() {
        for at in 0..objects.len() {
            let mut all = installed();
            let gone = all.get_mut(&kind).unwrap().remove(at);
            let (cluster, _) = cluster(serve(all));
            let missing = format!("{} {} is missing", gone["kind"].as_str().unwrap(), gone["metadata"]["name"].as_str().unwrap());
            assert_eq!(known(&cluster).await, GuardsSeen::Missing(vec![missing]));
        }
    }
}

#[tokio::test]
async fn one_that_is_weakened_in_any_way_is_not_the_one_that_was_shipped() {
    let weaken: [(&str, &str, &str, Value); 7] = [
        ("validatingadmissionpolicies", "/spec", "failurePolicy", json!("Ignore")),
        ("validatingadmissionpolicies", "/spec", "matchConditions", json!([{"name": "never", "expression": "false"}])),
        ("validatingadmissionpolicies", "/spec/validations/0", "expression", json!("true")),
        (
            "validatingadmissionpolicies",
            "/spec/matchConstraints",
            "excludeResourceRules",
            json!([{"resourceNames": ["x"], "apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*"]}]),
        ),
        ("validatingadmissionpolicybindings", "/spec", "validationActions", json!(["Audit"])),
        (
            "validatingadmissionpolicybindings",
            "/spec",
            "matchResources",
            json!({"namespaceSelector": {"matchLabels": {"a": "b"}}}),
        ),
        ("mutatingadmissionpolicies", "/spec", "failurePolicy", json!("Ignore")),
    ];
    for (kind, pointer, key, value) in weaken {
        let mut all = installed();
        all.get_mut(kind).unwrap()[0].pointer_mut(pointer).unwrap()[key] = value;
        let (cluster, _) = cluster(serve(all));
        let seen = known(&cluster).await;
        let named = matches!(&seen, GuardsSeen::Missing(all) if all.len() == 1 && all[0].ends_with("is not the one that this version ships"));
        assert!(named, "{kind} {pointer}/{key}: {seen:?}");
    }
}
