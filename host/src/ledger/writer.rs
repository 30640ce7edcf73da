//! The one writer. Whoever waits while a transaction is being committed shares the next one: many rows, one fsync. Owns the
//! writing connection and the lock; answers nobody before COMMIT has returned.
use super::{
    Commit, connect,
    error::LedgerError,
    lock::Lock,
    write::{Appended, Write},
};
use sqlx::{Connection, SqliteConnection, SqlitePool};
use std::{sync::Arc, time::Instant};
use tokio::sync::{mpsc, oneshot, watch};

/// Rows in one transaction at most. An fsync is some milliseconds and a row some ten microseconds: with 256 the fsync is no longer
/// what counts, and nobody waits long for those before him.
pub(super) const BATCH: usize = 256;

/// Where an answer goes.
pub(super) type Reply = oneshot::Sender<Result<Appended, LedgerError>>;

/// What the writer is asked.
pub(super) enum Ask {
    Write(Write, Reply),
    Close(oneshot::Sender<Result<(), LedgerError>>),
}

/// All that the task owns.
pub(super) struct Writer {
    pub(super) how: connect::How,
    pub(super) conn: Option<SqliteConnection>,
    pub(super) readers: SqlitePool,
    pub(super) failing: watch::Sender<Option<LedgerError>>,
    pub(super) committed: Arc<dyn Fn(&Commit) + Send + Sync>,
    /// Goes last: nobody else may write before everything is closed.
    pub(super) lock: Lock,
}

impl Writer {
    /// Until everybody who could ask is gone, or somebody asked to close.
    pub(super) async fn run(mut self, mut asks: mpsc::Receiver<Ask>) {
        let mut batch = Vec::with_capacity(BATCH);
        let mut closers = Vec::new();
        while asks.recv_many(&mut batch, BATCH).await > 0 {
            let mut writes = Vec::with_capacity(batch.len());
            for ask in batch.drain(..) {
                match ask {
                    Ask::Write(write, reply) => writes.push((write, reply)),
                    Ask::Close(reply) => {
                        asks.close();
                        closers.push(reply);
                    }
                }
            }
            if !writes.is_empty() {
                self.batch(writes).await;
            }
        }
        let closed = self.finish().await;
        for reply in closers {
            reply.send(closed.clone()).ok();
        }
    }

    async fn batch(&mut self, writes: Vec<(Write, Reply)>) {
        let begun = Instant::now();
        let result = self.transaction(&writes).await;
        let rows = writes.iter().filter(|(w, _)| matches!(w, Write::Row(_))).count();
        let failed = result.as_ref().err().map(LedgerError::kind);
        (self.committed)(&Commit { rows, blobs: writes.len() - rows, took: begun.elapsed(), failed });
        self.failing.send_replace(result.as_ref().err().cloned());
        match result {
            Ok(answers) => writes.into_iter().zip(answers).for_each(|((_, reply), answer)| drop(reply.send(answer))),
            Err(error) => {
                // What state SQLite left the connection in (it may have rolled back by itself, or not) is not worth knowing.
                self.conn = None;
                writes.into_iter().for_each(|(_, reply)| drop(reply.send(Err(error.clone()))));
            }
        }
    }

    async fn transaction(&mut self, writes: &[(Write, Reply)]) -> Result<Vec<Result<Appended, LedgerError>>, LedgerError> {
        let conn = match &mut self.conn {
            Some(conn) => conn,
            none => none.insert(self.how.writer().await?),
        };
        let mut tx = conn.begin_with("BEGIN IMMEDIATE").await.map_err(LedgerError::of)?;
        let mut answers = Vec::with_capacity(writes.len());
        for (write, _) in writes {
            answers.push(write.put(&mut tx).await.map_err(LedgerError::of)?);
        }
        tx.commit().await.map_err(LedgerError::of)?;
        Ok(answers)
    }

    /// Readers first: the checkpoint empties the WAL only when nobody reads from it.
    async fn finish(self) -> Result<(), LedgerError> {
        let Self { conn, readers, lock, .. } = self;
        readers.close().await;
        let result = match conn {
            Some(mut conn) => match connect::checkpoint(&mut conn).await {
                Ok(()) => conn.close().await,
                Err(e) => Err(e),
            },
            None => Ok(()),
        };
        drop(lock);
        result.map_err(LedgerError::of)
    }
}
