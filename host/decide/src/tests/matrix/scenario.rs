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
    /// As soon as it owes nothing, another execution takes back what it did.
    pub undone: bool,
    /// Is to go a minute after its end.
    pub expires: bool,
}

pub const PLAIN: Scenario = Scenario {
    fate: Fate::Succeeds,
    idempotent: false,
    denied: false,
    plan_only: false,
    unsupported: false,
    undone: false,
    expires: false,
};

pub const UNDONE: Scenario = Scenario { undone: true, ..PLAIN };

pub const EXPIRES: Scenario = Scenario { expires: true, ..PLAIN };

pub const ALL: [Scenario; 11] = [
    PLAIN,
    Scenario { idempotent: true, ..PLAIN },
    Scenario { fate: Fate::Fails, ..PLAIN },
    Scenario { fate: Fate::NeverStarts, ..PLAIN },
    Scenario { fate: Fate::Rejected, ..PLAIN },
    Scenario { fate: Fate::Hangs, ..PLAIN },
    Scenario { denied: true, ..PLAIN },
    Scenario { plan_only: true, ..PLAIN },
    Scenario { unsupported: true, ..PLAIN },
    UNDONE,
    EXPIRES,
];

impl Scenario {
    pub fn ask(&self, spec: &mut ExecutionSpec) {
        if self.plan_only {
            spec.dry_run = DryRun::Plan;
        }
        if self.unsupported {
            spec.break_glass = true;
        }
        if self.expires {
            spec.ttl_after_finished = Some("1m".into());
        }
    }
}
