//! An approval of a plan covers the undo that was shown with it, and nothing else does: not one that says otherwise, not one that is
//! gone, and nobody's own.
use super::{
    approval::{LEADS, approver, ballot, counted, demanding, many, production, say, waits},
    inverse, with,
};
use kube::api::DeleteParams;
use serde_json::{Value, json};
use tests::{Cluster, Run, Scratch, Standing, Story, Workload, all, among_others, api};

const ONE: &str = r#"{"approvals": 1, "approver_groups": ["sre-leads"], "expires": "10m"}"#;

/// From 1 to 5 replicas, approved by jonas; whatever happens there needs an approval.
struct Done {
    cluster: Cluster,
    space: Scratch,
    web: Workload,
    run: Run,
    undo: Value,
    approval: Value,
    _policy: Standing,
}

async fn done(more: Value) -> Done {
    let cluster = Cluster::connect().await.unwrap();
    let (space, web) = production(&cluster).await;
    let _policy = demanding(&cluster, &space.name, ONE).await;
    let run = cluster.run(&space.name, many()).await;
    let hash = waits(&run).await;
    let jonas = approver(&cluster, &space, "jonas", LEADS).await;
    let approval = say(&jonas, &ballot(&run, &hash, more)).await;
    assert_eq!(counted(&cluster, &approval).await.1, "Counted");
    let story = run.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    let of = json!({"rollbackOf": {"name": run.name, "uid": run.uid}, "reason": "INC-4312 back"});
    Done { undo: with(inverse(&story), of), cluster, space, web, run, approval, _policy }
}

impl Done {
    /// Nobody is counted for it.
    async fn is_not_covered(&self, undo: &Run) {
        waits(undo).await;
        let now = undo.now().await.unwrap();
        assert_eq!(now["status"]["approval"]["count"], "0 of 1", "{:#}", now["status"]["approval"]);
        undo.cancel(&self.cluster.admin, "a drill").await.unwrap();
        undo.ended().await.made_no_job();
        assert_eq!(self.web.now().await["spec"]["replicas"], 5);
    }

    async fn undone(&self) -> Story {
        self.cluster.run(&self.space.name, self.undo.clone()).await.ended().await
    }
}

#[tokio::test]
async fn who_approved_the_plan_approved_its_undo_and_nobody_waits() {
    let _turn = among_others().await;
    let done = done(json!({})).await;
    let story = done.undone().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    assert_eq!(done.web.settled().await.0, 1);
    assert_eq!(story.status("/approval/state"), "Approved");
    assert_eq!(story.status("/approval/given/0/by"), format!("jonas-{}", done.space.name));
    assert_eq!(story.status("/approval/given/0/coveredBy"), done.run.name);
    let kind =
        json!({"apiVersion": "writ.dev/v1alpha1", "kind": "ExecutionApproval", "metadata": {"namespace": done.space.name}});
    let given = all(&done.cluster.admin, &kind, "").await.unwrap();
    assert_eq!(given.len(), 1, "nobody had to approve the undo");
    assert_eq!(counted(&done.cluster, &done.approval).await.1, "Counted", "what was said of it is about the original");
}

#[tokio::test]
async fn who_says_that_his_approval_is_not_for_the_undo_is_asked_again() {
    let _turn = among_others().await;
    let done = done(json!({"coversUndo": false})).await;
    let undo = done.cluster.run(&done.space.name, done.undo.clone()).await;
    done.is_not_covered(&undo).await;
}

#[tokio::test]
async fn nobody_covers_his_own_undo_and_what_is_gone_covers_none() {
    let _turn = among_others().await;
    let done = done(json!({})).await;
    let own = done.cluster.almighty(&format!("jonas-{}", done.space.name));
    let undo = done.cluster.run_as(&own, &done.space.name, done.undo.clone()).await.unwrap();
    done.is_not_covered(&undo).await;
    // By the one who may: nobody takes it back (`admit/approvals`).
    let collector = done.cluster.almighty("system:serviceaccount:kube-system:generic-garbage-collector");
    api(&collector, &done.approval)
        .delete(done.approval["metadata"]["name"].as_str().unwrap(), &DeleteParams::default())
        .await
        .unwrap();
    let undo = done.cluster.run(&done.space.name, done.undo.clone()).await;
    done.is_not_covered(&undo).await;
}
