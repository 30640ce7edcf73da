//! The object as the core sees it: parsed once (`parse`), so that a phase cannot find its own facts missing.
use crate::{
    model::{JobName, Planned, Uid},
    story::review_is_due,
    time,
};
use crds::{ExecutionSpec, ExecutionStatus, Limits, Phase, Reason, TimelineEntry, limits};
use jiff::Timestamp;

/// The finalizer on executions: *present* is how "Writ still owes something" is stored.
pub const FINALIZER: &str = crds::labels::FINALIZER_RECORD;

/// One execution.
#[derive(Clone, Debug, PartialEq)]
pub struct Execution {
    /// uid of the cluster (of its namespace kube-system).
    pub cluster: Uid,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: Uid,
    /// Carried by the write of the next status, and by nothing else.
    pub resource_version: String,
    /// Its generation.
    pub generation: i64,
    /// When it was created.
    pub created: Timestamp,
    /// It is being deleted.
    pub deleting: bool,
    /// Our finalizer is on it.
    pub finalized: bool,
    /// What was asked.
    pub spec: ExecutionSpec,
    /// What was recorded last.
    pub seq: i64,
    /// When that was.
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
    /// What is known in this phase.
    pub progress: Progress,
    /// What is stored, whole: a record changes a copy of it.
    pub status: ExecutionStatus,
}

/// What is known in each phase. `Executing` without a plan cannot be written down.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// Nothing yet.
    Validating,
    /// Allowed, where people approve it.
    AwaitingApproval(Awaiting),
    /// Allowed, as far as it is known; the API server is asked.
    DryRunning(DryRunning),
    /// Allowed.
    Preparing(Ready),
    /// The Job may exist.
    Executing(Executing),
    /// The Job succeeded.
    Verifying(Verifying),
    /// Over.
    Over(Over),
}

/// The API server is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct DryRunning {
    /// The plan.
    pub planned: Planned,
    /// Name of the Job that asks.
    pub job: JobName,
    /// It answered, and what it would change is stored.
    pub answered: bool,
    /// When this phase was entered.
    pub since: Timestamp,
}

/// Allowed.
#[derive(Clone, Debug, PartialEq)]
pub struct Ready {
    /// The plan.
    pub planned: Planned,
    /// How long its approvals hold, where any were asked for.
    pub wait: Option<Wait>,
    /// Which of its turns on the target this is: `seq` of the record that asked for it.
    pub turn: i64,
    /// How many may be at work at once, as the policies said when they were asked last.
    pub limits: Limits,
    /// When this phase was entered.
    pub since: Timestamp,
}

/// Allowed, where people approve it.
#[derive(Clone, Debug, PartialEq)]
pub struct Awaiting {
    /// What they approve.
    pub planned: Planned,
    /// How long.
    pub wait: Wait,
}

/// When approvals were asked for, and by when the run must have started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Asked for.
    pub since: Timestamp,
    /// No more, from then on.
    pub until: Timestamp,
}

/// The Job may exist.
#[derive(Clone, Debug, PartialEq)]
pub struct Executing {
    /// The plan.
    pub planned: Planned,
    /// The Job's name.
    pub job: JobName,
    /// Its uid, once seen.
    pub seen: Option<Uid>,
    /// When this phase was entered.
    pub since: Timestamp,
}

/// The Job succeeded.
#[derive(Clone, Debug, PartialEq)]
pub struct Verifying {
    /// The plan.
    pub planned: Planned,
    /// The Job.
    pub job: (JobName, Uid),
    /// When this phase was entered.
    pub since: Timestamp,
}

/// Over.
#[derive(Clone, Debug, PartialEq)]
pub struct Over {
    /// How it ended.
    pub phase: Phase,
    /// The Job, if one was ever asked for; its uid, if it was ever seen.
    pub job: Option<(JobName, Option<Uid>)>,
}

impl Execution {
    /// Where it is.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.status.phase
    }

    /// When this phase was entered.
    #[must_use]
    pub fn entered(&self) -> Timestamp {
        crate::parse::since(&self.status, self.at).unwrap_or(self.at)
    }

    /// The API server said what this very plan would change.
    #[must_use]
    pub fn dry_ran(&self) -> bool {
        self.status.plan.is_some() && self.status.dry_run.as_ref().is_some_and(|d| d.answered_at.is_some())
    }

    /// It came so far once that something may have been made for it: what is promised stands in a record first, and records stay in the timeline.
    #[must_use]
    pub fn may_have_acted(&self) -> bool {
        let quiet = |e: &TimelineEntry| e.phase.is_over() || matches!(e.phase, Phase::Validating | Phase::AwaitingApproval);
        // A full timeline forgot some.
        self.status.timeline.len() >= limits::TIMELINE || !self.status.timeline.iter().all(quiet)
    }

    /// Over, cleaned up, and the finalizer gone.
    #[must_use]
    pub const fn owes_nothing(&self) -> bool {
        matches!(self.progress, Progress::Over(_)) && !self.finalized
    }

    /// When it was over, if it is.
    #[must_use]
    pub fn ended(&self) -> Option<Timestamp> {
        time::read(self.status.finished_at.as_deref()?).ok()
    }

    /// Somebody is still to look at what it did.
    #[must_use]
    pub fn review_is_due(&self) -> bool {
        review_is_due(&self.status)
    }

    /// Somebody wants it stopped: the reason why, if it is stopped before anything ran.
    #[must_use]
    pub fn unwanted(&self) -> Option<Reason> {
        let cancelled = self.spec.cancel.as_ref().is_some_and(|c| c.requested);
        match (self.deleting, cancelled) {
            (_, true) => Some(Reason::CancelRequested),
            (true, false) => Some(Reason::Deleted),
            (false, false) => None,
        }
    }
}
