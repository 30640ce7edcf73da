//! What is asked for, and how it would end if nothing went wrong.
use crds::{DryRun, ExecutionSpec};

/// What becomes of the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Succeeds,
    Fails,
    NeverStarts,
    Rejected,
    Hangs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scenario {
    pub fate: Fate,
    pub idempotent: bool,
    /// The policy says no.
    pub denied: bool,
    pub plan_only: bool,
    /// Asks for what this build does not honor.
    pub unsupported: bool,
}

pub const PLAIN: Scenario =
    Scenario { fate: Fate::Succeeds, idempotent: false, denied: false, plan_only: false, unsupported: false };

pub const ALL: [Scenario; 9] = [
    PLAIN,
    Scenario { idempotent: true, ..PLAIN },
    Scenario { fate: Fate::Fails, ..PLAIN },
    Scenario { fate: Fate::NeverStarts, ..PLAIN },
    Scenario { fate: Fate::Rejected, ..PLAIN },
    Scenario { fate: Fate::Hangs, ..PLAIN },
    Scenario { denied: true, ..PLAIN },
    Scenario { plan_only: true, ..PLAIN },
    Scenario { unsupported: true, ..PLAIN },
];

impl Scenario {
    pub fn ask(&self, spec: &mut ExecutionSpec) {
        if self.plan_only {
            spec.dry_run = DryRun::Plan;
        }
        if self.unsupported {
            spec.break_glass = true;
        }
    }
}
