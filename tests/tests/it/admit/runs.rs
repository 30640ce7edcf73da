//! Who makes what where runs live. Everybody here is allowed everything by RBAC.
use super::{patch, patch_sub, post, uid, with};
use crds::labels::{FINALIZER_OUTCOME, LABEL_EXECUTION_UID, NAMESPACE_RUNS, OPERATOR_USER};
use kube::{
    Client,
    api::{DeleteParams, DynamicObject, ListParams},
};
use serde_json::{Value, json};
use tests::{Cluster, api, create, eventually, refused, would_create};

const JOBS: &str = "system:serviceaccount:kube-system:job-controller";

fn object(kind: &str, version: &str, name: &str, rest: Value) -> Value {
    let head = json!({"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": NAMESPACE_RUNS}});
    with(head, rest)
}

/// As Pod Security `restricted` wants it, for a node that does not exist: it never runs.
fn pod_spec(account: &str) -> Value {
    json!({
        "serviceAccountName": account, "automountServiceAccountToken": false, "restartPolicy": "Never",
        "nodeSelector": {"writ.dev/test": "nowhere"},
        "securityContext": {"runAsNonRoot": true, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{"name": "run", "image": "none.invalid/none",
            "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}],
    })
}

fn owner(kind: &str, version: &str) -> Value {
    json!([{"apiVersion": version, "kind": kind, "name": "x", "uid": "22222222-2222-4222-8222-222222222222", "controller": true}])
}

fn job(name: &str, account: &str) -> Value {
    let template = json!({"metadata": {"finalizers": [FINALIZER_OUTCOME]}, "spec": pod_spec(account)});
    object("Job", "batch/v1", name, json!({"spec": {"backoffLimit": 0, "template": template}}))
}

fn account(name: &str) -> Value {
    object("ServiceAccount", "v1", name, json!({"automountServiceAccountToken": false}))
}

/// A run as the operator makes it, with its pod.
pub(super) struct Run {
    cluster: Cluster,
    operator: Client,
    name: String,
    job: Value,
    /// Where its pod is.
    pub(super) pod: Value,
}

impl Run {
    /// Its pod waits for a node.
    async fn start(cluster: &Cluster) -> Self {
        Self::of(cluster, pod_spec).await
    }

    /// With such a pod, for an account.
    pub(super) async fn of(cluster: &Cluster, pod_spec: impl FnOnce(&str) -> Value) -> Self {
        let space = cluster.scratch("admit-run").await.unwrap();
        // Any new uid but that of an execution: an operator that runs here takes the identity of that away.
        let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "uid", "namespace": space.name}});
        let id = uid(&create(&cluster.admin, &map).await.unwrap());
        let name = format!("run-{id}.{id}");
        let labels = json!({"metadata": {"labels": {LABEL_EXECUTION_UID: id}}});
        let (mut job, pod) = (job(&format!("admit-{id}"), &name), object("Pod", "v1", "", json!({})));
        job["spec"]["template"]["spec"] = pod_spec(&name);
        let mut run = Self { cluster: cluster.clone(), operator: cluster.almighty(OPERATOR_USER), name, job, pod };
        create(&run.operator, &with(account(&run.name), labels)).await.unwrap();
        create(&run.operator, &run.job).await.unwrap();
        let pod = eventually("the Job controller makes the pod", async || run.find_pod().await).await;
        run.pod["metadata"]["name"] = json!(pod.metadata.name);
        run
    }

    async fn find_pod(&self) -> Option<DynamicObject> {
        let selector = format!("job-name={}", self.job["metadata"]["name"].as_str()?);
        api(&self.cluster.admin, &self.pod).list(&ListParams::default().labels(&selector)).await.ok()?.items.into_iter().next()
    }

    fn pod_name(&self) -> &str {
        self.pod["metadata"]["name"].as_str().unwrap()
    }
}

/// The pod goes with its Job once our finalizer is off.
impl Drop for Run {
    fn drop(&mut self) {
        let (account, job, pod) = (account(&self.name), self.job.clone(), self.pod.clone());
        self.cluster.afterwards("clean up after a run", async move |cluster| {
            let name = |object: &Value| object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
            for object in [&job, &account] {
                api(&cluster.admin, object).delete(&name(object), &DeleteParams::background()).await?;
            }
            let Some(there) = api(&cluster.admin, &pod).get_opt(&name(&pod)).await? else { return Ok(()) };
            let others: Vec<_> = there.metadata.finalizers.into_iter().flatten().filter(|f| f != FINALIZER_OUTCOME).collect();
            patch(&cluster.almighty(OPERATOR_USER), &pod, json!({"metadata": {"finalizers": others}})).await?;
            Ok(())
        });
    }
}

#[tokio::test]
async fn nobody_makes_a_pod_beside_the_job_controller_for_a_job() {
    let cluster = Cluster::connect().await.unwrap();
    let pod = object("Pod", "v1", "admit-probe", json!({"spec": pod_spec("default")}));
    let of = |kind, version| with(pod.clone(), json!({"metadata": {"ownerReferences": owner(kind, version)}}));
    let no = "pods here come only from a Job";
    for who in ["mallory", OPERATOR_USER] {
        refused(would_create(&cluster.almighty(who), &pod).await, no);
        refused(would_create(&cluster.almighty(who), &of("Job", "batch/v1")).await, no);
    }
    refused(would_create(&cluster.almighty(JOBS), &pod).await, no);
    let replicas = cluster.almighty("system:serviceaccount:kube-system:replicaset-controller");
    refused(would_create(&replicas, &of("ReplicaSet", "apps/v1")).await, no);
    would_create(&cluster.almighty(JOBS), &of("Job", "batch/v1")).await.unwrap();
}

#[tokio::test]
async fn nobody_makes_a_job_beside_the_operator_and_it_only_for_a_run() {
    let cluster = Cluster::connect().await.unwrap();
    let run = "run-11111111-1111-4111-8111-111111111111.22222222-2222-4222-8222-222222222222";
    let no = "only the Writ operator makes Jobs here";
    refused(would_create(&cluster.almighty("mallory"), &job("admit-probe", run)).await, no);
    let crons = cluster.almighty("system:serviceaccount:kube-system:cronjob-controller");
    refused(would_create(&crons, &job("admit-probe", run)).await, no);
    refused(would_create(&cluster.almighty(OPERATOR_USER), &job("admit-probe", "default")).await, no);
    would_create(&cluster.almighty(OPERATOR_USER), &job("admit-probe", run)).await.unwrap();
}

#[tokio::test]
async fn nobody_makes_an_identity_beside_the_operator_and_it_only_for_a_run() {
    let cluster = Cluster::connect().await.unwrap();
    let run = "run-11111111-1111-4111-8111-111111111111.22222222-2222-4222-8222-222222222222";
    let no = "only the Writ operator makes identities here";
    for name in [run, "mine", "default"] {
        refused(would_create(&cluster.almighty("mallory"), &account(name)).await, no);
    }
    for name in ["mine", "run-1", &run[..40], &format!("x{run}")] {
        refused(would_create(&cluster.almighty(OPERATOR_USER), &account(name)).await, no);
    }
    let new = "c-2networkpolicies-2networking-1k8s-1io-2shop-2deny";
    for name in [run.to_owned(), format!("{run}.{new}"), format!("{}.{new}", &run[..40])] {
        would_create(&cluster.almighty(OPERATOR_USER), &account(&name)).await.unwrap();
    }
}

#[tokio::test]
async fn nobody_gets_a_token_of_a_run() {
    let cluster = Cluster::connect().await.unwrap();
    let request = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}});
    for who in ["mallory", OPERATOR_USER] {
        let accounts = api(&cluster.almighty(who), &account(""));
        let token = post(&accounts, "token", "default", request.clone()).await;
        refused(token.map(|_| "a token"), "only a kubelet gets tokens");
    }
    let secret = |kind: &str| {
        object(
            "Secret",
            "v1",
            "admit-probe",
            json!({
                "type": kind, "metadata": {"annotations": {"kubernetes.io/service-account.name": "default"}},
            }),
        )
    };
    let mallory = cluster.almighty("mallory");
    refused(would_create(&mallory, &secret("kubernetes.io/service-account-token")).await, "no long-lived tokens here");
    would_create(&mallory, &secret("Opaque")).await.unwrap();
}

#[tokio::test]
async fn nobody_grants_a_run_anything_by_any_of_its_names() {
    let cluster = Cluster::connect().await.unwrap();
    let rbac = "rbac.authorization.k8s.io";
    let binding = |subject: Value| {
        object(
            "RoleBinding",
            &format!("{rbac}/v1"),
            "admit-probe",
            json!({
                "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": "view"}, "subjects": [subject],
            }),
        )
    };
    let run = "run-11111111-1111-4111-8111-111111111111.22222222-2222-4222-8222-222222222222";
    let account = format!("system:serviceaccount:{NAMESPACE_RUNS}:{run}");
    let groups = format!("system:serviceaccounts:{NAMESPACE_RUNS}");
    let names = [
        json!({"kind": "ServiceAccount", "name": run, "namespace": NAMESPACE_RUNS}),
        json!({"kind": "ServiceAccount", "name": "default", "namespace": "default"}),
        json!({"apiGroup": rbac, "kind": "User", "name": account}),
        json!({"apiGroup": rbac, "kind": "Group", "name": groups}),
        json!({"apiGroup": rbac, "kind": "Group", "name": "system:authenticated"}),
    ];
    for subject in names {
        refused(would_create(&cluster.almighty("mallory"), &binding(subject)).await, "nobody grants a run anything here");
    }
    for subject in
        [json!({"apiGroup": rbac, "kind": "User", "name": "maria"}), json!({"apiGroup": rbac, "kind": "Group", "name": "sre"})]
    {
        would_create(&cluster.almighty("mallory"), &binding(subject)).await.unwrap();
    }
}

#[tokio::test]
async fn nobody_changes_whom_a_run_takes_for_the_api_server() {
    let cluster = Cluster::connect().await.unwrap();
    let roots = object("ConfigMap", "v1", "kube-root-ca.crt", json!({}));
    eventually("the cluster's own part wrote it", async || api(&cluster.admin, &roots).get("kube-root-ca.crt").await.ok()).await;
    let forged = json!({"data": {"ca.crt": "mine"}});
    refused(patch(&cluster.almighty("mallory"), &roots, forged).await, "whom a run takes for the API server");
}

#[tokio::test]
async fn nobody_says_whose_turn_it_is_but_the_operator() {
    let cluster = Cluster::connect().await.unwrap();
    let claim = object("Lease", "coordination.k8s.io/v1", "target-nowhere", json!({"spec": {"holderIdentity": "shop/x"}}));
    let (mallory, operator) = (cluster.almighty("mallory"), cluster.almighty(OPERATOR_USER));
    let no = "whose turn it is on a target is said by the Writ operator only";
    refused(would_create(&mallory, &claim).await, no);
    create(&operator, &claim).await.unwrap();
    refused(patch(&mallory, &claim, json!({"spec": {"holderIdentity": "shop/y"}})).await, no);
    let gone = DeleteParams::default();
    refused(api(&mallory, &claim).delete("target-nowhere", &gone).await.map(drop), no);
    api(&operator, &claim).delete("target-nowhere", &gone).await.unwrap();
}

#[tokio::test]
async fn nobody_enters_a_run_or_says_how_it_ended() {
    let cluster = Cluster::connect().await.unwrap();
    let run = Run::start(&cluster).await;
    let mallory = cluster.almighty("mallory");
    let pods = api(&mallory, &run.pod);
    for way in ["exec", "attach", "portforward", "proxy"] {
        let answer = post(&pods, way, run.pod_name(), json!({})).await;
        refused(answer, "nobody enters a run");
    }
    let debugger = json!({"spec": {"ephemeralContainers": [{"name": "e", "image": "none.invalid/none", "securityContext":
        {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}]}});
    refused(patch_sub(&mallory, &run.pod, "ephemeralcontainers", debugger).await, "nobody enters a run");
    refused(patch_sub(&mallory, &run.pod, "resize", json!({})).await, "nobody enters a run");
    let ended = json!({"status": {"phase": "Succeeded"}});
    refused(patch_sub(&mallory, &run.pod, "status", ended.clone()).await, "the outcome of a run is told by");
    refused(patch_sub(&run.operator, &run.pod, "status", ended).await, "the outcome of a run is told by");
    refused(patch_sub(&mallory, &run.job, "status", json!({"status": {"failed": 1}})).await, "the outcome of a run is told by");
    let bind = json!({"apiVersion": "v1", "kind": "Binding", "metadata": {"name": run.pod_name()}, "target": {"kind": "Node", "name": "mine"}});
    let bound = post(&pods, "binding", run.pod_name(), bind.clone());
    refused(bound.await, "only the scheduler says where a run goes");
    let by_itself = with(bind, json!({"metadata": {"namespace": NAMESPACE_RUNS}}));
    refused(create(&mallory, &by_itself).await, "only the scheduler says where a run goes");
    refused(
        patch(&mallory, &run.job, json!({"metadata": {"labels": {"x": "y"}}})).await,
        "only the Writ operator makes Jobs here",
    );
}

#[tokio::test]
async fn the_operator_takes_its_own_finalizer_off_a_pod_and_changes_nothing_else() {
    let cluster = Cluster::connect().await.unwrap();
    let run = Run::start(&cluster).await;
    let no = "pods here come only from a Job";
    let others = "batch.kubernetes.io/job-tracking";
    let finalizers = |f: Value| json!({"metadata": {"finalizers": f}});
    let table = [
        json!({"metadata": {"labels": {"x": "y"}, "finalizers": [others]}}),
        json!({"metadata": {"annotations": {"x": "y"}, "finalizers": [others]}}),
        json!({"metadata": {"ownerReferences": null, "finalizers": [others]}}),
        json!({"spec": {"activeDeadlineSeconds": 1}, "metadata": {"finalizers": [others]}}),
        json!({"spec": {"containers": [{"name": "run", "image": "none.invalid/another", "securityContext":
            {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}]}, "metadata": {"finalizers": [others]}}),
        finalizers(json!([])),
        finalizers(json!([FINALIZER_OUTCOME])),
    ];
    for change in table {
        refused(patch(&run.operator, &run.pod, change).await, no);
    }
    refused(patch(&cluster.almighty("mallory"), &run.pod, finalizers(json!([others]))).await, no);
    let freed = patch(&run.operator, &run.pod, finalizers(json!([others]))).await.unwrap();
    assert_eq!(freed.metadata.finalizers, Some(vec![others.to_owned()]));
}
