//! `writ logs -f`: what a run prints, while it runs, to whoever may read it.
use super::scale;
use std::process::{Command, Output};
use tests::{Cluster, Run, Workload, among_others, writ};

async fn followed(run: &Run) -> Output {
    let mut command = Command::new(writ());
    command.args(["logs", "-f", &run.name, "-n", &run.namespace]);
    tokio::task::spawn_blocking(move || command.output().expect("writ is built")).await.expect("it ends")
}

#[tokio::test]
async fn what_a_run_prints_is_followed_to_its_end_and_the_exit_code_says_how_it_ended() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-logs").await.unwrap();
    let _web = Workload::deployment(&cluster, &space.name, 1).await;
    let run = cluster.run(&space.name, scale(2)).await;
    let said = followed(&run).await;
    let (out, err) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert_eq!((out.trim(), said.status.code()), ("deployment.apps/web scaled", Some(0)), "{err}");
    assert!(err.contains("is over: Completed (ChecksPassed)"), "{err}");
    // And what is kept of it, afterwards.
    let kept = followed(&run).await;
    assert_eq!(String::from_utf8_lossy(&kept.stdout).trim(), "deployment.apps/web scaled");
}
