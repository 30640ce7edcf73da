//! `writ logs -f`: what a run prints, while it runs, to whoever may read it.
use super::{
    failure::guard,
    operator::{held_back, let_go},
    scale,
};
use tests::{Cluster, Run, Said, Typed, Workload, among_others};

fn typed(user: Option<&str>, run: &Run, follow: bool) -> Typed {
    let mut words = vec!["logs", run.name.as_str(), "-n", run.namespace.as_str()];
    words.extend(follow.then_some("-f"));
    Typed::start(user, &words)
}

async fn followed(run: &Run) -> Said {
    typed(None, run, true).ended().await
}

#[tokio::test]
async fn a_line_is_seen_before_the_execution_is_over_by_whoever_may_read_the_pod() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-logs").await.unwrap();
    space.user("dave", "writ-user").await.unwrap();
    held_back(&cluster, &space.name).await;
    let run = cluster.run(&space.name, scale(1)).await;
    let mut logs = typed(None, &run, true);
    assert_eq!(logs.line().await, "deployment.apps/web scaled");
    let now = run.until("it is looked at", |_| true).await;
    assert!(["Executing", "Verifying"].contains(&now["status"]["phase"].as_str().unwrap()), "{:#}", now["status"]);

    // Who sees executions does not see pods by that; he is told so, and what is kept when it has ended.
    let dave = format!("dave-{}", space.name);
    let his = typed(Some(&dave), &run, true);

    let_go(&cluster, &space.name).await;
    let said = his.ended().await;
    assert_eq!((said.out.trim(), said.code), ("deployment.apps/web scaled", Some(0)), "{said:?}");
    let command = format!("writ watch {} -n {}", run.name, space.name);
    assert!(said.err.contains("Role writ-logs in writ-runs") && said.err.contains(&command), "{said:?}");
    let said = logs.ended().await;
    assert_eq!((said.out.as_str(), said.code), ("", Some(0)), "{said:?}");
    assert!(said.err.contains("is over: Completed (ChecksPassed)"), "{said:?}");
    // And what is kept of it, afterwards, also to him.
    let said = typed(Some(&dave), &run, false).ended().await;
    assert_eq!((said.out.trim(), said.code), ("deployment.apps/web scaled", Some(0)), "{said:?}");
}

#[tokio::test]
async fn who_follows_is_told_by_the_exit_code_how_it_ended_also_afterwards() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-logs").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let _guard = guard(&cluster, &web).await;
    let run = cluster.run(&space.name, scale(3)).await;
    let said = followed(&run).await;
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(
        said.out.contains("the budget of this team is two pods") && said.err.contains("is over: Failed (JobFailed)"),
        "{said:?}"
    );
    let again = followed(&run).await;
    assert_eq!((&again.out, again.code), (&said.out, Some(3)), "{again:?}");
    let kept = typed(None, &run, false).ended().await;
    assert_eq!((&kept.out, kept.code), (&said.out, Some(0)), "{kept:?}");
}
