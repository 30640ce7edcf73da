//! Executions with which nothing is done until a person has looked: what they say and what the ledger says differ, or they say what this host
//! never writes. Owns who they are; readiness tells how many, and the log which.
use crds::KubernetesExecution;
use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

/// Each is looked at again every ten minutes at the latest. What was not for twice that long is gone.
const FORGOTTEN: SignedDuration = SignedDuration::from_mins(20);

/// By uid, when it was found so last. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Suspects(Arc<Mutex<HashMap<String, Timestamp>>>);

impl Suspects {
    /// What a look at it found.
    pub fn note(&self, kx: &KubernetesExecution, suspect: bool, now: Timestamp) {
        let Ok(mut all) = self.0.lock() else { return };
        let uid = kx.uid().unwrap_or_default();
        if !suspect {
            all.remove(&uid);
        } else if all.insert(uid, now).is_none() {
            let (namespace, name) = (kx.namespace().unwrap_or_default(), kx.name_any());
            tracing::error!(
                namespace,
                name,
                "its status is not what this host and its ledger say: nothing is done with it until a person has looked (writ audit {name} -n {namespace})"
            );
        }
    }

    /// For readiness.
    ///
    /// # Errors
    /// Where there are any, in words that name nobody.
    pub fn none(&self, now: Timestamp) -> Result<(), String> {
        let Ok(mut all) = self.0.lock() else { return Err("nobody knows: a look at one panicked".into()) };
        all.retain(|_, last| now.duration_since(*last) < FORGOTTEN);
        match all.len() {
            0 => Ok(()),
            1 => {
                Err("the status of 1 execution is not what the ledger says, and nothing is done with it; the log names it".into())
            }
            n => Err(format!(
                "the status of {n} executions is not what the ledger says, and nothing is done with them; the log names them"
            )),
        }
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
    fn whoever_is_one_is_told_until_a_look_finds_otherwise_or_nobody_looks_any_more() {
        let (suspects, at) = (Suspects::default(), |minute: i64| Timestamp::from_second(minute * 60).unwrap());
        assert_eq!(suspects.none(at(0)), Ok(()));
        suspects.note(&named("a"), true, at(0));
        suspects.note(&named("b"), true, at(5));
        suspects.note(&named("c"), false, at(5));
        assert!(suspects.none(at(6)).unwrap_err().starts_with("the status of 2 executions"));
        suspects.note(&named("b"), false, at(7));
        suspects.note(&named("a"), true, at(10));
        assert!(suspects.none(at(29)).unwrap_err().starts_with("the status of 1 execution "));
        assert_eq!(suspects.none(at(30)), Ok(()));
    }
}
