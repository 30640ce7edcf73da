//! What plugins are shown: no discovery, no secrets, no way out of a path.
use super::api::{Answer, cluster, deployment, list, missing, no, ok};
use decide::model::{Api, Found, Object, ObjectRef, Read, Selector};
use serde_json::{Value, json};

fn read(by: Selector, limit: u32) -> Read {
    let api = Api { group: String::new(), version: "v1".into(), kind: "Pod".into(), resource: "pods".into() };
    Read { key: "k".into(), api, namespace: Some("shop".into()), by, pick: vec![], limit }
}

fn matching(limit: u32) -> Read {
    read(Selector::Matching { labels: "app=web".into(), fields: "status.phase=Running".into() }, limit)
}

fn managed() -> Value {
    json!([{"manager": "x", "operation": "Apply", "time": "2026-11-23T03:31:05Z", "fieldsV1": {"f:spec": {}}}, {"manager": "without"}])
}

fn pod(namespace: &str, name: &str) -> Value {
    json!({"metadata": {"name": name, "namespace": namespace, "uid": format!("{namespace}-{name}"), "managedFields": managed()}})
}

fn body(object: &Object) -> Value {
    serde_json::from_str(object.body.as_str()).unwrap()
}

#[tokio::test]
async fn a_target_is_read_in_one_call_without_its_managed_fields() {
    let (cluster, heard) = cluster(|_| ok(pod("shop", "web")));
    let target = cluster.target(&deployment("web")).await.unwrap().unwrap();
    assert_eq!(heard.lines(), ["GET /apis/apps/v1/namespaces/shop/deployments/web"]);
    assert_eq!((target.id.clone(), target.uid.as_str()), (deployment("web"), "shop-web"));
    let expected = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop", "uid": "shop-web"}});
    assert_eq!(body(&target), expected);
    let [manager] = target.managers.as_slice() else { panic!("{:?}", target.managers) };
    assert_eq!((manager.name.as_str(), manager.applied, manager.at.is_some()), ("x", true, true));
}

#[tokio::test]
async fn no_such_object_and_no_such_kind_are_told_apart() {
    let by_name = || read(Selector::Name("a".into()), 1);
    let (object, _) = cluster(|_| missing("a"));
    assert_eq!(object.answer(&by_name()).await.unwrap(), Found::Objects(vec![]));
    assert_eq!(object.target(&deployment("web")).await.unwrap(), None);
    let (kind, _) = cluster(|_| no(404, "NotFound", "the server could not find the requested resource"));
    assert_eq!(kind.answer(&by_name()).await.unwrap(), Found::NoSuchKind);
    assert_eq!(kind.answer(&matching(5)).await.unwrap(), Found::NoSuchKind);
}

#[tokio::test]
async fn many_are_selected_by_the_server_and_come_in_order() {
    let (cluster, heard) = cluster(|_| list(&[pod("shop", "b"), pod("a", "z"), pod("shop", "a")]));
    let Found::Objects(found) = cluster.answer(&matching(5)).await.unwrap() else { panic!() };
    let names: Vec<_> = found.iter().map(|o| o.id.to_string()).collect();
    assert_eq!(names, ["Pod a/z", "Pod shop/a", "Pod shop/b"]);
    assert_eq!(body(&found[0])["kind"], json!("Pod"), "items of a list come without it");
    let asked = &heard.lines()[0];
    for part in ["/api/v1/namespaces/shop/pods?", "labelSelector=app%3Dweb", "fieldSelector=status.phase%3DRunning", "limit=6"] {
        assert!(asked.contains(part), "{part} in {asked}");
    }
}

#[tokio::test]
async fn more_than_the_limit_is_said_and_not_shown() {
    let (cluster, _) = cluster(|_| list(&[pod("shop", "a"), pod("shop", "b")]));
    assert_eq!(cluster.answer(&matching(1)).await.unwrap(), Found::TooMany(1));
    let (paged, _) = super::api::cluster(|_| ok(json!({"metadata": {"continue": "next"}, "items": [pod("shop", "a")]})));
    assert_eq!(paged.answer(&matching(1)).await.unwrap(), Found::TooMany(1));
    let (huge, heard) = super::api::cluster(|_| list(&[]));
    huge.answer(&matching(1_000_000)).await.unwrap();
    assert!(heard.lines()[0].contains("limit=501"), "{:?}", heard.lines());
}

#[tokio::test]
async fn only_the_picked_parts_are_shown() {
    let mut full = pod("shop", "a");
    full["spec"] = json!({"nodeName": "n", "containers": [{"env": [{"name": "PASSWORD", "value": "hunter2"}]}]});
    let (cluster, _) = cluster(move |_| ok(full.clone()));
    let read = Read { pick: vec!["/spec/nodeName".into()], ..read(Selector::Name("a".into()), 1) };
    let Found::Objects(found) = cluster.answer(&read).await.unwrap() else { panic!() };
    assert_eq!(body(&found[0])["spec"], json!({"nodeName": "n"}));
}

fn secrets() -> Api {
    Api { group: String::new(), version: "v1".into(), kind: "Whatever".into(), resource: "secrets".into() }
}

/// By the resource: the kind is what a plugin claims.
#[tokio::test]
async fn values_of_secrets_are_never_shown_whatever_a_plugin_calls_the_kind() {
    let secret = json!({"metadata": {"name": "s", "namespace": "shop", "uid": "u"}, "data": {"a": "aHVudGVyMg==", "b": "aHVudGVyMg==", "c": "eA=="}});
    let (cluster, _) =
        cluster(move |call| if call.line.contains('?') { list(std::slice::from_ref(&secret)) } else { ok(secret.clone()) });
    let id = ObjectRef { api: secrets(), namespace: Some("shop".into()), name: "s".into() };
    let target = cluster.target(&id).await.unwrap().unwrap();
    let Found::Objects(found) = cluster.answer(&Read { api: secrets(), ..matching(5) }).await.unwrap() else { panic!() };
    let picked = Read { api: secrets(), pick: vec!["/data/a".into()], ..matching(5) };
    let Found::Objects(parts) = cluster.answer(&picked).await.unwrap() else { panic!() };
    for object in [&target, &found[0], &parts[0]] {
        assert!(!object.body.as_str().contains("aHVudGVyMg"), "{}", object.body);
        assert!(body(object)["data"]["a"].as_str().unwrap().starts_with("hmac-sha256:"));
    }
    let data = &body(&target)["data"];
    assert!(data["a"] == data["b"] && data["a"] != data["c"], "equal exactly where the values are: {data}");
}

#[tokio::test]
async fn a_name_that_leads_out_of_its_path_is_never_sent() {
    let (cluster, heard) = cluster(|_| ok(json!({})));
    for name in ["../../secrets/db", "web/status", "..", "", "web%2fscale"] {
        assert_eq!(cluster.target(&deployment(name)).await.unwrap(), None, "{name}");
        let found = cluster.answer(&read(Selector::Name(name.into()), 1)).await.unwrap();
        assert_eq!(found, Found::Objects(vec![]), "{name}");
        let elsewhere = Read { namespace: Some(name.into()), ..matching(1) };
        assert_eq!(cluster.answer(&elsewhere).await.unwrap(), Found::NoSuchKind, "{name}");
    }
    assert_eq!(heard.lines(), Vec::<String>::new());
}

#[tokio::test]
async fn a_question_mark_in_a_name_is_part_of_the_name() {
    let (cluster, heard) = cluster(|_| missing("x"));
    cluster.target(&deployment("web?watch=true")).await.unwrap();
    assert_eq!(heard.lines(), ["GET /apis/apps/v1/namespaces/shop/deployments/web%3Fwatch%3Dtrue"]);
}

#[tokio::test]
async fn facts_are_read_live_until_a_watch_keeps_them() {
    let (cluster, _) = cluster(|call| match () {
        () if call.is("GET /version") => ok(json!({
            "major": "1", "minor": "37+", "gitVersion": "v1.37.2", "gitCommit": "", "gitTreeState": "", "buildDate": "", "goVersion": "",
            "compiler": "", "platform": "",
        })),
        () if call.is("GET /api/v1/nodes") => {
            let node = |ready: &str| json!({"metadata": {"name": ready}, "status": {"conditions": [{"type": "Ready", "status": ready}]}});
            list(&[node("True"), node("False")])
        }
        () if call.is("GET /api/v1/namespaces/shop") => ok(
            json!({"metadata": {"name": "shop", "uid": "n", "labels": {"team": "a"}, "deletionTimestamp": "2026-01-01T00:00:00Z"}}),
        ),
        () if call.is("GET /api/v1/namespaces/kube-system") => {
            ok(json!({"metadata": {"name": "kube-system", "uid": "the-cluster"}}))
        }
        () => missing("x"),
    });
    assert_eq!(cluster.kubernetes().await.unwrap(), "1.37");
    assert_eq!(cluster.nodes().await.unwrap(), (2, 1));
    assert_eq!(cluster.uid().await.unwrap().as_str(), "the-cluster");
    let shop = cluster.namespace("shop").await.unwrap().unwrap();
    assert!(shop.terminating && shop.labels["team"] == "a");
    assert_eq!(cluster.namespace("nowhere").await.unwrap(), None);
    assert!(!cluster.roles_read(), "not read is not missing");
}

#[tokio::test]
async fn a_read_that_the_server_refuses_is_a_refusal() {
    let (cluster, _) = cluster(|_| no(403, "Forbidden", "cannot list pods"));
    assert!(cluster.answer(&matching(1)).await.unwrap_err().is(403));
    let (broken, _) = super::api::cluster(|_| Answer::Broken);
    assert!(broken.target(&deployment("web")).await.is_err());
}
