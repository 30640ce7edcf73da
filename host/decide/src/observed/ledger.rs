//! Where the ledger stands for an execution.
use crate::{
    execution::Execution,
    row::{self, Row},
};
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

impl LedgerSeen {
    /// The last row of an execution, held against what is stored.
    #[must_use]
    pub fn of(exec: &Execution, last: Option<&Row>) -> Self {
        match last {
            Some(row) if row.seq == exec.seq && !row::tells_of(row, exec) => Self::Other,
            Some(row) => Self::At(row.seq),
            None => Self::At(0),
        }
    }
}
