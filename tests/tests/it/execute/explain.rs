//! `writ policy`: what the policies said of an execution, as an auditor sees it afterwards, from what the host stored.
use super::{scale, with};
use serde_json::json;
use tests::{Cluster, Said, Typed, Workload, alone, among_others};

async fn typed(arguments: &[&str]) -> Said {
    let words: Vec<&str> = ["policy"].iter().chain(arguments).copied().collect();
    let said = Typed::start(None, &words).ended().await;
    assert_eq!(said.code, Some(0), "{said:?}");
    said
}

async fn said(arguments: &[&str]) -> String {
    typed(arguments).await.out
}

/// Alone: what others decide meanwhile would be made again, too.
#[tokio::test]
async fn a_no_is_explained_with_its_rule_and_line_shown_with_its_question_and_made_again() {
    let _turn = alone().await;
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

    let planned = cluster.run(&space.name, with(scale(4), json!({"dryRun": "Plan"}))).await;
    assert_eq!(planned.ended().await.end(), ("Completed", "PlanOnly"));
    let since = story.status("/startedAt");
    let (all, same, again) = replayed(&changed(20), since).await;
    assert!(all >= 2 && same == all && !again.contains("->"), "{again}");
    // What was refused would be allowed, and what was allowed refused: by which rule, on which line.
    let (all, same, again) = replayed(&changed(30), since).await;
    assert!(same < all && again.contains(" refuse -> allow\n") && again.contains(&run.name), "{again}");
    assert!(!again.contains(&planned.name), "{again}");
    let (all, same, again) = replayed(&changed(3), since).await;
    let moved = again.lines().find(|l| l.contains(&planned.name)).unwrap_or_else(|| panic!("{again}"));
    assert!(same < all && again.contains(" allow -> refuse\n"), "{again}");
    assert!(moved.ends_with(&format!("would have 4 replicas; at most 3 are allowed here (default.rego:{rule})")), "{moved}");
}

/// As after `ttlAfterFinished`: the rows stay, and so does what they tell of.
#[tokio::test]
async fn what_the_policies_said_is_explained_when_the_execution_is_gone_and_that_it_is_gone_is_said() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-explain").await.unwrap();
    Workload::deployment(&cluster, &space.name, 1).await;
    let run = cluster.run(&space.name, scale(21)).await;
    run.ended().await.refused("PolicyDenied", "Policy", "would have 21 replicas");
    let (explain, input) =
        (["explain", run.name.as_str(), "-n", space.name.as_str()], ["input", run.name.as_str(), "-n", space.name.as_str()]);
    let there = [typed(&explain).await, typed(&input).await];
    assert!(there.iter().all(|said| !said.err.contains("is gone")), "{there:?}");
    run.delete().await.unwrap();
    run.gone().await;
    let gone = [typed(&explain).await, typed(&input).await];
    assert_eq!(gone.each_ref().map(|said| &said.out), there.each_ref().map(|said| &said.out));
    let told = format!("{}/{} is gone. This is what the ledger has", space.name, run.name);
    for said in gone {
        assert!(
            said.err.contains(&told) && said.err.contains("Refused (PolicyDenied)") && said.err.contains(&run.uid),
            "{said:?}"
        );
    }

    let never = Typed::start(None, &["policy", "explain", "never", "-n", &space.name]).ended().await;
    assert_eq!(never.code, Some(1), "{never:?}");
    assert!(never.err.contains("no execution never in namespace") && never.err.contains("The ledger knows of none"), "{never:?}");
}

/// The policy that is in force, with another limit.
fn changed(most: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["default.rego", "default_test.rego", "default.yaml"] {
        let text = std::fs::read_to_string(format!("{}/../deploy/policy/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        std::fs::write(folder.path().join(name), text.replace("\nmax_replicas: 20\n", &format!("\nmax_replicas: {most}\n")))
            .unwrap();
    }
    folder
}

/// How many decisions were made again, how many came out the same, and all that is said.
async fn replayed(policy: &tempfile::TempDir, since: &str) -> (u32, u32, String) {
    let again = said(&["replay", policy.path().to_str().unwrap(), "--since", since]).await;
    let words: Vec<&str> = again.lines().next().unwrap().split(' ').collect();
    assert_eq!(words[1..6], ["decisions", "of", "the", "ledger,", "made"], "{again}");
    let number = |word: Option<&&str>| word.and_then(|w| w.parse().ok()).unwrap_or_else(|| panic!("{again}"));
    (number(words.first()), number(words.get(words.len() - 3)), again.clone())
}
