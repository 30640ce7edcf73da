//! After the tests: what the API server's own audit log, since Writ came, says of the rights of Writ's identities. The operator holds exactly
//! what it used; a run did what its plan lists, as the ledger tells it, where it was bound, and nothing else; a dry run persisted nothing. Prints
//! what is not so, and fails. Usage: rights RBAC    RBAC: the manifest with the operator's roles.
#![allow(clippy::disallowed_methods, reason = "a tool of deploy/test.sh, which names the manifest")]
#![allow(clippy::indexing_slicing, reason = "what is indexed is JSON: null where there is nothing")]
#![forbid(unsafe_code)]

mod manifest;

use anyhow::{Context, Result, bail};
use crds::labels::{NAMESPACE_SYSTEM, OPERATOR_USER};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::{AuditLog, Cluster, Deeds, Planned, get, writes_of};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let path = std::env::args_os().nth(1).context("usage: rights RBAC")?;
    let granted = manifest::granted(&std::fs::read_to_string(&path).context("failed to read the manifest")?)?;
    let cluster = Cluster::connect().await?;
    let (mut used, mut deeds, mut heard) = (BTreeSet::new(), Deeds::default(), 0_u64);
    AuditLog::whole().context("no audit log beside this kubeconfig")?.all_since(installed(&cluster).await?, |event| {
        heard += 1;
        used.extend(Right::of(event).filter(|_| is(event, OPERATOR_USER)));
        deeds.hear(event);
    })?;
    let mut wrong: Vec<String> = Vec::new();
    for grant in granted.iter().filter(|grant| !manifest::unseen(grant)) {
        if !used.iter().any(|right| grant.covers(right)) {
            wrong.push(format!("the operator holds what it never used: {grant:?}"));
        }
    }
    let planned = planned(&cluster, &deeds.executions()).await?;
    wrong.extend(deeds.wrong(&planned));
    println!("{} rights of the operator, {} kinds of its requests, {heard} requests in the log", granted.len(), used.len());
    if planned.is_empty() {
        wrong.push("no run is both in the log and in the ledger: nothing was held against a plan".to_owned());
    }
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    println!("the operator holds exactly what it used; {}", deeds.summary(&planned));
    Ok(())
}

/// When Writ came. In a log that begins later, what was used may never stand, nor where a run was bound.
async fn installed(cluster: &Cluster) -> Result<Timestamp> {
    let system = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE_SYSTEM}});
    let found = get(&cluster.admin, &system).await?.context("Writ is not installed")?;
    text(&found["metadata"]["creationTimestamp"]).parse().context("its namespace says no time")
}

/// As the ledger of the operator that is installed tells it. Of others (`make torture` has its own) it knows nothing.
async fn planned(cluster: &Cluster, executions: &BTreeSet<String>) -> Result<Planned> {
    let mut planned = Planned::new();
    for uid in executions {
        let rows = cluster.rows(uid).await.with_context(|| format!("failed to read the rows of {uid}"))?;
        if !rows.is_empty() {
            planned.insert(uid.clone(), writes_of(&rows));
        }
    }
    Ok(planned)
}

/// Sent by this user itself, and not by somebody in his name.
pub(crate) fn is(event: &Value, user: &str) -> bool {
    event["user"]["username"] == user && event.get("impersonatedUser").is_none()
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// One verb on one kind in one place; the place is empty for what is asked of the whole cluster, or is of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Right {
    pub(crate) verb: String,
    pub(crate) group: String,
    pub(crate) resource: String,
    pub(crate) namespace: String,
}

impl Right {
    fn of(event: &Value) -> Option<Self> {
        let object = event.get("objectRef")?;
        let (resource, sub) = (text(&object["resource"]), text(&object["subresource"]));
        let resource = if sub.is_empty() { resource } else { format!("{resource}/{sub}") };
        Some(Self {
            verb: text(&event["verb"]),
            group: text(&object["apiGroup"]),
            resource,
            namespace: text(&object["namespace"]),
        })
    }

    /// A right of the whole cluster, as a grant, is used wherever.
    fn covers(&self, used: &Self) -> bool {
        (&self.verb, &self.group, &self.resource) == (&used.verb, &used.group, &used.resource)
            && (self.namespace.is_empty() || self.namespace == used.namespace)
    }
}
