//! When this process looked first at an execution that holds a target. Nothing of it is stored: whoever was away did not wait, and begins anew.
use decide::{
    execution::{Execution, Progress},
    model::Uid,
};
use jiff::Timestamp;
use std::{collections::HashMap, sync::Mutex};

/// By uid; of those that are in `Preparing`.
#[derive(Debug, Default)]
pub struct Firsts(Mutex<HashMap<Uid, Timestamp>>);

impl Firsts {
    /// Now, or earlier.
    pub fn look(&self, exec: &Execution, now: Timestamp) -> Timestamp {
        // Where nothing can be remembered, its last record counts.
        let Ok(mut all) = self.0.lock() else { return exec.at };
        if matches!(exec.progress, Progress::Preparing(_)) {
            return *all.entry(exec.uid.clone()).or_insert(now);
        }
        all.remove(&exec.uid);
        now
    }

    /// It is gone.
    pub fn forget(&self, uid: &Uid) {
        if let Ok(mut all) = self.0.lock() {
            all.remove(uid);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::untrusted::stage;
    use jiff::SignedDuration;

    #[test]
    fn the_first_look_is_remembered_until_the_phase_is_over() {
        let (firsts, preparing) = (Firsts::default(), stage("preparing"));
        let at = |seconds| preparing.at + SignedDuration::from_secs(seconds);
        assert_eq!(firsts.look(&preparing, at(600)), at(600));
        assert_eq!(firsts.look(&preparing, at(700)), at(600));
        assert_eq!(firsts.look(&stage("prepared"), at(800)), at(800));
        assert_eq!(firsts.look(&preparing, at(900)), at(900), "it was in another phase in between");
    }
}
