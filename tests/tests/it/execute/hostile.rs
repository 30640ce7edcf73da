//! Dry runs of a component that lies: nothing is written, and the reason names the lie.
use super::with;
use serde_json::{Value, json};
use tests::{Cluster, Component, Workload, alone, create, get};

fn asked(deed: &str) -> Value {
    json!({
        "action": "misbehave", "target": {"name": "web"}, "parameters": {"in": "plan", "do": deed}, "reason": "a test", "dryRun": "Server",
    })
}

/// What a run could write of a Deployment. Its own controller writes one annotation.
fn written(object: Value) -> Value {
    let meta = &object["metadata"];
    let mut annotations = meta["annotations"].as_object().cloned().unwrap_or_default();
    annotations.remove("deployment.kubernetes.io/revision");
    json!([object["spec"], meta["labels"], annotations, meta["ownerReferences"], meta["finalizers"]])
}

/// Alone: what it exports is there for everybody.
#[tokio::test]
async fn a_dry_run_of_a_plugin_that_lies_writes_nothing_and_says_what_the_lie_was() {
    let _turn = alone().await;
    let cluster = Cluster::connect().await.unwrap();
    let _hostile = Component::install(&cluster, "hostile", &Component::guest("hostile")).await.standing();
    let space = cluster.scratch("execute-hostile").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 2).await;
    let mut other = with(web.object.clone(), json!({"metadata": {"name": "other", "namespace": space.name}}));
    other["spec"]["replicas"] = json!(0);
    create(&cluster.admin, &other).await.unwrap();
    let both = async || {
        let other = get(&cluster.admin, &other).await.unwrap().unwrap();
        [written(web.now().await), written(other)]
    };
    let before = both().await;

    // A verb that has no dry run is not even planned.
    let story = cluster.run(&space.name, asked("no-dry-run")).await.ended().await;
    story.refused("PluginFailed", "Plugin", "rollout restart");
    assert_eq!(story.object["status"].get("dryRun"), None);

    // Nor is a write elsewhere than it says. (What got past that, the API server refuses, also as a dry run: `admit/one_target`.)
    let story = cluster.run(&space.name, asked("elsewhere")).await.ended().await;
    story.refused("PluginFailed", "Plugin", "\"deployment/other\" is not among the objects that the plan lists as written so");
    assert_eq!(story.object["status"].get("dryRun"), None);

    // Another object, by the uid of its target: the host looks itself.
    let story = cluster.run(&space.name, asked("two-objects")).await.ended().await;
    story.refused("PluginFailed", "Plugin", "it writes Deployment");
    assert!(story.status("/message").contains("; the uid of that is "), "{}", story.status("/message"));
    assert_eq!(story.object["status"].get("dryRun"), None);

    // What it does not announce is shown as that, and the policies were asked with it.
    let story = cluster.run(&space.name, asked("change-in-silence")).await.ended().await;
    assert_eq!(story.end(), ("Completed", "DryRunPassed"), "{:#}", story.object["status"]);
    let diff = json!([{"pointer": "/spec/replicas", "before": "2", "after": "1", "announced": false}]);
    assert_eq!(story.object["status"]["diff"], diff);
    let question: Value = serde_json::from_str(&cluster.blob(story.status("/policy/inputDigest")).await.unwrap()).unwrap();
    assert_eq!(question["diff"][0]["announced"], false);
    assert!(story.status("/message").contains("not announced"), "{}", story.status("/message"));

    assert_eq!(both().await, before, "something was written");
}
