//! What a person sees who sits at a terminal: the change, then the question, and nothing before the answer. And what he sees who follows.
use super::{Machine, text};
use crds::{ChangeStatus, PlanStatus};
use expect_test::expect;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::{process::Stdio, time::Duration};
use tokio::{io::AsyncWriteExt, process::Command, time::timeout};

/// `script` makes the terminal. How it ended, and all that stood there, the answers included; without colors.
async fn typed(machine: &Machine, line: &str, answers: &str) -> (Option<i32>, String) {
    let command = format!("'{}' {line}", env!("CARGO_BIN_EXE_writ"));
    let mut child = Command::new("script")
        .args(["-qec", &command, "/dev/null"])
        .env("SHELL", "/bin/sh")
        .env("KUBECONFIG", machine.home.path().join("config"))
        .current_dir(machine.home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    // Held to the end: where nobody can type any more there is no terminal.
    let mut hand = child.stdin.take().unwrap();
    hand.write_all(answers.as_bytes()).await.unwrap();
    let said = timeout(Duration::from_secs(60), child.wait_with_output()).await.expect("it asks for more").unwrap();
    let colors = ["\u{1b}[31m", "\u{1b}[32m", "\u{1b}[2m", "\u{1b}[0m", "\r"];
    (said.status.code(), colors.iter().fold(text(&said.stdout).to_owned(), |said, color| said.replace(color, "")))
}

/// One after another.
#[track_caller]
fn in_order(said: &str, parts: &[&str]) {
    let mut rest = said;
    for part in parts {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part:?} is not there, or not after the others: {said}"));
        rest = &rest[at + part.len()..];
    }
}

fn planned() -> Value {
    let (before, after) = (Some("2".into()), Some("5".into()));
    let change = ChangeStatus {
        object: "Deployment shop/web".into(),
        field: "/spec/replicas".into(),
        before,
        after,
        ..Default::default()
    };
    let plan = PlanStatus { request_hash: "sha256:4b1d".into(), changes: vec![change], ..Default::default() };
    json!({"plan": plan})
}

/// After a dry run that found more than was announced.
fn tried() -> Value {
    let mut status = planned();
    status["dryRun"] =
        json!({"namespace": "writ-dryrun", "job": "dry-1", "serviceAccount": "dry-1", "answeredAt": "2026-11-23T03:12:09Z"});
    status["diff"] = json!([
        {"pointer": "/spec/replicas", "before": "2", "after": "5", "announced": true},
        {"pointer": "/spec/paused", "after": "true", "announced": false},
    ]);
    let at = "2026-11-23T03:12:07Z";
    status["timeline"] = json!([
        {"at": at, "phase": "DryRunning", "reason": "DryRunNeeded", "took": "1.4s"},
        {"at": at, "phase": "Completed", "reason": "DryRunPassed", "took": ""},
    ]);
    status
}

#[tokio::test]
async fn who_answers_no_runs_nothing_and_who_answers_yes_runs_exactly_what_was_shown() {
    let machine = Machine::with("Completed", planned()).await;
    let (code, said) = typed(&machine, "run scale_deployment web", "n\n").await;
    in_order(&said, &["spec.replicas   2 -> 5", "Run it? [y/N]", "Nothing was run."]);
    assert_eq!(code, Some(7), "{said}");
    let posted = machine.posted("/kubernetesexecutions");
    assert_eq!(posted.len(), 1, "what would be done was asked for, and nothing else: {posted:#?}");
    assert_eq!(posted[0]["spec"]["dryRun"], "Plan");

    let (code, said) = typed(&machine, "run scale_deployment web", "y\n").await;
    in_order(&said, &["spec.replicas   2 -> 5", "Run it? [y/N]", "scale-web-1", "Done"]);
    assert_eq!(code, Some(0), "{said}");
    let posted = machine.posted("/kubernetesexecutions");
    let (shown, ran) = (&posted[1]["spec"], &posted[2]["spec"]);
    assert_eq!((&shown["dryRun"], shown.get("planHash")), (&json!("Plan"), None));
    assert_eq!(ran["planHash"], "sha256:4b1d");
    assert_ne!(ran["dryRun"], "Plan");
    assert_eq!((&shown["ttlAfterFinished"], ran.get("ttlAfterFinished")), (&json!("1h"), None), "what was only looked at goes");
    assert_eq!(posted.len(), 3);

    // Who did not look is held to nothing.
    assert_eq!(machine.writ("run scale_deployment web -y").await.status.code(), Some(0));
    assert_eq!(machine.posted("/kubernetesexecutions")[3]["spec"].get("planHash"), None);
}

#[tokio::test]
async fn an_approver_sees_what_a_dry_run_found_before_the_question_and_no_says_nothing() {
    let machine = Machine::with("AwaitingApproval", tried()).await;
    let (code, said) = typed(&machine, "approve scale-web-1", "\nn\n").await;
    let found = ["spec.replicas   2 -> 5", "spec.paused   (none) -> true   NOT ANNOUNCED by the plugin"];
    in_order(&said, &[found[0], found[1], "sha256:7f3a", "Approve exactly this as jonas, counted for sre-leads? [y/N]"]);
    assert!(said.ends_with("Nothing was said.\n"), "{said}");
    assert_eq!(code, Some(7), "{said}");
    assert_eq!(machine.posted("/executionapprovals"), Vec::<Value>::new());

    let (code, said) = typed(&machine, "approve scale-web-1", "looks right\ny\n").await;
    in_order(&said, &[found[1], "Comment", "[y/N]", "It does not count (WrongPlan): look again."]);
    assert_eq!(code, Some(2), "{said}");
    let posted = machine.posted("/executionapprovals");
    assert_eq!(posted.len(), 1);
    let spec = &posted[0]["spec"];
    assert_eq!(
        (&spec["planHash"], &spec["decision"], &spec["comment"]),
        (&json!("sha256:7f3a"), &json!("Approve"), &json!("looks right"))
    );
}

#[tokio::test]
async fn a_freeze_is_told_before_the_question_and_who_may_not_read_them_is_asked_all_the_same() {
    let freeze = json!({"apiVersion": "writ.dev/v1alpha1", "kind": "ExecutionFreeze", "metadata": {"name": "freeze-1"},
        "spec": {"reason": "INC-1 we are looking", "by": "jonas", "until": "2226-11-23T04:00:00Z", "selector": {"namespaces": ["shop"]}}});
    let mut more = planned();
    more["freezes"] = json!([freeze]);
    let machine = Machine::with("Completed", more).await;
    let frozen = "  frozen     until 2226-11-23T04:00:00Z: INC-1 we are looking; it will wait";
    let (_, said) = typed(&machine, "run scale_deployment web", "n\n").await;
    in_order(&said, &["spec.replicas   2 -> 5", frozen, "Run it? [y/N]"]);
    assert!(text(&machine.writ("run scale_deployment web --dry-run=plan").await.stdout).contains(frozen));

    let machine = Machine::with("Completed", planned()).await;
    let (_, said) = typed(&machine, "run scale_deployment web", "n\n").await;
    in_order(&said, &["spec.replicas   2 -> 5", "Run it? [y/N]"]);
    assert!(!said.contains("frozen"), "{said}");
}

#[tokio::test]
async fn who_breaks_the_glass_reads_before_the_question_whom_he_does_not_ask() {
    let mut more = planned();
    more["spec.breakGlass"] = json!(true);
    more["policy"] = json!({"decision": "Allow", "inputDigest": "", "results": [
        {"policy": "default", "digest": "", "decision": "Allow", "because": ["1 approval of sre-leads", "break glass is open"]}]});
    let machine = Machine::with("Completed", more).await;
    let (_, said) = typed(&machine, "run scale_deployment web --break-glass", "n\n").await;
    let glass = "BREAK GLASS: skips 1 approval of sre-leads; a review will be due";
    in_order(&said, &["spec.replicas   2 -> 5", glass, "Run it? [y/N]"]);

    let mut more = planned();
    more["spec.breakGlass"] = json!(true);
    more["approval"] = json!({"state": "Skipped", "count": "0 of 1", "needed": 1, "groups": ["sre-leads"], "planHash": "sha256:7f3a",
        "how": "", "since": "2026-11-23T03:12:09Z", "expiresAt": "2026-11-23T03:27:09Z"});
    let machine = Machine::with("Preparing", more).await;
    let (_, said) = typed(&machine, "reject scale-web-1", "no\nn\n").await;
    in_order(&said, &["SKIPPED: 1 person of sre-leads (break glass)", glass, "Reject it as jonas?"]);
}

/// What a yes covers is there, or it is not said.
#[tokio::test]
async fn an_approver_is_told_first_of_an_undo_and_never_of_one_that_cannot_be() {
    let way_back =
        json!({"state": "Planned", "action": "scale_deployment", "command": "writ run scale_deployment web replicas=5 -n shop"});
    let none = json!({"state": "Impossible", "because": "pods cannot be restarted back"});
    for (rollback, covers, undo) in [(way_back, true, "undo       writ run"), (none, false, "undo       CANNOT BE UNDONE: pods")]
    {
        let mut more = tried();
        more["rollback"] = rollback;
        more["spec.rollbackOf"] = json!({"name": "scale-web-0", "uid": "u0"});
        let machine = Machine::with("AwaitingApproval", more).await;
        let (_, said) = typed(&machine, "approve scale-web-1", "ok\ny\n").await;
        in_order(&said, &["This undoes scale-web-0 (what it did is not known here)", "spec.replicas   2 -> 5", undo, "[y/N]"]);
        assert_eq!(said.contains("covers     its undo too"), covers, "{said}");
        assert_eq!(machine.posted("/executionapprovals")[0]["spec"]["coversUndo"], covers);
    }
}

#[tokio::test]
async fn who_follows_a_dry_run_sees_what_it_found() {
    let machine = Machine::with("Completed", tried()).await;
    let said = machine.writ("watch scale-web-1").await;
    assert_eq!(said.status.code(), Some(0));
    expect![[r#"
        scale-web-1 in shop
          ✓ dry run     the API server accepts it; 2 fields change, 1 of them NOT ANNOUNCED by the plugin 1.4s
                        spec.paused   (none) -> true   NOT ANNOUNCED by the plugin
                        spec.replicas   2 -> 5
        Done: as told
    "#]]
    .assert_eq(text(&said.stdout));
    // Who comes later reads the same.
    let later = machine.writ("get scale-web-1").await;
    assert!(text(&later.stdout).ends_with("\nDone: as told\n"), "{}", text(&later.stdout));
}

#[tokio::test]
async fn who_does_not_wait_any_longer_is_told_that_it_goes_on_and_a_cancelled_one_ends_as_that() {
    let machine = Machine::new("Executing").await;
    for line in ["run scale_deployment web -y --wait 1s", "watch scale-web-1 --wait 1s"] {
        let said = machine.writ(line).await;
        let words = "--wait has passed; it is still running. Follow it: writ watch scale-web-1 -n shop   Stop it: writ cancel scale-web-1 -n shop";
        assert!(text(&said.stdout).contains(words), "{}", text(&said.stdout));
        assert_eq!(said.status.code(), Some(6), "{line}");
    }
    assert!(machine.api.calls.lock().unwrap().iter().all(|c| !c.starts_with("PATCH")), "nobody stops it");
    assert_eq!(Machine::new("Cancelled").await.writ("run scale_deployment web -y").await.status.code(), Some(7));
}

#[tokio::test]
async fn a_freeze_says_what_it_holds_back_and_how_to_end_it() {
    let machine = Machine::new("Completed").await;
    let said = machine.writ("freeze INC-1 --for 2h --in shop --action scale_deployment").await;
    assert_eq!(said.status.code(), Some(0), "{}", text(&said.stderr));
    let posted = machine.posted("/executionfreezes");
    let spec = &posted[0]["spec"];
    assert_eq!(spec["reason"], "INC-1");
    assert_eq!(spec["selector"], json!({"namespaces": ["shop"], "actions": ["scale_deployment"]}));
    let until: Timestamp = spec["until"].as_str().unwrap().parse().unwrap();
    let left = until.duration_since(Timestamp::now()).as_secs();
    assert!((7_100..=7_200).contains(&left), "{until}");
    let words = format!(
        "Frozen until {until}: action scale_deployment in namespace shop. Nothing starts; what runs goes on. To end it:\nwrit thaw freeze-1\n"
    );
    assert_eq!(text(&said.stdout), words);

    let said = machine.writ("thaw freeze-1").await;
    assert_eq!(said.status.code(), Some(0), "{}", text(&said.stderr));
    assert_eq!(text(&said.stdout), "Thawed: freeze-1 is gone; what waited for it goes on.\n");
    assert!(machine.api.calls.lock().unwrap().contains(&"DELETE /apis/writ.dev/v1alpha1/executionfreezes/freeze-1".to_owned()));
    assert_eq!(machine.writ("thaw freeze-2").await.status.code(), Some(1));
    // Who mistypes it believes that things are stopped.
    let said = machine.writ("freeze INC-1 --in shopp").await;
    assert_eq!((said.status.code(), text(&said.stderr)), (Some(1), "writ: there is no namespace shopp; nothing was frozen\n"));
    assert_eq!(machine.posted("/executionfreezes").len(), 1);
}
