//! A KubernetesExecution in a file, for `run -f` and `plan -f`. Owns that nothing of it is dropped unsaid: a misspelled field would
//! run something else than what was written.
use anyhow::Context;
use crds::KubernetesExecution;
use serde_json::Value;
use std::path::Path;

/// The one of a file.
pub fn read(path: &Path) -> anyhow::Result<KubernetesExecution> {
    let text = std::fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))?;
    parse(&text).with_context(|| format!("failed to understand {} as a KubernetesExecution", path.display()))
}

fn parse(text: &str) -> anyhow::Result<KubernetesExecution> {
    let value: Value = serde_saphyr::from_str(text)?;
    for (field, wanted) in [("apiVersion", "writ.dev/v1alpha1"), ("kind", "KubernetesExecution")] {
        let found = value.get(field).and_then(Value::as_str).unwrap_or_default();
        anyhow::ensure!(found == wanted, "{field} is {found:?}; write {field}: {wanted}");
    }
    // From the text first: its errors know their line.
    let kx: KubernetesExecution = serde_saphyr::from_str(text)?;
    let unknown = unknown(value)?;
    anyhow::ensure!(unknown.is_empty(), "there is no field {}; `kubectl explain kx.spec` lists them", unknown.join(", "));
    Ok(kx)
}

fn unknown(value: Value) -> anyhow::Result<Vec<String>> {
    let mut unknown = Vec::new();
    let note = |path: serde_ignored::Path<'_>| unknown.push(path.to_string().replace(".?", ""));
    let _: KubernetesExecution = serde_ignored::deserialize(value, note)?;
    // The type is these two; it does not read them.
    unknown.retain(|path| path != "apiVersion" && path != "kind");
    Ok(unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "apiVersion: writ.dev/v1alpha1\nkind: KubernetesExecution\nmetadata: {name: x, namespace: shop}\n\
        spec: {action: scale_deployment, target: {name: web}, parameters: {replicas: 3}}\n";

    #[test]
    fn a_file_is_taken_whole() {
        let kx = parse(GOOD).unwrap();
        assert_eq!((kx.metadata.namespace.as_deref(), kx.spec.action.as_str()), (Some("shop"), "scale_deployment"));
        assert_eq!(kx.spec.parameters["replicas"], 3);
    }

    #[test]
    fn a_field_that_is_none_is_named_wherever_it_stands() {
        for (right, wrong, named) in [
            ("parameters", "paramters", "spec.paramters"),
            ("namespace", "namspace", "metadata.namspace"),
            ("{name: web}", "{name: web, knd: Pod}", "spec.target.knd"),
        ] {
            let said = parse(&GOOD.replace(right, wrong)).unwrap_err().to_string();
            assert_eq!(said, format!("there is no field {named}; `kubectl explain kx.spec` lists them"));
        }
    }

    #[test]
    fn another_kind_is_no_execution() {
        let said = parse(&GOOD.replace("KubernetesExecution", "Deployment")).unwrap_err().to_string();
        assert_eq!(said, "kind is \"Deployment\"; write kind: KubernetesExecution");
    }
}
