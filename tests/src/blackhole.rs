//! An admission webhook that takes the call and never answers: what a run writes hangs in the API server for as long as a test needs it
//! to, and fails, or for some seconds, and passes. Only in one namespace, and only for the number of replicas, or for new NetworkPolicies.
use crate::{Cluster, Standing, Workload, would_create};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};

/// As it is called in the words of the API server.
const NAME: &str = "hole.test.invalid";

/// It swallows writes of one kind in one namespace.
pub struct BlackHole {
    listener: Arc<TcpListener>,
    _standing: Standing,
}

/// A write that hangs. (What it hangs on in the end, it is called for the next time: so that has to go on listening.)
pub struct Held {
    _call: TcpStream,
    _listener: Arc<TcpListener>,
}

impl BlackHole {
    /// Opens it over the workload's namespace; returns when it swallows. The API server must run on this machine.
    ///
    /// # Panics
    /// Where it cannot be opened.
    pub async fn over(cluster: &Cluster, workload: &Workload) -> Self {
        let hole = Self::open(cluster, workload.namespace(), scales(), 30, "Fail").await;
        hole.swallows(async || workload.would_scale(9).await.map(drop)).await
    }

    /// The same over new NetworkPolicies in a namespace.
    ///
    /// # Panics
    /// Where it cannot be opened.
    pub async fn over_policies(cluster: &Cluster, namespace: &str) -> Self {
        let rule = json!({
            "apiGroups": ["networking.k8s.io"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["networkpolicies"],
        });
        let probe = json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": "test-probe", "namespace": namespace}, "spec": {"podSelector": {}},
        });
        let hole = Self::open(cluster, namespace, rule, 30, "Fail").await;
        hole.swallows(async || would_create(&cluster.admin, &probe).await.map(drop)).await
    }

    /// Once the API server has heard of it. Until it has, calls that come in are dropped, and so refused.
    async fn swallows(self, probe: impl AsyncFn() -> kube::Result<()>) -> Self {
        let hole = self;
        let asked = async {
            while !matches!(probe().await, Err(e) if e.to_string().contains(NAME)) {
                tokio::task::yield_now().await;
            }
        };
        let dropped = async {
            loop {
                drop(hole.swallowed().await);
            }
        };
        tokio::select! {
            () = asked => {}
            () = dropped => {}
        }
        hole
    }

    /// Every write hangs so many seconds, and passes then; returns when it does. The API server must run on this machine.
    ///
    /// # Panics
    /// Where it cannot be opened.
    pub async fn slow(cluster: &Cluster, workload: &Workload, seconds: u32) -> Self {
        let hole = Self::open(cluster, workload.namespace(), scales(), seconds, "Ignore").await;
        let asked = async {
            loop {
                drop(workload.would_scale(9).await);
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            () = asked => {}
            call = hole.swallowed() => drop(call),
        }
        hole
    }

    async fn open(cluster: &Cluster, namespace: &str, rule: Value, seconds: u32, policy: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("https://{}/", listener.local_addr().expect("an address"));
        let standing = cluster.stand(webhook(namespace, &rule, &url, seconds, policy)).await.expect("the administrator may");
        Self { listener: Arc::new(listener), _standing: standing }
    }

    /// Closes it; returns when writes pass again. What was swallowed hangs on, for as long as its connection is held.
    ///
    /// # Panics
    /// Where it does not close.
    pub async fn closed(self, workload: &Workload) {
        drop(self);
        let passes = async || workload.would_scale(9).await.ok();
        crate::eventually("writes pass again", passes).await;
    }

    /// The next write, once it hangs here. It does until this is dropped, or the API server gives up (50 s).
    ///
    /// # Panics
    /// Where none comes.
    pub async fn swallowed(&self) -> Held {
        let call = tokio::time::timeout(crate::PATIENCE, self.listener.accept()).await;
        let call = call.expect("nothing is written in time").expect("a connection").0;
        Held { _call: call, _listener: self.listener.clone() }
    }
}

fn scales() -> Value {
    json!({"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["UPDATE"], "resources": ["deployments/scale"]})
}

/// Who does not even greet is waited for no longer than ten seconds, whatever is written here (Go's patience with TLS). So where a write is to
/// hang for longer it is asked for several times, one after the other; and the last one refuses.
fn webhook(namespace: &str, rule: &Value, url: &str, seconds: u32, policy: &str) -> Value {
    let one = |name: &str, policy: &str| {
        json!({
            "name": name, "clientConfig": {"url": url}, "sideEffects": "None",
            "admissionReviewVersions": ["v1"], "timeoutSeconds": seconds, "failurePolicy": policy,
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
            "rules": [rule],
        })
    };
    let before = if policy == "Fail" { 4 } else { 0 };
    let mut all: Vec<Value> = (0..before).map(|n| one(&format!("n{n}.{NAME}"), "Ignore")).collect();
    all.push(one(NAME, policy));
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": format!("test-hole-{namespace}")},
        "webhooks": all,
    })
}
