//! Versions that this process wrote itself. The loop that wrote one goes on with it at once, or is woken again because it failed; so the
//! watch need not wake anybody for it. Owns nothing that matters: what is forgotten costs one look more.
use kube::api::ObjectMeta;
use std::{
    collections::{HashMap, VecDeque},
    sync::Mutex,
};

/// Writes of one wake-up that the watch may not have told of yet: an execution has about ten in its whole life.
const LAST: usize = 16;

/// By uid, the last versions.
#[derive(Default)]
pub(super) struct Echoes(Mutex<HashMap<String, VecDeque<String>>>);

impl Echoes {
    pub(super) fn wrote(&self, meta: &ObjectMeta) {
        let (Some(uid), Some(version)) = (&meta.uid, &meta.resource_version) else { return };
        let Ok(mut all) = self.0.lock() else { return };
        let mine = all.entry(uid.clone()).or_default();
        mine.push_back(version.clone());
        if mine.len() > LAST {
            mine.pop_front();
        }
    }

    pub(super) fn is_own(&self, meta: &ObjectMeta) -> bool {
        let (Some(uid), Some(version)) = (&meta.uid, &meta.resource_version) else { return false };
        self.0.lock().is_ok_and(|all| all.get(uid).is_some_and(|mine| mine.contains(version)))
    }

    pub(super) fn forget(&self, meta: &ObjectMeta) {
        if let (Some(uid), Ok(mut all)) = (&meta.uid, self.0.lock()) {
            all.remove(uid);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(uid: &str, version: usize) -> ObjectMeta {
        ObjectMeta { uid: Some(uid.into()), resource_version: Some(version.to_string()), ..ObjectMeta::default() }
    }

    #[test]
    fn only_what_was_written_here_is_an_echo() {
        let echoes = Echoes::default();
        echoes.wrote(&version("a", 1));
        assert!(echoes.is_own(&version("a", 1)));
        assert!(!echoes.is_own(&version("a", 2)), "somebody else wrote it");
        assert!(!echoes.is_own(&version("b", 1)));
        echoes.forget(&version("a", 1));
        assert!(!echoes.is_own(&version("a", 1)));
    }

    #[test]
    fn no_more_than_the_last_are_kept() {
        let echoes = Echoes::default();
        (0..=LAST).for_each(|v| echoes.wrote(&version("a", v)));
        assert!(!echoes.is_own(&version("a", 0)) && echoes.is_own(&version("a", LAST)));
    }
}
