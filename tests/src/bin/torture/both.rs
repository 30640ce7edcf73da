//! Two operators that work at once, on one ledger and one cluster: as on a shared volume whose locks do not work, or where one was cut off,
//! another took its place, and it came back. Owns how the lock gets lost and is found again: in the end one of them is dead, and the other one
//! holds what whoever starts next will find.
//!
//! There is no election of a leader: the lock is all that tells the second one, and it tells nobody here. What holds is the rest:
//! - in the ledger, SQLite's own locks and the trigger that lets in only the next row of an execution. A row is a function of what stands in the
//!   object, so that whoever comes second has the same bytes, and is told that they are there;
//! - of two records of one execution the API server takes one (Rule 4: the version that was looked at); who lost looks again. Who looks at an
//!   object that is older than the ledger does nothing until the newer one has come (Rule 2);
//! - a target is claimed by a Lease with a version, a Job has a name that is there once, and the identity that was taken away is the fence for
//!   what still comes late (Rule 6).
//!
//! What is known not to hold is a pair of deeds that both land after everything was cleaned up
//! (`two_leaders_paused_at_the_worst_moments_are_the_known_limit`). A run that meets it fails, with a double.
use crate::{
    dice::Dice,
    disk::Disk,
    operators::{Operators, signal},
};
use std::time::Duration;

/// Until the second one has opened the ledger. Faults meet its first requests, too, and it may have to start again.
const STARTS: Duration = Duration::from_secs(20);

/// The one that works is stopped, and goes on when another one is at its work; then one of the two dies.
pub(crate) async fn at_once(operators: &Operators, disk: &Disk, dice: &Dice) -> Option<&'static str> {
    let first = operators.working().await?;
    signal(first, "STOP").await?;
    let joined = disk.lock_lost().is_some() && operators.joined(first, STARTS).await;
    if joined {
        // What the first one was about to do lands when the second one has looked.
        tokio::time::sleep(dice.millis(1000, 4000)).await;
    }
    signal(first, "CONT").await;
    if joined {
        tokio::time::sleep(dice.millis(3000, 8000)).await;
    }
    // The lock that lies there is the second one's.
    if joined && dice.once_in(2) {
        signal(first, "KILL").await;
    } else {
        // First the lock, or a third one would begin beside the first.
        disk.lock_found();
        for other in operators.besides(first) {
            signal(other, "KILL").await;
        }
    }
    joined.then_some(crate::harm::BOTH)
}
