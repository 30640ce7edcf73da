//! What can go wrong in the ledger, and what its caller may conclude. Owns no behavior.
use decide::model::{Digest, Uid};
use std::{path::PathBuf, sync::Arc};

/// A failed call. Cheap to clone: one failed transaction answers every caller in it.
///
/// `Differs`, `Behind`, `TooLarge`, `Refused` and `Closed` are judgements: nothing was written. After all the others the row may or
/// may not be there, as after any lost answer: ask for the position again.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LedgerError {
    /// Somebody else holds it.
    #[error(
        "failed to open the ledger {}: another process writes to it, and two must not; stop the other one \
         (an operator's Deployment needs `strategy: Recreate`)", path.display()
    )]
    Taken {
        /// The file.
        path: PathBuf,
    },
    /// The file system said no.
    #[error("failed to open the ledger {}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Its words.
        #[source]
        source: Arc<std::io::Error>,
    },
    /// Some other program's file.
    #[error(
        "failed to open the ledger: the file is a database, but not one of Writ's; give the path of the ledger, or of a new file"
    )]
    NotALedger,
    /// Written by a later version.
    #[error("failed to open the ledger: it has format {found}, this build knows {known}; use the newer build")]
    Newer {
        /// In the file.
        found: i64,
        /// The highest this build can read.
        known: i64,
    },
    /// Its tables or the triggers that keep it append-only are not those that Writ made.
    #[error(
        "failed to trust the ledger: {what} was altered by hand; keep the file as evidence, restore a backup or start a new one"
    )]
    Altered {
        /// Which table, index or trigger.
        what: String,
    },
    /// The database would answer before a row is safe on disk.
    #[error("failed to make the ledger durable: {setting} is {is}; put it on a local file system (not NFS)")]
    NotDurable {
        /// Which setting.
        setting: &'static str,
        /// What it is.
        is: String,
    },
    /// Other bytes stand under the same key.
    #[error(
        "failed to append row {seq} of {uid}: another row with that number is stored; somebody changed the object's status or the \
         ledger, and a person must compare them"
    )]
    Differs {
        /// Of the execution.
        uid: Uid,
        /// Of the row.
        seq: i64,
    },
    /// The row before it is missing.
    #[error("failed to append row {seq} of {uid}: the ledger stands at {at}, so a row between them is missing")]
    Behind {
        /// Of the execution.
        uid: Uid,
        /// Of the row.
        seq: i64,
        /// The highest that is stored.
        at: i64,
    },
    /// More than the ledger takes.
    #[error("failed to write to the ledger: {bytes} bytes, and {limit} are the most it takes")]
    TooLarge {
        /// How much it is.
        bytes: usize,
        /// How much it may be.
        limit: usize,
    },
    /// A rule of the database itself: the other rows of the same transaction are not concerned.
    #[error("failed to write to the ledger: the database refused the row")]
    Refused(#[source] Arc<sqlx::Error>),
    /// No room.
    #[error("failed to write to the ledger: no room is left; what was stored is intact; make room on its volume")]
    Full(#[source] Arc<sqlx::Error>),
    /// Somebody holds a lock.
    #[error("failed to reach the ledger in time: somebody holds a lock on it; close other programs that have it open")]
    Busy(#[source] Arc<sqlx::Error>),
    /// The file is damaged.
    #[error("failed to read the ledger: the file is damaged; keep it as evidence, and restore a backup")]
    Corrupt(#[source] Arc<sqlx::Error>),
    /// A stored row that this build cannot read.
    #[error("failed to read a stored row: {what} is {is:?}; use the build that wrote it")]
    Unreadable {
        /// Which column.
        what: &'static str,
        /// What stands there, cut off.
        is: String,
    },
    /// The bytes under a digest have another one.
    #[error("failed to trust blob {0}: its bytes have another digest; the file is damaged or was altered: keep it as evidence")]
    BlobAltered(Digest),
    /// Anything else of the disk or the database.
    #[error("failed to use the ledger; look at its volume and at the log")]
    Io(#[source] Arc<sqlx::Error>),
    /// It was closed.
    #[error("failed to use the ledger: it was closed")]
    Closed,
}

impl LedgerError {
    /// One word, for metrics.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Taken { .. } => "taken",
            Self::Open { .. } => "open",
            Self::NotALedger => "not_a_ledger",
            Self::Newer { .. } => "newer",
            Self::Altered { .. } => "altered",
            Self::NotDurable { .. } => "not_durable",
            Self::Differs { .. } => "differs",
            Self::Behind { .. } => "behind",
            Self::TooLarge { .. } => "too_large",
            Self::Refused(_) => "refused",
            Self::Full(_) => "full",
            Self::Busy(_) => "busy",
            Self::Corrupt(_) => "corrupt",
            Self::Unreadable { .. } => "unreadable",
            Self::BlobAltered(_) => "blob_altered",
            Self::Io(_) => "io",
            Self::Closed => "closed",
        }
    }

    /// By SQLite's primary result code (<https://www.sqlite.org/rescode.html>): the low byte of the extended one.
    pub(super) fn of(source: sqlx::Error) -> Self {
        let timed_out = matches!(source, sqlx::Error::PoolTimedOut);
        let closed = matches!(source, sqlx::Error::PoolClosed);
        let code = primary(&source);
        let source = Arc::new(source);
        match code {
            _ if closed => Self::Closed,
            _ if timed_out => Self::Busy(source),
            Some(5 | 6) => Self::Busy(source),
            Some(11 | 26) => Self::Corrupt(source),
            Some(13) => Self::Full(source),
            _ => Self::Io(source),
        }
    }

    /// A statement that broke a rule of the schema is undone alone; its transaction goes on.
    pub(super) fn is_constraint(source: &sqlx::Error) -> bool {
        primary(source) == Some(19)
    }
}

fn primary(source: &sqlx::Error) -> Option<i64> {
    let code: i64 = source.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}
