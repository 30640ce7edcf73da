//! One thing to be written, inside a transaction somebody else began and will commit. Owns the judgement New, Again, Differs, Behind.
use super::{
    error::LedgerError,
    row::{Columns, select_rows},
};
use decide::model::{Digest, Uid};
use sqlx::SqliteConnection;
use std::sync::Arc;

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It is stored now.
    New,
    /// The same bytes were stored before.
    Again,
}

/// What somebody wants to have stored.
pub(super) enum Write {
    Row(Box<Columns>),
    Blob { digest: Digest, bytes: Arc<[u8]> },
}

/// Outer error: the transaction is lost. Inner error: this write alone was refused, and changed nothing.
type Put = Result<Result<Appended, LedgerError>, sqlx::Error>;

impl Write {
    pub(super) async fn put(&self, conn: &mut SqliteConnection) -> Put {
        let added = match self {
            Self::Row(row) => insert_row(row, conn).await,
            Self::Blob { digest, bytes } => insert_blob(digest, bytes, conn).await,
        };
        match (added, self) {
            (Ok(1), _) => Ok(Ok(Appended::New)),
            (Ok(_), Self::Row(row)) => compare(row, conn).await,
            (Ok(_), Self::Blob { .. }) => Ok(Ok(Appended::Again)),
            (Err(e), _) if LedgerError::is_constraint(&e) => Ok(Err(LedgerError::Refused(Arc::new(e)))),
            (Err(e), _) => Err(e),
        }
    }
}

/// One statement where all is well: each one is a trip to the database's thread and back.
async fn insert_row(row: &Columns, conn: &mut SqliteConnection) -> Result<u64, sqlx::Error> {
    let sql = r#"INSERT INTO rows (cluster, uid, seq, at, "by", namespace, name, action, phase, reason, payload)
        SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11
        WHERE ?3 = 1 + (SELECT coalesce(max(seq), 0) FROM rows WHERE uid = ?2 AND cluster = ?1)"#;
    let done = sqlx::query(sql)
        .bind(&row.cluster)
        .bind(&row.uid)
        .bind(row.seq)
        .bind(&row.at)
        .bind(&row.by)
        .bind(&row.namespace)
        .bind(&row.name)
        .bind(&row.action)
        .bind(&row.phase)
        .bind(&row.reason)
        .bind(&row.payload)
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}

/// It is not the next one: then it must be one we have, to the byte.
async fn compare(row: &Columns, conn: &mut SqliteConnection) -> Put {
    let sql = select_rows!("uid = ?1 AND cluster = ?2 AND seq = ?3");
    let stored: Option<Columns> =
        sqlx::query_as(sql).bind(&row.uid).bind(&row.cluster).bind(row.seq).fetch_optional(&mut *conn).await?;
    Ok(match stored {
        Some(stored) if stored == *row => Ok(Appended::Again),
        Some(_) => refusal(row, |uid, seq| LedgerError::Differs { uid, seq }),
        None => {
            let at = position(&row.cluster, &row.uid, conn).await?;
            refusal(row, |uid, seq| LedgerError::Behind { uid, seq, at })
        }
    })
}

fn refusal(row: &Columns, say: impl FnOnce(Uid, i64) -> LedgerError) -> Result<Appended, LedgerError> {
    let uid = Uid::try_from(row.uid.clone()).map_err(|e| LedgerError::Unreadable { what: "uid", is: e.is })?;
    Err(say(uid, row.seq))
}

/// The highest number stored of an execution; 0 for none.
pub(super) async fn position<'c>(
    cluster: &str,
    uid: &str,
    conn: impl sqlx::Executor<'c, Database = sqlx::Sqlite>,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT coalesce(max(seq), 0) FROM rows WHERE uid = ?1 AND cluster = ?2")
        .bind(uid)
        .bind(cluster)
        .fetch_one(conn)
        .await
}

/// The last row of an execution.
pub(super) async fn last(cluster: &str, uid: &str, readers: &sqlx::SqlitePool) -> Result<Option<Columns>, sqlx::Error> {
    let sql = select_rows!("uid = ?1 AND cluster = ?2 ORDER BY seq DESC LIMIT 1");
    sqlx::query_as(sql).bind(uid).bind(cluster).fetch_optional(readers).await
}

async fn insert_blob(digest: &Digest, bytes: &[u8], conn: &mut SqliteConnection) -> Result<u64, sqlx::Error> {
    let sql = "INSERT INTO blobs (digest, bytes) SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM blobs WHERE digest = ?1)";
    let done = sqlx::query(sql).bind(digest.as_str()).bind(bytes).execute(conn).await?;
    Ok(done.rows_affected())
}
