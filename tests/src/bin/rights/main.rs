//! After the tests: what the API server's own audit log says of the rights of Writ's identities. The operator holds exactly what it used; a
//! run wrote one object, in the namespace of its one binding; a dry run persisted nothing. Prints what is not so, and fails.
//! Usage: rights RBAC    RBAC: the manifest with the operator's roles.
#![allow(clippy::disallowed_methods, reason = "a tool of deploy/test.sh, which names the manifest")]
#![allow(clippy::indexing_slicing, reason = "what is indexed is JSON: null where there is nothing")]
#![forbid(unsafe_code)]

mod identities;
mod manifest;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeSet;
use tests::AuditLog;

fn main() -> Result<()> {
    let path = std::env::args_os().nth(1).context("usage: rights RBAC")?;
    let granted = manifest::granted(&std::fs::read_to_string(&path).context("failed to read the manifest")?)?;
    let log = AuditLog::whole().context("no audit log beside this kubeconfig")?.done();
    let used: BTreeSet<Right> = log.iter().filter(|e| is(e, crds::labels::OPERATOR_USER)).filter_map(Right::of).collect();
    let mut wrong: Vec<String> = Vec::new();
    for grant in granted.iter().filter(|grant| !manifest::unseen(grant)) {
        if !used.iter().any(|right| grant.covers(right)) {
            wrong.push(format!("the operator holds what it never used: {grant:?}"));
        }
    }
    wrong.extend(identities::wrong(&log));
    println!("{} rights of the operator, {} kinds of its requests, {} requests in the log", granted.len(), used.len(), log.len());
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    println!("the operator holds exactly what it used; {}", identities::summary(&log));
    Ok(())
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
