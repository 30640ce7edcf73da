//! The same while it waits for something, goes without somebody, takes something back, or is told of that.
use super::{one_job, phase};
use serde_json::{Value, json};
use tests::{AuditLog, BlackHole, Cluster, Operator, Run, Scratch, Sight, Story, Workload, alone};

/// A namespace with a Deployment of one pod, in which one thing is asked for after the other.
struct Place {
    cluster: Cluster,
    space: Scratch,
    web: Workload,
}

impl Place {
    async fn make(labels: Value) -> Self {
        let cluster = Cluster::connect().await.unwrap();
        let space = cluster.labeled_scratch("crash", labels).await.unwrap();
        let web = Workload::deployment(&cluster, &space.name, 1).await;
        Self { cluster, space, web }
    }

    async fn asked(&self, replicas: u32, more: Value) -> Run {
        let mut spec = json!({
            "action": "scale_deployment", "target": {"name": "web"}, "parameters": {"replicas": replicas}, "reason": "INC-1 a crash",
        });
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.cluster.run(&self.space.name, spec).await
    }

    async fn uid(&self) -> String {
        self.web.now().await["metadata"]["uid"].as_str().unwrap().to_owned()
    }

    /// From before it is asked for: some of what is looked for lasts for milliseconds.
    async fn sight(&self) -> Sight {
        let kind = json!({
            "apiVersion": "writ.dev/v1alpha1", "kind": "KubernetesExecution", "metadata": {"namespace": self.space.name},
        });
        Sight::open(&self.cluster.admin, &kind).await
    }

    /// Seen, and killed then.
    async fn killed_when(&self, sight: &mut Sight, run: &Run, is: impl Fn(&Value) -> bool) {
        let operator = Operator::found(&self.cluster).await;
        sight.until(|kx| kx["metadata"]["name"] == json!(run.name) && is(kx)).await;
        operator.killed(&self.cluster).await;
    }
}

async fn well(run: &Run) -> Story {
    let story = run.ended().await;
    assert_eq!(story.object["status"]["phase"], "Completed", "{:#}", story.object["status"]);
    story
}

#[tokio::test]
async fn killed_while_it_is_frozen() {
    let _turn = alone().await;
    let place = Place::make(json!({})).await;
    let (target, log) = (place.uid().await, AuditLog::from_now());
    let name = format!("freeze-{}", place.space.name);
    let spec = json!({"reason": "release day", "selector": {"namespaces": [place.space.name]}});
    let freeze = json!({"apiVersion": "writ.dev/v1alpha1", "kind": "ExecutionFreeze", "metadata": {"name": name}, "spec": spec});
    let freeze = place.cluster.stand(freeze).await.unwrap();
    let mut sight = place.sight().await;
    let run = place.asked(2, json!({})).await;
    place.killed_when(&mut sight, &run, |kx| kx["status"]["reason"] == "Frozen").await;
    assert_eq!((run.identity().await, run.jobs().await), (vec![], vec![]));
    drop(freeze);
    one_job(&run, &well(&run).await, log.as_ref(), &target);
    assert_eq!(place.web.settled().await.0, 2);
}

#[tokio::test]
async fn killed_while_another_has_the_target() {
    let _turn = alone().await;
    let place = Place::make(json!({})).await;
    let (target, log) = (place.uid().await, AuditLog::from_now());
    let hole = BlackHole::over(&place.cluster, &place.web).await;
    let first = place.asked(2, json!({})).await;
    let held = hole.swallowed().await;
    let mut sight = place.sight().await;
    let second = place.asked(3, json!({})).await;
    place.killed_when(&mut sight, &second, |kx| kx["status"]["reason"] == "Queued").await;
    hole.closed(&place.web).await;
    first.cancel(&place.cluster.admin, "it hangs").await.unwrap();
    assert_eq!(first.ended().await.end(), ("Cancelled", "StoppedMidway"));
    drop(held);
    one_job(&second, &well(&second).await, log.as_ref(), &target);
    assert_eq!(place.web.settled().await.0, 3);
}

#[tokio::test]
async fn killed_when_the_glass_is_broken() {
    let _turn = alone().await;
    let place = Place::make(json!({"environment": "production"})).await;
    let (target, log) = (place.uid().await, AuditLog::from_now());
    let maria = place.cluster.as_user("maria", &["system:masters", "oncall"]);
    let spec = json!({
        "action": "scale_deployment", "target": {"name": "web"}, "parameters": {"replicas": 5}, "reason": "INC-1 a crash",
        "breakGlass": true,
    });
    let mut sight = place.sight().await;
    let run = place.cluster.run_as(&maria, &place.space.name, spec).await.unwrap();
    place.killed_when(&mut sight, &run, |kx| kx["status"]["reason"] == "BreakGlass").await;
    let story = well(&run).await;
    one_job(&run, &story, log.as_ref(), &target);
    let told = story.rows.iter().filter(|row| row["reason"] == "BreakGlass").count();
    assert_eq!((told, story.status("/review/state")), (1, "Due"), "who was not asked is told once, and owed a review");
}

/// Of an execution that is taken back: killed when either of both is seen so.
async fn killed_while_it_is_undone(of_undo: bool, is: fn(&Value) -> bool) {
    let _turn = alone().await;
    let place = Place::make(json!({})).await;
    let target = place.uid().await;
    let run = place.asked(2, json!({})).await;
    well(&run).await;
    let (log, mut sight) = (AuditLog::from_now(), place.sight().await);
    let undo = place.asked(1, json!({"rollbackOf": {"name": run.name, "uid": run.uid}})).await;
    place.killed_when(&mut sight, if of_undo { &undo } else { &run }, is).await;
    one_job(&undo, &well(&undo).await, log.as_ref(), &target);
    assert_eq!(place.web.settled().await.0, 1);
    run.until("it says that it was undone", |kx| kx["status"]["reason"] == "RolledBack").await;
    let told = run.ended().await.rows.iter().filter(|row| row["reason"] == "RolledBack").count();
    assert_eq!(told, 1);
}

#[tokio::test]
async fn killed_when_an_undo_is_prepared() {
    killed_while_it_is_undone(true, |kx| phase(kx) == "Preparing").await;
}

#[tokio::test]
async fn killed_when_an_undo_runs() {
    killed_while_it_is_undone(true, |kx| phase(kx) == "Executing").await;
}

#[tokio::test]
async fn killed_when_the_effect_of_an_undo_is_waited_for() {
    killed_while_it_is_undone(true, |kx| phase(kx) == "Verifying").await;
}

#[tokio::test]
async fn killed_when_what_was_undone_says_so() {
    killed_while_it_is_undone(false, |kx| kx["status"]["reason"] == "RolledBack").await;
}
