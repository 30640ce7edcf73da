//! The dry run on the server: what would change is shown, nothing is written, and policies decide on it.
use super::{scale, with};
use crds::labels::NAMESPACE_DRYRUN;
use serde_json::{Value, json};
use tests::{BlackHole, Cluster, Run, Standing, Story, Typed, Workload, alone, among_others, eventually, refused};

fn server(replicas: u32) -> Value {
    with(scale(replicas), json!({"dryRun": "Server"}))
}

/// Nothing of the dry run is there any more, nor ever was of a run.
async fn left_nothing(run: &Run, story: &Story) {
    story.made_no_job();
    eventually("the Job of the dry run is gone", async || {
        run.made("batch/v1", "Job", NAMESPACE_DRYRUN).await.is_empty().then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_dry_run_shows_what_would_change_and_writes_nothing() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-dry").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let generation = web.now().await["metadata"]["generation"].clone();
    let run = cluster.run(&space.name, server(3)).await;
    let story = run.ended().await;
    assert_eq!(story.end(), ("Completed", "DryRunPassed"), "{:#}", story.object["status"]);
    let diff = json!([{"pointer": "/spec/replicas", "before": "1", "after": "3", "announced": true}]);
    assert_eq!(story.object["status"]["diff"], diff);
    assert_eq!(story.condition("DryRunPassed"), ("True", "DryRunAnswered"));
    assert_eq!(story.condition("Executed"), ("False", "DryRunPassed"));
    let phases: Vec<_> = story.rows.iter().map(|r| r["reason"].as_str().unwrap()).collect();
    assert_eq!(phases, ["DryRunNeeded", "DryRunAnswered", "DryRunPassed"]);
    // What the command comes to is in the ledger, as a patch.
    let patch: Value = serde_json::from_str(&cluster.blob(story.status("/dryRun/patches/0")).await.unwrap()).unwrap();
    assert_eq!(patch, json!([{"op": "replace", "path": "/spec/replicas", "value": 3}]));
    // What was asked of the policies the second time holds the diff.
    let question: Value = serde_json::from_str(&cluster.blob(story.status("/policy/inputDigest")).await.unwrap()).unwrap();
    let target = format!("Deployment {}/web", space.name);
    assert_eq!(
        question["diff"][0],
        json!({"object": target, "field": "/spec/replicas", "before": 1, "after": 3, "announced": true})
    );
    left_nothing(&run, &story).await;
    assert_eq!((&web.now().await["metadata"]["generation"], &web.now().await["spec"]["replicas"]), (&generation, &json!(1)));
}

#[tokio::test]
async fn a_restart_is_shown_as_the_one_annotation_that_it_is() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-dry").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let pods = web.pods().await;
    let restart = json!({"action": "rollout_restart", "target": {"name": "web", "kind": "Deployment"}, "reason": "a test", "dryRun": "Server"});
    let story = cluster.run(&space.name, restart).await.ended().await;
    assert_eq!(story.end(), ("Completed", "DryRunPassed"), "{:#}", story.object["status"]);
    let diff = story.object["status"]["diff"].as_array().unwrap();
    assert_eq!(diff.len(), 1, "{diff:#?}");
    assert_eq!(diff[0]["pointer"], "/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt");
    assert_eq!(diff[0]["announced"], true);
    assert_eq!(web.pods().await, pods);
}

/// Admission of somebody else, that no plan can know of.
async fn no_more_than_two(cluster: &Cluster, namespace: &str) -> [Standing; 2] {
    let admission = "admissionregistration.k8s.io/v1";
    let policy = json!({
        "apiVersion": admission, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": namespace},
        "spec": {
            "matchConstraints": {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
                "resourceRules": [{"apiGroups": ["apps"], "apiVersions": ["*"], "resources": ["deployments/scale"], "operations": ["UPDATE"]}],
            },
            "validations": [{"expression": "object.spec.replicas <= 2", "reason": "Forbidden", "message": "two are enough here"}],
        },
    });
    let spec = json!({"policyName": namespace, "validationActions": ["Deny"]});
    let binding = json!({"apiVersion": admission, "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": namespace}, "spec": spec});
    [cluster.stand(policy).await.unwrap(), cluster.stand(binding).await.unwrap()]
}

#[tokio::test]
async fn what_the_api_server_would_refuse_is_refused_before_anything_is_touched() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-dry").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let _admission = no_more_than_two(&cluster, &space.name).await;
    eventually("the policy is in force", async || web.would_scale(3).await.is_err().then_some(())).await;
    refused(web.would_scale(3).await, "two are enough here");
    let run = cluster.run(&space.name, server(3)).await;
    let story = run.ended().await;
    story.refused("DryRunFailed", "Api", "two are enough here");
    assert_eq!(story.condition("DryRunPassed"), ("False", "DryRunFailed"));
    assert_eq!(web.now().await["spec"]["replicas"], 1);
}

/// A policy that wants a dry run in this namespace and denies so many replicas, once it sees them in the diff.
async fn demanding(cluster: &Cluster, namespace: &str) -> Standing {
    let module = format!(
        r#"package writ

decision := {{"allow": count(deny) == 0, "deny": deny, "require": {{"dry_run": here}}}}

default here := false

here if input.execution.namespace == "{namespace}"

deny contains "the diff has nine" if {{
	here
	some d in input.diff
	d.after == 9
}}
"#
    );
    let test = format!(
        r#"package writ_test

import data.writ

test_nine_is_denied if count(writ.deny) == 1 with input as {{"execution": {{"namespace": "{namespace}"}}, "diff": [{{"after": 9}}]}}
"#
    );
    let policy = json!({
        "apiVersion": "writ.dev/v1alpha1", "kind": "ExecutionPolicy", "metadata": {"name": namespace},
        "spec": {"mode": "Enforce", "owner": "test", "modules": {"dry.rego": module, "dry_test.rego": test}},
    });
    cluster.stand(policy).await.unwrap().once("Ready").await
}

/// Alone: whatever else runs is asked about by this policy too.
#[tokio::test]
async fn a_policy_that_wants_a_dry_run_gets_one_and_decides_on_the_diff() {
    let _turn = alone().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-dry").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let _policy = demanding(&cluster, &space.name).await;

    let story = cluster.run(&space.name, scale(2)).await.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    let reasons: Vec<_> = story.rows.iter().map(|r| r["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["DryRunNeeded", "DryRunAnswered", "Accepted", "Prepared", "JobSeen", "JobSucceeded", "ChecksPassed"]);
    assert_eq!(story.condition("DryRunPassed"), ("True", "DryRunAnswered"));
    assert_eq!(web.settled().await.0, 2);

    let story = cluster.run(&space.name, scale(9)).await.ended().await;
    story.refused("PolicyDenied", "Policy", "the diff has nine");
    assert_eq!(web.now().await["spec"]["replicas"], 2);
}

/// It hangs in the API server, which asks webhooks about dry runs too.
#[tokio::test]
async fn a_dry_run_can_be_cancelled_and_leaves_neither_a_job_nor_an_identity() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-dry").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let hole = BlackHole::over(&cluster, &web).await;
    let run = cluster.run(&space.name, server(2)).await;
    let _held = hole.swallowed().await;
    assert_eq!(run.now().await.unwrap()["status"]["phase"], "DryRunning");
    assert_eq!(run.made("batch/v1", "Job", NAMESPACE_DRYRUN).await.len(), 1);
    run.cancel(&cluster.admin, "never mind").await.unwrap();
    let story = run.ended().await;
    assert_eq!(story.end(), ("Cancelled", "CancelRequested"), "{:#}", story.object["status"]);
    assert!(story.status("/message").contains("Nothing was touched."), "{}", story.status("/message"));
    // Its Job was deleted before it said that it is over. By itself that would hang on: nobody answers what it asked.
    for job in run.made("batch/v1", "Job", NAMESPACE_DRYRUN).await {
        assert!(job["metadata"].get("deletionTimestamp").is_some(), "{job:#}");
    }
    left_nothing(&run, &story).await;
    assert_eq!(web.now().await["spec"]["replicas"], 1);
}

#[tokio::test]
async fn who_follows_a_dry_run_and_who_approves_it_sees_what_it_found() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-dry").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let run = cluster.run(&space.name, server(3)).await;
    let said = Typed::start(None, &["watch", &run.name, "-n", &space.name]).ended().await;
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(
        said.out.contains("1 field changes") && said.out.contains("\n                spec.replicas   1 -> 3\n"),
        "{}",
        said.out
    );

    let one = r#"{"approvals": 1, "dry_run": true, "expires": "10m"}"#;
    let _policy = super::approval::demanding(&cluster, &space.name, one).await;
    let run = cluster.run(&space.name, scale(4)).await;
    let hash = super::approval::waits(&run).await;
    let lena = super::approval::approver(&cluster, &space, "lena", &[]).await;
    let yes = super::approval::ballot(&run, &hash, json!({}));
    super::approval::may_say(&lena, &yes).await;
    let who = format!("lena-{}", space.name);
    let said = Typed::start(Some(&who), &["approve", &run.name, "-n", &space.name, "-y"]).ended().await;
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.contains("  dry run    spec.replicas   1 -> 4\n") && said.out.contains(&hash), "{}", said.out);
    let story = run.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    assert_eq!(story.status("/approval/given/0/by"), who);
    assert_eq!(web.settled().await.0, 4);
}

/// A StatefulSet, and a revision that is gone back to: what else ships and is not tried elsewhere.
#[tokio::test]
async fn what_ships_can_be_tried() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-dry").await.unwrap();
    let set = Workload::make(&cluster, &space.name, "StatefulSet", json!({"replicas": 1, "serviceName": "web"})).await;
    let run = cluster.run(&space.name, with(server(2), json!({"action": "scale_statefulset"}))).await;
    let story = run.ended().await;
    assert_eq!(story.end(), ("Completed", "DryRunPassed"), "{:#}", story.object["status"]);
    assert_eq!(story.status("/diff/0/pointer"), "/spec/replicas");
    left_nothing(&run, &story).await;
    assert_eq!(set.now().await["spec"]["replicas"], 1);

    let space = cluster.scratch("execute-dry").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let label = json!({"spec": {"template": {"metadata": {"labels": {"version": "bad"}}}}});
    web.patch(label).await.unwrap();
    eventually("the second revision is there", async || {
        let now = web.settled().await.1;
        (now["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "2").then_some(())
    })
    .await;
    let back = json!({"action": "rollback_deployment", "target": {"name": "web"}, "reason": "a test", "dryRun": "Server"});
    let run = cluster.run(&space.name, back).await;
    let story = run.ended().await;
    assert_eq!(story.end(), ("Completed", "DryRunPassed"), "{:#}", story.object["status"]);
    let diff = story.object["status"]["diff"].as_array().unwrap();
    assert!(diff.iter().any(|d| d["pointer"].as_str().unwrap().starts_with("/spec/template")), "{diff:#?}");
    assert!(diff.iter().all(|d| d["announced"] == true), "{diff:#?}");
    left_nothing(&run, &story).await;
    assert_eq!(web.now().await["spec"]["template"]["metadata"]["labels"]["version"], "bad");
}
