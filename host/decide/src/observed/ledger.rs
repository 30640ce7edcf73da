//! Where the ledger stands for an execution.
use crate::execution::Execution;
use crds::{Phase, Reason};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Where the ledger stands for this execution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LedgerSeen {
    /// The highest seq of this uid that is durable; 0 for none.
    At(i64),
    /// The row of the seq that is stored is there, and tells of something else.
    Other,
    /// No telling.
    Unreachable,
}

/// The last row of an execution: what no other build would write otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastRow {
    /// Its number.
    pub seq: i64,
    /// When it was decided.
    pub at: Timestamp,
    /// Phase entered.
    pub phase: Phase,
    /// Why.
    pub reason: Reason,
}

impl LedgerSeen {
    /// Held against what is stored. Not byte by byte: a later build may write more into a row.
    #[must_use]
    pub fn of(exec: &Execution, last: Option<&LastRow>) -> Self {
        match last {
            Some(row) if row.seq == exec.seq && (row.at, row.phase, row.reason) != (exec.at, exec.phase(), exec.reason) => {
                Self::Other
            }
            Some(row) => Self::At(row.seq),
            None => Self::At(0),
        }
    }
}
