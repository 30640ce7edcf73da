//! The closed list: what no role of an action may contain, each with why and what to do instead. Owns that list, and nothing
//! of how a role is named or made.
use crate::model::{ActionInfo, Api, Rule, Scope};

/// A declaration that no role may carry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{action} declares {what}, which no role may contain: {why}. {remedy}")]
pub struct Forbidden {
    /// The action.
    pub action: String,
    /// The part of the declaration.
    pub what: String,
    /// What could be done with it.
    pub why: &'static str,
    /// What to declare instead.
    pub remedy: &'static str,
}

struct No {
    what: String,
    why: &'static str,
    remedy: &'static str,
}

/// All that a rule may let a run do. `deletecollection` is not among them: admission sees no name in it, so a run could not be
/// held to one object.
const VERBS: [&str; 7] = ["get", "list", "watch", "create", "update", "patch", "delete"];

/// Verbs whose danger has a name; every other that is not in `VERBS` is refused as unknown.
const BAD_VERBS: [(&str, &str, &str); 5] = [
    ("impersonate", "a run could act as anybody, and no admission policy sees it", "Declare what the action itself does"),
    ("bind", "a run could give rights away", "Rights are granted by people; take it out"),
    ("escalate", "a run could widen its own rights", "Rights are granted by people; take it out"),
    (
        "deletecollection",
        "it names no object, so the run cannot be held to its targets",
        "Delete each object by name: verb delete",
    ),
    ("*", "it grants every verb there is or will be", "List the verbs"),
];

/// Groups through which rights, records or the rules themselves could be changed.
const BAD_GROUPS: [(&str, &str); 10] = [
    ("rbac.authorization.k8s.io", "whoever writes RBAC has every right"),
    ("admissionregistration.k8s.io", "it is what holds every run to its plan"),
    ("apiextensions.k8s.io", "it is what gives executions and approvals their meaning"),
    ("apiregistration.k8s.io", "it would put another server in the API server's place"),
    ("certificates.k8s.io", "a signed certificate is any identity"),
    ("authentication.k8s.io", "it hands out and reviews identities; no admission policy sees reviews"),
    ("authorization.k8s.io", "reviews are not seen by admission policies"),
    ("metrics.k8s.io", "it is served by another server, which admission policies do not see"),
    ("custom.metrics.k8s.io", "it is served by another server, which admission policies do not see"),
    ("external.metrics.k8s.io", "it is served by another server, which admission policies do not see"),
];

/// Resources of allowed groups that are a way around.
const BAD_RESOURCES: [(&str, &str); 8] = [
    ("pods/exec", "what is done in a container is no write that the plan could list"),
    ("pods/attach", "what is done in a container is no write that the plan could list"),
    ("pods/portforward", "what is done through it is no write that the plan could list"),
    ("pods/ephemeralcontainers", "it puts a program of its own beside the target's"),
    ("users", "it serves only to impersonate"),
    ("groups", "it serves only to impersonate"),
    ("userextras", "it serves only to impersonate"),
    ("uids", "it serves only to impersonate"),
];

/// Subresources that are a way around, of whatever.
const BAD_SUBRESOURCES: [(&str, &str); 2] = [
    ("/proxy", "it is a way to whatever listens behind it, past the plan's list of writes"),
    ("/token", "it hands out an identity, even in a dry run"),
];

pub(super) fn check(info: &ActionInfo) -> Result<(), Forbidden> {
    found(info).map_err(|no| Forbidden { action: info.name.to_string(), what: no.what, why: no.why, remedy: no.remedy })
}

fn found(info: &ActionInfo) -> Result<(), No> {
    info.needs.iter().try_for_each(rule)?;
    one_scope(info)?;
    let read = info.targets.iter().map(|t| &t.api).chain(info.observes.iter().map(|o| &o.api));
    read.into_iter().try_for_each(|Api { group, resource, .. }| place(group, resource))
}

fn rule(rule: &Rule) -> Result<(), No> {
    if rule.groups.is_empty() || rule.resources.is_empty() || rule.verbs.is_empty() {
        let what = "a rule without groups, resources or verbs".to_owned();
        return Err(No { what, why: "it grants nothing", remedy: "Fill it in or take it out; the core group is the empty text" });
    }
    rule.verbs.iter().try_for_each(|v| verb(v))?;
    for group in &rule.groups {
        rule.resources.iter().try_for_each(|resource| place(group, resource))?;
    }
    rule.resource_names.iter().try_for_each(|n| name(n))
}

fn verb(verb: &str) -> Result<(), No> {
    if VERBS.contains(&verb) {
        return Ok(());
    }
    let what = format!("verb {verb:?}");
    let unknown = ("", "it is not among those an action can need", "Use get, list, watch, create, update, patch or delete");
    let (_, why, remedy) = BAD_VERBS.into_iter().find(|(v, ..)| *v == verb).unwrap_or(unknown);
    Err(No { what, why, remedy })
}

fn place(group: &str, resource: &str) -> Result<(), No> {
    let what = || if group.is_empty() { resource.to_owned() } else { format!("{resource} of {group}") };
    let no = |why, remedy| Err(No { what: what(), why, remedy });
    if group.contains('*') || resource.contains('*') {
        return no("a wildcard grants what nobody has read", "Name the groups and resources");
    }
    if group == "writ.dev" || group.ends_with(".writ.dev") {
        return no("a run must not touch executions, approvals or its own record", "Use an inverse, or a workflow");
    }
    if let Some((_, why)) = BAD_GROUPS.into_iter().find(|(g, _)| *g == group) {
        return no(why, "Take it out; such a change is not for a plugin");
    }
    let whole = BAD_RESOURCES.into_iter().find(|(r, _)| *r == resource);
    if let Some((_, why)) = whole.or_else(|| BAD_SUBRESOURCES.into_iter().find(|(end, _)| resource.ends_with(end))) {
        return no(why, "Take it out; such a change is not for a plugin");
    }
    if group.is_empty() && resource.starts_with("nodes/") && resource != "nodes/status" {
        let why = "the kubelet itself grants on it, past the API server and its admission policies";
        return no(why, "Take it out; such a change is not for a plugin");
    }
    if !group_like(group) || !resource_like(resource) {
        return no("it is not the name of a group and a resource", "Write them as in RBAC: \"apps\", \"deployments/scale\"");
    }
    Ok(())
}

/// One role, one binding: a run is bound in its namespace or cluster-wide, so its rules cannot be of both kinds.
fn one_scope(info: &ActionInfo) -> Result<(), No> {
    let cluster = info.needs.iter().filter(|r| r.scope == Scope::Cluster).count();
    if cluster == 0 || cluster == info.needs.len() {
        return Ok(());
    }
    let what = "rules of both scopes".to_owned();
    Err(No { what, why: "a run has one binding", remedy: "Mark all its rules `cluster`, or split the action in two" })
}

fn name(name: &str) -> Result<(), No> {
    // RBAC takes a star in a name for a star, so a rule with one would not grant what it seems to.
    if !name.is_empty() && name.len() <= 253 && !name.chars().any(|c| c == '*' || c.is_control() || c.is_whitespace()) {
        return Ok(());
    }
    let what = format!("resource name {name:?}");
    Err(No { what, why: "no object can have that name", remedy: "Name the object, or no object at all" })
}

fn group_like(s: &str) -> bool {
    s.is_empty() || s.len() <= 253 && s.split('.').all(label_like)
}

fn resource_like(s: &str) -> bool {
    s.len() <= 253 && s.split('/').count() <= 2 && s.split('/').all(label_like)
}

fn label_like(s: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !s.is_empty() && s.bytes().all(inner) && !s.starts_with('-') && !s.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// The same list once more, for roles that did not come from here.
    const POLICY: &str = include_str!("../../../../deploy/admission/18-roles.yaml");

    /// Every text in single quotes between the first `from` and the next `to`.
    fn quoted(from: &str, to: &str) -> BTreeSet<&'static str> {
        let (_, rest) = POLICY.split_once(from).unwrap_or_else(|| panic!("{from} is not in the policy"));
        let (part, _) = rest.split_once(to).unwrap_or_else(|| panic!("{to} is not behind {from} in the policy"));
        part.split('\'').skip(1).step_by(2).collect()
    }

    fn set<'a>(all: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'a str> {
        all.into_iter().collect()
    }

    #[test]
    fn verbs_are_those_that_admission_lets_through() {
        let reads = quoted("variables.aggregated ? [", "] : [");
        assert_eq!(quoted("] : [", "]\""), set(VERBS));
        assert_eq!(reads, set(["get", "list", "watch"]), "what Writ itself reads by only reads");
        assert!(BAD_VERBS.iter().all(|(verb, ..)| !VERBS.contains(verb)));
    }

    #[test]
    fn groups_are_those_that_admission_refuses() {
        // All that end so are the aggregated APIs of metrics.
        let aggregated = |group: &&str| group.ends_with("metrics.k8s.io");
        let (ends, named): (BTreeSet<_>, BTreeSet<_>) = BAD_GROUPS.iter().map(|(group, _)| *group).partition(aggregated);
        assert_eq!(quoted("!(g in [", "])"), named);
        assert_eq!(ends, set(["metrics.k8s.io", "custom.metrics.k8s.io", "external.metrics.k8s.io"]));
        assert_eq!(quoted("all(g, ", "!(g in ["), set(["*", "writ.dev", ".writ.dev", "metrics.k8s.io"]));
    }

    #[test]
    fn resources_are_those_that_admission_refuses() {
        assert_eq!(quoted("!(x in [", "])"), set(BAD_RESOURCES.iter().map(|(resource, _)| *resource)));
        let mut rest = set(BAD_SUBRESOURCES.iter().map(|(end, _)| *end));
        rest.extend(["*", "nodes/", "nodes/status"]);
        assert_eq!(quoted("all(x, ", "!(x in ["), rest);
    }
}
