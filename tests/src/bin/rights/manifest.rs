//! What the manifest grants to the operator: its ClusterRole and Roles of that name, each verb on each kind by itself. What comes with a
//! plugin is the plugin's matter.
use super::{Right, text};
use anyhow::{Context, Result};
use crds::labels::{GROUP, NAMESPACE_DRYRUN, NAMESPACE_RUNS};
use serde_json::Value;

const NAME: &str = "writ-operator";

pub(crate) fn granted(manifest: &str) -> Result<Vec<Right>> {
    let mut all = Vec::new();
    for document in manifest.split("\n---\n") {
        let object: Value = serde_saphyr::from_str(document).context("the manifest is no YAML")?;
        let ours = object["metadata"]["name"] == NAME && matches!(object["kind"].as_str(), Some("ClusterRole" | "Role"));
        if ours {
            let namespace = text(&object["metadata"]["namespace"]);
            list(&object["rules"]).for_each(|rule| all.extend(rights(rule, &namespace)));
        }
    }
    anyhow::ensure!(!all.is_empty(), "no role {NAME} in the manifest");
    Ok(all)
}

/// Used, and not to be seen in a log of these tests: the authorizer alone is asked whether an apply may create; and no Job of a test is
/// refused a pod in a way that only an Event tells of. Verb, group, kind, place.
const UNSEEN: [[&str; 4]; 3] =
    [["create", GROUP, "actions", ""], ["list", "", "events", NAMESPACE_RUNS], ["list", "", "events", NAMESPACE_DRYRUN]];

pub(crate) fn unseen(right: &Right) -> bool {
    let it = [&right.verb, &right.group, &right.resource, &right.namespace];
    UNSEEN.iter().any(|unseen| it.into_iter().eq(unseen))
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn rights(rule: &Value, namespace: &str) -> Vec<Right> {
    let mut all = Vec::new();
    for group in list(&rule["apiGroups"]) {
        for resource in list(&rule["resources"]) {
            for verb in list(&rule["verbs"]) {
                let (verb, group, resource) = (text(verb), text(group), text(resource));
                all.push(Right { verb, group, resource, namespace: namespace.to_owned() });
            }
        }
    }
    all
}
