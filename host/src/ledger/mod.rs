//! ENGINE: the ledger. Alone knows sqlx. Append-only rows and content-addressed blobs in one SQLite file, written by one task with
//! group commit; whatever was acknowledged, or read, survives any crash. May not touch: the cluster, plugins, policies, clocks; what
//! a row says is decided in `decide::row`.
//!
//! Not here yet: the MAC chain and PostgreSQL (later issues).
mod connect;
mod error;
mod lock;
mod query;
mod row;
mod schema;
mod write;
mod writer;

pub use error::LedgerError;
pub use query::{DEFAULT_LIMIT, MAX_LIMIT, Query};
pub use write::Appended;

use decide::{
    model::{Digest, Uid},
    row::Row,
};
use row::Columns;
use sha2::{Digest as _, Sha256};
use sqlx::SqlitePool;
use std::{path::Path, sync::Arc, time::Duration};
use tokio::sync::{mpsc, oneshot, watch};
use write::Write;
use writer::{Ask, BATCH, Writer};

/// A whole output, or a policy's question, both bounded well below; what is larger was not bounded by whoever made it.
pub const MAX_BLOB: usize = 8 * 1024 * 1024;

/// One transaction that ended.
#[derive(Clone, Copy, Debug)]
pub struct Commit {
    /// Rows in it, also those that were stored before or refused.
    pub rows: usize,
    /// Blobs in it.
    pub blobs: usize,
    /// From its beginning to the answer of COMMIT.
    pub took: Duration,
    /// `LedgerError::kind`, where it failed.
    pub failed: Option<&'static str>,
}

/// How to open it.
#[derive(Clone)]
pub struct Options {
    /// The main file grows no further than this; then writes fail with `Full`. Below the size of the volume it leaves room for the WAL.
    pub max_bytes: Option<u64>,
    /// How long a write or read waits while somebody else has the file locked; then it fails with `Busy`.
    pub patience: Duration,
    /// Told of every transaction, on the writer's task: must be quick.
    pub committed: Arc<dyn Fn(&Commit) + Send + Sync>,
}

impl Default for Options {
    fn default() -> Self {
        // Nobody but a curious person with a shell locks the file: to wait a moment for him is better than to fail everybody at once.
        Self { max_bytes: None, patience: Duration::from_secs(5), committed: Arc::new(|_| {}) }
    }
}

/// The ledger. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Ledger {
    asks: mpsc::Sender<Ask>,
    readers: SqlitePool,
    failing: watch::Receiver<Option<LedgerError>>,
}

impl Ledger {
    /// Opens or creates it, and is its only writer from then on. Needs a tokio runtime that lives as long as the ledger.
    pub async fn open(path: &Path) -> Result<Self, LedgerError> {
        Self::open_with(path, Options::default()).await
    }

    /// The same, with limits or with an observer.
    pub async fn open_with(path: &Path, options: Options) -> Result<Self, LedgerError> {
        let lock = lock::Lock::take(path)?;
        let how = connect::How::new(path, options.max_bytes, options.patience);
        let mut conn = how.writer().await?;
        schema::prepare(&mut conn).await?;
        connect::checkpoint(&mut conn).await.map_err(LedgerError::of)?;
        let readers = how.readers().await.map_err(LedgerError::of)?;
        let (failing, failed) = watch::channel(None);
        let (asks, asked) = mpsc::channel(BATCH);
        let writer = Writer { how, conn: Some(conn), readers: readers.clone(), failing, committed: options.committed, lock };
        tokio::spawn(writer.run(asked));
        Ok(Self { asks, readers, failing: failed })
    }

    /// The last row of an execution. What it says is durable.
    pub async fn last(&self, cluster: &Uid, uid: &Uid) -> Result<Option<Row>, LedgerError> {
        write::last(cluster.as_str(), uid.as_str(), &self.readers).await.map_err(LedgerError::of)?.map(Columns::row).transpose()
    }

    /// Durable when it returns. Number n goes in only after n - 1; the same bytes again are fine, other bytes are not.
    pub async fn append(&self, row: &Row) -> Result<Appended, LedgerError> {
        self.write(Write::Row(Box::new(Columns::of(row)?))).await
    }

    /// Durable when it returns; where the same bytes are stored, nothing is written.
    pub async fn keep(&self, blob: &[u8]) -> Result<Digest, LedgerError> {
        if blob.len() > MAX_BLOB {
            return Err(LedgerError::TooLarge { bytes: blob.len(), limit: MAX_BLOB });
        }
        let digest = digest(blob)?;
        if !self.has(&digest).await? {
            self.write(Write::Blob { digest: digest.clone(), bytes: blob.into() }).await?;
        }
        Ok(digest)
    }

    /// The bytes of a digest, if they are here; checked.
    pub async fn blob(&self, of: &Digest) -> Result<Option<Vec<u8>>, LedgerError> {
        let bytes: Option<Vec<u8>> = sqlx::query_scalar("SELECT bytes FROM blobs WHERE digest = ?1")
            .bind(of.as_str())
            .fetch_optional(&self.readers)
            .await
            .map_err(LedgerError::of)?;
        match &bytes {
            Some(bytes) if digest(bytes)? != *of => Err(LedgerError::BlobAltered(of.clone())),
            _ => Ok(bytes),
        }
    }

    /// Rows by filter, the newest last.
    pub async fn query(&self, query: &Query) -> Result<Vec<Row>, LedgerError> {
        query::run(query, &self.readers).await
    }

    /// Whether the last write went through and the file can be read: for readiness.
    pub async fn ready(&self) -> Result<(), LedgerError> {
        if let Some(error) = self.failing.borrow().clone() {
            return Err(error);
        }
        if self.asks.is_closed() {
            return Err(LedgerError::Closed);
        }
        sqlx::query("SELECT 1 FROM rows LIMIT 1").execute(&self.readers).await.map(drop).map_err(LedgerError::of)
    }

    /// Writes what was asked before, empties the WAL, and lets the file go. Later calls fail with `Closed`.
    pub async fn close(&self) -> Result<(), LedgerError> {
        let (reply, answer) = oneshot::channel();
        if self.asks.send(Ask::Close(reply)).await.is_err() {
            return Ok(());
        }
        answer.await.unwrap_or(Err(LedgerError::Closed))
    }

    async fn has(&self, digest: &Digest) -> Result<bool, LedgerError> {
        sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM blobs WHERE digest = ?1)")
            .bind(digest.as_str())
            .fetch_one(&self.readers)
            .await
            .map_err(LedgerError::of)
    }

    /// A caller who goes away while he waits may still get his row written: it has a key, so asking again is fine.
    async fn write(&self, write: Write) -> Result<Appended, LedgerError> {
        let (reply, answer) = oneshot::channel();
        self.asks.send(Ask::Write(write, reply)).await.map_err(|_| LedgerError::Closed)?;
        answer.await.map_err(|_| LedgerError::Closed)?
    }
}

/// `sha256:` of some bytes.
fn digest(bytes: &[u8]) -> Result<Digest, LedgerError> {
    let hex = Sha256::digest(bytes).iter().fold(String::from("sha256:"), |mut text, byte| {
        use std::fmt::Write as _;
        write!(text, "{byte:02x}").ok();
        text
    });
    Digest::try_from(hex).map_err(|e| LedgerError::Unreadable { what: "digest", is: e.is })
}
