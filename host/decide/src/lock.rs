//! `&Execution, &Planned -> Claim`: the one object that says whose turn it is on a target. Its name follows from the target's uid alone, so
//! its creation is the claim. It counts only while its holder's own status says that it is at work in the very turn that it was made
//! for: so it cannot leak, and nobody has to renew it.
use crate::{
    execution::Execution,
    model::{Planned, Uid},
};

/// What a claim says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// On which object.
    pub target: Uid,
    /// Who claims it.
    pub holder: Uid,
    /// Where the holder is.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// `status.lock.seq` of the holder at the time: which of its turns.
    pub turn: i64,
}

impl Claim {
    /// Name of the object.
    #[must_use]
    pub fn object(&self) -> String {
        object(&self.target)
    }

    /// Made by this execution, for this turn.
    #[must_use]
    pub fn is_of(&self, holder: &Uid, turn: i64) -> bool {
        self.holder == *holder && self.turn == turn
    }
}

/// Name of the claim on a target.
#[must_use]
pub fn object(target: &Uid) -> String {
    format!("target-{target}")
}

/// None: the target does not exist yet. (No run can be held to such a one either: `access`.)
#[must_use]
pub fn of(exec: &Execution, planned: &Planned, turn: i64) -> Option<Claim> {
    let (_, Some(target)) = planned.target.as_ref()? else { return None };
    Some(Claim {
        target: target.clone(),
        holder: exec.uid.clone(),
        namespace: exec.namespace.clone(),
        name: exec.name.clone(),
        turn,
    })
}
