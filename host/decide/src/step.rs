//! What one pass may do. `Do` carries everything the call needs; nothing is looked up or chosen while performing.
use crate::{
    access::Access,
    lock::Claim,
    model::{JobName, Uid},
    observed::Told,
    row::Row,
};
use crds::{ExecutionStatus, KubernetesExecution};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::batch::v1::Job;

/// At most one irreversible write a pass.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Write this status, with the resourceVersion that was read.
    Record(Box<ExecutionStatus>),
    /// Make this call.
    Do(Effect),
    /// Nothing to do before this.
    Wait(Waiting),
    /// Nothing to do ever again.
    Stop,
}

/// Every effect is idempotent: names are deterministic, deletions carry a uid, rows a (uid, seq).
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Before anything outside the object is made.
    AddFinalizer,
    /// The row of the seq that is stored.
    AppendRow(Box<Row>),
    /// Claim the target: harmless and revocable. Of several at once one gets it.
    Claim {
        /// What it says.
        claim: Box<Claim>,
        /// The resourceVersion of one that counts for nothing, which it takes the place of; none where there is none.
        over: Option<String>,
    },
    /// Let targets go.
    Unclaim {
        /// Name and resourceVersion of each claim.
        claims: Vec<(String, String)>,
    },
    /// ServiceAccount and binding: harmless and revocable, so made together.
    Grant(Box<Access>),
    /// A Job that asks the API server what would come of it and can persist nothing: harmless, and made again where it is lost.
    DryRun(Box<Job>),
    /// Take that Job away.
    EndDryRun {
        /// Its name.
        name: JobName,
        /// Its uid.
        uid: Uid,
    },
    /// The only irreversible one.
    CreateJob(Box<Job>),
    /// Delete in the foreground with a uid precondition: afterwards no pod of it can be running.
    StopJob {
        /// Its name.
        name: JobName,
        /// Its uid.
        uid: Uid,
    },
    /// Binding first, then account. Also the fence: a Job that a lost request creates later has no identity to run under.
    /// By names that follow from the uid alone, so it works without a plan too.
    Revoke {
        /// Whose.
        execution: Uid,
        /// The execution's namespace, where the binding is.
        namespace: String,
    },
    /// Take our finalizer off the pods: what they said is recorded.
    ReleasePods {
        /// Which.
        pods: Vec<String>,
    },
    /// Give the Job a TTL.
    ExpireJob {
        /// Its name.
        name: JobName,
        /// Its uid.
        uid: Uid,
        /// How long it stays.
        after: SignedDuration,
    },
    /// Say of approvals whether they count, and why not.
    TellApprovals {
        /// Where they are.
        namespace: String,
        /// Name and uid of each, and what is said of it.
        all: Vec<(String, String, Told)>,
    },
    /// The execution that undoes this one, as any other request: under a name that follows from the uid, so there is one at most.
    Undo(Box<KubernetesExecution>),
    /// Nothing is owed any more.
    ReleaseFinalizer {
        /// It is not looked at again. (Else its time comes.)
        last: bool,
    },
    /// The execution itself, whose time has come. Its rows stay.
    Delete,
}

impl Effect {
    /// Whether nothing is owed after it.
    #[must_use]
    pub const fn is_last(&self) -> bool {
        matches!(self, Self::ReleaseFinalizer { last: true } | Self::Delete)
    }

    /// Whether it cannot be taken back.
    #[must_use]
    pub const fn is_irreversible(&self) -> bool {
        matches!(self, Self::CreateJob(_))
    }
}

/// Until when, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// None: until something changes.
    pub until: Option<Timestamp>,
    /// For what.
    pub why: Why,
}

/// What a pass waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// The catalogue, the policies or the guards are not read yet.
    Starting,
    /// The database cannot be reached; nothing irreversible starts.
    LedgerUnreachable,
    /// The ledger and the object disagree; a human reconciles.
    Disagreement,
    /// The object moved while it was looked at.
    ViewMoved,
    /// Approvals are missing.
    Approval,
    /// An `ExecutionFreeze` matches.
    Frozen,
    /// Another execution has the target.
    Locked,
    /// As many are at work as may be at once.
    Limit,
    /// The plugin is busy or not loaded.
    PluginBusy,
    /// The grant is not in force yet.
    Grant,
    /// The Job's pod has not started.
    JobStart,
    /// The Job runs.
    JobEnd,
    /// The checks are pending.
    Checks,
    /// Its undo is under way; the target is kept for that.
    Undo,
    /// It is over, and is deleted when its time comes.
    Expiry,
}

impl Waiting {
    /// Until something changes.
    #[must_use]
    pub const fn change(why: Why) -> Self {
        Self { until: None, why }
    }
    /// Until a moment, or something changes.
    #[must_use]
    pub const fn at(until: Timestamp, why: Why) -> Self {
        Self { until: Some(until), why }
    }
    /// For this long, or until something changes.
    #[must_use]
    pub fn lasting(now: Timestamp, span: SignedDuration, why: Why) -> Self {
        Self { until: now.checked_add(span).ok(), why }
    }
}
