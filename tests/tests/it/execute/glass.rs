//! `spec.breakGlass`: who is on call goes without approvals where the policies open that, it is told before anything is done, and somebody
//! looks at it afterwards.
use super::{
    approval::{LEADS, approver, ballot, counted, listed, many, may_say, production, say},
    with,
};
use kube::Client;
use serde_json::{Value, json};
use tests::{Cluster, Run, Sight, Typed, among_others, refused};

const ONCALL: &[&str] = &["system:masters", "oncall"];
/// What is paged on.
const BROKEN: &str = r#"writ_broken_glass_total{action="scale_deployment"}"#;

fn broken() -> Value {
    with(many(), json!({"breakGlass": true, "ttlAfterFinished": "1s"}))
}

async fn reviews(who: &Client, run: &Run, hash: &str) -> Value {
    say(who, &ballot(run, hash, json!({"decision": "Review", "comment": "it was right"}))).await
}

#[tokio::test]
async fn who_is_on_call_goes_without_approvals_and_somebody_reviews_it_afterwards() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let (space, web) = production(&cluster).await;
    let maria = cluster.as_user("maria", ONCALL);
    let before = cluster.counted(BROKEN).await.unwrap();
    let run = cluster.run_as(&maria, &space.name, broken()).await.unwrap();
    let story = run.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    assert_eq!(web.settled().await.0, 5);
    // Another test may break one at the same time.
    let after = cluster.counted(BROKEN).await.unwrap();
    assert!(after > before, "{before} {after}");
    story.events(&run, &["BreakGlass"]).await;

    // Who was not asked stands in a row of its own, before the Job was promised.
    let reasons: Vec<&str> = story.rows.iter().map(|r| r["reason"].as_str().unwrap()).collect();
    let (told, promised) = (reasons.iter().position(|r| *r == "BreakGlass"), reasons.iter().position(|r| *r == "Prepared"));
    assert!(told.is_some() && told < promised, "{reasons:?}");
    let skipped = &story.rows[told.unwrap()]["payload"]["status"]["approval"];
    assert_eq!((&skipped["state"], &skipped["groups"]), (&json!("Skipped"), &json!(["sre-leads"])));
    assert_eq!(story.condition("Approved"), ("False", "BreakGlass"));
    assert_eq!(story.condition("Reviewed"), ("False", "ReviewDue"));
    assert_eq!(story.status("/review/state"), "Due");

    // Its time to live is over, and it stays; who asked for it does not review it, nor does another group.
    let hash = story.status("/review/planHash");
    let own = reviews(&maria, &run, hash).await;
    assert_eq!(counted(&cluster, &own).await, ("False".to_owned(), "SelfApproval".to_owned()));
    let lena = approver(&cluster, &space, "lena", &["dev"]).await;
    let foreign = reviews(&lena, &run, hash).await;
    assert_eq!(counted(&cluster, &foreign).await, ("False".to_owned(), "NotInGroup".to_owned()));
    assert_eq!(run.now().await.expect("it stays until it is reviewed")["status"]["review"]["state"], "Due");

    let jonas = approver(&cluster, &space, "jonas", LEADS).await;
    // Then it goes, and what was said of it: who looks afterwards may find nothing any more.
    let mut approvals = Sight::open(&cluster.admin, &ballot(&run, hash, json!({}))).await;
    let review = reviews(&jonas, &run, hash).await;
    let counts = |a: &Value| {
        let told = &a["status"]["conditions"][0];
        a["metadata"]["name"] == review["metadata"]["name"] && told["status"] == "True" && told["reason"] == "Counted"
    };
    approvals.until(counts).await;
    let rows = run.gone().await;
    let last = rows.last().unwrap();
    assert_eq!((&last["phase"], &last["reason"]), (&json!("Completed"), &json!("Reviewed")));
    let told = &last["payload"]["status"]["review"];
    let jonas = format!("jonas-{}", space.name);
    assert_eq!((&told["state"], &told["by"], &told["comment"]), (&json!("Done"), &json!(jonas), &json!("it was right")));
}

#[tokio::test]
async fn where_no_policy_opens_it_it_is_closed() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let (space, web) = production(&cluster).await;
    // Nobody of oncall, and one more policy that knows nothing of it.
    let run = cluster.run(&space.name, broken()).await;
    let story = run.ended().await;
    story.refused("BreakGlassClosed", "Policy", "Policy default wants 1 approval of sre-leads and does not open break glass");
    let one = r#"{"approvals": 1, "approver_groups": ["dba"]}"#;
    let _policy = super::approval::demanding(&cluster, &space.name, one).await;
    let maria = cluster.as_user("maria", ONCALL);
    let story = cluster.run_as(&maria, &space.name, broken()).await.unwrap().ended().await;
    story.refused("BreakGlassClosed", "Policy", "wants 1 approval of dba and does not open break glass");
    assert_eq!(web.now().await["spec"]["replicas"], 1);
}

#[tokio::test]
async fn who_may_not_approve_does_not_review_and_who_may_is_told_that_it_counts() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let (space, _web) = production(&cluster).await;
    let maria = cluster.as_user("maria", ONCALL);
    let run = cluster.run_as(&maria, &space.name, with(many(), json!({"breakGlass": true}))).await.unwrap();
    let story = run.ended().await;
    space.user("eve", "writ-approver").await.unwrap();
    let eve = cluster.as_user(&format!("eve-{}", space.name), LEADS);
    let review = ballot(&run, story.status("/review/planHash"), json!({"decision": "Review"}));
    refused(tests::would_create(&eve, &review).await, "may not approve");

    let jonas = approver(&cluster, &space, "jonas", LEADS).await;
    may_say(&jonas, &review).await;
    let who = format!("jonas-{}", space.name);
    listed(&run, &who, "replicas 1 -> 5", "review as sre-leads").await;
    let line = ["review", &run.name, "-n", &space.name, "-y", "--comment", "it was right"];
    let said = Typed::start_as(&who, LEADS, &line).ended().await;
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.contains(" ago, not undone since: "), "{}", said.out);
    assert!(said.out.ends_with(&format!("\nReviewed: {} owes nothing more.\n", run.name)), "{}", said.out);
    let told = run.now().await.unwrap()["status"]["review"].clone();
    assert_eq!((&told["state"], &told["by"], &told["comment"]), (&json!("Done"), &json!(who), &json!("it was right")));
}
