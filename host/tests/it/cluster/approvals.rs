//! Approvals are read live and by the name of their execution; each giver's right is asked once; what is said of each is a condition.
use super::api::{Answer, Call, EXECUTION, HASH, cluster, execution, list, missing, no, ok};
use crds::{CountedReason, Decision};
use decide::observed::Told;
use serde_json::{Value, json};

fn object(name: &str, user: &str, told: Option<&str>) -> Value {
    let conditions = told.map(|reason| {
        json!([{"type": "Counted", "status": "False", "reason": reason, "message": "m",
        "lastTransitionTime": "2026-11-23T03:12:07Z"}])
    });
    json!({
        "apiVersion": "writ.dev/v1alpha1", "kind": "ExecutionApproval",
        "metadata": {"name": name, "namespace": "shop", "uid": name, "creationTimestamp": "2026-11-23T03:12:07Z"},
        "spec": {
            "execution": {"name": "scale", "uid": EXECUTION}, "action": "scale_deployment", "planHash": HASH, "decision": "Approve",
            "approver": {"username": user, "uid": "7", "groups": ["sre-leads"]},
        },
        "status": {"conditions": conditions.unwrap_or(json!([]))},
    })
}

fn reviewed(call: &Call) -> Answer {
    ok(json!({"spec": {}, "status": {"allowed": call.body["spec"]["user"] == "jonas"}}))
}

#[tokio::test]
async fn all_of_one_execution_with_the_rights_of_their_givers_now() {
    let all = [object("a", "jonas", None), object("b", "jonas", Some("WrongPlan")), object("c", "lena", Some("OfANewerBuild"))];
    let (cluster, heard) = cluster(move |call| if call.is("POST") { reviewed(call) } else { list(&all) });
    let seen = cluster.approvals(&execution()).await.unwrap();
    let short: Vec<_> = seen.iter().map(|a| (a.name.as_str(), a.by.username.as_str(), a.may, a.decision)).collect();
    let yes = Decision::Approve;
    assert_eq!(short, [("a", "jonas", true, yes), ("b", "jonas", true, yes), ("c", "lena", false, yes)]);
    let told: Vec<_> = seen.into_iter().map(|a| a.told.map(|t| t.reason)).collect();
    assert_eq!(told, [None, Some(CountedReason::WrongPlan), None]);
    let calls = heard.calls();
    assert_eq!(
        calls[0].line,
        "GET /apis/writ.dev/v1alpha1/namespaces/shop/executionapprovals?&fieldSelector=spec.execution.name%3Dscale"
    );
    assert_eq!(calls.len(), 3, "one review a person, not one an approval");
    let asked = &calls[1].body["spec"];
    let right =
        json!({"verb": "approve", "group": "writ.dev", "resource": "actions", "name": "scale-deployment", "namespace": "shop"});
    assert_eq!((&asked["resourceAttributes"], &asked["uid"], &asked["groups"]), (&right, &json!("7"), &json!(["sre-leads"])));
}

#[tokio::test]
async fn those_of_what_is_undone_are_found_by_its_name_and_asked_for_the_right_on_the_undo() {
    let mut without = object("b", "lena", None);
    without["spec"]["coversUndo"] = json!(false);
    let all = [object("a", "jonas", None), without];
    let (cluster, heard) = cluster(move |call| if call.is("POST") { reviewed(call) } else { list(&all) });
    let mut undo = execution();
    undo.spec.action = "uncordon_node".into();
    let seen = cluster.approvals_covering(&undo, "first").await.unwrap();
    let short: Vec<_> = seen.iter().map(|a| (a.name.as_str(), a.may, a.covers_undo)).collect();
    assert_eq!(short, [("a", true, true), ("b", false, false)], "where nothing is said, it is covered");
    let calls = heard.calls();
    assert!(calls[0].line.ends_with("fieldSelector=spec.execution.name%3Dfirst"), "{}", calls[0].line);
    assert_eq!(calls[1].body["spec"]["resourceAttributes"]["name"], "uncordon-node");
}

#[tokio::test]
async fn nobody_who_was_not_stamped_may_anything() {
    let mut unstamped = object("a", "", None);
    unstamped["spec"]["approver"] = Value::Null;
    let (cluster, heard) = cluster(move |_| list(std::slice::from_ref(&unstamped)));
    let seen = cluster.approvals(&execution()).await.unwrap();
    assert_eq!((seen[0].may, seen[0].by.username.as_str()), (false, ""));
    assert_eq!(heard.calls().len(), 1, "nobody is not asked about");
}

#[tokio::test]
async fn what_is_said_is_a_condition_of_exactly_that_object_and_one_that_is_gone_hears_nothing() {
    let told = |reason| Told { reason, message: "m".into() };
    let all = [
        ("a".to_owned(), "u-a".to_owned(), told(CountedReason::Counted)),
        ("gone".to_owned(), "u-b".to_owned(), told(CountedReason::SelfApproval)),
        ("another".to_owned(), "u-c".to_owned(), told(CountedReason::Expired)),
    ];
    let (cluster, heard) = cluster(|call| match () {
        () if call.line.contains("/gone/") => missing("gone"),
        () if call.line.contains("/another/") => no(409, "Conflict", "another uid"),
        () => ok(object("a", "jonas", None)),
    });
    cluster.tell_approvals("shop", &all).await.unwrap();
    let calls = heard.calls();
    let a = calls.iter().find(|c| c.line.contains("/a/")).unwrap();
    assert!(a.is("PATCH /apis/writ.dev/v1alpha1/namespaces/shop/executionapprovals/a/status"), "{}", a.line);
    assert_eq!(a.body["metadata"]["uid"], "u-a");
    let condition = &a.body["status"]["conditions"][0];
    assert_eq!(
        (&condition["type"], &condition["status"], &condition["reason"]),
        (&json!("Counted"), &json!("True"), &json!("Counted"))
    );
    let gone = calls.iter().find(|c| c.line.contains("/gone/")).unwrap();
    assert_eq!(gone.body["status"]["conditions"][0]["status"], "False");
    let (cluster, _) = super::api::cluster(|_| no(403, "Forbidden", "no"));
    assert!(cluster.tell_approvals("shop", &all).await.is_err(), "that it cannot be said is no success");
}
