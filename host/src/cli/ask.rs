//! From the words on the line, or a file, to the execution asked for. Owns what is said of words that mean nothing.
use super::{
    aim, arguments,
    connect::{Connected, said},
    file,
};
use crate::plugin::nearest;
use crds::{Action, ActionPlugin, ExecutionSpec, KubernetesExecution};
use kube::ResourceExt;
use serde_json::Value;
use std::path::Path;

/// ACTION [TARGET] [name=value ...]. An action without a target takes its first parameter where others have theirs.
pub async fn words(
    cluster: &Connected,
    action: &str,
    target: Option<&str>,
    pairs: &[String],
) -> anyhow::Result<KubernetesExecution> {
    let known = find(cluster, action).await?.spec;
    let (target, pairs) = match target {
        Some(pair) if pair.contains('=') => (None, [&[pair.to_owned()], pairs].concat()),
        other => (other, pairs.to_vec()),
    };
    let schema = Value::Object(known.parameters_schema.clone());
    match (aim::target(&known, target), arguments::parameters(&schema, &pairs)) {
        (Ok(target), Ok(parameters)) => {
            let spec = ExecutionSpec { target, parameters, action: known.name, ..Default::default() };
            Ok(KubernetesExecution { spec, ..Default::default() })
        }
        (target, parameters) => {
            let wrong: Vec<String> = target.err().into_iter().chain(parameters.err()).collect();
            anyhow::bail!("{action}:\n  {}\nSee: writ explain {action}", wrong.join("\n  "))
        }
    }
}

/// The one of a file, in the file's namespace where the line names none.
pub fn file(path: &Path, cluster: &mut Connected, named: Option<&str>) -> anyhow::Result<KubernetesExecution> {
    let kx = file::read(path)?;
    if let Some(namespace) = &kx.metadata.namespace {
        let same = named.is_none_or(|named| named == namespace);
        anyhow::ensure!(same, "{} is for namespace {namespace}; leave -n out, or change the file", path.display());
        cluster.namespace.clone_from(namespace);
        cluster.named = true;
    }
    Ok(kx)
}

/// The `Action` object, or that of a similar name.
pub async fn find(cluster: &Connected, action: &str) -> anyhow::Result<Action> {
    let api = cluster.all::<Action>();
    let found = api.get_opt(&action.replace('_', "-")).await.map_err(said)?;
    // The object of `scale_deployment` is found as `scale-deployment` too, but no execution may write it so.
    if let Some(found) = found.filter(|found| found.spec.name == action) {
        return Ok(found);
    }
    let all = api.list(&Default::default()).await.map_err(said)?;
    let hint = hint(action, all.items.iter().map(|a| a.spec.name.as_str()));
    anyhow::bail!("there is no action {action}{}; {hint}", off(cluster).await)
}

/// Whose actions are not there for now. Whoever may not look is told nothing of it.
async fn off(cluster: &Connected) -> String {
    let plugins = cluster.all::<ActionPlugin>().list(&Default::default()).await.map(|all| all.items).unwrap_or_default();
    let off: Vec<String> = plugins.iter().filter(|plugin| plugin.spec.suspended).map(ResourceExt::name_any).collect();
    match off.is_empty() {
        true => String::new(),
        false => format!(" (suspended, and its actions with it: plugin {})", off.join(", ")),
    }
}

fn hint<'a>(action: &str, names: impl ExactSizeIterator<Item = &'a str>) -> String {
    match (names.len(), nearest(action, names)) {
        (0, _) => "no plugin is active: kubectl get actionplugins".into(),
        (all, None) => format!("`writ actions` lists all {all}"),
        (all, Some(near)) => format!("did you mean {near}? `writ actions` lists all {all}"),
    }
}

#[cfg(test)]
mod tests {
    use super::hint;

    #[test]
    fn only_an_action_of_a_similar_name_is_suggested() {
        let names = ["rollout_restart", "scale_deployment"];
        assert_eq!(hint("scale-deployment", names.into_iter()), "did you mean scale_deployment? `writ actions` lists all 2");
        assert_eq!(hint("reboot", names.into_iter()), "`writ actions` lists all 2");
        assert_eq!(hint("reboot", [].into_iter()), "no plugin is active: kubectl get actionplugins");
    }
}
