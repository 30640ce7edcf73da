//! What must be refused or replaced, tried as a dry run: a policy that is there as shipped is one thing, one that bites is another.
use super::{Bad, Finding, Good, INSTALL, Note, Unknown};
use crate::cli::{
    causes,
    connect::{Connected, said},
    me::me,
};
use crds::{
    Action, ExecutionApproval, ExecutionApprovalSpec, ExecutionSpec, Identity, KubernetesExecution, ObjectUid, Target,
    labels::NAMESPACE_RUNS,
};
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

/// A requester, and an approver, that a client writes is replaced by who he is.
pub(super) async fn stamps(cluster: &Connected) -> Vec<Finding> {
    let known = async {
        let actions = cluster.all::<Action>().list(&ListParams::default().limit(1)).await.map_err(said)?;
        anyhow::Ok((actions.items.into_iter().next(), me(cluster).await?.username))
    };
    let (action, me) = match known.await {
        Ok((Some(action), me)) => (action.spec.name, me),
        Ok((None, _)) => {
            return vec![Note("no stamp was tried: there is no action to ask for".into(), "install a plugin".into())];
        }
        Err(error) => return vec![Unknown(format!("no stamp was tried: {}", causes(&error)), "try again".into())],
    };
    let requester = requester(cluster, action.clone()).await;
    let approver = approver(cluster, action).await;
    vec![
        stamp(cluster, ("asks", "requester", "run"), requester, &me),
        stamp(cluster, ("approves", "approver", "approve"), approver, &me),
    ]
}

fn stamp(
    cluster: &Connected,
    (does, who, verb): (&str, &str, &str),
    stamped: Result<Identity, kube::Error>,
    me: &str,
) -> Finding {
    match stamped.map(|identity| identity.username) {
        Ok(stamped) if stamped == me => Good(format!("who {does} is stamped (a forged {who} became {me})")),
        Ok(stamped) => Bad(format!("who {does} is not stamped: a forged {who} stayed {stamped}"), INSTALL.into()),
        Err(error) => {
            let next = format!("ask as somebody who may {verb} an action in {}, or give -n", cluster.namespace);
            Unknown(format!("the stamp of who {does} was not tried: {}", causes(&said(error))), next)
        }
    }
}

fn forged() -> Option<Identity> {
    Some(Identity { username: FORGED.into(), ..Identity::default() })
}

/// Who the API server says that asked.
async fn requester(cluster: &Connected, action: String) -> Result<Identity, kube::Error> {
    let target = Some(Target { name: "writ-doctor".into(), kind: None });
    let spec = ExecutionSpec { action, target, requester: forged(), ..ExecutionSpec::default() };
    let kx = KubernetesExecution::new("writ-doctor", spec);
    let stored = cluster.here::<KubernetesExecution>().create(&dry(), &kx).await?;
    Ok(stored.spec.requester.unwrap_or_default())
}

/// Who the API server says that approved.
async fn approver(cluster: &Connected, action: String) -> Result<Identity, kube::Error> {
    let execution = ObjectUid { name: "writ-doctor".into(), uid: "00000000-0000-4000-8000-000000000000".into() };
    let plan_hash = format!("sha256:{}", "0".repeat(64));
    let spec = ExecutionApprovalSpec { execution, action, plan_hash, approver: forged(), ..ExecutionApprovalSpec::default() };
    let approval = ExecutionApproval::new("writ-doctor", spec);
    let stored = cluster.here::<ExecutionApproval>().create(&dry(), &approval).await?;
    Ok(stored.spec.approver.unwrap_or_default())
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
    let Ok(pod) = pod else { return Unknown("pods were not tried".into(), "report this".into()) };
    let bad = || Bad(format!("whoever may create pods can start one in {NAMESPACE_RUNS}"), INSTALL.into());
    match Api::<Pod>::namespaced(client.clone(), NAMESPACE_RUNS).create(&dry(), &pod).await {
        Ok(_) => bad(),
        Err(kube::Error::Api(no)) if no.message.contains("ValidatingAdmissionPolicy 'writ-") => {
            Good(format!("only the cluster's own parts start pods in {NAMESPACE_RUNS} (one of yours was refused)"))
        }
        // Somebody who holds no such right learns nothing here.
        Err(kube::Error::Api(no)) if no.code == 403 => Unknown(
            format!("pods in {NAMESPACE_RUNS} were not tried: you may not create pods there anyway"),
            "ask as an administrator".into(),
        ),
        Err(kube::Error::Api(no)) => {
            Bad(format!("a pod in {NAMESPACE_RUNS} was refused, but not by Writ: {}", no.message), INSTALL.into())
        }
        Err(error) => Unknown(format!("pods in {NAMESPACE_RUNS} were not tried: {error}"), "try again".into()),
    }
}
