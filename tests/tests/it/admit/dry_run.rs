//! Whatever acts from writ-dryrun can persist nothing, even on the object that it is for. RBAC allows these identities everything.
use super::{patch, patch_sub, post, uid, with};
use crds::labels::{DRY_RUN_ONLY, DRY_RUN_PROBE, NAMESPACE_DRYRUN, NAMESPACE_RUNS, OPERATOR_USER};
use kube::{
    Client,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams},
};
use serde_json::{Value, json};
use tests::{Cluster, Scratch, Standing, api, create, eventually, get, refused, would_create};

const EXECUTION: &str = "11111111-1111-4111-8111-111111111111";
const NAME: &str = "dry-11111111-1111-4111-8111-111111111111.22222222-2222-4222-8222-222222222222";

fn deployment(namespace: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": namespace},
        "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "web"}}, "template": {
            "metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "none.invalid/none"}]}}},
    })
}

/// A target, and the identity of a dry run on it.
async fn dry_run_on(cluster: &Cluster, object: &Value) -> Client {
    let target = create(&cluster.admin, object).await.unwrap();
    cluster.almighty(&format!("system:serviceaccount:{NAMESPACE_DRYRUN}:dry-{EXECUTION}.{}", uid(&target)))
}

async fn space(cluster: &Cluster) -> Scratch {
    cluster.scratch("admit-dry").await.unwrap()
}

#[tokio::test]
async fn a_dry_run_may_ask_about_its_target_and_writes_nothing() {
    let cluster = Cluster::connect().await.unwrap();
    let space = space(&cluster).await;
    let web = deployment(&space.name);
    let dry = dry_run_on(&cluster, &web).await;
    let (scale, label) = (json!({"spec": {"replicas": 0}}), json!({"metadata": {"labels": {"a": "b"}}}));
    refused(patch_sub(&dry, &web, "scale", scale.clone()).await, DRY_RUN_ONLY);
    refused(patch(&dry, &web, label.clone()).await, DRY_RUN_ONLY);
    let deployments = api(&dry, &web);
    refused(deployments.delete("web", &DeleteParams::default()).await, DRY_RUN_ONLY);
    refused(deployments.delete_collection(&DeleteParams::default(), &ListParams::default()).await.map(|_| "all"), DRY_RUN_ONLY);
    let apply = deployments.patch("web", &PatchParams::apply("a-test"), &Patch::Apply(&web)).await;
    refused(apply, DRY_RUN_ONLY);
    // The same, asked.
    let asks = PatchParams::default().dry_run();
    deployments.patch_subresource("scale", "web", &asks, &Patch::Merge(scale)).await.unwrap();
    deployments.patch("web", &asks, &Patch::Merge(label)).await.unwrap();
    deployments.delete("web", &DeleteParams::default().dry_run()).await.unwrap();
    let now = api(&cluster.admin, &web).get("web").await.unwrap();
    assert_eq!((now.metadata.labels, now.metadata.deletion_timestamp), (None, None));
}

#[tokio::test]
async fn a_dry_run_asks_about_its_target_and_about_nothing_else() {
    let cluster = Cluster::connect().await.unwrap();
    let space = space(&cluster).await;
    let web = deployment(&space.name);
    let dry = dry_run_on(&cluster, &web).await;
    let other = with(web.clone(), json!({"metadata": {"name": "db"}}));
    create(&cluster.admin, &other).await.unwrap();
    let asks = PatchParams::default().dry_run();
    let label = Patch::Merge(json!({"metadata": {"labels": {"a": "b"}}}));
    refused(api(&dry, &other).patch("db", &asks, &label).await, "this run was granted writes to ");
    refused(would_create(&dry, &with(web, json!({"metadata": {"name": "new"}}))).await, "this run was granted writes to ");
}

/// Two guards say no; whichever of them speaks first. Each by itself: `alone`.
#[tokio::test]
async fn a_dry_run_gets_no_token_and_opens_no_connection() {
    let cluster = Cluster::connect().await.unwrap();
    let space = space(&cluster).await;
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "mine", "namespace": space.name}});
    let dry = dry_run_on(&cluster, &account).await;
    let request = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}});
    for dry_run in [false, true] {
        let params = PostParams { dry_run, ..PostParams::default() };
        let token: kube::Result<Value> = api(&dry, &account).create_subresource("token", "mine", &params, &request).await;
        refused(token.map(|_| "a token"), "denied request");
    }
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": space.name}, "spec": {
        "containers": [{"name": "c", "image": "none.invalid/none"}], "nodeSelector": {"writ.dev/test": "nowhere"}}});
    eventually("the namespace takes pods", async || create(&cluster.admin, &pod).await.ok()).await;
    for way in ["exec", "attach", "portforward", "proxy"] {
        refused(post(&api(&dry, &pod), way, "p", json!({})).await, "denied request");
    }
    let eviction = json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p", "namespace": space.name}});
    refused(post(&api(&dry, &pod), "eviction", "p", eviction).await.map(|_| "evicted"), "denied request");
}

/// The guard of dry runs with one of its validations alone, for a made-up user to whom everything else is allowed: what refuses him is this.
async fn alone(cluster: &Cluster, space: &Scratch, words: &str) -> ([Standing; 2], Client) {
    let admission = "admissionregistration.k8s.io/v1";
    let of = |kind: &str, name: &str| json!({"apiVersion": admission, "kind": kind, "metadata": {"name": name}});
    let shipped =
        get(&cluster.admin, &of("ValidatingAdmissionPolicy", "writ-dry-run-only")).await.unwrap().expect("it is installed");
    let condition = shipped["spec"]["matchConditions"][0]["expression"].as_str().unwrap();
    let theirs = format!("request.userInfo.username.startsWith('system:serviceaccount:{NAMESPACE_DRYRUN}:')");
    assert!(condition.trim_start().starts_with(&theirs), "{condition}");
    let name = format!("{}-{}", space.name, words.len());
    let mut spec = shipped["spec"].clone();
    spec["matchConditions"][0]["expression"] = json!(format!("request.userInfo.username == '{name}'"));
    spec["validations"].as_array_mut().unwrap().retain(|v| v["message"].as_str().unwrap().contains(words));
    assert_eq!(spec["validations"].as_array().unwrap().len(), 1, "{words}");
    let policy = with(of("ValidatingAdmissionPolicy", &name), json!({"spec": spec}));
    let deny = json!({"policyName": name, "validationActions": ["Deny"]});
    let binding = with(of("ValidatingAdmissionPolicyBinding", &name), json!({"spec": deny}));
    let up = [cluster.stand(policy).await.unwrap(), cluster.stand(binding).await.unwrap()];
    (up, cluster.almighty(&name))
}

/// The first time that it is refused: the API server has heard of the policy.
async fn at_last<T: std::fmt::Debug>(ask: impl AsyncFn() -> kube::Result<T>, words: &str) {
    eventually(words, async || match ask().await {
        Err(error) if error.to_string().contains(words) => Some(()),
        _ => None,
    })
    .await;
}

#[tokio::test]
async fn what_is_no_dry_run_is_refused_by_the_validation_for_that_alone() {
    let cluster = Cluster::connect().await.unwrap();
    let space = space(&cluster).await;
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "mine", "namespace": space.name}});
    create(&cluster.admin, &map).await.unwrap();
    let (_up, dry) = alone(&cluster, &space, DRY_RUN_ONLY).await;
    at_last(async || patch(&dry, &map, json!({"metadata": {"labels": {"a": "b"}}})).await, DRY_RUN_ONLY).await;
    refused(create(&dry, &with(map.clone(), json!({"metadata": {"name": "new"}}))).await, DRY_RUN_ONLY);
    refused(api(&dry, &map).delete("mine", &DeleteParams::default()).await.map(|_| "deleted"), DRY_RUN_ONLY);
    would_create(&dry, &with(map.clone(), json!({"metadata": {"name": "new"}}))).await.unwrap();
    api(&dry, &map).delete("mine", &DeleteParams::default().dry_run()).await.unwrap();
}

#[tokio::test]
async fn a_connection_is_refused_by_the_validation_for_that_alone() {
    let cluster = Cluster::connect().await.unwrap();
    let space = space(&cluster).await;
    let words = "writ: this identity opens no connection";
    let (_up, dry) = alone(&cluster, &space, words).await;
    let kind = |kind: &str| api(&dry, &json!({"apiVersion": "v1", "kind": kind, "metadata": {"namespace": space.name}}));
    // Of nothing that is there: who is not refused finds that out.
    at_last(async || post(&kind("Pod"), "exec", "nobody", json!({})).await, words).await;
    for (of, way) in [("Pod", "attach"), ("Pod", "portforward"), ("Pod", "proxy"), ("Service", "proxy")] {
        refused(post(&kind(of), way, "nobody", json!({})).await, words);
    }
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "new", "namespace": space.name}});
    create(&dry, &map).await.unwrap();
}

#[tokio::test]
async fn a_token_is_refused_by_the_validation_for_that_alone_also_where_it_is_a_dry_run() {
    let cluster = Cluster::connect().await.unwrap();
    let space = space(&cluster).await;
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "mine", "namespace": space.name}});
    create(&cluster.admin, &account).await.unwrap();
    let words = "writ: this identity gets no tokens";
    let (_up, dry) = alone(&cluster, &space, words).await;
    let request = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}});
    let token = async |dry_run: bool| {
        let params = PostParams { dry_run, ..PostParams::default() };
        let token: kube::Result<Value> = api(&dry, &account).create_subresource("token", "mine", &params, &request).await;
        token.map(|_| "a token")
    };
    at_last(async || token(true).await, words).await;
    refused(token(false).await, words);
    create(&dry, &with(account.clone(), json!({"metadata": {"name": "another"}}))).await.unwrap();
}

/// The host's own probe: nothing but the guard refuses it, so that its words are the proof.
#[tokio::test]
async fn the_probe_of_the_operator_is_refused_by_the_guard_alone() {
    let cluster = Cluster::connect().await.unwrap();
    let account = |name: &str| json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": NAMESPACE_DRYRUN}, "automountServiceAccountToken": false});
    // By RBAC as well: as the operator itself.
    let groups = ["system:serviceaccounts", "system:serviceaccounts:writ-system"];
    for operator in [cluster.almighty(OPERATOR_USER), cluster.as_user(OPERATOR_USER, &groups)] {
        refused(create(&operator, &account(DRY_RUN_PROBE)).await, DRY_RUN_ONLY);
        would_create(&operator, &account(DRY_RUN_PROBE)).await.unwrap();
        would_create(&operator, &account(NAME)).await.unwrap();
    }
}

#[tokio::test]
async fn where_dry_runs_live_only_the_operator_makes_anything_and_only_of_dry_runs() {
    let cluster = Cluster::connect().await.unwrap();
    let run = NAME.replace("dry-", "run-");
    let account = |name: &str, namespace: &str| json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}});
    let operator = cluster.almighty(OPERATOR_USER);
    let no = "only the Writ operator makes identities here";
    for (who, name, namespace) in [
        (&operator, run.as_str(), NAMESPACE_DRYRUN),
        (&operator, NAME, NAMESPACE_RUNS),
        (&operator, DRY_RUN_PROBE, NAMESPACE_RUNS),
        (&operator, "dry-1", NAMESPACE_DRYRUN),
        (&cluster.almighty("mallory"), NAME, NAMESPACE_DRYRUN),
        (&cluster.almighty("mallory"), DRY_RUN_PROBE, NAMESPACE_DRYRUN),
    ] {
        refused(would_create(who, &account(name, namespace)).await, no);
    }
    let job = |account: &str, namespace: &str| {
        let restricted = json!({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}});
        json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "admit-probe", "namespace": namespace}, "spec": {"template": {"spec": {
            "serviceAccountName": account, "restartPolicy": "Never",
            "securityContext": {"runAsNonRoot": true, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{"name": "c", "image": "none.invalid/none", "securityContext": restricted}]}}}})
    };
    would_create(&operator, &job(NAME, NAMESPACE_DRYRUN)).await.unwrap();
    let no = "only the Writ operator makes Jobs here";
    refused(would_create(&operator, &job(&run, NAMESPACE_DRYRUN)).await, no);
    refused(would_create(&operator, &job(NAME, NAMESPACE_RUNS)).await, no);
    refused(would_create(&cluster.almighty("mallory"), &job(NAME, NAMESPACE_DRYRUN)).await, no);
}
