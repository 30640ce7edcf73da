//! The main job: a number of replicas, there and back.
use super::{inverse, scale, with};
use serde_json::{Value, json};
use tests::{Cluster, Run, Story, Workload, among_others};

/// It went all the way, and everything says so.
fn succeeded(story: &Story) {
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    assert_eq!(story.condition("Accepted"), ("True", "Accepted"));
    assert_eq!(story.condition("Executed"), ("True", "JobSucceeded"));
    assert_eq!(story.condition("Succeeded"), ("True", "ChecksPassed"));
    let phases: Vec<_> = story.rows.iter().map(|r| (r["phase"].as_str().unwrap(), r["reason"].as_str().unwrap())).collect();
    let way = [
        ("Preparing", "Accepted"),
        ("Executing", "Prepared"),
        ("Executing", "JobSeen"),
        ("Verifying", "JobSucceeded"),
        ("Completed", "ChecksPassed"),
    ];
    assert_eq!(phases, way);
    let (job, pod) = (&story.jobs[0], &story.pods[0]);
    assert_eq!((story.jobs.len(), story.pods.len()), (1, 1));
    assert_eq!(job["metadata"]["uid"], story.object["status"]["job"]["uid"]);
    assert_eq!(pod["spec"]["serviceAccountName"], story.object["status"]["job"]["serviceAccount"]);
    assert_eq!(story.object["status"]["job"]["exitCode"], 0);
}

async fn ran(cluster: &Cluster, namespace: &str, spec: Value) -> (Run, Story) {
    let run = cluster.run(namespace, spec).await;
    let story = run.ended().await;
    succeeded(&story);
    (run, story)
}

#[tokio::test]
async fn a_deployment_is_scaled_up_and_down_and_back_by_the_stored_inverse() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-scale").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 2).await;

    let (run, up) = ran(&cluster, &space.name, scale(3)).await;
    assert_eq!(web.settled().await.0, 3);
    assert_eq!(up.status("/summary"), "replicas 2 -> 3");
    assert_eq!(up.status("/checks/0/message"), "3 of 3 replicas ready");
    assert!(up.status("/job/output").contains("web scaled"), "{}", up.status("/job/output"));
    assert_eq!(cluster.blob(up.status("/job/outputDigest")).await.unwrap().trim(), up.status("/job/output").trim());
    assert_eq!(up.condition("RollbackReady"), ("True", "InverseStored"));
    assert!(up.status("/rollback/expiresAt") > up.status("/finishedAt"));
    assert_eq!(up.status("/rollback/command"), format!("writ run scale_deployment web replicas=2 -n {}", space.name));
    up.events(&run, &["Accepted", "Prepared", "JobSeen", "JobSucceeded", "ChecksPassed"]).await;

    let (_, down) = ran(&cluster, &space.name, scale(1)).await;
    assert_eq!(web.settled().await.0, 1);
    assert_eq!(down.status("/summary"), "replicas 3 -> 1");

    let (_, back) = ran(&cluster, &space.name, inverse(&down)).await;
    assert_eq!(web.settled().await.0, 3);
    assert_eq!(back.status("/summary"), "replicas 1 -> 3");
    let (_, first) = ran(&cluster, &space.name, inverse(&up)).await;
    assert_eq!(web.settled().await.0, 2);
    assert_eq!(first.status("/rollback/parameters"), r#"{"replicas":3}"#);
}

#[tokio::test]
async fn a_stateful_set_is_scaled() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-scale").await.unwrap();
    let web = Workload::make(&cluster, &space.name, "StatefulSet", json!({"replicas": 1, "serviceName": "web"})).await;
    let (_, story) = ran(&cluster, &space.name, with(scale(2), json!({"action": "scale_statefulset"}))).await;
    assert_eq!(web.settled().await.0, 2);
    assert_eq!(story.status("/rollback/command"), format!("writ run scale_statefulset web replicas=1 -n {}", space.name));
}

#[tokio::test]
async fn a_plan_alone_is_shown_and_touches_nothing() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-plan").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let generation = web.now().await["metadata"]["generation"].clone();
    let run = cluster.run(&space.name, with(scale(3), json!({"dryRun": "Plan"}))).await;
    let story = run.ended().await;
    assert_eq!(story.end(), ("Completed", "PlanOnly"));
    assert_eq!(story.condition("Executed"), ("False", "PlanOnly"));
    assert_eq!(story.condition("RollbackReady"), ("False", "Planned"));
    assert_eq!(story.status("/rollback/state"), "-", "the list shows no undo of what was only shown");
    let command = format!("kubectl scale --current-replicas=1 --replicas=3 --namespace={} -- deployment/web", space.name);
    assert_eq!(story.status("/plan/command"), command);
    assert_eq!((story.status("/plan/changes/0/before"), story.status("/plan/changes/0/after")), ("1", "3"));
    assert_eq!(story.status("/policy/decision"), "Allow");
    story.made_no_job();
    assert_eq!(web.now().await["metadata"]["generation"], generation);
}

#[tokio::test]
async fn several_executions_on_one_machine_do_not_get_into_each_others_way() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let spaces = [cluster.scratch("execute-many").await.unwrap(), cluster.scratch("execute-many").await.unwrap()];
    let webs =
        [Workload::deployment(&cluster, &spaces[0].name, 1).await, Workload::deployment(&cluster, &spaces[1].name, 1).await];
    let (a, b) = tokio::join!(ran(&cluster, &spaces[0].name, scale(2)), ran(&cluster, &spaces[1].name, scale(3)));
    assert_ne!(a.1.status("/job/name"), b.1.status("/job/name"));
    assert_eq!((webs[0].settled().await.0, webs[1].settled().await.0), (2, 3));
}
