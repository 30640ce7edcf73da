//! A run that fails says so in the words of whoever made it fail, and keeps the way back.
use super::scale;
use serde_json::{Value, json};
use tests::{Cluster, Standing, Workload, among_others, eventually};

/// As a platform team may have one: a rule of their own about the number of replicas, in one namespace.
pub(super) async fn guard(cluster: &Cluster, web: &Workload) -> [Standing; 2] {
    let namespace = &web.object["metadata"]["namespace"];
    let name = format!("test-guard-{}", namespace.as_str().unwrap());
    let (version, meta) = ("admissionregistration.k8s.io/v1", json!({"name": name}));
    let here = json!({"matchLabels": {"kubernetes.io/metadata.name": namespace}});
    let policy = json!({
        "apiVersion": version, "kind": "ValidatingAdmissionPolicy", "metadata": meta,
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {"namespaceSelector": here, "resourceRules": [
                {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["UPDATE"], "resources": ["deployments/scale"]}]},
            "validations": [{"expression": "object.spec.replicas <= 2", "message": "the budget of this team is two pods"}],
        },
    });
    let binding = json!({
        "apiVersion": version, "kind": "ValidatingAdmissionPolicyBinding", "metadata": meta,
        "spec": {"policyName": name, "validationActions": ["Deny"]},
    });
    let standing = [cluster.stand(policy).await.unwrap(), cluster.stand(binding).await.unwrap()];
    eventually("the guard is in force", async || web.would_scale(3).await.err().map(drop)).await;
    standing
}

#[tokio::test]
async fn a_job_that_the_cluster_refuses_fails_with_the_words_of_the_cluster() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-fail").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let _guard = guard(&cluster, &web).await;
    let run = cluster.run(&space.name, scale(3)).await;
    let story = run.ended().await;
    assert_eq!(story.end(), ("Failed", "JobFailed"), "{:#}", story.object["status"]);
    assert_eq!(story.object["status"]["job"]["exitCode"], 1);
    for place in ["/job/output", "/message"] {
        let text = story.status(place);
        assert!(text.contains("the budget of this team is two pods"), "{place}: {text}");
    }
    assert_eq!(story.condition("Executed"), ("False", "JobFailed"));
    assert_eq!(story.condition("Succeeded"), ("False", "JobFailed"));
    // Something may have been done, so the way back is on offer.
    assert_eq!(story.condition("RollbackReady"), ("True", "InverseStored"));
    assert_eq!(story.jobs.len(), 1);
    assert_eq!(web.now().await["spec"]["replicas"], 1);
    story.events(&run, &["JobFailed"]).await;
}

/// What was planned is what is done, or nothing: here somebody else is faster than the run.
#[tokio::test]
async fn a_target_that_moves_before_the_command_is_not_overwritten() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-fail").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let mut executions = tests::Sight::open(&cluster.admin, &tests::Run::manifest(&space.name, Value::Null)).await;
    let run = cluster.run(&space.name, scale(3)).await;
    executions.until(|kx| kx["status"]["phase"] == "Executing").await;
    web.patch(json!({"spec": {"replicas": 2}})).await.unwrap();
    let story = run.ended().await;
    let replicas = &web.now().await["spec"]["replicas"];
    // Whoever came first won, and the record says which it was; never the plan of one over the number of the other.
    match story.end() {
        ("Failed", "JobFailed") => {
            assert_eq!(*replicas, 2);
            assert!(story.status("/job/output").contains("Expected replicas to be 1, was 2"), "{}", story.status("/job/output"));
        }
        ("Failed", "ChecksFailed") => {
            assert_eq!(*replicas, 2);
            assert!(story.status("/summary").contains("somebody else changed it"), "{}", story.status("/summary"));
        }
        other => panic!("{other:?}: {:#}", story.object["status"]),
    }
}
