//! A run can write what stands in its name: objects by uid, and no other of the same name; new ones by kind, namespace and name. RBAC allows these runs everything, so what refuses is the
//! policy alone.
use super::{patch, patch_sub, post, uid};
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use serde_json::{Value, json};
use tests::{Cluster, Scratch, api, create, refused, would_create};

const EXECUTION: &str = "11111111-1111-4111-8111-111111111111";

fn deployment(namespace: &str, name: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": namespace},
        "spec": {"replicas": 0, "selector": {"matchLabels": {"app": name}}, "template": {
            "metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": "none.invalid/none"}]}}},
    })
}

async fn two_spaces(cluster: &Cluster) -> (Scratch, Scratch) {
    (cluster.scratch("admit-target").await.unwrap(), cluster.scratch("admit-target").await.unwrap())
}

fn run_on(cluster: &Cluster, target: &str) -> kube::Client {
    cluster.almighty(&format!("system:serviceaccount:writ-runs:run-{EXECUTION}.{target}"))
}

const NO: &str = "this run was granted writes to ";

#[tokio::test]
async fn a_run_writes_its_target_and_no_other_object() {
    let cluster = Cluster::connect().await.unwrap();
    let (space, other) = two_spaces(&cluster).await;
    let (web, db, elsewhere) = (deployment(&space.name, "web"), deployment(&space.name, "db"), deployment(&other.name, "web"));
    let target = create(&cluster.admin, &web).await.unwrap();
    create(&cluster.admin, &db).await.unwrap();
    create(&cluster.admin, &elsewhere).await.unwrap();
    let run = run_on(&cluster, &uid(&target));
    let scale = json!({"spec": {"replicas": 0}});
    patch_sub(&run, &web, "scale", scale.clone()).await.unwrap();
    patch(&run, &web, json!({"metadata": {"labels": {"a": "b"}}})).await.unwrap();
    // Another object, another namespace.
    for other in [&db, &elsewhere] {
        refused(patch_sub(&run, other, "scale", scale.clone()).await, NO);
        refused(patch(&run, other, scale.clone()).await, NO);
        refused(
            api(&run, other).delete(other["metadata"]["name"].as_str().unwrap(), &DeleteParams::default().dry_run()).await,
            NO,
        );
    }
    // What is seen is not what is written: reads are RBAC's.
    api(&run, &db).get("db").await.unwrap();
}

#[tokio::test]
async fn a_run_writes_no_other_kind_and_makes_nothing() {
    let cluster = Cluster::connect().await.unwrap();
    let (space, _other) = two_spaces(&cluster).await;
    let web = deployment(&space.name, "web");
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web", "namespace": space.name}, "data": {}});
    let target = create(&cluster.admin, &web).await.unwrap();
    create(&cluster.admin, &map).await.unwrap();
    let run = run_on(&cluster, &uid(&target));
    refused(patch(&run, &map, json!({"data": {"a": "b"}})).await, NO);
    refused(would_create(&run, &deployment(&space.name, "new")).await, NO);
    let token = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}});
    let accounts = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"namespace": space.name}});
    tests::eventually("the namespace has its default account", async || api(&cluster.admin, &accounts).get("default").await.ok())
        .await;
    refused(post(&api(&run, &accounts), "token", "default", token).await.map(|_| "a token"), NO);
    // One of the collection is its target; with a second one the whole is refused.
    create(&cluster.admin, &deployment(&space.name, "db")).await.unwrap();
    let all = api(&run, &web).delete_collection(&DeleteParams::default().dry_run(), &ListParams::default()).await;
    refused(all.map(|_| "all"), NO);
}

#[tokio::test]
async fn a_target_that_was_made_again_is_another() {
    let cluster = Cluster::connect().await.unwrap();
    let (space, _other) = two_spaces(&cluster).await;
    let web = deployment(&space.name, "web");
    let target = create(&cluster.admin, &web).await.unwrap();
    let run = run_on(&cluster, &uid(&target));
    let deployments = api(&cluster.admin, &web);
    deployments.delete("web", &DeleteParams::default()).await.unwrap();
    tests::eventually("it is gone", async || deployments.get_opt("web").await.unwrap().is_none().then_some(())).await;
    // Gone: server-side apply would make it anew.
    let apply = api(&run, &web).patch("web", &PatchParams::apply("a-test").dry_run(), &Patch::Apply(&web)).await;
    refused(apply, NO);
    let again = create(&cluster.admin, &web).await.unwrap();
    assert_ne!(uid(&again), uid(&target));
    let message = refused(patch_sub(&run, &web, "scale", json!({"spec": {"replicas": 0}})).await, NO);
    let says = format!("to {}; not UPDATE deployments.apps/scale {}/web, uid {}", uid(&target), space.name, uid(&again));
    assert!(message.contains(&says), "{message}");
}

#[tokio::test]
async fn an_account_of_the_runs_namespace_that_names_no_target_writes_nothing() {
    let cluster = Cluster::connect().await.unwrap();
    let (space, _other) = two_spaces(&cluster).await;
    let web = deployment(&space.name, "web");
    create(&cluster.admin, &web).await.unwrap();
    for name in ["default", "run-1", &format!("run-{EXECUTION}."), &format!("run-{EXECUTION}.a.b")] {
        let run = cluster.almighty(&format!("system:serviceaccount:writ-runs:{name}"));
        refused(patch(&run, &web, json!({"metadata": {"labels": {"a": "b"}}})).await, NO);
        refused(would_create(&run, &deployment(&space.name, "new")).await, NO);
    }
}

#[tokio::test]
async fn a_run_of_several_objects_writes_each_of_them_and_no_other() {
    let cluster = Cluster::connect().await.unwrap();
    let (space, _other) = two_spaces(&cluster).await;
    let [web, api, db] = ["web", "api", "db"].map(|name| deployment(&space.name, name));
    let uids = [create(&cluster.admin, &web).await.unwrap(), create(&cluster.admin, &api).await.unwrap()].each_ref().map(uid);
    create(&cluster.admin, &db).await.unwrap();
    let run = run_on(&cluster, &uids.join("."));
    let label = json!({"metadata": {"labels": {"a": "b"}}});
    for own in [&web, &api] {
        patch(&run, own, label.clone()).await.unwrap();
    }
    refused(patch(&run, &db, label).await, NO);
    refused(would_create(&run, &deployment(&space.name, "new")).await, NO);
}

/// What a run may create, in its name.
fn new(resource: &str, group: &str, namespace: &str, name: &str) -> String {
    let part = |part: &str| format!("-2{}", part.replace('-', "-0").replace('.', "-1"));
    format!("c{}{}{}{}", part(resource), part(group), part(namespace), part(name))
}

fn policy(namespace: &str, name: &str) -> Value {
    json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": name, "namespace": namespace}, "spec": {"podSelector": {}}})
}

#[tokio::test]
async fn a_run_creates_the_object_of_that_kind_namespace_and_name_and_nothing_else() {
    let cluster = Cluster::connect().await.unwrap();
    let (space, other) = two_spaces(&cluster).await;
    let web = create(&cluster.admin, &deployment(&space.name, "web")).await.unwrap();
    let own = new("networkpolicies", "networking.k8s.io", &space.name, "deny-web.v1");
    let run = run_on(&cluster, &format!("{}.{own}", uid(&web)));
    would_create(&run, &policy(&space.name, "deny-web.v1")).await.unwrap();
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "deny-web.v1", "namespace": space.name}});
    for other in [
        policy(&space.name, "deny-web"),
        policy(&space.name, "deny.web-v1"),
        policy(&other.name, "deny-web.v1"),
        map,
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"generateName": "deny-", "namespace": space.name},
            "spec": {"podSelector": {}}}),
    ] {
        refused(would_create(&run, &other).await, NO);
    }
    // Server-side apply makes it, too; and once it is there it is an object that was not seen.
    let it = policy(&space.name, "deny-web.v1");
    let apply = async || tests::api(&run, &it).patch("deny-web.v1", &PatchParams::apply("a-test"), &Patch::Apply(&it)).await;
    apply().await.unwrap();
    refused(patch(&run, &it, json!({"metadata": {"labels": {"a": "b"}}})).await, NO);
    refused(tests::api(&run, &it).delete("deny-web.v1", &DeleteParams::default().dry_run()).await.map(|_| "gone"), NO);
}
