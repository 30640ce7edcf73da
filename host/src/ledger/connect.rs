//! How the file is opened: for the one writer, and for readers. Owns the settings that durability rests on.
use super::{error::LedgerError, schema::one};
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
            // The operator's root file system is read-only: nowhere to put temporary files.
            .pragma("temp_store", "MEMORY")
            // The text of every statement at debug level: noise, and time.
            .disable_statement_logging();
        Self { base, max_bytes, patience }
    }

    /// FULL: every COMMIT is an fsync of the WAL. (NORMAL would lose the last commits with the power.)
    pub(super) async fn writer(&self) -> Result<SqliteConnection, LedgerError> {
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
        let mut conn = options.connect().await.map_err(LedgerError::of)?;
        durable(&mut conn).await?;
        Ok(conn)
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

/// "Durable when it returns" is a promise of this engine, so it is looked at, not hoped for: where the file system cannot do WAL,
/// SQLite silently keeps another journal.
async fn durable(conn: &mut SqliteConnection) -> Result<(), LedgerError> {
    let journal: String = one(conn, "PRAGMA journal_mode").await?;
    if journal != "wal" {
        return Err(LedgerError::NotDurable { setting: "journal_mode", is: journal });
    }
    match one(conn, "PRAGMA synchronous").await? {
        2_i64 => Ok(()),
        other => Err(LedgerError::NotDurable { setting: "synchronous", is: other.to_string() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_that_would_not_sync_every_commit_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        std::fs::write(&path, "").unwrap();
        let how = How::new(&path, None, Duration::ZERO);
        let mut conn = how.writer().await.unwrap();
        for (make, setting) in [("PRAGMA synchronous = NORMAL", "synchronous"), ("PRAGMA journal_mode = DELETE", "journal_mode")]
        {
            durable(&mut conn).await.unwrap();
            sqlx::raw_sql(make).execute(&mut conn).await.unwrap();
            let refused = durable(&mut conn).await;
            assert!(matches!(&refused, Err(LedgerError::NotDurable { setting: s, .. }) if *s == setting), "{refused:?}");
            conn = how.writer().await.unwrap();
        }
    }
}
