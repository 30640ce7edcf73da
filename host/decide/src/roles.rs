//! `&ActionInfo -> ClusterRole`: what a human grants, from what a component declares. Owns the names of those roles; what no
//! role may contain is in `roles::closed`. Pure: whether a role is really in the cluster is asked elsewhere.
mod closed;

use crate::model::{ActionInfo, ActionName, Api, Digest, PluginId, Rule, Scope};
pub use closed::Forbidden;
use k8s_openapi::{api::rbac::v1::ClusterRole, api::rbac::v1::PolicyRule, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use std::collections::{BTreeMap, BTreeSet};

/// By this label the operator finds the roles that were applied; the value is the plugin's name.
pub const PLUGIN_LABEL: &str = "writ.dev/plugin";
/// Roles with this label are aggregated into the operator's own.
pub const OPERATOR_LABEL: &str = "writ.dev/aggregate-to-operator";

/// `writ:action:scale-deployment:9f2c81d0a3`: bound in a namespace. The digest stands in it, so that the roles of two versions
/// stand side by side, and what was granted to one component is never what another declares.
#[must_use]
pub fn role_name(action: &ActionName, digest: &Digest) -> String {
    format!("writ:action:{}:{}", action.dashed(), short(digest))
}

/// `writ:cluster-action:drain-node:9f2c81d0a3`: bound cluster-wide. Another prefix, because admission tells the two kinds of
/// binding apart by it.
#[must_use]
pub fn cluster_role_name(action: &ActionName, digest: &Digest) -> String {
    format!("writ:cluster-action:{}:{}", action.dashed(), short(digest))
}

/// The name of the role of this action, by the scope of what it declares.
#[must_use]
pub fn name_of(info: &ActionInfo, digest: &Digest) -> String {
    match cluster_wide(info) {
        true => cluster_role_name(&info.name, digest),
        false => role_name(&info.name, digest),
    }
}

/// The role that an action's runs are bound to.
///
/// # Errors
/// Where the action declares what no role may contain: the first such thing, why, and what to do instead.
pub fn of(plugin: &PluginId, info: &ActionInfo) -> Result<ClusterRole, Forbidden> {
    closed::check(info)?;
    let name = name_of(info, &plugin.digest);
    let labels = BTreeMap::from([("writ.dev/action".to_owned(), info.name.to_string())]);
    Ok(role(plugin, name, labels, info.needs.iter().map(policy_rule).collect()))
}

/// What the operator needs for a plugin: to bind exactly these roles, and to read what its actions look at. Both are aggregated
/// into the operator's own role, so that applying the plugin's roles is all a human does.
#[must_use]
pub fn for_operator(plugin: &PluginId, actions: &[ActionInfo]) -> Vec<ClusterRole> {
    let roles = actions.iter().map(|a| name_of(a, &plugin.digest)).collect::<BTreeSet<_>>();
    let bind = PolicyRule {
        api_groups: Some(vec!["rbac.authorization.k8s.io".into()]),
        resources: Some(vec!["clusterroles".into()]),
        resource_names: Some(roles.into_iter().collect()),
        verbs: vec!["bind".into()],
        ..PolicyRule::default()
    };
    let labels = BTreeMap::from([(OPERATOR_LABEL.to_owned(), "true".to_owned())]);
    let name = |what: &str| format!("writ:{what}:{}:{}", plugin.name, short(&plugin.digest));
    let mut all = vec![role(plugin, name("bind"), labels.clone(), vec![bind])];
    let read = reads(actions);
    if !read.is_empty() {
        all.push(role(plugin, name("read"), labels, read));
    }
    all
}

/// A rule a group: everything that is aimed at or looked at, read-only.
fn reads(actions: &[ActionInfo]) -> Vec<PolicyRule> {
    let mut groups = BTreeMap::<&str, BTreeSet<&str>>::new();
    for Api { group, resource, .. } in actions.iter().flat_map(looked_at) {
        groups.entry(group).or_default().insert(resource);
    }
    let read = |(group, resources): (&str, BTreeSet<&str>)| PolicyRule {
        api_groups: Some(vec![group.to_owned()]),
        resources: Some(resources.into_iter().map(str::to_owned).collect()),
        verbs: ["get", "list", "watch"].map(str::to_owned).to_vec(),
        ..PolicyRule::default()
    };
    groups.into_iter().map(read).collect()
}

fn looked_at(info: &ActionInfo) -> impl Iterator<Item = &Api> {
    info.targets.iter().map(|t| &t.api).chain(info.observes.iter().map(|o| &o.api))
}

fn cluster_wide(info: &ActionInfo) -> bool {
    info.needs.iter().any(|r| r.scope == Scope::Cluster)
}

/// Ten digits: 40 bits tell versions apart for people; the host compares the whole role, never the name alone.
fn short(digest: &Digest) -> String {
    digest.as_str().trim_start_matches("sha256:").chars().take(10).collect()
}

fn policy_rule(rule: &Rule) -> PolicyRule {
    PolicyRule {
        api_groups: Some(rule.groups.clone()),
        resources: Some(rule.resources.clone()),
        // The API server leaves an empty list out; an absent one compares equal with what it gives back.
        resource_names: (!rule.resource_names.is_empty()).then(|| rule.resource_names.clone()),
        verbs: rule.verbs.clone(),
        non_resource_urls: None,
    }
}

fn role(plugin: &PluginId, name: String, mut labels: BTreeMap<String, String>, rules: Vec<PolicyRule>) -> ClusterRole {
    labels.insert(PLUGIN_LABEL.to_owned(), plugin.name.clone());
    let annotations = BTreeMap::from([
        ("writ.dev/digest".to_owned(), plugin.digest.to_string()),
        ("writ.dev/version".to_owned(), plugin.version.clone()),
    ]);
    let metadata = ObjectMeta { name: Some(name), labels: Some(labels), annotations: Some(annotations), ..ObjectMeta::default() };
    ClusterRole { metadata, rules: Some(rules), aggregation_rule: None }
}

#[cfg(test)]
mod tests;
