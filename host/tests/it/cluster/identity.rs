//! The identity of a run: believed only whole and ours, taken away binding first.
use super::api::{Answer, Call, EXECUTION, TARGET, cluster, deployment, list, missing, no, ok, uid};
use crds::Identity;
use decide::{
    access::Access,
    model::{Operation, Write},
    observed::Grants,
};
use host::cluster::CallError;
use serde_json::{Value, json};

const ACCOUNTS: &str = "/api/v1/namespaces/writ-runs/serviceaccounts";
const BINDINGS: &str = "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings";
const REVIEWS: &str = "POST /apis/authorization.k8s.io/v1/subjectaccessreviews";

fn name() -> String {
    format!("run-{EXECUTION}.{TARGET}")
}

fn access() -> Access {
    let write = Write {
        object: deployment("web"),
        operation: Operation::Update,
        subresource: Some("scale".into()),
        uid: Some(uid(TARGET)),
    };
    Access {
        execution: uid(EXECUTION),
        name: name(),
        home: "writ-runs".into(),
        namespace: Some("shop".into()),
        role: "writ:action:scale-deployment:aaaaaaaaaa".into(),
        writes: vec![write],
    }
}

fn account() -> Value {
    json!({"metadata": {"name": name(), "uid": "sa", "labels": {"writ.dev/execution-uid": EXECUTION}}, "automountServiceAccountToken": false})
}

fn binding() -> Value {
    json!({
        "metadata": {"name": name(), "uid": "rb", "labels": {"writ.dev/execution-uid": EXECUTION}},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "writ:action:scale-deployment:aaaaaaaaaa"},
        "subjects": [{"kind": "ServiceAccount", "name": name(), "namespace": "writ-runs"}],
    })
}

fn review(call: &Call, verbs: &[&str]) -> Answer {
    let verb = call.body.pointer("/spec/resourceAttributes/verb").unwrap().as_str().unwrap();
    ok(json!({"spec": {}, "status": {"allowed": verbs.contains(&verb)}}))
}

/// The server has these, and its authorizer allows these verbs.
async fn grants(account: Option<Value>, binding: Option<Value>, verbs: &'static [&'static str]) -> Grants {
    let (cluster, _) = cluster(move |call| match () {
        () if call.is(REVIEWS) => review(call, verbs),
        () if call.line.contains("serviceaccounts") => account.clone().map_or_else(|| missing("run"), ok),
        () => binding.clone().map_or_else(|| missing("run"), ok),
    });
    cluster.grants(&access()).await.unwrap()
}

#[tokio::test]
async fn a_grant_is_whole_only_if_both_are_there_and_the_server_says_that_they_work() {
    assert_eq!(grants(None, None, &[]).await, Grants::None);
    assert_eq!(grants(Some(account()), None, &["patch"]).await, Grants::Partly);
    assert_eq!(grants(None, Some(binding()), &["patch"]).await, Grants::Partly);
    assert_eq!(grants(Some(account()), Some(binding()), &[]).await, Grants::Pending);
    for one in [&["patch"][..], &["update"][..]] {
        assert_eq!(grants(Some(account()), Some(binding()), one).await, Grants::Whole, "{one:?} is enough");
    }
    assert_eq!(grants(Some(account()), Some(binding()), &["create", "delete", "get"]).await, Grants::Pending);
}

#[tokio::test]
async fn one_that_is_going_away_is_not_whole() {
    let mut going = account();
    going["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    assert_eq!(grants(Some(going), Some(binding()), &["patch"]).await, Grants::Partly);
}

#[tokio::test]
async fn something_else_of_our_name_is_never_taken_for_ours() {
    let changed = |object: Value, pointer: &str, value: Value| {
        let mut object = object;
        *object.pointer_mut(pointer).unwrap() = value;
        object
    };
    for (account, binding) in [
        (changed(account(), "/metadata/labels", json!({})), binding()),
        (changed(account(), "/automountServiceAccountToken", json!(true)), binding()),
        (account(), changed(binding(), "/roleRef/name", json!("cluster-admin"))),
        (account(), changed(binding(), "/roleRef/kind", json!("Role"))),
        (account(), changed(binding(), "/metadata/labels", json!({}))),
        (account(), changed(binding(), "/subjects/0/name", json!("other"))),
        (account(), changed(binding(), "/subjects/0/namespace", json!("shop"))),
        (account(), changed(binding(), "/subjects", json!([{"kind": "Group", "name": "system:authenticated"}]))),
    ] {
        let seen = grants(Some(account), Some(binding), &["patch"]).await;
        assert!(matches!(&seen, Grants::Forbidden { why } if why.contains("not made for this execution")), "{seen:?}");
    }
}

#[tokio::test]
async fn the_review_is_about_the_run_itself_and_the_very_write() {
    let (cluster, heard) = cluster(|call| match () {
        () if call.is(REVIEWS) => review(call, &["patch"]),
        () if call.line.contains("serviceaccounts") => ok(account()),
        () => ok(binding()),
    });
    cluster.grants(&access()).await.unwrap();
    let asked = heard.calls().into_iter().find(|c| c.is(REVIEWS)).unwrap().body;
    let spec = json!({
        "user": format!("system:serviceaccount:writ-runs:{}", name()),
        "groups": ["system:serviceaccounts", "system:serviceaccounts:writ-runs", "system:authenticated"],
        "resourceAttributes": {
            "verb": "patch", "group": "apps", "version": "v1", "resource": "deployments", "subresource": "scale",
            "namespace": "shop", "name": "web",
        },
    });
    assert_eq!(asked["spec"], spec);
}

#[tokio::test]
async fn both_are_made_with_the_label_and_what_is_there_already_is_no_failure() {
    let (cluster, heard) = cluster(|call| match () {
        () if call.line.contains("serviceaccounts") => no(409, "AlreadyExists", "there"),
        () => Answer::Json(201, binding()),
    });
    cluster.grant(&access()).await.unwrap();
    assert_eq!(heard.sorted(), [format!("POST {ACCOUNTS}"), format!("POST {BINDINGS}")]);
    for call in heard.calls() {
        assert_eq!(call.body["metadata"]["labels"], json!({"writ.dev/execution-uid": EXECUTION}));
        assert_eq!(call.body["metadata"]["name"], json!(name()));
    }
    let made = heard.calls().into_iter().find(|c| c.line.contains("serviceaccounts")).unwrap();
    assert_eq!(made.body["automountServiceAccountToken"], json!(false));
}

#[tokio::test]
async fn what_the_server_refuses_to_grant_is_told_once_with_its_words() {
    let (cluster, heard) = cluster(|call| match () {
        () if call.is("GET") => missing("run"),
        () if call.line.contains("rolebindings") => no(403, "Forbidden", "no run gets rights in the protected namespace"),
        () => Answer::Json(201, account()),
    });
    cluster.grant(&access()).await.unwrap();
    let why = "no run gets rights in the protected namespace".to_owned();
    assert_eq!(cluster.grants(&access()).await.unwrap(), Grants::Forbidden { why });
    assert_eq!(heard.lines().len(), 2, "the refusal was not asked for again");
    assert_eq!(cluster.grants(&access()).await.unwrap(), Grants::None, "the next look is live");
}

#[tokio::test]
async fn a_grant_that_may_have_been_made_is_unknown() {
    let (cluster, _) =
        cluster(|call| if call.line.contains("serviceaccounts") { Answer::Broken } else { Answer::Json(201, binding()) });
    assert!(matches!(cluster.grant(&access()).await, Err(CallError::Unknown(_))));
}

fn labeled(call: &Call) -> Answer {
    match () {
        () if call.is("GET") && call.line.contains("rolebindings") => list(&[binding()]),
        () if call.is("GET") => list(&[account()]),
        () => ok(json!({"kind": "Status", "status": "Success"})),
    }
}

#[tokio::test]
async fn the_binding_goes_before_the_account_and_each_by_its_uid() {
    let (cluster, heard) = cluster(labeled);
    cluster.revoke(&uid(EXECUTION), "shop").await.unwrap();
    let (binding, account) = (format!("DELETE {BINDINGS}/{}", name()), format!("DELETE {ACCOUNTS}/{}", name()));
    assert!(heard.position(&binding) < heard.position(&account), "{:?}", heard.lines());
    for (call, uid) in heard.calls().iter().filter(|c| c.is("DELETE")).zip(["rb", "sa"]) {
        assert_eq!(call.body["preconditions"]["uid"], json!(uid));
    }
    let selector = format!("labelSelector=writ.dev%2Fexecution-uid%3D{EXECUTION}");
    assert!(heard.lines().iter().filter(|l| l.starts_with("GET")).all(|l| l.contains(&selector)), "{:?}", heard.lines());
}

#[tokio::test]
async fn a_dry_run_has_its_account_where_dry_runs_live_and_loses_it_with_the_rest() {
    let dry = Access { name: format!("dry-{EXECUTION}.{TARGET}"), home: "writ-dryrun".into(), ..access() };
    let account = format!("/api/v1/namespaces/writ-dryrun/serviceaccounts/{}", dry.name);
    let (cluster, heard) =
        cluster(|call| if call.is("POST") { Answer::Json(201, json!({"metadata": {}})) } else { labeled(call) });
    cluster.grant(&dry).await.unwrap();
    assert_eq!(heard.sorted(), [format!("POST {}", account.rsplit_once('/').unwrap().0), format!("POST {BINDINGS}")]);
    let binding = heard.calls().into_iter().find(|c| c.line.contains("rolebindings")).unwrap();
    assert_eq!(binding.body["subjects"][0]["namespace"], json!("writ-dryrun"));
    cluster.revoke(&uid(EXECUTION), "shop").await.unwrap();
    heard.position(&format!("DELETE {ACCOUNTS}"));
    heard.position("DELETE /api/v1/namespaces/writ-dryrun/serviceaccounts");
}

#[tokio::test]
async fn while_the_binding_cannot_be_removed_the_account_stays() {
    let (cluster, heard) = cluster(|call| if call.is("DELETE") { no(500, "InternalError", "etcd") } else { labeled(call) });
    assert!(matches!(cluster.revoke(&uid(EXECUTION), "shop").await, Err(CallError::Unknown(_))));
    assert!(!heard.lines().iter().any(|l| l.starts_with(&format!("DELETE {ACCOUNTS}"))), "{:?}", heard.lines());
}

#[tokio::test]
async fn what_is_gone_already_is_no_failure() {
    let (cluster, _) = cluster(|call| if call.is("DELETE") { missing("run") } else { labeled(call) });
    cluster.revoke(&uid(EXECUTION), "shop").await.unwrap();
}

#[tokio::test]
async fn nothing_is_left_only_where_neither_carries_the_label() {
    for (bindings, accounts, expected) in
        [(vec![], vec![], Grants::None), (vec![binding()], vec![], Grants::Partly), (vec![], vec![account()], Grants::Partly)]
    {
        // Where runs live, and where dry runs do.
        for home in ["/writ-runs/", "/writ-dryrun/"] {
            let (bindings, accounts) = (bindings.clone(), accounts.clone());
            let (cluster, _) = cluster(move |call| match () {
                () if call.line.contains("rolebindings") => list(&bindings),
                () if call.line.contains(home) => list(&accounts),
                () => list(&[]),
            });
            assert_eq!(cluster.leftovers(&uid(EXECUTION), "shop").await.unwrap(), expected);
        }
    }
}

#[tokio::test]
async fn a_requester_is_asked_about_with_the_groups_that_were_stamped() {
    let (cluster, heard) = cluster(|_| Answer::Json(201, json!({"spec": {}, "status": {"allowed": false, "reason": "no role"}})));
    let jane = Identity { username: "jane".into(), uid: "u1".into(), groups: vec!["dev".into(), "system:authenticated".into()] };
    let answer = cluster.may_run(&jane, "shop", "scale_deployment").await.unwrap();
    let why = "jane may not run scale_deployment in shop: needs verb run on actions.writ.dev/scale-deployment; the API server says: no role";
    assert_eq!(answer, Err(why.to_owned()));
    let attributes =
        json!({"verb": "run", "group": "writ.dev", "resource": "actions", "namespace": "shop", "name": "scale-deployment"});
    let spec = json!({"user": "jane", "uid": "u1", "groups": ["dev", "system:authenticated"], "resourceAttributes": attributes});
    assert_eq!(heard.calls()[0].body["spec"], spec);
}

#[tokio::test]
async fn what_a_requester_may_read_is_asked_by_name_or_for_all_of_a_kind() {
    let (cluster, heard) = cluster(|_| Answer::Json(201, json!({"spec": {}, "status": {"allowed": false}})));
    let jane = Identity { username: "jane".into(), ..Identity::default() };
    let api = deployment("web").api;
    let one = cluster.may_read(&jane, &api, Some("shop"), Some("web")).await.unwrap();
    assert_eq!(one, Err("jane lacks the verb get on deployments.apps in namespace shop".to_owned()));
    let all = cluster.may_read(&jane, &api, None, None).await.unwrap();
    assert_eq!(all, Err("jane lacks the verb list on deployments.apps in the whole cluster".to_owned()));
    let asked: Vec<Value> = heard.calls().iter().map(|c| c.body["spec"]["resourceAttributes"].clone()).collect();
    let (group, version, resource) = ("apps", "v1", "deployments");
    let named =
        json!({"verb": "get", "group": group, "version": version, "resource": resource, "namespace": "shop", "name": "web"});
    assert_eq!(asked, [named, json!({"verb": "list", "group": group, "version": version, "resource": resource})]);
}

#[tokio::test]
async fn what_is_of_the_whole_cluster_is_bound_cluster_wide() {
    let wide = Access { namespace: None, role: "writ:cluster-action:cordon-node:aaaaaaaaaa".into(), ..access() };
    let (cluster, heard) = cluster(|call| match () {
        () if call.is("GET") => list(&[json!({"metadata": {"name": name(), "uid": "b"}})]),
        () if call.is("DELETE") => ok(json!({"kind": "Status", "status": "Success"})),
        () => ok(call.body.clone()),
    });
    cluster.grant(&wide).await.unwrap();
    let made = heard.calls().into_iter().find(|c| c.line.contains("/clusterrolebindings")).unwrap();
    assert!(made.is("POST") && made.body["metadata"].get("namespace").is_none(), "{made:?}");
    assert_eq!(made.body["roleRef"]["name"], "writ:cluster-action:cordon-node:aaaaaaaaaa");
    cluster.revoke(&uid(EXECUTION), "writ-cluster").await.unwrap();
    let first = heard.lines().into_iter().find(|l| l.starts_with("DELETE")).unwrap();
    assert!(first.starts_with("DELETE /apis/rbac.authorization.k8s.io/v1/clusterrolebindings/"), "{first}");
}

#[tokio::test]
async fn a_review_without_an_answer_is_a_no() {
    let (cluster, _) = cluster(|_| Answer::Json(201, json!({"spec": {}})));
    assert!(cluster.may_run(&Identity::default(), "shop", "x").await.unwrap().is_err());
}
