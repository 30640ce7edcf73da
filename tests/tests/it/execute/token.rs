//! What a run's token is worth: while it runs, its one object; afterwards nothing.
use super::scale;
use kube::{
    Client,
    api::{Patch, PatchParams},
};
use serde_json::{Value, json};
use tests::{BlackHole, Cluster, Workload, among_others, api, eventually, get};

async fn writes(who: &Client, web: &Value) -> kube::Result<()> {
    let patch = Patch::Merge(json!({"metadata": {"labels": {"written-by": "a-thief"}}}));
    api(who, web).patch("web", &PatchParams::default(), &patch).await.map(drop)
}

fn code(answer: kube::Result<()>) -> u16 {
    match answer {
        Ok(()) => 200,
        Err(kube::Error::Api(status)) => status.code,
        Err(other) => panic!("no answer: {other}"),
    }
}

#[tokio::test]
async fn the_token_of_a_run_is_worth_nothing_when_it_is_over() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-token").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let hole = BlackHole::over(&cluster, &web).await;
    let run = cluster.run(&space.name, scale(2)).await;
    let held = hole.swallowed().await;
    let Some(token) = run.token().await else { return };
    let thief = cluster.with_token(token);
    assert!(get(&thief, &web.object).await.unwrap().is_some(), "the token works while the run does");
    run.cancel(&cluster.admin, "a drill").await.unwrap();
    let story = run.ended().await;
    assert_eq!(story.end(), ("Cancelled", "StoppedMidway"), "{:#}", story.object["status"]);
    drop((held, hole));
    // The binding went first: what the account may do is gone before its token is.
    assert!(matches!(code(writes(&thief, &web.object).await), 401 | 403));
    eventually("nobody is known by that token", async || (code(get(&thief, &web.object).await.map(drop)) == 401).then_some(()))
        .await;
    assert_eq!(web.now().await["metadata"]["labels"].get("written-by"), None);
}
