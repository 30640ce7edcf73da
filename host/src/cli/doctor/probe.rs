//! What must be refused or replaced, tried as a dry run: a policy that is there as shipped is one thing, one that bites is another.
use super::{Bad, Finding, Good, INSTALL, Note};
use crate::cli::{
    causes,
    connect::{Connected, said},
    me::me,
};
use crds::{Action, ExecutionSpec, Identity, KubernetesExecution, Target, labels::NAMESPACE_RUNS};
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, Client,
    api::{ListParams, PostParams},
};
use serde_json::json;

const FORGED: &str = "writ-doctor:somebody-else";

fn dry() -> PostParams {
    PostParams { dry_run: true, ..PostParams::default() }
}

/// A requester that a client writes is replaced by who he is.
pub(super) async fn stamp(cluster: &Connected) -> Finding {
    match stamped(cluster).await {
        Ok(Some((stamped, me))) if stamped == me => Good(format!("who asks is stamped (a forged requester became {me})")),
        Ok(Some((stamped, _))) => Bad(format!("who asks is not stamped: a forged requester stayed {stamped}"), INSTALL.into()),
        Ok(None) => Note("the stamp was not tried: there is no action to ask for".into(), "install a plugin".into()),
        Err(error) => {
            let next = format!("ask as somebody who may run an action in {}, or give -n", cluster.namespace);
            Note(format!("the stamp was not tried: {}", causes(&error)), next)
        }
    }
}

/// Who the API server says that asked, and who it was.
async fn stamped(cluster: &Connected) -> anyhow::Result<Option<(String, String)>> {
    let actions = cluster.all::<Action>().list(&ListParams::default().limit(1)).await.map_err(said)?;
    let Some(action) = actions.items.into_iter().next() else { return Ok(None) };
    let me = me(cluster).await?.username;
    let spec = ExecutionSpec {
        action: action.spec.name,
        target: Some(Target { name: "writ-doctor".into(), kind: None }),
        requester: Some(Identity { username: FORGED.into(), ..Identity::default() }),
        ..ExecutionSpec::default()
    };
    let kx = KubernetesExecution::new("writ-doctor", spec);
    let stored = cluster.here::<KubernetesExecution>().create(&dry(), &kx).await.map_err(said)?;
    Ok(Some((stored.spec.requester.unwrap_or_default().username, me)))
}

/// Nobody makes a pod where runs are, whatever RBAC allows him.
pub(super) async fn pod(client: &Client) -> Finding {
    let pod: Result<Pod, _> = serde_json::from_value(json!({
        "metadata": {"name": "writ-doctor"},
        // As hardened as a run's own: what refuses it is not the namespace's Pod Security level.
        "spec": {
            "securityContext": {"runAsNonRoot": true, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{
                "name": "a", "image": "writ-doctor",
                "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}},
            }],
        },
    }));
    let Ok(pod) = pod else { return Note("pods were not tried".into(), "report this".into()) };
    let bad = || Bad(format!("whoever may create pods can start one in {NAMESPACE_RUNS}"), INSTALL.into());
    match Api::<Pod>::namespaced(client.clone(), NAMESPACE_RUNS).create(&dry(), &pod).await {
        Ok(_) => bad(),
        Err(kube::Error::Api(no)) if no.message.contains("ValidatingAdmissionPolicy 'writ-") => {
            Good(format!("only the cluster's own parts start pods in {NAMESPACE_RUNS} (one of yours was refused)"))
        }
        // Somebody who holds no such right learns nothing here.
        Err(kube::Error::Api(no)) if no.code == 403 => Note(
            format!("pods in {NAMESPACE_RUNS} were not tried: you may not create pods there anyway"),
            "ask as an administrator".into(),
        ),
        Err(kube::Error::Api(no)) => {
            Bad(format!("a pod in {NAMESPACE_RUNS} was refused, but not by Writ: {}", no.message), INSTALL.into())
        }
        Err(error) => Note(format!("pods in {NAMESPACE_RUNS} were not tried: {error}"), "try again".into()),
    }
}
