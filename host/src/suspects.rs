//! Executions with which nothing is done until a person has looked: what they say and what the ledger says differ, or they say what this host
//! never writes. Owns who they are; readiness tells how many, and the log which.
use crds::KubernetesExecution;
use kube::ResourceExt;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

/// By uid, namespace and name. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Suspects(Arc<Mutex<BTreeMap<String, (String, String)>>>);

impl Suspects {
    /// What a look at it found.
    pub fn note(&self, kx: &KubernetesExecution, suspect: bool) {
        let Ok(mut all) = self.0.lock() else { return };
        let uid = kx.uid().unwrap_or_default();
        if !suspect {
            all.remove(&uid);
            return;
        }
        let (namespace, name) = (kx.namespace().unwrap_or_default(), kx.name_any());
        if all.insert(uid, (namespace.clone(), name.clone())).is_none() {
            tracing::error!(
                namespace,
                name,
                "its status is not what this host and its ledger say; nothing is done with it until a person has looked"
            );
        }
    }

    /// Who they are, for who looks whether they are there at all: of what is deleted no look tells.
    #[must_use]
    pub fn all(&self) -> Vec<(String, String, String)> {
        let all = self.0.lock().map(|all| all.clone()).unwrap_or_default();
        all.into_iter().map(|(uid, (namespace, name))| (uid, namespace, name)).collect()
    }

    /// It is gone.
    pub fn forget(&self, uid: &str) {
        if let Ok(mut all) = self.0.lock() {
            all.remove(uid);
        }
    }

    /// For readiness.
    ///
    /// # Errors
    /// Where there are any, in words that name nobody.
    pub fn none(&self) -> Result<(), String> {
        let of = match self.0.lock().map_or(usize::MAX, |all| all.len()) {
            0 => return Ok(()),
            1 => "1 execution".to_owned(),
            n => format!("{n} executions"),
        };
        Err(format!(
            "the status of {of} is not what the ledger says, and nothing is done there until a person has looked; the log says where"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn named(uid: &str) -> KubernetesExecution {
        serde_json::from_value(json!({
            "apiVersion": "writ.dev/v1alpha1", "kind": "KubernetesExecution",
            "metadata": {"name": uid, "namespace": "shop", "uid": uid},
            "spec": {"action": "scale_deployment", "reason": ""},
        }))
        .unwrap()
    }

    #[test]
    fn whoever_is_one_is_told_until_a_look_finds_otherwise_or_he_is_gone() {
        let suspects = Suspects::default();
        assert_eq!(suspects.none(), Ok(()));
        [("a", true), ("b", true), ("c", false)].into_iter().for_each(|(uid, is)| suspects.note(&named(uid), is));
        assert!(suspects.none().unwrap_err().starts_with("the status of 2 executions "));
        suspects.note(&named("b"), false);
        assert!(suspects.none().unwrap_err().starts_with("the status of 1 execution "));
        assert_eq!(suspects.all(), [("a".to_owned(), "shop".to_owned(), "a".to_owned())]);
        suspects.forget("a");
        assert_eq!(suspects.none(), Ok(()));
    }
}
