//! `&Execution, &Planned -> Claim`: the one object that says whose turn it is on a target. Its name follows from the target's uid alone, so
//! its creation is the claim. It counts only while its holder's own status says that it is at work in the very turn that it was made
//! for: so it cannot leak, and nobody has to renew it.
use crate::{
    canonical,
    execution::Execution,
    model::{Planned, Uid},
};
use serde::{Deserialize, Serialize};

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
    /// What it counts for.
    pub counts: Counts,
}

/// For which limits an execution counts: those of these three.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Its namespace.
    pub namespace: String,
    /// Its action.
    pub action: String,
    /// Its requester, as a label can hold him.
    pub requester: String,
}

/// Whoever has no more than so many before him is told each place in the line. Who is further back is told about how many: each record is
/// a row and a write, and the line would make as many of them as the square of its length.
pub const NEAR: usize = 9;

/// So many; beyond `NEAR` no more than that, to one digit.
#[must_use]
pub fn about(ahead: usize) -> usize {
    let digits = ahead.checked_ilog10().unwrap_or(0);
    ahead.next_multiple_of(10_usize.saturating_pow(digits))
}

/// Digits of the digest of a requester's name: a label has at most 63 characters.
const DIGITS: usize = 40;

impl Counts {
    /// Of an execution of this action, by this user.
    #[must_use]
    pub fn new(namespace: &str, action: &str, requester: &str) -> Self {
        let digest = canonical::sha256(requester.as_bytes());
        let digits = digest.trim_start_matches("sha256:").chars().take(DIGITS).collect();
        Self { namespace: namespace.to_owned(), action: action.to_owned(), requester: digits }
    }

    /// Of this execution.
    #[must_use]
    pub fn of(exec: &Execution) -> Self {
        let requester = exec.spec.requester.as_ref().map_or("", |r| r.username.as_str());
        Self::new(&exec.namespace, &exec.spec.action, requester)
    }
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
    line(target.as_str())
}

/// The same name is that of the line of those who wait for it.
#[must_use]
pub fn line(target: &str) -> String {
    format!("target-{target}")
}

/// The other direction.
#[must_use]
pub fn target(object: &str) -> Option<&str> {
    object.strip_prefix("target-")
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
        counts: Counts::of(exec),
    })
}
