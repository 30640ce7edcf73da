//! `spec.rollback.onFailure: Automatic`: what fails after it changed something is taken back without anybody, in the requester's name.
use super::{scale, with};
use serde_json::{Value, json};
use tests::{Cluster, Run, Typed, Workload, among_others, eventually, get, image};

fn of(run: &Run, name: &str) -> Value {
    let mut object = Run::manifest(&run.namespace, json!({}));
    object["metadata"]["name"] = json!(name);
    object
}

/// Three revisions: the first and the last work, the one between has an image that is nowhere.
pub(crate) async fn web(cluster: &Cluster, namespace: &str) -> Workload {
    let deadline = json!({"replicas": 1, "progressDeadlineSeconds": 5});
    let web = Workload::make(cluster, namespace, "Deployment", deadline).await;
    let release = |image: &str, version: &str| {
        let containers = json!([{"name": "web", "image": image}]);
        json!({"spec": {"template": {"metadata": {"labels": {"version": version}}, "spec": {"containers": containers}}}})
    };
    web.patch(release("registry.invalid/nowhere:1", "broken")).await.unwrap();
    eventually("the broken one is the second revision", async || {
        let now = web.now().await;
        (now["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "2").then_some(())
    })
    .await;
    web.patch(release(&image(), "mended")).await.unwrap();
    web.settled().await;
    web
}

#[tokio::test]
async fn what_fails_is_taken_back_by_itself_in_the_requesters_name() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("undo-automatic").await.unwrap();
    let web = web(&cluster, &space.name).await;
    let before = web.now().await["spec"]["template"].clone();
    let broken = json!({
        "action": "rollback_deployment", "target": {"name": "web"}, "parameters": {"revision": 2},
        "reason": "INC-7 back to the second", "rollback": {"onFailure": "Automatic"},
    });
    let maria = cluster.almighty("maria");
    let run = cluster.run_as(&maria, &space.name, broken).await.unwrap();
    let watch = Typed::start(None, &["watch", &run.name, "-n", &run.namespace]);
    run.until("its effect is waited for", |kx| kx["status"]["phase"] == "Verifying").await;
    let next = cluster.run(&space.name, with(scale(2), json!({"onConflict": "Queue"}))).await;
    let told = run.until("it is undone", |kx| kx["status"]["reason"] == "RolledBack").await;
    assert_eq!(told["status"]["phase"], "Failed");
    let name = told["status"]["rollback"]["automatic"].as_str().unwrap().to_owned();
    assert_eq!(told["status"]["rollback"]["undoneBy"], name);
    // Who follows it is told at its end where it goes on, and not how to undo it himself.
    let said = watch.ended().await;
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.out.contains(&format!("writ watch {name} -n {}", space.name)) && !said.out.contains("writ undo"), "{said:?}");

    let undo = get(&cluster.admin, &of(&run, &name)).await.unwrap().unwrap();
    assert_eq!(undo["spec"]["rollbackOf"], json!({"name": run.name, "uid": run.uid}));
    assert_eq!(undo["spec"]["requester"]["username"], "maria");
    assert_eq!(undo["spec"]["reason"], "INC-7 back to the second");
    assert_eq!((&undo["status"]["phase"], &undo["status"]["reason"]), (&json!("Completed"), &json!("ChecksPassed")));
    // Whoever waits for the target does not come in between.
    let next = next.ended().await;
    assert_eq!(next.end(), ("Completed", "ChecksPassed"));
    let began =
        next.object["status"]["timeline"].as_array().unwrap().iter().find(|e| e["phase"] == "Executing").unwrap()["at"].clone();
    assert!(began.as_str() >= undo["status"]["finishedAt"].as_str(), "{began} is before the end of the undo");
    web.settled().await;
    assert_eq!(web.now().await["spec"]["template"], before);

    let story = run.ended().await;
    let reasons: Vec<&str> = story.rows.iter().map(|r| r["reason"].as_str().unwrap()).collect();
    assert!(reasons.ends_with(&["ChecksFailed", "RollbackStarted", "RolledBack"]), "{reasons:?}");
    story.events(&run, &["RollbackStarted", "RolledBack"]).await;
}

#[tokio::test]
async fn what_goes_well_is_left_and_so_is_what_nobody_wants_undone() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("undo-automatic").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let automatic = json!({"rollback": {"onFailure": "Automatic"}});
    let story = cluster.run(&space.name, with(scale(2), automatic)).await.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"));
    assert_eq!(web.settled().await.0, 2);
    let kind = json!({"apiVersion": "writ.dev/v1alpha1", "kind": "KubernetesExecution", "metadata": {"namespace": space.name}});
    assert_eq!(tests::all(&cluster.admin, &kind, "").await.unwrap().len(), 1);
}
