//! More than one person, and more than one group, to the end: the last one who is missing is the one who lets it start.
use super::approval::{approver, ballot, counted, demanding, many, nothing_started, production, say, waits};
use serde_json::{Value, json};
use tests::{Cluster, Run, Scratch, Story, among_others};

/// What waits in production for these approvals, beside those of the default policy.
async fn asked(require: &str) -> (Cluster, Scratch, Run, String, impl Sized) {
    let cluster = Cluster::connect().await.unwrap();
    let (space, web) = production(&cluster).await;
    let policy = demanding(&cluster, &space.name, require).await;
    let run = cluster.run(&space.name, many()).await;
    let hash = waits(&run).await;
    (cluster, space, run, hash, (policy, web))
}

/// Says yes, and is told that it counts.
async fn yes(cluster: &Cluster, space: &Scratch, run: &Run, hash: &str, name: &str, groups: &[&str]) {
    let who = approver(cluster, space, name, groups).await;
    let said = say(&who, &ballot(run, hash, json!({}))).await;
    assert_eq!(counted(cluster, &said).await, ("True".to_owned(), "Counted".to_owned()), "{name}");
}

/// So many count by now, and they are not enough.
async fn goes_on_waiting(cluster: &Cluster, run: &Run, given: usize) {
    let so_many = |kx: &Value| kx["status"]["approval"]["given"].as_array().map_or(0, Vec::len) == given;
    let now = run.until("they are counted", so_many).await;
    assert_eq!(now["status"]["phase"], "AwaitingApproval", "{:#}", now["status"]);
    nothing_started(cluster, run).await;
}

fn ran(story: &Story, by: usize) {
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    assert_eq!(story.status("/approval/state"), "Approved");
    assert_eq!(story.object["status"]["approval"]["given"].as_array().unwrap().len(), by);
}

#[tokio::test]
async fn what_wants_two_of_one_group_waits_for_the_second_and_runs_then() {
    let _turn = among_others().await;
    let require = r#"{"approvals": 2, "approver_groups": ["sre-leads"], "expires": "10m"}"#;
    let (cluster, space, run, hash, _kept) = asked(require).await;
    yes(&cluster, &space, &run, &hash, "jonas", &["sre-leads"]).await;
    goes_on_waiting(&cluster, &run, 1).await;
    yes(&cluster, &space, &run, &hash, "lena", &["sre-leads"]).await;
    ran(&run.ended().await, 2);
}

#[tokio::test]
async fn what_wants_two_groups_does_not_run_for_two_of_one_of_them() {
    let _turn = among_others().await;
    let require = r#"{"approvals": 2, "approver_groups": ["sre-leads", "dba"], "expires": "10m"}"#;
    let (cluster, space, run, hash, _kept) = asked(require).await;
    yes(&cluster, &space, &run, &hash, "jonas", &["sre-leads"]).await;
    yes(&cluster, &space, &run, &hash, "lena", &["sre-leads"]).await;
    goes_on_waiting(&cluster, &run, 2).await;
    yes(&cluster, &space, &run, &hash, "mia", &["dba"]).await;
    ran(&run.ended().await, 3);
}

#[tokio::test]
async fn who_is_of_both_groups_stands_for_one_of_them() {
    let _turn = among_others().await;
    let require = r#"{"approvals": 1, "approver_groups": ["sre-leads", "dba"], "expires": "10m"}"#;
    let (cluster, space, run, hash, _kept) = asked(require).await;
    yes(&cluster, &space, &run, &hash, "jonas", &["sre-leads", "dba"]).await;
    goes_on_waiting(&cluster, &run, 1).await;
    // Whichever of the two he stands for, she stands for the other.
    yes(&cluster, &space, &run, &hash, "lena", &["sre-leads"]).await;
    ran(&run.ended().await, 2);
}
