//! What people approve runs, exactly that and nothing else; what is no approval starts nothing, and says why. The default policy wants one
//! of sre-leads for many new pods in production.
use super::{scale, with};
use crds::labels::{LABEL_EXECUTION_UID, NAMESPACE_RUNS};
use k8s_openapi::api::authorization::v1::ResourceAttributes;
use kube::{
    Client,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::{Value, json};
use tests::{
    Cluster, Operator, Run, Scratch, Standing, Typed, Workload, all, alone, among_others, api, create, eventually, get, refused,
    would_create,
};

pub(crate) const LEADS: &[&str] = &["sre-leads"];

pub(super) async fn production(cluster: &Cluster) -> (Scratch, Workload) {
    let space = cluster.labeled_scratch("execute-approve", json!({"environment": "production"})).await.unwrap();
    let web = Workload::deployment(cluster, &space.name, 1).await;
    (space, web)
}

/// More than the two pods that need no approval.
pub(super) fn many() -> Value {
    with(scale(5), json!({"reason": "INC-4312 load"}))
}

/// Somebody who may approve `scale_deployment` here, and sees what waits.
pub(crate) async fn approver(cluster: &Cluster, space: &Scratch, name: &str, groups: &[&str]) -> Client {
    space.user(name, "writ-approver").await.unwrap();
    let user = format!("{name}-{}", space.name);
    let (rbac, meta) = ("rbac.authorization.k8s.io", json!({"name": format!("may-approve-{name}"), "namespace": space.name}));
    let verbs = json!(["run", "approve"]);
    let role = json!({
        "apiVersion": format!("{rbac}/v1"), "kind": "Role", "metadata": meta,
        "rules": [{"apiGroups": ["writ.dev"], "resources": ["actions"], "resourceNames": ["scale-deployment"], "verbs": verbs}],
    });
    let binding = json!({
        "apiVersion": format!("{rbac}/v1"), "kind": "RoleBinding", "metadata": meta,
        "roleRef": {"apiGroup": rbac, "kind": "Role", "name": format!("may-approve-{name}")},
        "subjects": [{"apiGroup": rbac, "kind": "User", "name": user}],
    });
    create(&cluster.admin, &role).await.unwrap();
    create(&cluster.admin, &binding).await.unwrap();
    cluster.as_user(&user, groups)
}

/// When it waits, with the hash of what is waited for.
pub(super) async fn waits(run: &Run) -> String {
    let now = run.until("it waits for approvals", |kx| kx["status"]["phase"] == "AwaitingApproval").await;
    now["status"]["approval"]["planHash"].as_str().unwrap().to_owned()
}

pub(crate) fn ballot(run: &Run, hash: &str, more: Value) -> Value {
    let spec = json!({
        "execution": {"name": run.name, "uid": run.uid}, "action": "scale_deployment", "planHash": hash, "decision": "Approve",
        "comment": "ok",
    });
    json!({
        "apiVersion": "writ.dev/v1alpha1", "kind": "ExecutionApproval",
        "metadata": {"generateName": "a-", "namespace": run.namespace}, "spec": with(spec, more),
    })
}

/// Says it, as soon as the right is in force; what is said of it is looked up by `counted`.
pub(crate) async fn say(who: &Client, object: &Value) -> Value {
    let made = eventually("the right is in force", async || create(who, object).await.ok()).await;
    let mut named = object.clone();
    named["metadata"]["name"] = json!(made.metadata.name);
    named
}

/// Once he may say it: a command that is typed does not try again.
pub(super) async fn may_say(who: &Client, object: &Value) {
    let may = async || would_create(who, object).await.ok().map(drop);
    eventually("the right is in force", may).await;
}

pub(crate) async fn counted(cluster: &Cluster, object: &Value) -> (String, String) {
    let condition = eventually("it is told whether it counts", async || {
        let now = get(&cluster.admin, object).await.ok()??;
        now["status"]["conditions"].as_array()?.iter().find(|c| c["type"] == "Counted").cloned()
    })
    .await;
    let text = |part: &str| condition[part].as_str().unwrap().to_owned();
    (text("status"), text("reason"))
}

/// Until it is told that it does not count, and why: a look before may have seen it otherwise, and the next is half a minute away where
/// nobody wakes it.
async fn told(cluster: &Cluster, object: &Value, reason: &str) {
    let said = async || (counted(cluster, object).await == is(reason)).then_some(());
    tests::within(tests::PATIENCE, &format!("it is told: {reason}"), said).await;
}

pub(super) async fn nothing_started(cluster: &Cluster, run: &Run) {
    for (version, kind) in [("v1", "ServiceAccount"), ("batch/v1", "Job")] {
        let kind = json!({"apiVersion": version, "kind": kind, "metadata": {"namespace": NAMESPACE_RUNS}});
        let made = all(&cluster.admin, &kind, &format!("{LABEL_EXECUTION_UID}={}", run.uid)).await.unwrap();
        assert!(made.is_empty(), "{made:?}");
    }
}

/// Whoever approves what is over is told so.
async fn too_late(cluster: &Cluster, space: &Scratch, run: &Run, hash: &str) {
    let lena = approver(cluster, space, "lena", LEADS).await;
    let late = say(&lena, &ballot(run, hash, json!({}))).await;
    assert_eq!(counted(cluster, &late).await, is("AlreadyFinished"));
}

/// Of an execution that is not there: it is told so, if the garbage collector was not faster; either way that takes it.
async fn for_nothing(cluster: &Cluster, object: &Value) {
    let gone = async || {
        let now = get(&cluster.admin, object).await.ok()?;
        let told = now.as_ref().and_then(|now| now["status"]["conditions"][0]["reason"].as_str());
        assert!(told.is_none_or(|reason| reason == "WrongExecution"), "{told:?}");
        now.is_none().then_some(())
    };
    tests::within(tests::PATIENCE, "it is collected", gone).await;
}

fn is(reason: &str) -> (String, String) {
    ("False".to_owned(), reason.to_owned())
}

/// `writ approvals`, typed by one of sre-leads: it is there, with what it changes and what he can do.
pub(super) async fn listed(run: &Run, who: &str, change: &str, can: &str) {
    let said = Typed::start_as(who, LEADS, &["approvals", "-n", &run.namespace]).ended().await;
    assert_eq!(said.code, Some(0), "{said:?}");
    let line = said.out.lines().find(|line| line.contains(&run.name)).unwrap_or_else(|| panic!("{said:?}"));
    assert!(line.contains(change) && line.contains("INC-4312 load") && line.ends_with(can), "{line}");
}

#[tokio::test]
async fn what_somebody_else_approves_runs_and_tells_who_did() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let (space, web) = production(&cluster).await;
    let run = cluster.run(&space.name, many()).await;
    let hash = waits(&run).await;
    let waiting = run.now().await.unwrap();
    assert_eq!(waiting["status"]["approval"]["count"], "0 of 1");
    assert_eq!(waiting["status"]["approval"]["groups"], json!(["sre-leads"]));
    nothing_started(&cluster, &run).await;
    let jonas = approver(&cluster, &space, "jonas", LEADS).await;
    let yes = ballot(&run, &hash, json!({}));
    may_say(&jonas, &yes).await;
    let who = format!("jonas-{}", space.name);
    listed(&run, &who, "replicas 1 -> 5", "approve as sre-leads").await;
    let said = say(&jonas, &yes).await;
    assert_eq!(counted(&cluster, &said).await, ("True".to_owned(), "Counted".to_owned()));
    let story = run.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    assert_eq!(story.condition("Approved"), ("True", "Approved"));
    assert_eq!(web.settled().await.0, 5);
    assert_eq!(story.status("/approval/given/0/by"), who);
    assert!(story.rows.iter().any(|r| r["payload"]["status"]["approval"]["given"][0]["by"] == json!(who)), "{:#?}", story.rows);
    story.events(&run, &["ApprovalNeeded", "Approved"]).await;
    // With kubectl alone: what the status says is an object that the API server takes.
    let how = waiting["status"]["approval"]["how"].as_str().unwrap();
    let json: Value = serde_json::from_str(how.split('\'').nth(1).unwrap()).unwrap();
    assert_eq!(json["spec"]["execution"]["uid"], json!(run.uid));
    let late = say(&jonas, &with(ballot(&run, &hash, json!({})), json!({"spec": json["spec"]}))).await;
    assert_eq!(counted(&cluster, &late).await, is("AlreadyFinished"));
}

#[tokio::test]
async fn a_rejection_ends_it_and_says_by_whom() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let (space, web) = production(&cluster).await;
    let run = cluster.run(&space.name, many()).await;
    let hash = waits(&run).await;
    let jonas = approver(&cluster, &space, "jonas", &[]).await;
    may_say(&jonas, &ballot(&run, &hash, json!({"decision": "Reject"}))).await;
    let who = format!("jonas-{}", space.name);
    let line = ["reject", &run.name, "-n", &space.name, "-y", "--comment", "not during the sale"];
    let said = Typed::start(Some(&who), &line).ended().await;
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.contains("spec.replicas   1 -> 5\n") && said.out.contains(&hash), "{}", said.out);
    // That is said only of what counts.
    assert!(said.out.ends_with(&format!("\nRejected: {} ends, and nothing was touched.\n", run.name)), "{}", said.out);
    let story = run.ended().await;
    story.refused("Rejected", "Approver", &format!("{who} rejected it: not during the sale."));
    assert_eq!(story.condition("Approved"), ("False", "Rejected"));
    too_late(&cluster, &space, &run, &hash).await;
    assert_eq!(web.now().await["spec"]["replicas"], 1);
}

#[tokio::test]
async fn what_is_no_approval_starts_nothing_and_says_why() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let (space, web) = production(&cluster).await;
    // The requester is of sre-leads, and may approve: only not this.
    let maria = approver(&cluster, &space, "maria", LEADS).await;
    let asks = cluster.almighty(&format!("maria-{}", space.name));
    let run = cluster.run_as(&asks, &space.name, many()).await.unwrap();
    let hash = waits(&run).await;
    let jonas = approver(&cluster, &space, "jonas", &["dev"]).await;
    let lena = approver(&cluster, &space, "lena", LEADS).await;
    let forged = json!({"approver": {"username": "ceo", "groups": ["sre-leads"]}});
    let other_plan = json!({"planHash": format!("sha256:{}", "0".repeat(64))});
    let other_uid = json!({"execution": {"name": run.name, "uid": "22222222-2222-4222-8222-222222222222"}});
    let other_action = json!({"action": "rollout_restart"});
    let anything = cluster.as_user("lena", &["system:masters", "sre-leads"]);
    let bot = cluster.as_user(&format!("system:serviceaccount:{}:bot", space.name), &["system:masters", "sre-leads"]);
    let table = [
        ("SelfApproval", say(&maria, &ballot(&run, &hash, json!({}))).await),
        ("NotInGroup", say(&jonas, &ballot(&run, &hash, forged)).await),
        ("WrongPlan", say(&lena, &ballot(&run, &hash, other_plan)).await),
        ("WrongExecution", say(&anything, &ballot(&run, &hash, other_action)).await),
        ("ServiceAccount", say(&bot, &ballot(&run, &hash, json!({}))).await),
    ];
    for (reason, said) in &table {
        assert_eq!(counted(&cluster, said).await, is(reason));
    }
    for_nothing(&cluster, &say(&lena, &ballot(&run, &hash, other_uid)).await).await;
    nothing_started(&cluster, &run).await;
    run.cancel(&cluster.admin, "a drill").await.unwrap();
    let story = run.ended().await;
    assert_eq!(story.end(), ("Cancelled", "CancelRequested"), "{:#}", story.object["status"]);
    story.made_no_job();
    assert_eq!(web.now().await["spec"]["replicas"], 1);
}

#[tokio::test]
async fn an_approval_is_not_for_another_execution_however_alike() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let (space, _web) = production(&cluster).await;
    let lena = approver(&cluster, &space, "lena", LEADS).await;
    let first = cluster.run(&space.name, many()).await;
    let hash = waits(&first).await;
    let again = cluster.run(&space.name, many()).await;
    let other = waits(&again).await;
    assert_ne!(hash, other, "two executions of one wish are two plans");
    // The hash of one on the other: replayed, it is worth nothing.
    let replayed = say(&lena, &ballot(&again, &hash, json!({}))).await;
    assert_eq!(counted(&cluster, &replayed).await, is("WrongPlan"));
    nothing_started(&cluster, &again).await;
    // Deleted and made again under the same name: the old approval is not for the new one.
    first.delete().await.unwrap();
    first.gone().await;
    let mut named = Run::manifest(&space.name, many());
    named["metadata"] = json!({"name": first.name, "namespace": space.name});
    create(&cluster.admin, &named).await.unwrap();
    let recreated = eventually("the new one waits", async || {
        get(&cluster.admin, &named).await.ok()?.filter(|kx| kx["status"]["phase"] == "AwaitingApproval")
    })
    .await;
    assert_ne!(recreated["metadata"]["uid"], json!(first.uid));
    for_nothing(&cluster, &say(&lena, &ballot(&first, &hash, json!({}))).await).await;
    let still = get(&cluster.admin, &named).await.unwrap().unwrap();
    assert_eq!(still["status"]["approval"]["count"], "0 of 1", "{:#}", still["status"]);
}

#[tokio::test]
async fn a_plan_that_changes_while_it_waits_is_another_and_what_was_approved_before_is_void() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let (space, web) = production(&cluster).await;
    let lena = approver(&cluster, &space, "lena", LEADS).await;
    let run = cluster.run(&space.name, many()).await;
    let hash = waits(&run).await;
    let moved = json!({"spec": {"replicas": 2}});
    api(&cluster.admin, &web.object).patch("web", &PatchParams::default(), &Patch::Merge(moved)).await.unwrap();
    let said = say(&lena, &ballot(&run, &hash, json!({}))).await;
    let now = run
        .until("it waits anew", |kx| {
            kx["status"]["phase"] == "AwaitingApproval" && kx["status"]["approval"]["planHash"] != json!(hash)
        })
        .await;
    told(&cluster, &said, "WrongPlan").await;
    assert_eq!(now["status"]["summary"], "replicas 2 -> 5");
    let new = now["status"]["approval"]["planHash"].as_str().unwrap().to_owned();
    say(&lena, &ballot(&run, &new, json!({}))).await;
    let story = run.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
}

#[tokio::test]
async fn who_lost_the_right_approves_nothing_any_more() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let (space, web) = production(&cluster).await;
    let _two = demanding(&cluster, &space.name, r#"{"approvals": 2, "approver_groups": ["sre-leads"], "expires": "10m"}"#).await;
    let run = cluster.run(&space.name, many()).await;
    let hash = waits(&run).await;
    let jonas = approver(&cluster, &space, "jonas", LEADS).await;
    let said = say(&jonas, &ballot(&run, &hash, json!({}))).await;
    assert_eq!(counted(&cluster, &said).await.1, "Counted");
    // Twice by one person is still one. (Which of the two, where both are of one second, their names say.)
    let twice = say(&jonas, &ballot(&run, &hash, json!({}))).await;
    let one = async || {
        let both = [counted(&cluster, &said).await.1, counted(&cluster, &twice).await.1];
        (both.contains(&"Counted".into()) && both.contains(&"SamePersonTwice".into())).then_some(())
    };
    eventually("one of the two counts", one).await;
    let binding =
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"namespace": space.name}});
    api(&cluster.admin, &binding).delete("may-approve-jonas", &DeleteParams::default()).await.unwrap();
    let right = ResourceAttributes {
        verb: Some("approve".into()),
        group: Some("writ.dev".into()),
        resource: Some("actions".into()),
        name: Some("scale-deployment".into()),
        namespace: Some(space.name.clone()),
        ..ResourceAttributes::default()
    };
    let who = format!("jonas-{}", space.name);
    let gone = async || cluster.allows(&who, LEADS, right.clone()).await.is_ok_and(|a| !a).then_some(());
    eventually("the right is gone", gone).await;
    let lena = approver(&cluster, &space, "lena", LEADS).await;
    say(&lena, &ballot(&run, &hash, json!({}))).await;
    told(&cluster, &said, "NotAllowed").await;
    let now = run.now().await.unwrap();
    assert_eq!(now["status"]["phase"], "AwaitingApproval", "{:#}", now["status"]);
    assert_eq!(web.now().await["spec"]["replicas"], 1);
    run.cancel(&cluster.admin, "a drill").await.unwrap();
    run.ended().await.made_no_job();
}

#[tokio::test]
async fn what_nobody_approves_in_time_is_refused() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let (space, web) = production(&cluster).await;
    let _short = demanding(&cluster, &space.name, r#"{"approvals": 1, "expires": "5s"}"#).await;
    let run = cluster.run(&space.name, many()).await;
    let hash = waits(&run).await;
    let story = run.ended().await;
    story.refused("ApprovalExpired", "Approver", "there came 0 of 1");
    too_late(&cluster, &space, &run, &hash).await;
    assert_eq!(web.now().await["spec"]["replicas"], 1);
}

/// The wait and the approvals are in the cluster, not in the operator.
#[tokio::test]
async fn an_operator_that_dies_while_it_waits_loses_nothing() {
    let _turn = alone().await;
    let cluster = Cluster::connect().await.unwrap();
    let (space, web) = production(&cluster).await;
    let lena = approver(&cluster, &space, "lena", LEADS).await;
    let run = cluster.run(&space.name, many()).await;
    let hash = waits(&run).await;
    let before = run.now().await.unwrap()["status"]["approval"].clone();
    Operator::found(&cluster).await.killed(&cluster).await;
    let after = run.now().await.unwrap()["status"]["approval"].clone();
    assert_eq!(before, after);
    let said = say(&lena, &ballot(&run, &hash, json!({}))).await;
    Operator::found(&cluster).await.killed(&cluster).await;
    let story = run.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    assert_eq!(counted(&cluster, &said).await.1, "Counted");
    assert_eq!((story.jobs.len(), web.settled().await.0), (1, 5));
}

#[tokio::test]
async fn who_may_run_an_action_may_not_approve_it() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let (space, _web) = production(&cluster).await;
    let run = cluster.run(&space.name, many()).await;
    let hash = waits(&run).await;
    let dave = space.user("dave", "writ-approver").await.unwrap();
    super::may_run(&cluster, &space.name, &format!("dave-{}", space.name)).await;
    let asked = create(&dave, &ballot(&run, &hash, json!({}))).await;
    refused(asked, "may not approve scale_deployment");
    run.cancel(&cluster.admin, "a drill").await.unwrap();
    run.ended().await;
}

/// A policy that asks for this in one namespace, and allows everything else, once it is in force.
pub(crate) async fn demanding(cluster: &Cluster, namespace: &str, require: &str) -> Standing {
    demanding_if(cluster, namespace, require, "").await
}

/// The same, of what is so; empty: of everything.
pub(super) async fn demanding_if(cluster: &Cluster, namespace: &str, require: &str, condition: &str) -> Standing {
    let module = format!(
        "package writ\n\ndefault decision := {{\"allow\": true, \"deny\": [], \"require\": {{}}}}\n\n\
         decision := {{\"allow\": true, \"deny\": [], \"require\": {require}}} if {{\n\
         \tinput.execution.namespace == \"{namespace}\"\n\t{condition}\n}}\n"
    );
    let test = "package writ_test\n\nimport data.writ\n\n\
                test_elsewhere_nothing_is_asked if writ.decision.require == {} with input as {\"execution\": {\"namespace\": \"x\"}}\n";
    let policy = json!({
        "apiVersion": "writ.dev/v1alpha1", "kind": "ExecutionPolicy", "metadata": {"name": namespace},
        "spec": {"owner": "test", "modules": {"a.rego": module, "a_test.rego": test}},
    });
    cluster.stand(policy).await.unwrap().once("Ready").await
}
