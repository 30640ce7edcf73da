//! A run can write one object: its target, and no other of the same name. RBAC allows these runs everything, so what refuses is the
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

const NO: &str = "this run was granted writes to one object";

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
    let says = format!("uid {}; not UPDATE deployments.apps/scale {}/web, uid {}", uid(&target), space.name, uid(&again));
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
