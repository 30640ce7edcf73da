//! Which execution undid which: told by the watch of executions, which begins with a list of them all. Owns no truth: that is in the
//! objects; what is not known yet is told later, and wakes the one it is about then.
use decide::model::Uid;
use std::{collections::HashMap, sync::Mutex};

/// By the uid of what was undone, the name of what undid it.
#[derive(Default)]
pub(super) struct Undos(Mutex<HashMap<String, String>>);

impl Undos {
    pub(super) fn add(&self, undone: &str, by: &str) {
        if let Ok(mut all) = self.0.lock() {
            all.insert(undone.to_owned(), by.to_owned());
        }
    }

    pub(super) fn remove(&self, undone: &str) {
        if let Ok(mut all) = self.0.lock() {
            all.remove(undone);
        }
    }

    pub(super) fn of(&self, undone: &Uid) -> Option<String> {
        self.0.lock().ok()?.get(undone.as_str()).cloned()
    }
}
