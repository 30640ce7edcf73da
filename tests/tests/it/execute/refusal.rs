//! What is refused is refused with the reason, by whoever it is to refuse it, and nothing is touched: no Job, no identity.
use super::{scale, with};
use serde_json::{Value, json};
use tests::{Cluster, Run, Story, Workload, among_others, refused, would_create};

/// Asks for it where a `web` with one replica is; gives back how it ended, once it is sure that the target was not touched.
async fn asked(spec: Value) -> Story {
    asked_in(json!({}), spec).await
}

async fn asked_in(labels: Value, spec: Value) -> Story {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.labeled_scratch("execute-refuse", labels).await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let generation = web.now().await["metadata"]["generation"].clone();
    let story = cluster.run(&space.name, spec).await.ended().await;
    assert_eq!(web.now().await["metadata"]["generation"], generation);
    story
}

#[tokio::test]
async fn who_may_not_run_it_cannot_even_ask() {
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-refuse").await.unwrap();
    let dave = space.user("dave", "writ-user").await.unwrap();
    let asked = would_create(&dave, &Run::manifest(&space.name, scale(2))).await;
    refused(asked, "may not run scale_deployment");
}

#[tokio::test]
async fn more_replicas_than_the_policy_allows_are_refused_by_the_policy() {
    let _turn = among_others().await;
    let story = asked(scale(21)).await;
    story.refused("PolicyDenied", "Policy", "would have 21 replicas; at most 20 are allowed here");
    assert!(story.status("/refusal/whoCanChangeThis").contains("ExecutionPolicy default"), "{:#}", story.object["status"]);
    // What was asked of the policy can be read by whoever doubts it.
    let cluster = Cluster::connect().await.unwrap();
    let question: Value = serde_json::from_str(&cluster.blob(story.status("/policy/inputDigest")).await.unwrap()).unwrap();
    assert_eq!(question["plan"]["changes"][0]["after"], 21);
}

#[tokio::test]
async fn a_protected_namespace_is_refused_by_the_policy() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let mut web = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "execute-refuse", "namespace": "kube-system"},
        "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "x"}}, "template": {
            "metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "x", "image": tests::image()}]}}},
    });
    let _web = cluster.stand(web.take()).await.unwrap();
    let run = cluster.run("kube-system", with(scale(1), json!({"target": {"name": "execute-refuse"}}))).await;
    let story = run.ended().await;
    run.delete().await.unwrap();
    story.refused("PolicyDenied", "Policy", "namespace kube-system is protected");
}

#[tokio::test]
async fn all_that_is_wrong_with_the_parameters_is_said_at_once() {
    let _turn = among_others().await;
    let story = asked(with(scale(0), json!({"parameters": {"replicas": 0, "max": 5}}))).await;
    story.refused("ParametersInvalid", "Schema", "2 things are wrong with the parameters");
    let all = story.object["status"]["refusal"]["violations"].as_array().unwrap();
    let mut at: Vec<_> = all.iter().map(|v| v["pointer"].as_str().unwrap()).collect();
    at.sort_unstable();
    assert_eq!(at, ["/max", "/replicas"]);
    assert!(story.status("/message").contains("0 is below the minimum 1"), "{}", story.status("/message"));
}

#[tokio::test]
async fn what_is_so_already_is_refused_by_the_plugin() {
    let _turn = among_others().await;
    let story = asked(scale(1)).await;
    story.refused("PluginRefused", "Plugin", "has 1 replica already");
    assert_eq!(story.status("/refusal/violations/0/rule"), "NothingToChange");
}

#[tokio::test]
async fn a_target_that_is_not_there_is_refused() {
    let _turn = among_others().await;
    let story = asked(with(scale(2), json!({"target": {"name": "nobody"}}))).await;
    story.refused("TargetNotFound", "Api", "There is no Deployment");
}

#[tokio::test]
async fn a_kind_that_the_action_is_not_for_is_refused() {
    let _turn = among_others().await;
    let story = asked(with(scale(2), json!({"target": {"name": "web", "kind": "StatefulSet"}}))).await;
    story.refused("TargetNotAllowed", "Host", "The target is not one for scale_deployment");
}

#[tokio::test]
async fn an_action_that_nobody_exports_is_refused_and_the_nearest_named() {
    let _turn = among_others().await;
    let story = asked(with(scale(2), json!({"action": "scale_deploymnt"}))).await;
    story.refused("ActionUnknown", "Host", "Did you mean scale_deployment?");
    assert_eq!(story.status("/refusal/tryInstead"), "scale_deployment");
}

#[tokio::test]
async fn production_without_a_change_number_is_refused_by_the_policy() {
    let _turn = among_others().await;
    let story = asked_in(json!({"environment": "production"}), scale(2)).await;
    story.refused("PolicyDenied", "Policy", "production needs a reason that starts with an incident or change number");
}
