//! What somebody with a shell on the volume can do with SQL: nothing that the database does not refuse, or that we do not notice.
//! (With an editor for bytes he can do more; the chain of a later issue is what shows that.)
use super::{Scratch, all, intruder, row};
use expect_test::{Expect, expect};
use host::ledger::{Ledger, LedgerError};
use sqlx::AssertSqlSafe;

async fn attack(sql: &str, expect: Expect) {
    let scratch = Scratch::new();
    let ledger = scratch.ledger().await;
    let kept = ledger.keep(b"kept").await.unwrap();
    for (of, seq) in [("a", 1), ("a", 2), ("b", 1)] {
        ledger.append(&row(of, seq)).await.unwrap();
    }
    let mut conn = intruder(&scratch.path()).await;
    let refused = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut conn).await.unwrap_err();
    expect.assert_eq(refused.as_database_error().unwrap().message());
    assert_eq!(all(&ledger).await, [row("a", 1), row("a", 2), row("b", 1)]);
    assert_eq!(ledger.blob(&kept).await.unwrap().unwrap(), b"kept");
}

const COLUMNS: &str = r#"(cluster, uid, seq, at, "by", namespace, name, action, phase, reason, payload)"#;

fn copy(into: &str, of: &str, seq: &str) -> String {
    format!(
        r#"{into} INTO rows {COLUMNS} SELECT cluster, uid, {seq}, at, 'mallory', namespace, name, action, phase, reason, payload
           FROM rows WHERE uid = '{of}' AND seq = 1"#
    )
}

#[tokio::test]
async fn no_row_can_be_changed() {
    let never = expect!["the ledger is append-only: no row is ever changed"];
    attack("UPDATE rows SET \"by\" = 'mallory' WHERE uid = 'a'", never).await;
}

#[tokio::test]
async fn no_row_can_be_deleted() {
    let never = expect!["the ledger is append-only: no row is ever deleted"];
    attack("DELETE FROM rows WHERE uid = 'a' AND seq = 2", never).await;
}

#[tokio::test]
async fn all_rows_cannot_be_deleted_at_once() {
    attack("DELETE FROM rows", expect!["the ledger is append-only: no row is ever deleted"]).await;
}

/// REPLACE deletes without asking the DELETE trigger.
#[tokio::test]
async fn no_row_can_be_replaced_by_its_key() {
    let next = expect!["the ledger is append-only: only the next row of an execution can be added"];
    attack(&copy("INSERT OR REPLACE", "a", "1"), next).await;
}

#[tokio::test]
async fn no_row_can_be_replaced_by_its_global_number() {
    let sql = r#"INSERT OR REPLACE INTO rows SELECT 1, cluster, uid, 3, at, 'mallory', namespace, name, action, phase, reason, payload
        FROM rows WHERE uid = 'a' AND seq = 1"#;
    attack(sql, expect!["the ledger is append-only: only the next row of an execution can be added"]).await;
}

#[tokio::test]
async fn no_row_can_be_put_after_a_gap() {
    let next = expect!["the ledger is append-only: only the next row of an execution can be added"];
    attack(&copy("INSERT", "a", "4"), next).await;
}

#[tokio::test]
async fn an_upsert_cannot_change_a_row() {
    let sql = copy("INSERT", "a", "1") + " ON CONFLICT DO UPDATE SET \"by\" = 'mallory'";
    // The parser needs a WHERE before ON CONFLICT; the copied statement has one.
    attack(&sql, expect!["the ledger is append-only: only the next row of an execution can be added"]).await;
}

#[tokio::test]
async fn no_blob_can_be_changed() {
    attack("UPDATE blobs SET bytes = x'00'", expect!["the ledger is append-only: no blob is ever changed"]).await;
}

#[tokio::test]
async fn no_blob_can_be_deleted() {
    attack("DELETE FROM blobs", expect!["the ledger is append-only: no blob is ever deleted"]).await;
}

#[tokio::test]
async fn no_blob_can_be_replaced_by_its_digest() {
    let sql = "INSERT OR REPLACE INTO blobs (digest, bytes) SELECT digest, x'00' FROM blobs";
    attack(sql, expect!["the ledger is append-only: no blob is ever replaced"]).await;
}

#[tokio::test]
async fn no_blob_can_be_replaced_by_its_rowid() {
    let sql = "INSERT OR REPLACE INTO blobs (rowid, digest, bytes) VALUES (1, 'sha256:' || hex(zeroblob(32)), x'00')";
    attack(sql, expect!["the ledger is append-only: no blob is ever replaced"]).await;
}

async fn altered(sql: &'static str) -> LedgerError {
    let scratch = Scratch::new();
    scratch.ledger().await.close().await.unwrap();
    sqlx::raw_sql(sql).execute(&mut intruder(&scratch.path()).await).await.unwrap();
    Ledger::open(&scratch.path()).await.unwrap_err()
}

#[tokio::test]
async fn a_ledger_without_one_of_its_triggers_is_not_opened() {
    let e = altered("DROP TRIGGER rows_never_change").await;
    expect!["failed to trust the ledger: rows_never_change was altered by hand; keep the file as evidence, restore a backup or start a new one"]
        .assert_eq(&e.to_string());
}

#[tokio::test]
async fn a_ledger_with_a_trigger_of_another_text_is_not_opened() {
    let e = altered("DROP TRIGGER rows_never_go; CREATE TRIGGER rows_never_go BEFORE DELETE ON rows BEGIN SELECT 1; END").await;
    assert!(matches!(e, LedgerError::Altered { what } if what == "rows_never_go"));
}

#[tokio::test]
async fn a_ledger_with_something_more_in_it_is_not_opened() {
    let e = altered("CREATE TRIGGER sly AFTER INSERT ON rows BEGIN SELECT 1; END").await;
    assert!(matches!(e, LedgerError::Altered { what } if what == "sly"));
}
