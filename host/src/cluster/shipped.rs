//! The admission policies that this build was made with, and how one in the cluster is held against them. Owns the list; reads no
//! cluster. A policy that differs in a word is not the one that the security model speaks of.
use k8s_openapi::api::admissionregistration::v1::{
    MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding, ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{collections::BTreeMap, sync::LazyLock};

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        /// File names and texts of `deploy/admission`.
        const FILES: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../../deploy/admission/", $name)))),*];
    };
}
files!(
    "10-stamp.yaml",
    "11-identity.yaml",
    "12-records.yaml",
    "13-may-run.yaml",
    "14-one-target.yaml",
    "15-runs.yaml",
    "16-system.yaml",
    "17-operator.yaml",
    "18-roles.yaml",
    "19-dry-run.yaml",
);

/// Kind and name, and what its `spec` must be.
pub(super) type Specs = BTreeMap<(&'static str, String), Value>;

/// All that was shipped; none where it cannot be read, and then nothing is in force.
pub(super) static SHIPPED: LazyLock<Option<Specs>> = LazyLock::new(|| FILES.iter().flat_map(|(_, text)| entries(text)).collect());

/// The four kinds.
pub(super) const KINDS: [&str; 4] = [
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
];

fn entries(text: &str) -> Vec<Option<((&'static str, String), Value)>> {
    match serde_saphyr::from_multiple::<Value>(text) {
        Ok(documents) => documents.into_iter().map(entry).collect(),
        Err(_) => vec![None],
    }
}

/// Through the same type as what is read from the cluster, so that both leave out the same.
fn entry(document: Value) -> Option<((&'static str, String), Value)> {
    let kind = document.get("kind")?.as_str()?;
    let kind = *KINDS.iter().find(|k| **k == kind)?;
    let name = document.pointer("/metadata/name")?.as_str()?.to_owned();
    let spec = match kind {
        "ValidatingAdmissionPolicy" => typed::<ValidatingAdmissionPolicy>(document),
        "ValidatingAdmissionPolicyBinding" => typed::<ValidatingAdmissionPolicyBinding>(document),
        "MutatingAdmissionPolicy" => typed::<MutatingAdmissionPolicy>(document),
        _ => typed::<MutatingAdmissionPolicyBinding>(document),
    }?;
    Some(((kind, name), spec))
}

fn typed<K: DeserializeOwned + Serialize>(document: Value) -> Option<Value> {
    spec_of(&serde_json::from_value::<K>(document).ok()?)
}

/// The `spec` without what the API server fills in by itself.
pub(super) fn spec_of<K: Serialize>(object: &K) -> Option<Value> {
    let mut spec = serde_json::to_value(object).ok()?.get_mut("spec")?.take();
    plain(&mut spec);
    Some(spec)
}

/// Nothing, an empty selector and the default of a field say the same.
fn plain(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.values_mut().for_each(plain);
            map.retain(|key, value| !is_default(key, value));
        }
        Value::Array(items) => items.iter_mut().for_each(plain),
        Value::String(text) => *text = text.trim().to_owned(),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn is_default(key: &str, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(map) => map.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::String(text) => matches!((key, text.as_str()), ("matchPolicy", "Equivalent") | ("scope", "*")),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_that_is_installed_is_asked_for() {
        let directory = "../deploy/admission";
        let mut there: Vec<String> =
            std::fs::read_dir(directory).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
        there.sort();
        assert_eq!(there, FILES.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_shipped_holds_by_itself() {
        let shipped = SHIPPED.as_ref().expect("every document is one of the four kinds");
        for ((kind, name), spec) in shipped {
            assert!(name.starts_with(crds::labels::POLICY_PREFIX), "{name}");
            match kind.strip_suffix("Binding") {
                Some(policy) => {
                    assert_eq!(spec.get("policyName"), Some(&Value::from(name.clone())));
                    let deny = Some(&serde_json::json!(["Deny"]));
                    assert!(policy.starts_with("Mutating") || spec.get("validationActions") == deny, "{name} denies");
                }
                None => {
                    assert_eq!(spec.get("failurePolicy"), Some(&Value::from("Fail")), "{name}");
                    let binding = KINDS.iter().find(|k| k.strip_suffix("Binding") == Some(kind)).unwrap();
                    assert!(shipped.contains_key(&(binding, name.clone())), "{name} is bound");
                }
            }
        }
    }

    #[test]
    fn defaults_of_the_api_server_are_no_difference_and_anything_else_is() {
        let shipped = serde_json::json!({"a": "x\n", "rules": [{"r": 1}]});
        let served =
            serde_json::json!({"a": "x", "matchPolicy": "Equivalent", "objectSelector": {}, "rules": [{"r": 1, "scope": "*"}]});
        let other = serde_json::json!({"a": "x", "rules": [{"r": 1, "scope": "Namespaced"}]});
        let [shipped, served, other] = [shipped, served, other].map(|mut v| {
            plain(&mut v);
            v
        });
        assert_eq!(shipped, served);
        assert_ne!(shipped, other);
    }
}
