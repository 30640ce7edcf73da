//! `writ policy`: what the policies said of an execution, as an auditor sees it afterwards, from what the host stored.
use super::scale;
use tests::{Cluster, Typed, Workload, among_others};

async fn said(arguments: &[&str]) -> String {
    let words: Vec<&str> = ["policy"].iter().chain(arguments).copied().collect();
    let said = Typed::start(None, &words).ended().await;
    assert_eq!(said.code, Some(0), "{said:?}");
    said.out
}

#[tokio::test]
async fn a_no_is_explained_with_its_rule_and_line_shown_with_its_question_and_made_again() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-explain").await.unwrap();
    Workload::deployment(&cluster, &space.name, 1).await;
    let run = cluster.run(&space.name, scale(21)).await;
    let story = run.ended().await;
    story.refused("PolicyDenied", "Policy", "would have 21 replicas");

    let explained = said(&["explain", &run.name, "-n", &space.name]).await;
    assert!(explained.starts_with("Deny, by these policies\ndefault Deny (owner "), "{explained}");
    let line = explained.lines().find(|l| l.contains("would have 21 replicas; at most 20 are allowed here")).unwrap();
    let module = include_str!("../../../../deploy/policy/default.rego");
    let rule = module.lines().position(|l| l.contains("at most %v are allowed here")).unwrap() + 1;
    assert!(line.ends_with(&format!("default.rego:{rule}   max_replicas")), "{line}");

    let input: serde_json::Value = serde_json::from_str(&said(&["input", &run.name, "-n", &space.name]).await).unwrap();
    assert_eq!(input["plan"]["changes"][0]["after"], 21);

    let policy = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/policy");
    let again = said(&["replay", policy, "--since", story.status("/startedAt")]).await;
    assert!(again.contains("decisions of the ledger, made again") && !again.contains(&run.name), "{again}");
}
