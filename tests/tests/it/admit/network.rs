//! The NetworkPolicies of the namespaces where Writ and its runs live: that they are installed as deploy says them, for all pods there, and
//! none beside them that would open a way; and that packets obey them where the network enforces any, as that of the local cluster does
//! once it is told to.
use super::runs::Run;
use crds::labels::{NAMESPACE_DRYRUN, NAMESPACE_RUNS, NAMESPACE_SYSTEM};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, process::Command};
use tests::{Cluster, PATIENCE, Scratch, all, alone, create, eventually, get, within};

const DEPLOY: &str = include_str!("../../../../deploy/00-namespaces.yaml");

/// What is empty says nothing.
fn plain(value: &Value) -> Value {
    let empty = |v: &Value| v.is_null() || v.as_array().is_some_and(Vec::is_empty) || v.as_object().is_some_and(Map::is_empty);
    match value {
        Value::Object(map) => map.iter().map(|(k, v)| (k.clone(), plain(v))).filter(|(_, v)| !empty(v)).collect(),
        Value::Array(items) => items.iter().map(plain).collect(),
        other => other.clone(),
    }
}

/// Name and spec of those that ship for a namespace.
fn shipped(namespace: &str) -> Vec<(Value, Value)> {
    let documents = serde_saphyr::from_multiple::<Value>(DEPLOY).unwrap();
    let ours = documents.into_iter().filter(|d| d["kind"] == "NetworkPolicy" && d["metadata"]["namespace"] == namespace);
    ours.map(|d| (d["metadata"]["name"].clone(), plain(&d["spec"]))).collect()
}

#[tokio::test]
async fn each_namespace_has_its_network_policy_as_it_ships_and_no_other() {
    let cluster = Cluster::connect().await.unwrap();
    for namespace in [NAMESPACE_SYSTEM, NAMESPACE_RUNS, NAMESPACE_DRYRUN] {
        let kind = json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"namespace": namespace}});
        let there = all(&cluster.admin, &kind, "").await.unwrap();
        let there: Vec<_> = there.iter().map(|p| (p["metadata"]["name"].clone(), plain(&p["spec"]))).collect();
        assert_eq!(there, shipped(namespace), "{namespace}");
        assert_eq!(there.len(), 1, "{namespace}");
    }
}

/// For every pod of the namespaces in which the operator makes Jobs, whatever its labels; out to the API server's ports alone; nothing in.
#[test]
fn a_run_reaches_the_ports_of_the_api_server_and_nobody_reaches_a_run() {
    for namespace in [NAMESPACE_RUNS, NAMESPACE_DRYRUN] {
        let [(_, spec)] = &shipped(namespace)[..] else { panic!("one for {namespace}") };
        let ports = json!([{"protocol": "TCP", "port": 443}, {"protocol": "TCP", "port": 6443}]);
        assert_eq!(*spec, json!({"policyTypes": ["Ingress", "Egress"], "egress": [{"ports": ports}]}), "{namespace}");
    }
}

const WRIT_LOCAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/local/writ-local");
const PORT: u16 = 8080;

/// The network of the local cluster enforces NetworkPolicies until this is dropped.
struct Enforced;

impl Enforced {
    /// The first time it is built, which takes a minute.
    async fn on() -> Self {
        let enforced = Self;
        let done = tokio::process::Command::new(WRIT_LOCAL).args(["netpol", "on"]).status().await.unwrap();
        assert!(done.success(), "writ-local netpol on");
        enforced
    }
}

impl Drop for Enforced {
    fn drop(&mut self) {
        let done = Command::new(WRIT_LOCAL).args(["netpol", "off"]).status();
        if !done.is_ok_and(|d| d.success()) {
            eprintln!("failed to take the network policies away again: {WRIT_LOCAL} netpol off");
        }
    }
}

/// A container that answers at a port, and is ready as long as it gets an answer itself from what it asks. kubectl is the server at hand.
fn asks(name: &str, port: u16, what: &[String]) -> Value {
    let (serve, ask) = (
        ["proxy", "--address=0.0.0.0", "--accept-hosts=.*", "--www=/bin"],
        ["/bin/kubectl", "get", "--request-timeout=3s", "--raw"],
    );
    let args = [&serve.map(str::to_owned)[..], &[format!("--port={port}")]].concat();
    let command = [&ask.map(str::to_owned)[..], what].concat();
    json!({
        "name": name, "image": "docker.io/writ/kubectl:dev", "imagePullPolicy": "Never",
        "args": args, "readinessProbe": {"exec": {"command": command}, "periodSeconds": 1, "timeoutSeconds": 5},
        "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}},
    })
}

/// As Pod Security `restricted` wants it. All containers of a pod have one address, so each has a port of its own.
fn pod_spec(account: &str, asked: &[(&str, Vec<String>)]) -> Value {
    let containers: Vec<_> = (PORT..).zip(asked).map(|(port, (name, what))| asks(name, port, what)).collect();
    json!({
        "serviceAccountName": account, "automountServiceAccountToken": false, "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 1, "containers": containers,
        "securityContext": {"runAsNonRoot": true, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
    })
}

/// How to ask the API server, where its pods find it. As nobody, who may read its version; without a name kubectl would ask for one.
async fn api_server(cluster: &Cluster) -> Vec<String> {
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "kubernetes", "namespace": "default"}});
    let spec = get(&cluster.admin, &service).await.unwrap().unwrap()["spec"].clone();
    let server = format!("--server=https://{}:{}", spec["clusterIP"].as_str().unwrap(), spec["ports"][0]["port"]);
    let as_nobody = ["--insecure-skip-tls-verify", "--username=nobody", "--password=none"].map(str::to_owned);
    [&["/version".to_owned(), server][..], &as_nobody].concat()
}

/// How to ask a pod, once it has an address.
async fn address(cluster: &Cluster, pod: &Value) -> Vec<String> {
    let ip = async || get(&cluster.admin, pod).await.ok()??["status"]["podIP"].as_str().map(str::to_owned);
    let ip = within(PATIENCE, "the pod has an address", ip).await;
    vec!["/static/".to_owned(), format!("--server=http://{ip}:{PORT}")]
}

/// Which containers of a pod are ready, by name.
async fn ready(cluster: &Cluster, pod: &Value) -> Option<BTreeMap<String, bool>> {
    let now = get(&cluster.admin, pod).await.ok()??;
    let all = now["status"]["containerStatuses"].as_array()?;
    all.iter().map(|c| Some((c["name"].as_str()?.to_owned(), c["ready"].as_bool()?))).collect()
}

/// A run, and two pods in a namespace without a NetworkPolicy: who listens, and who asks everybody.
struct Place {
    cluster: Cluster,
    run: Run,
    stranger: Value,
    _space: Scratch,
}

impl Place {
    async fn make(cluster: &Cluster) -> Self {
        let space = cluster.scratch("admit-network").await.unwrap();
        let account =
            json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": space.name}});
        eventually("its account is there", async || get(&cluster.admin, &account).await.ok()?).await;
        let pod = |name: &str, asked: &[(&str, Vec<String>)]| {
            let meta = json!({"name": name, "namespace": space.name});
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": pod_spec("default", asked)})
        };
        let api_server = ("api-server", api_server(cluster).await);
        let listener = pod("listener", std::slice::from_ref(&api_server));
        create(&cluster.admin, &listener).await.unwrap();
        let listener = ("listener", address(cluster, &listener).await);
        let of_run = [api_server.clone(), listener.clone()];
        let run = Run::of(cluster, |account| pod_spec(account, &of_run)).await;
        let stranger = pod("stranger", &[api_server, listener, ("run", address(cluster, &run.pod).await)]);
        create(&cluster.admin, &stranger).await.unwrap();
        Self { cluster: cluster.clone(), run, stranger, _space: space }
    }

    /// Whom the run reaches, and whom the stranger.
    async fn until(&self, what: &str, run: [(&str, bool); 2], stranger: [(&str, bool); 3]) {
        let run = BTreeMap::from(run.map(|(name, is)| (name.to_owned(), is)));
        let stranger = BTreeMap::from(stranger.map(|(name, is)| (name.to_owned(), is)));
        let now = async || {
            let of_run = ready(&self.cluster, &self.run.pod).await?;
            let of_stranger = ready(&self.cluster, &self.stranger).await?;
            (of_run == run && of_stranger == stranger).then_some(())
        };
        within(PATIENCE, what, now).await;
    }
}

/// The same pods and the same questions, before, while and after it is enforced: so what is not answered is not answered because of it.
/// The stranger has no policy: so it is the policy of the run that the run is held to.
#[tokio::test]
async fn a_run_reaches_the_api_server_and_no_pod_and_no_pod_reaches_a_run_where_it_is_enforced() {
    // With each pod that comes or goes all rules of the network are written anew: nothing for others to wait for.
    let _turn = alone().await;
    let cluster = Cluster::connect().await.unwrap();
    if !Cluster::is_local() {
        eprintln!("not tested: another cluster's network is not ours to change (writ doctor says how to try it there)");
        return;
    }
    let place = Place::make(&cluster).await;
    let open = ([("api-server", true), ("listener", true)], [("api-server", true), ("listener", true), ("run", true)]);
    place.until("nothing is enforced: everybody reaches everybody", open.0, open.1).await;
    let enforced = Enforced::on().await;
    let (run, stranger) =
        ([("api-server", true), ("listener", false)], [("api-server", true), ("listener", true), ("run", false)]);
    place.until("it is enforced: the run reaches the API server, and that is all", run, stranger).await;
    drop(enforced);
    place.until("it is enforced no longer", open.0, open.1).await;
}
