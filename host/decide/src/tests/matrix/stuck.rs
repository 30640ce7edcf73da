//! What never comes: the scenarios in which the host waits for something until it gives up, each with the end that it says then.
use super::{
    scenario::{AUTOMATIC, BUSY, CROWDED, Dry, Fate, PLAIN, People, Scenario},
    swap::Swap,
    world::World,
};
use crate::{execution::Execution, observed::Grants};
use crds::{Phase, Reason};
use jiff::SignedDuration;

/// A host that has much to do: so a day is over in a hundred looks.
pub const SLOW: SignedDuration = SignedDuration::from_mins(15);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stuck {
    /// The catalogue is never read.
    Host,
    /// The component is never loaded.
    Plugin,
    /// It was, and is not any more when it is asked for the last time.
    PluginLate,
    /// Nobody approves.
    Approval,
    /// What the dry run was granted never comes into force.
    DryGrant,
    /// Its pod never starts.
    DryRun,
    /// Nobody thaws.
    Thaw,
    /// The same, and it was approved for a minute.
    ThawApproved,
    /// Another has the target for ever.
    Turn,
    /// The same, and it was approved for a minute.
    TurnApproved,
    /// Another is at work for ever where only one may be.
    Limit,
    /// What the run was granted never comes into force.
    Grant,
    /// The same, after the promise.
    GrantLate,
    /// The Job gets no pod. (Here and below the Job controller stands still, and its deadline with it.)
    NoPod,
    /// The cluster refuses the pod.
    PodRefused,
    /// The pod never starts.
    Pod,
    /// The command never ends.
    End,
    /// The effect never comes.
    Checks,
    /// Nobody can look whether it came.
    CheckPlugin,
    /// The API server never takes the undo.
    Undo,
}

/// What waits for it, and how that ends.
pub const ALL: [(Scenario, Phase, Reason); 20] = [
    (of(Stuck::Host, PLAIN), Phase::Refused, Reason::HostNotReady),
    (of(Stuck::Plugin, PLAIN), Phase::Refused, Reason::PluginUnavailable),
    (of(Stuck::PluginLate, PLAIN), Phase::Refused, Reason::PluginUnavailable),
    (of(Stuck::Approval, Scenario { people: People::Silent, ..PLAIN }), Phase::Refused, Reason::ApprovalExpired),
    (of(Stuck::DryGrant, Scenario { dry: Dry::Asked, ..PLAIN }), Phase::Refused, Reason::DryRunTimedOut),
    (of(Stuck::DryRun, Scenario { dry: Dry::Asked, ..PLAIN }), Phase::Refused, Reason::DryRunTimedOut),
    (of(Stuck::Thaw, PLAIN), Phase::Refused, Reason::Frozen),
    (of(Stuck::ThawApproved, Scenario { people: People::Approve, ..PLAIN }), Phase::Refused, Reason::ApprovalExpired),
    (of(Stuck::Turn, BUSY), Phase::Refused, Reason::Queued),
    (of(Stuck::TurnApproved, Scenario { people: People::Approve, ..BUSY }), Phase::Refused, Reason::ApprovalExpired),
    (of(Stuck::Limit, CROWDED), Phase::Refused, Reason::LimitReached),
    (of(Stuck::Grant, PLAIN), Phase::Refused, Reason::GrantTimedOut),
    (of(Stuck::GrantLate, PLAIN), Phase::Failed, Reason::OutcomeUnknown),
    (of(Stuck::NoPod, PLAIN), Phase::Failed, Reason::NeverStarted),
    (of(Stuck::PodRefused, Scenario { fate: Fate::Rejected, ..PLAIN }), Phase::Failed, Reason::JobRefused),
    (of(Stuck::Pod, Scenario { fate: Fate::NeverStarts, ..PLAIN }), Phase::Failed, Reason::NeverStarted),
    (of(Stuck::End, Scenario { fate: Fate::Hangs, ..PLAIN }), Phase::Failed, Reason::DeadlineExceeded),
    (of(Stuck::Checks, PLAIN), Phase::Failed, Reason::ChecksTimedOut),
    (of(Stuck::CheckPlugin, PLAIN), Phase::Failed, Reason::ChecksUnavailable),
    (of(Stuck::Undo, AUTOMATIC), Phase::Failed, Reason::RollbackNotStarted),
];

const fn of(stuck: Stuck, scenario: Scenario) -> Scenario {
    Scenario { stuck: Some(stuck), ..scenario }
}

impl World {
    pub fn is(&self, stuck: Stuck) -> bool {
        self.scenario.stuck == Some(stuck)
    }

    /// For how long others have what they have from the beginning, in seconds.
    pub fn taken_for(&self) -> i64 {
        if self.is(Stuck::Turn) || self.is(Stuck::TurnApproved) || self.is(Stuck::Limit) { 1_000_000 } else { 8 }
    }

    /// How long each wait lasts at least. Whoever looks at a Job looks in time: what he says of it depends on when he looked.
    pub fn slowness(&self) -> SignedDuration {
        let slow = self.scenario.stuck.is_some() && !self.controller_stands_still();
        if slow { SLOW } else { SignedDuration::ZERO }
    }

    pub fn controller_stands_still(&self) -> bool {
        [Stuck::NoPod, Stuck::PodRefused, Stuck::Pod, Stuck::End].into_iter().any(|s| self.is(s))
    }
}

/// What stands where its component or the catalogue stood.
pub fn swapped(w: &World, exec: &Execution) -> Option<Swap> {
    let stuck = match (w.scenario.stuck?, exec.phase()) {
        (Stuck::Host, _) => Swap::Starting,
        (Stuck::Plugin, _) | (Stuck::PluginLate, Phase::Preparing) | (Stuck::CheckPlugin, Phase::Verifying) => Swap::PluginGone,
        _ => return None,
    };
    Some(stuck)
}

/// An identity that is there, as far as it is in force.
pub fn in_force(w: &World, exec: &Execution) -> Grants {
    match (w.scenario.stuck, exec.phase()) {
        (Some(Stuck::DryGrant), Phase::DryRunning) => Grants::Pending,
        (Some(Stuck::Grant), Phase::Preparing) | (Some(Stuck::GrantLate), Phase::Executing) => Grants::Pending,
        _ => Grants::Whole,
    }
}
