//! What admission and the network hold, one line each: is it there as shipped?
use super::{Bad, Finding, Found, Good, MEND, Note, Unknown};
use crate::cluster::{self, NetworkSeen};
use decide::observed::GuardsSeen;
use kube::Client;

/// What each policy is for.
const HOLDS: [(&str, &str); 24] = [
    ("writ-actions", "Action objects are made by the operator alone"),
    ("writ-approvals", "an approver is who the API server authenticated, and not the operator"),
    ("writ-cluster-guard", "writ-cluster holds executions and the rights to make them, nothing else"),
    ("writ-dry-run-only", "a dry run writes nothing, opens no connection, gets no token"),
    ("writ-expiry", "the operator deletes an execution only where that was asked for"),
    ("writ-freezes", "who froze is who the API server authenticated"),
    ("writ-identity", "a requester is who the API server authenticated"),
    ("writ-keep-requester", "a requester that is left out of a change is put back"),
    ("writ-may-approve", "who approves needs the verb approve on the action"),
    ("writ-may-run", "who asks needs the verb run on the action"),
    ("writ-one-target", "a run writes the objects of its plan and no others"),
    ("writ-operator-bindings", "the operator binds only run identities, only roles of actions, nowhere protected"),
    ("writ-operator-roles", "the operator writes no roles"),
    ("writ-records", "a record is written by the operator alone, and what was asked does not change"),
    ("writ-roles", "no role of a plugin grants what admission cannot see"),
    ("writ-runs-guard", "where runs live, only the operator and the cluster's own parts make anything, and nobody enters a run"),
    ("writ-stamp-approver", "who approves is stamped"),
    ("writ-stamp-cancel", "who stops an execution is stamped"),
    ("writ-stamp-freeze", "who freezes is stamped"),
    ("writ-stamp-label", "the action of an execution is its label"),
    ("writ-stamp-owner", "an approval goes with its execution"),
    ("writ-stamp-requester", "who asks is stamped"),
    ("writ-system-guard", "nobody starts or enters anything beside the operator"),
    ("writ-votes", "nobody deletes an approval or a rejection"),
];

pub(super) async fn admission(client: &Client) -> Found {
    let each = cluster::each_guard(client).await?;
    if each.is_empty() {
        return Ok(vec![Bad("this build cannot read its own admission policies".into(), "use another build of writ".into())]);
    }
    Ok(each.into_iter().map(|(name, seen)| guard(&name, seen)).collect())
}

fn guard(name: &str, seen: GuardsSeen) -> Finding {
    let holds = HOLDS.iter().find(|(of, _)| *of == name).map_or("", |&(_, holds)| holds);
    match seen {
        GuardsSeen::InForce { since } => Good(format!("{holds} ({name}, since {since})")),
        GuardsSeen::Missing(wrong) => Bad(format!("nothing holds that {holds}: {}", wrong.join("; ")), MEND.into()),
        GuardsSeen::Unknown => Unknown(format!("not known whether {holds}: {name} was not read"), "try again".into()),
    }
}

pub(super) async fn networks(client: &Client) -> Found {
    let all = cluster::networks(client).await?;
    let mut found: Vec<Finding> = all.into_iter().map(|((namespace, name), seen)| network(&namespace, &name, seen)).collect();
    // No right would help: nobody can look at it.
    found.push(Note(
        "not known: whether the network of this cluster enforces NetworkPolicies; they cannot say it".into(),
        "look it up for your network plugin, or try: a pod in a namespace with a policy that denies all must reach nothing"
            .into(),
    ));
    Ok(found)
}

fn network(namespace: &str, name: &str, seen: NetworkSeen) -> Finding {
    let what = format!("NetworkPolicy {name} of {namespace}");
    match seen {
        NetworkSeen::AsShipped => Good(format!("pods of {namespace} reach only what they need ({what})")),
        NetworkSeen::Missing => Bad(format!("{what} is missing: pods there reach whatever there is"), MEND.into()),
        NetworkSeen::Changed => Bad(format!("{what} is not the one that this version ships"), MEND.into()),
        NetworkSeen::Foreign => Bad(
            format!("{what} is not Writ's, and what it lets through is let through"),
            format!("kubectl delete networkpolicy {name} -n {namespace}"),
        ),
    }
}
