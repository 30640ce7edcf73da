//! What is asked for, and how it would end if nothing went wrong.
use super::{original, stuck::Stuck};
use crate::{plan::request_hash, tests::fixtures};
use crds::{DryRun, ExecutionSpec, ObjectUid, OnConflict, OnFailure, Reason, Rollback};

/// What becomes of the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fate {
    Succeeds,
    Fails,
    NeverStarts,
    Rejected,
    Hangs,
}

/// What people do who are asked to approve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum People {
    /// Nobody is asked.
    Unasked,
    /// One approves whatever waits.
    Approve,
    /// One says no.
    Reject,
    /// Nobody comes.
    Silent,
    /// Somebody tries to approve in a way that must not count.
    Forge(Forgery),
    /// The requester goes without them.
    Glass(Glass),
    /// It is an undo, and what it undoes was approved: in a way that covers it, or in one that must not.
    Cover(Option<NoCover>),
}

/// What breaking the glass comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Glass {
    /// The policy opens it, and somebody reviews what was done.
    Reviewed,
    /// The same, and nobody does.
    Unreviewed,
    /// The policy does not open it.
    Closed,
    /// The policy opens it, and somebody reviews it in a way that must not count.
    Forged(Forgery),
}

/// Each way in which an approval of the original does not cover its undo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoCover {
    NotMeant,
    Rejection,
    OtherExecution,
    OtherPlan,
    NeverCounted,
    MadeAgain,
    NotApproved,
    Unstamped,
    WithoutTheRight,
    Requester,
    Program,
    OtherGroup,
    OtherComponent,
}

pub const NO_COVERS: [NoCover; 13] = [
    NoCover::NotMeant,
    NoCover::Rejection,
    NoCover::OtherExecution,
    NoCover::OtherPlan,
    NoCover::NeverCounted,
    NoCover::MadeAgain,
    NoCover::NotApproved,
    NoCover::Unstamped,
    NoCover::WithoutTheRight,
    NoCover::Requester,
    NoCover::Program,
    NoCover::OtherGroup,
    NoCover::OtherComponent,
];

/// Each way in which an approval is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Forgery {
    Unstamped,
    OtherExecution,
    OtherAction,
    WithoutTheRight,
    OtherPlan,
    TooEarly,
    Requester,
    Program,
    OtherGroup,
    Twice,
}

pub const FORGERIES: [Forgery; 10] = [
    Forgery::Unstamped,
    Forgery::OtherExecution,
    Forgery::OtherAction,
    Forgery::WithoutTheRight,
    Forgery::OtherPlan,
    Forgery::TooEarly,
    Forgery::Requester,
    Forgery::Program,
    Forgery::OtherGroup,
    Forgery::Twice,
];

/// What it says that it undoes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Undoes {
    Nothing,
    /// The stored inverse of another, which is as that left it.
    AsLeft,
    /// The same, but for this.
    But(NoUndo),
}

/// Each way in which it is no undo of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoUndo {
    Missing,
    NotOver,
    Done,
    Expired,
    OtherAction,
    OtherParameters,
    OtherTarget,
    OtherWrite,
    MovedOn,
    OtherField,
    Taken,
    Owned,
}

/// And how it is refused.
pub const NO_UNDOS: [(NoUndo, Reason); 12] = [
    (NoUndo::Missing, Reason::UndoUnavailable),
    (NoUndo::NotOver, Reason::UndoUnavailable),
    (NoUndo::Done, Reason::UndoUnavailable),
    (NoUndo::Expired, Reason::UndoUnavailable),
    (NoUndo::OtherAction, Reason::UndoDiffers),
    (NoUndo::OtherParameters, Reason::UndoDiffers),
    (NoUndo::OtherTarget, Reason::TargetMovedOn),
    (NoUndo::OtherWrite, Reason::TargetMovedOn),
    (NoUndo::MovedOn, Reason::TargetMovedOn),
    (NoUndo::OtherField, Reason::TargetMovedOn),
    (NoUndo::Taken, Reason::TargetMovedOn),
    (NoUndo::Owned, Reason::TargetMovedOn),
];

/// Whether a dry run on the server is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dry {
    No,
    /// `dryRun: Server`.
    Asked,
    /// A policy allows it only after one.
    Demanded,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scenario {
    pub fate: Fate,
    pub idempotent: bool,
    /// The policy says no.
    pub denied: bool,
    /// The only policy there is says yes, and is a shadow.
    pub shadow: bool,
    pub plan_only: bool,
    /// Whether people must approve, and what they do.
    pub people: People,
    pub dry: Dry,
    /// The guard of dry runs is not in force.
    pub unguarded: bool,
    /// The policy says no once it sees what would change.
    pub denies_diff: bool,
    /// Asks for what this build does not honor: a time that is none.
    pub unsupported: bool,
    /// Wants it undone where it fails.
    pub automatic: bool,
    /// Wants exactly the plan that was shown.
    pub shown: bool,
    /// Whether it says that it is an undo.
    pub undoes: Undoes,
    /// As soon as it owes nothing, another execution takes back what it did.
    pub undone: bool,
    /// Is to go a minute after its end.
    pub expires: bool,
    /// Another execution has the target.
    pub busy: bool,
    /// Another waits for the target, and was accepted before.
    pub behind: bool,
    /// And it is not to be waited for.
    pub refuses: bool,
    /// No more than one may be at work at once in the namespace.
    pub limited: bool,
    /// And another is.
    pub crowded: bool,
    /// The target is a pod. Another execution has its node.
    pub on_node: bool,
    /// What never comes.
    pub stuck: Option<Stuck>,
}

pub const PLAIN: Scenario = Scenario {
    fate: Fate::Succeeds,
    idempotent: false,
    denied: false,
    shadow: false,
    plan_only: false,
    people: People::Unasked,
    dry: Dry::No,
    unguarded: false,
    denies_diff: false,
    unsupported: false,
    automatic: false,
    shown: false,
    undoes: Undoes::Nothing,
    undone: false,
    expires: false,
    busy: false,
    behind: false,
    refuses: false,
    limited: false,
    crowded: false,
    on_node: false,
    stuck: None,
};

pub const APPROVED: Scenario = Scenario { people: People::Approve, ..PLAIN };

pub const COVERED: Scenario = Scenario { people: People::Cover(None), ..PLAIN };

pub const GLASS: Scenario = Scenario { people: People::Glass(Glass::Reviewed), ..PLAIN };

pub const UNREVIEWED: Scenario = Scenario { people: People::Glass(Glass::Unreviewed), expires: true, ..PLAIN };

pub const CLOSED: Scenario = Scenario { people: People::Glass(Glass::Closed), ..PLAIN };

pub const AUTOMATIC: Scenario = Scenario { automatic: true, fate: Fate::Fails, ..PLAIN };

pub const UNDOES: Scenario = Scenario { undoes: Undoes::AsLeft, ..PLAIN };

pub const SHOWN: Scenario = Scenario { shown: true, ..PLAIN };

pub const UNDONE: Scenario = Scenario { undone: true, ..PLAIN };

pub const EXPIRES: Scenario = Scenario { expires: true, ..PLAIN };

pub const BUSY: Scenario = Scenario { busy: true, ..PLAIN };

pub const BEHIND: Scenario = Scenario { behind: true, ..PLAIN };

pub const REFUSES: Scenario = Scenario { refuses: true, ..BUSY };

pub const LIMITED: Scenario = Scenario { limited: true, ..PLAIN };

pub const CROWDED: Scenario = Scenario { crowded: true, ..LIMITED };

/// A pod whose node is changed.
pub const ON_NODE: Scenario = Scenario { on_node: true, crowded: true, ..PLAIN };

pub const ALL: [Scenario; 40] = [
    PLAIN,
    Scenario { idempotent: true, ..PLAIN },
    Scenario { fate: Fate::Fails, ..PLAIN },
    Scenario { fate: Fate::NeverStarts, ..PLAIN },
    Scenario { fate: Fate::Rejected, ..PLAIN },
    Scenario { fate: Fate::Hangs, ..PLAIN },
    Scenario { denied: true, ..PLAIN },
    Scenario { plan_only: true, ..PLAIN },
    Scenario { unsupported: true, ..PLAIN },
    APPROVED,
    Scenario { people: People::Reject, ..PLAIN },
    Scenario { people: People::Silent, ..PLAIN },
    Scenario { people: People::Approve, dry: Dry::Demanded, ..PLAIN },
    Scenario { dry: Dry::Asked, ..PLAIN },
    Scenario { dry: Dry::Demanded, ..PLAIN },
    Scenario { dry: Dry::Asked, denies_diff: true, ..PLAIN },
    Scenario { dry: Dry::Demanded, denies_diff: true, ..PLAIN },
    Scenario { dry: Dry::Demanded, unguarded: true, ..PLAIN },
    UNDONE,
    EXPIRES,
    SHOWN,
    COVERED,
    BUSY,
    Scenario { people: People::Approve, dry: Dry::Demanded, ..BUSY },
    REFUSES,
    LIMITED,
    CROWDED,
    Scenario { people: People::Approve, dry: Dry::Demanded, ..CROWDED },
    Scenario { refuses: true, ..CROWDED },
    ON_NODE,
    Scenario { crowded: false, dry: Dry::Demanded, ..ON_NODE },
    GLASS,
    Scenario { dry: Dry::Demanded, expires: true, ..GLASS },
    UNREVIEWED,
    CLOSED,
    AUTOMATIC,
    Scenario { automatic: true, expires: true, ..PLAIN },
    UNDOES,
    BEHIND,
    Scenario { refuses: true, ..BEHIND },
];

impl Scenario {
    pub const fn is_undo(&self) -> bool {
        matches!(self.people, People::Cover(_)) || !matches!(self.undoes, Undoes::Nothing)
    }

    pub fn ask(&self, spec: &mut ExecutionSpec) {
        if self.plan_only {
            spec.dry_run = DryRun::Plan;
        }
        if self.dry == Dry::Asked {
            spec.dry_run = DryRun::Server;
        }
        if self.unsupported {
            spec.rollback = Some(Rollback { keep_for: Some("a day".into()), ..Rollback::default() });
        }
        if self.automatic {
            spec.rollback = Some(Rollback { on_failure: OnFailure::Automatic, keep_for: None });
        }
        if self.shown {
            spec.plan_hash = request_hash(&fixtures::exec(), &fixtures::planned()).map(|hash| hash.to_string());
        }
        if self.is_undo() {
            spec.rollback_of = Some(ObjectUid { name: "first".into(), uid: original::FIRST.into() });
        }
        spec.break_glass = matches!(self.people, People::Glass(_));
        if self.refuses {
            spec.on_conflict = Some(OnConflict::Refuse);
        }
        if self.expires {
            spec.ttl_after_finished = Some("1m".into());
        }
    }
}
