//! Executions with which nothing is done until a person has looked: what they say and what the ledger says differ, or they say what this host
//! never writes. Owns who they are; readiness tells how many, and the log which.
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

/// By uid. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Suspects(Arc<Mutex<BTreeMap<String, Suspect>>>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Suspect {
    namespace: String,
    name: String,
    why: String,
}

impl Suspects {
    /// What a look at it found: why it is one, if it is.
    pub fn note(&self, of: &ObjectMeta, why: Option<&str>) {
        let Ok(mut all) = self.0.lock() else { return };
        let uid = of.uid.clone().unwrap_or_default();
        let Some(why) = why else {
            all.remove(&uid);
            return;
        };
        let (namespace, name) = (of.namespace.clone().unwrap_or_default(), of.name.clone().unwrap_or_default());
        let found = Suspect { namespace, name, why: why.to_owned() };
        if all.get(&uid) != Some(&found) {
            tracing::error!(
                namespace = found.namespace,
                name = found.name,
                why,
                "nothing is done with it until a person has looked"
            );
            all.insert(uid, found);
        }
    }

    /// Who they are, for who looks whether they are there at all: of what is deleted no look tells.
    #[must_use]
    pub fn all(&self) -> Vec<(String, String, String)> {
        let all = self.0.lock().map(|all| all.clone()).unwrap_or_default();
        all.into_iter().map(|(uid, of)| (uid, of.namespace, of.name)).collect()
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
            1 => "1 execution is".to_owned(),
            n => format!("{n} executions are"),
        };
        Err(format!(
            "{of} left alone: what stands there is not what the ledger says, or more than this version knows; nothing is done until a person has looked, and the log says where and why"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(uid: &str) -> ObjectMeta {
        let (name, namespace) = (Some(uid.to_owned()), Some("shop".to_owned()));
        ObjectMeta { name, namespace, uid: Some(uid.to_owned()), ..ObjectMeta::default() }
    }

    #[test]
    fn whoever_is_one_is_told_until_a_look_finds_otherwise_or_he_is_gone() {
        let suspects = Suspects::default();
        assert_eq!(suspects.none(), Ok(()));
        let why = Some("status.stdin is not known");
        [("a", why), ("b", why), ("c", None)].into_iter().for_each(|(uid, why)| suspects.note(&named(uid), why));
        assert!(suspects.none().unwrap_err().starts_with("2 executions are left alone"));
        suspects.note(&named("b"), None);
        assert!(suspects.none().unwrap_err().starts_with("1 execution is left alone"));
        assert_eq!(suspects.all(), [("a".to_owned(), "shop".to_owned(), "a".to_owned())]);
        suspects.forget("a");
        assert_eq!(suspects.none(), Ok(()));
    }
}
