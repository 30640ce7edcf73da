//! `Phase`, with the table of legal moves.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where an execution is in its life. Phases may grow; programs read conditions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Phase {
    /// Parameters, plan and policy are looked at. Nothing was touched.
    #[default]
    Validating,
    /// The API server is asked what would come of it, by a Job that can persist nothing; then the policies again. Nothing was touched.
    DryRunning,
    /// Allowed, where people approve it: their approvals are waited for. Nothing was touched.
    AwaitingApproval,
    /// Allowed; the last look and the identity. The Job has certainly not been asked for.
    Preparing,
    /// The Job may have been asked for. From here on nothing is ever `Refused`.
    Executing,
    /// The Job succeeded; the action's own checks are asked until they hold, fail, or time is up.
    Verifying,
    /// Done, or as asked (`dryRun: Plan`, `dryRun: Server`).
    Completed,
    /// Something ran or may have run, and it did not end well; the reason says which.
    Failed,
    /// Nothing was touched, certainly.
    Refused,
    /// Somebody stopped it; the reason says whether anything may have happened.
    Cancelled,
}

impl Phase {
    /// The phases a record may lead to. The same phase means: same phase, new reason.
    #[must_use]
    pub const fn leads_to(self) -> &'static [Self] {
        match self {
            Self::Validating => {
                &[Self::Refused, Self::Cancelled, Self::DryRunning, Self::AwaitingApproval, Self::Preparing, Self::Completed]
            }
            Self::DryRunning => &[
                Self::Refused,
                Self::Cancelled,
                Self::Validating,
                Self::DryRunning,
                Self::AwaitingApproval,
                Self::Preparing,
                Self::Completed,
            ],
            Self::AwaitingApproval => {
                &[Self::Refused, Self::Cancelled, Self::Validating, Self::AwaitingApproval, Self::Preparing]
            }
            Self::Preparing => {
                &[Self::Refused, Self::Cancelled, Self::Validating, Self::AwaitingApproval, Self::Preparing, Self::Executing]
            }
            Self::Executing => &[Self::Executing, Self::Verifying, Self::Failed, Self::Cancelled],
            Self::Verifying => &[Self::Completed, Self::Failed],
            // Once each: `RollbackStarted`, `RolledBack`, `Reviewed`.
            Self::Completed => &[Self::Completed],
            Self::Failed => &[Self::Failed],
            Self::Cancelled => &[Self::Cancelled],
            Self::Refused => &[],
        }
    }

    /// Over: no further phase.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Refused | Self::Cancelled)
    }
}
