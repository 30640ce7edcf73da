//! Who else writes what a plan changes: real labels, managed fields and autoscalers, said in one form, and decided on by the policy.
use super::{scale, with};
use serde_json::{Value, json};
use tests::{Cluster, Scratch, Story, Workload, among_others, create};

/// A HorizontalPodAutoscaler of `web`.
pub(super) fn autoscaler(namespace: &str, least: u32, most: u32) -> Value {
    json!({
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "web", "namespace": namespace},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "minReplicas": least, "maxReplicas": most,
        },
    })
}

async fn web() -> (Cluster, Scratch, Workload) {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-owners").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    (cluster, space, web)
}

async fn asked(cluster: &Cluster, space: &Scratch, spec: Value) -> Story {
    cluster.run(&space.name, spec).await.ended().await
}

fn owners(story: &Story) -> Vec<(&str, &str, bool)> {
    let all = story.object["status"]["plan"]["owners"].as_array().expect("a list of owners");
    all.iter().map(|o| (o["kind"].as_str().unwrap(), o["field"].as_str().unwrap(), o["reverts"].as_bool().unwrap())).collect()
}

#[tokio::test]
async fn replicas_that_an_autoscaler_owns_are_refused_by_the_policy() {
    let _turn = among_others().await;
    let (cluster, space, web) = web().await;
    create(&cluster.admin, &autoscaler(&space.name, 1, 3)).await.unwrap();
    let story = asked(&cluster, &space, scale(2)).await;
    let said = "horizontalpodautoscaler/web: it will put spec.replicas back (change it there)";
    story.refused("PolicyDenied", "Policy", said);
    story.made_no_job();
    assert_eq!(web.now().await["spec"]["replicas"], 1);
}

#[tokio::test]
async fn a_field_that_argo_cd_applied_is_refused_and_one_that_it_left_alone_is_not() {
    let _turn = among_others().await;
    let (cluster, space, web) = web().await;
    let id = format!("shop-web:apps/Deployment:{}/web", space.name);
    let marked = json!({"metadata": {"annotations": {"argocd.argoproj.io/tracking-id": id}}, "spec": {"replicas": 1}});
    web.apply_as("argocd-controller", marked).await.unwrap();
    let story = asked(&cluster, &space, scale(2)).await;
    story.refused("PolicyDenied", "Policy", "Argo CD application shop-web: it will put spec.replicas back");

    let restart =
        with(scale(2), json!({"action": "rollout_restart", "parameters": {}, "target": {"name": "web", "kind": "Deployment"}}));
    let story = asked(&cluster, &space, restart).await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    let field = "/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt";
    assert_eq!(owners(&story), [("ArgoCD", field, false)]);
}

#[tokio::test]
async fn what_helm_installed_is_changed_and_the_release_named() {
    let _turn = among_others().await;
    let (cluster, space, web) = web().await;
    let marks = json!({"meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": space.name});
    web.patch_as("helm", json!({"metadata": {"annotations": marks}, "spec": {"replicas": 2}})).await.unwrap();
    web.settled().await;
    let story = asked(&cluster, &space, scale(3)).await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    assert_eq!(owners(&story), [("Helm", "/spec/replicas", false)]);
    assert_eq!(story.status("/plan/owners/0/name"), format!("{}/shop", space.name));
    // Our own run took the field: what is left of Helm is its mark.
    let again = asked(&cluster, &space, with(scale(1), json!({"dryRun": "Plan"}))).await;
    assert_eq!(again.status("/plan/owners/0/evidence"), "annotation meta.helm.sh/release-name");
}

#[tokio::test]
async fn a_field_that_flux_applied_is_refused_by_the_policy() {
    let _turn = among_others().await;
    let (cluster, space, web) = web().await;
    let marks = json!({"kustomize.toolkit.fluxcd.io/name": "shop", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"});
    web.apply_as("kustomize-controller", json!({"metadata": {"labels": marks}, "spec": {"replicas": 1}})).await.unwrap();
    let story = asked(&cluster, &space, scale(2)).await;
    story.refused("PolicyDenied", "Policy", "Flux Kustomization flux-system/shop: it will put spec.replicas back");
    story.made_no_job();
}

#[tokio::test]
async fn a_field_that_an_operator_writes_is_refused_by_the_policy() {
    let _turn = among_others().await;
    let (cluster, space, web) = web().await;
    // Any object will do for the operator's own; one that is not there would take the Deployment with it.
    let own = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "shop", "namespace": space.name}});
    let uid = create(&cluster.admin, &own).await.unwrap().metadata.uid;
    let owner = json!([{"apiVersion": "v1", "kind": "ConfigMap", "name": "shop", "uid": uid, "controller": true}]);
    web.patch_as("shop-operator", json!({"metadata": {"ownerReferences": owner}, "spec": {"replicas": 2}})).await.unwrap();
    web.settled().await;
    let story = asked(&cluster, &space, scale(3)).await;
    story.refused("PolicyDenied", "Policy", "the controller of ConfigMap shop: it will put spec.replicas back");
    story.made_no_job();
}
