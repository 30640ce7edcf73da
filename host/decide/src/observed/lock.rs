//! Whose turn it is on a target, as far as can be seen.
use super::limits::AtWork;
use crate::{execution::Execution, lock::Claim};
use crds::KubernetesExecution;
use serde::{Deserialize, Serialize};

/// The claim on the target, held against the status of whoever made it. Read live, the claim first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LockSeen {
    /// There is none.
    Free,
    /// There is one that counts for nothing: its holder is over or gone, or made it for an earlier turn.
    Stale {
        /// Its resourceVersion: whoever takes it over names it, so that only one does.
        version: String,
    },
    /// Ours, of this turn.
    Ours {
        /// Its name.
        object: String,
        /// Its resourceVersion.
        version: String,
    },
    /// Somebody else's, and it counts.
    Held {
        /// Name of the execution.
        by: String,
    },
}

/// Another that waits for the target and comes before this one, as far as the watch has told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ahead {
    /// Its name.
    pub name: String,
    /// It waits for a thaw: its action, by which a freeze knows it. Its namespace is that of this one, as its target is.
    pub frozen: Option<String>,
}

impl LockSeen {
    /// `holder` is the execution that the claim names, where it is there; `kept` whether anything is left with which a run of it could
    /// still write, or whether it keeps the target for its undo.
    #[must_use]
    pub fn of(
        exec: &Execution,
        turn: i64,
        claim: &Claim,
        version: String,
        holder: Option<&KubernetesExecution>,
        kept: bool,
    ) -> Self {
        if claim.is_of(&exec.uid, turn) {
            return Self::Ours { object: claim.object(), version };
        }
        if claim.holder != exec.uid && (kept || AtWork::of(claim, holder) != AtWork::No) {
            return Self::Held { by: claim.name.clone() };
        }
        Self::Stale { version }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lock::Counts;
    use crate::tests::fixtures::{self, uid};
    use crds::{ExecutionStatus, LockStatus, Phase};

    fn claim(holder: &str) -> Claim {
        let (namespace, name) = ("shop".to_owned(), "scale-web-abcde".to_owned());
        Claim { target: uid(fixtures::TARGET), holder: uid(holder), namespace, name, turn: 3, counts: Counts::default() }
    }

    fn holder(of: &str, phase: Phase, turn: i64) -> KubernetesExecution {
        let mut kx = fixtures::kx();
        kx.metadata.uid = Some(of.to_owned());
        let lock = Some(LockStatus { seq: turn, ..LockStatus::default() });
        kx.status = Some(ExecutionStatus { phase, lock, ..ExecutionStatus::default() });
        kx
    }

    #[test]
    fn a_claim_counts_while_its_holder_is_at_work_in_the_turn_it_was_made_for() {
        use Phase::*;
        let held = LockSeen::Held { by: "scale-web-abcde".into() };
        let (stale, ours) = (
            LockSeen::Stale { version: "7".into() },
            LockSeen::Ours { object: format!("target-{}", fixtures::TARGET), version: "7".into() },
        );
        let seen = |by: &str, holder: Option<KubernetesExecution>, left| {
            LockSeen::of(&fixtures::exec(), 3, &claim(by), "7".into(), holder.as_ref(), left)
        };
        for phase in [Preparing, Executing, Verifying] {
            assert_eq!(seen("other", Some(holder("other", phase, 3)), false), held, "{phase:?}");
            assert_eq!(seen("other", Some(holder("other", phase, 9)), false), stale, "{phase:?}, of another turn");
            assert_eq!(seen("other", Some(holder("a new one", phase, 3)), false), stale, "{phase:?}, of another uid");
        }
        for phase in [Validating, DryRunning, AwaitingApproval, Completed, Failed, Refused, Cancelled] {
            assert_eq!(seen("other", Some(holder("other", phase, 3)), false), stale, "{phase:?}");
            assert_eq!(seen("other", Some(holder("other", phase, 3)), true), held, "{phase:?}, what can write is left");
        }
        assert_eq!(seen("other", None, false), stale);
        assert_eq!(seen("other", None, true), held, "gone, and what can write is left");
        assert_eq!(seen(fixtures::EXECUTION, None, true), ours);
        let earlier = LockSeen::of(&fixtures::exec(), 4, &claim(fixtures::EXECUTION), "7".into(), None, true);
        assert_eq!(earlier, stale, "ours, of an earlier turn");
    }
}
