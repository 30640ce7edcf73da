//! How the file is opened: for the one writer, and for readers. Owns the settings that durability rests on.
use sqlx::{
    ConnectOptions, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{path::Path, time::Duration};

/// SQLite's own default, written down so that `max_bytes` can count on it.
const PAGE: u32 = 4096;
/// Reads are short; there are two cores on a small node, and one more must not wait behind an auditor's long question.
const READERS: u32 = 3;
/// A reader's turn among its own kind is not the file's lock: even the impatient wait this long for it.
const LEAST: Duration = Duration::from_secs(1);
/// What a burst leaves of the WAL on disk after it was checkpointed.
const WAL_LEFT: &str = "67108864";

/// Path and limits.
#[derive(Clone)]
pub(super) struct How {
    base: SqliteConnectOptions,
    max_bytes: Option<u64>,
    patience: Duration,
}

impl How {
    pub(super) fn new(path: &Path, max_bytes: Option<u64>, patience: Duration) -> Self {
        let base = SqliteConnectOptions::new()
            .filename(path)
            .foreign_keys(true)
            .busy_timeout(patience)
            // The text of every statement at debug level: noise, and time.
            .disable_statement_logging();
        Self { base, max_bytes, patience }
    }

    /// FULL: every COMMIT is an fsync of the WAL. (NORMAL would lose the last commits with the power.)
    pub(super) async fn writer(&self) -> Result<SqliteConnection, sqlx::Error> {
        let mut options = self
            .base
            .clone()
            .page_size(PAGE)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("journal_size_limit", WAL_LEFT);
        if let Some(bytes) = self.max_bytes {
            options = options.pragma("max_page_count", (bytes / u64::from(PAGE)).max(1).to_string());
        }
        options.connect().await
    }

    pub(super) async fn readers(&self) -> Result<SqlitePool, sqlx::Error> {
        let options = self.base.clone().read_only(true);
        SqlitePoolOptions::new().max_connections(READERS).acquire_timeout(self.patience.max(LEAST)).connect_with(options).await
    }
}

/// Everything into the main file, synced, and the WAL emptied. On opening too: a process that was killed between writing and syncing
/// leaves rows that can be read but not yet survive a power cut; after this they do, so whatever is read is durable. (While we write,
/// SQLite shows a row to readers only after its fsync.)
pub(super) async fn checkpoint(conn: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(conn).await.map(drop)
}
