//! The tables, and the triggers that keep them append-only. Owns the format of the file; a file made by hand, by another program
//! or by a later version is refused, and so is one whose triggers were taken away.
//!
//! Format 1. The chain (previous MAC, MAC) is format 2, a later issue: columns are added by a step of `prepare`, rows are not touched.
use super::error::LedgerError;
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};

/// `PRAGMA user_version`.
const FORMAT: i64 = 1;
/// `PRAGMA application_id`: "WRIT" in ASCII, so that `file ledger.db` and we know whose it is.
const APPLICATION: i64 = 0x5752_4954;

/// Name and statement, exactly as `sqlite_schema` must have them.
///
/// `rows`: uid comes first in the key, so that the index also answers questions that know no cluster. `at` has a fixed width, so
/// that comparing text compares time. The order trigger makes gaps, doubles and `INSERT OR REPLACE` (which deletes without a DELETE
/// trigger) impossible: only the next number goes in, and no explicit `global_seq` that is taken.
const OBJECTS: [(&str, &str); 9] = [
    (
        "rows",
        r#"CREATE TABLE rows (
  global_seq INTEGER PRIMARY KEY AUTOINCREMENT,
  cluster TEXT NOT NULL,
  uid TEXT NOT NULL,
  seq INTEGER NOT NULL CHECK (seq >= 1),
  at TEXT NOT NULL CHECK (length(at) = 30),
  "by" TEXT NOT NULL,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  action TEXT NOT NULL,
  phase TEXT NOT NULL,
  reason TEXT NOT NULL,
  payload TEXT NOT NULL,
  UNIQUE (uid, cluster, seq)
) STRICT"#,
    ),
    ("rows_by_object", "CREATE INDEX rows_by_object ON rows (namespace, name)"),
    (
        "rows_in_order",
        "CREATE TRIGGER rows_in_order BEFORE INSERT ON rows
WHEN NEW.seq <> 1 + (SELECT coalesce(max(seq), 0) FROM rows WHERE uid = NEW.uid AND cluster = NEW.cluster)
  OR EXISTS (SELECT 1 FROM rows WHERE global_seq = NEW.global_seq)
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: only the next row of an execution can be added'); END",
    ),
    (
        "rows_never_change",
        "CREATE TRIGGER rows_never_change BEFORE UPDATE ON rows
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: no row is ever changed'); END",
    ),
    (
        "rows_never_go",
        "CREATE TRIGGER rows_never_go BEFORE DELETE ON rows
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: no row is ever deleted'); END",
    ),
    (
        "blobs",
        "CREATE TABLE blobs (
  digest TEXT PRIMARY KEY NOT NULL CHECK (length(digest) = 71),
  bytes BLOB NOT NULL
) STRICT",
    ),
    (
        "blobs_once",
        "CREATE TRIGGER blobs_once BEFORE INSERT ON blobs
WHEN EXISTS (SELECT 1 FROM blobs WHERE digest = NEW.digest OR rowid = NEW.rowid)
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: no blob is ever replaced'); END",
    ),
    (
        "blobs_never_change",
        "CREATE TRIGGER blobs_never_change BEFORE UPDATE ON blobs
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: no blob is ever changed'); END",
    ),
    (
        "blobs_never_go",
        "CREATE TRIGGER blobs_never_go BEFORE DELETE ON blobs
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: no blob is ever deleted'); END",
    ),
];

/// Makes a new file ours, or finds out that it is.
pub(super) async fn prepare(conn: &mut SqliteConnection) -> Result<(), LedgerError> {
    let whose: i64 = one(conn, "PRAGMA application_id").await?;
    let format: i64 = one(conn, "PRAGMA user_version").await?;
    let objects: i64 = one(conn, "SELECT count(*) FROM sqlite_schema").await?;
    match (whose, format) {
        (0, 0) if objects == 0 => create(conn).await?,
        (APPLICATION, FORMAT) => {}
        (APPLICATION, found) => return Err(LedgerError::Newer { found, known: FORMAT }),
        _ => return Err(LedgerError::NotALedger),
    }
    compare(conn).await
}

/// One value.
pub(super) async fn one<T>(conn: &mut SqliteConnection, sql: &'static str) -> Result<T, LedgerError>
where
    T: for<'r> sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite> + Send + Unpin,
{
    sqlx::query_scalar(sql).fetch_one(conn).await.map_err(LedgerError::of)
}

/// All or nothing: a process killed here leaves an empty file.
async fn create(conn: &mut SqliteConnection) -> Result<(), LedgerError> {
    let mut tx = conn.begin_with("BEGIN IMMEDIATE").await.map_err(LedgerError::of)?;
    let marks = format!("PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {FORMAT}");
    // Safe: constants of this file.
    sqlx::raw_sql(AssertSqlSafe(marks)).execute(&mut *tx).await.map_err(LedgerError::of)?;
    for (_, sql) in OBJECTS {
        sqlx::raw_sql(sql).execute(&mut *tx).await.map_err(LedgerError::of)?;
    }
    tx.commit().await.map_err(LedgerError::of)
}

/// Exactly our tables, indexes and triggers, no more and no fewer (SQLite's own have no statement).
async fn compare(conn: &mut SqliteConnection) -> Result<(), LedgerError> {
    let stored: Vec<(String, String)> =
        sqlx::query_as("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
            .fetch_all(conn)
            .await
            .map_err(LedgerError::of)?;
    let ours = |name: &str| OBJECTS.iter().find(|(n, _)| *n == name).map(|(_, sql)| *sql);
    for (name, sql) in &stored {
        if ours(name) != Some(sql.as_str()) {
            return Err(LedgerError::Altered { what: name.clone() });
        }
    }
    match OBJECTS.iter().find(|(name, _)| stored.iter().all(|(n, _)| n != name)) {
        Some((name, _)) => Err(LedgerError::Altered { what: (*name).to_owned() }),
        None => Ok(()),
    }
}
