//! Policies that are broken, each in its way, and none at all: the execution is refused with the reason of that way, and nothing is made for it.
//! Alone: whatever else runs is asked about by these policies too. And one in shadow, which is asked and not obeyed.
use super::{scale, with};
use anyhow::Result;
use serde_json::{Value, json};
use tests::{Cluster, PATIENCE, Standing, Workload, alone, among_others, create, get, within};

const YES: &str = r#"{"allow": true, "deny": [], "require": {}}"#;
const NO: &str = r#"{"allow": false, "deny": ["not here"], "require": {}}"#;

/// What is in force beside the default policy, the reason of the refusal, and words of its message.
fn ways() -> [(String, &'static str, &'static str); 7] {
    let numbers = |of: &str, most: u32| format!("some {of} in numbers.range(1, {most})");
    let copies = r#"concat("", [big, sprintf("%d", [n])])"#;
    [
        (format!("decision := {NO}"), "PolicyDenied", "not here"),
        (format!("decision := {YES} if input.version\n\ndecision := {NO} if input.now"), "PolicyErrored", "it failed: "),
        (format!("decision := {YES} if input.action.risk == \"none at all\""), "PolicyUndefined", "it came to no decision"),
        (r#"decision := {"allow": "true", "deny": [], "require": {}}"#.to_owned(), "PolicyMalformed", "allow is no boolean"),
        (
            format!("decision := {YES} if count([1 | {}; {}; a + b < 0]) == 0", numbers("a", 9000), numbers("b", 9000)),
            "PolicyTimedOut",
            "it took too long",
        ),
        (
            format!(
                "decision := {YES} if count([{copies} | {many}]) > 0\n\nbig := concat(\"\", [\"123456789\" | {many}])",
                many = numbers("n", 9000)
            ),
            "PolicyOutOfMemory",
            "it needs too much memory",
        ),
        (
            format!("decision := {YES} if http.send({{\"method\": \"GET\", \"url\": \"http://x\"}})"),
            "PolicyNotReady",
            "HttpSendNotAllowed",
        ),
    ]
}

async fn broken(cluster: &Cluster, name: &str, module: &str) -> Standing {
    let test = "package writ_test\n\ntest_arithmetic if 1 + 1 == 2\n";
    let policy = json!({
        "apiVersion": "writ.dev/v1alpha1", "kind": "ExecutionPolicy", "metadata": {"name": name},
        "spec": {"owner": "test", "modules": {"a.rego": format!("package writ\n\n{module}\n"), "a_test.rego": test}},
    });
    cluster.stand(policy).await.unwrap()
}

/// Until a plan is answered so: of what is in force nothing else tells when a policy is gone.
async fn answered(cluster: &Cluster, namespace: &str, end: (&str, &str)) {
    within(PATIENCE, &format!("a plan ends {end:?}"), async || {
        let plan = cluster.run(namespace, with(scale(2), json!({"dryRun": "Plan"}))).await;
        (plan.ended().await.end() == end).then_some(())
    })
    .await;
}

const PLANNED: (&str, &str) = ("Completed", "PlanOnly");

#[tokio::test]
async fn each_way_of_being_broken_has_its_reason_and_makes_no_job() {
    let _turn = alone().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-policy").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    for (number, (module, reason, words)) in ways().into_iter().enumerate() {
        let standing = broken(&cluster, &format!("{}-{number}", space.name), &module).await;
        answered(&cluster, &space.name, ("Refused", reason)).await;
        cluster.run(&space.name, scale(2)).await.ended().await.refused(reason, "Policy", words);
        drop(standing);
        answered(&cluster, &space.name, PLANNED).await;
    }
    assert_eq!(web.now().await["spec"]["replicas"], 1);
}

/// The default policy, away until this is dropped.
struct Away(Cluster, Value);

impl Away {
    async fn begin(cluster: &Cluster) -> Self {
        let named = json!({"apiVersion": "writ.dev/v1alpha1", "kind": "ExecutionPolicy", "metadata": {"name": "default"}});
        let found = get(&cluster.admin, &named).await.unwrap().expect("the default policy is in force");
        let mut object = named.clone();
        object["spec"] = found["spec"].clone();
        tests::api(&cluster.admin, &named).delete("default", &kube::api::DeleteParams::default()).await.unwrap();
        Self(cluster.clone(), object)
    }
}

impl Drop for Away {
    fn drop(&mut self) {
        let object = self.1.clone();
        self.0.afterwards("put the default policy back", async move |cluster| -> Result<()> {
            create(&cluster.admin, &object).await?;
            Ok(())
        });
    }
}

#[tokio::test]
async fn a_policy_that_is_deleted_while_one_waits_lets_nothing_start() {
    let _turn = alone().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-policy").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let freeze = json!({
        "apiVersion": "writ.dev/v1alpha1", "kind": "ExecutionFreeze", "metadata": {"name": format!("freeze-{}", space.name)},
        "spec": {"reason": "release day", "selector": {"namespaces": [space.name]}},
    });
    let freeze = cluster.stand(freeze).await.unwrap();
    let run = cluster.run(&space.name, scale(2)).await;
    let waiting = run.until("it waits, allowed", |kx| kx["status"]["reason"] == "Frozen").await;
    assert_eq!(waiting["status"]["policy"]["decision"], "Allow");

    let away = Away::begin(&cluster).await;
    answered(&cluster, &space.name, ("Refused", "PolicyMissing")).await;
    drop(freeze);
    let story = run.ended().await;
    story.refused("PolicyMissing", "Policy", "nothing is allowed by silence");
    assert_eq!(web.now().await["spec"]["replicas"], 1);

    drop(away);
    answered(&cluster, &space.name, PLANNED).await;
    let story = cluster.run(&space.name, scale(2)).await.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
}

/// A policy that denies everything in this namespace, in shadow, once it is in force.
async fn shadow(cluster: &Cluster, namespace: &str) -> Standing {
    let module = format!(
        "package writ\n\ndecision := {{\"allow\": count(deny) == 0, \"deny\": deny, \"require\": {{}}}}\n\n\
         deny contains \"not here\" if input.execution.namespace == \"{namespace}\"\n"
    );
    let test = format!(
        "package writ_test\n\nimport data.writ\n\n\
         test_here if count(writ.deny) == 1 with input as {{\"execution\": {{\"namespace\": \"{namespace}\"}}}}\n"
    );
    let policy = json!({
        "apiVersion": "writ.dev/v1alpha1", "kind": "ExecutionPolicy", "metadata": {"name": namespace},
        "spec": {"mode": "Shadow", "owner": "test", "modules": {"a.rego": module, "a_test.rego": test}},
    });
    cluster.stand(policy).await.unwrap().once("Ready").await
}

#[tokio::test]
async fn the_no_of_a_shadow_stops_nothing_and_is_recorded_and_counted() {
    let _turn = among_others().await;
    let cluster = Cluster::connect().await.unwrap();
    let space = cluster.scratch("execute-shadow").await.unwrap();
    let web = Workload::deployment(&cluster, &space.name, 1).await;
    let _shadow = shadow(&cluster, &space.name).await;
    let story = cluster.run(&space.name, scale(2)).await.ended().await;
    assert_eq!(story.end(), ("Completed", "ChecksPassed"), "{:#}", story.object["status"]);
    assert_eq!(web.now().await["spec"]["replicas"], 2);
    // In the object, and in the ledger from the first row on.
    for status in [&story.object["status"], &story.rows[0]["payload"]["status"]] {
        let policy = &status["policy"];
        let said = policy["results"].as_array().and_then(|all| all.iter().find(|r| r["policy"] == space.name)).unwrap();
        assert_eq!(policy["decision"], "Allow", "{policy:#}");
        assert_eq!((&said["decision"], &said["because"]), (&json!("Deny"), &json!(["not here"])), "{policy:#}");
        assert_eq!(said["shadow"], true, "{policy:#}");
    }
    let counter = format!("writ_decisions_total{{policy=\"{}\",decision=\"deny\"}}", space.name);
    assert!(cluster.counted(&counter).await.unwrap() > 0, "{counter}");
}
