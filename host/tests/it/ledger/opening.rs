//! Opening and closing: one writer, whose file it is, and what is refused.
use super::{Scratch, all, intruder, position, row};
use expect_test::expect;
use host::ledger::{Ledger, LedgerError, Options};
use std::{fs, os::unix::fs::PermissionsExt};

#[tokio::test]
async fn a_second_opener_is_refused_as_long_as_the_first_lives_and_welcome_after_it_closed() {
    let scratch = Scratch::new();
    let first = scratch.ledger().await;
    let second = Ledger::open(&scratch.path()).await.unwrap_err();
    assert!(matches!(second, LedgerError::Taken { .. }));
    let text = second.to_string().replace(scratch.path().to_str().unwrap(), "PATH");
    expect!["failed to open the ledger PATH: another process writes to it, and two must not; stop the other one (an operator's Deployment needs `strategy: Recreate`)"]
        .assert_eq(&text);
    first.append(&row("a", 1)).await.unwrap();
    first.close().await.unwrap();
    assert_eq!(all(&scratch.ledger().await).await, [row("a", 1)]);
}

#[tokio::test]
async fn what_was_asked_before_close_is_written_and_what_comes_after_is_refused() {
    let scratch = Scratch::new();
    let ledger = scratch.ledger().await;
    let rows: Vec<_> = (1..=20).map(|seq| row("a", seq)).collect();
    let (appended, closed) = tokio::join!(futures::future::join_all(rows.iter().map(|r| ledger.append(r))), ledger.close());
    closed.unwrap();
    assert!(appended.into_iter().all(|a| a.is_ok()));
    assert!(matches!(ledger.append(&row("a", 21)).await, Err(LedgerError::Closed)));
    assert!(matches!(ledger.keep(b"late").await, Err(LedgerError::Closed)));
    assert!(matches!(ledger.ready().await, Err(LedgerError::Closed)));
    ledger.close().await.unwrap();
    assert_eq!(all(&scratch.ledger().await).await, rows);
}

#[tokio::test]
async fn closing_leaves_one_file_with_everything_in_it() {
    let scratch = Scratch::new();
    let ledger = scratch.ledger().await;
    ledger.append(&row("a", 1)).await.unwrap();
    ledger.close().await.unwrap();
    let wal = scratch.path().with_extension("db-wal");
    assert!(!wal.exists() || fs::metadata(&wal).unwrap().len() == 0);
}

#[tokio::test]
async fn nobody_else_on_the_machine_can_read_it() {
    let scratch = Scratch::new();
    let ledger = scratch.ledger().await;
    ledger.append(&row("a", 1)).await.unwrap();
    for file in fs::read_dir(scratch.path().parent().unwrap()).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.file_name());
    }
}

#[tokio::test]
async fn it_is_a_write_ahead_log() {
    let scratch = Scratch::new();
    let _ledger = scratch.ledger().await;
    let journal: String =
        sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut intruder(&scratch.path()).await).await.unwrap();
    assert_eq!(journal, "wal");
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_said_so() {
    let scratch = Scratch::new();
    let refused = Ledger::open(&scratch.path().join("no/such/ledger.db")).await;
    assert!(matches!(refused, Err(LedgerError::Open { .. })));
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let scratch = Scratch::new();
    let text = "precious notes, and no database\n".repeat(200);
    fs::write(scratch.path(), &text).unwrap();
    let refused = Ledger::open(&scratch.path()).await;
    assert!(matches!(refused, Err(LedgerError::Corrupt(_))), "{refused:?}");
    assert_eq!(fs::read_to_string(scratch.path()).unwrap(), text);
}

#[tokio::test]
async fn the_database_of_another_program_is_refused() {
    let scratch = Scratch::new();
    fs::write(scratch.path(), "").unwrap();
    sqlx::raw_sql("CREATE TABLE theirs (x)").execute(&mut intruder(&scratch.path()).await).await.unwrap();
    assert!(matches!(Ledger::open(&scratch.path()).await, Err(LedgerError::NotALedger)));
}

#[tokio::test]
async fn a_ledger_of_a_later_format_is_refused() {
    let scratch = Scratch::new();
    scratch.ledger().await.close().await.unwrap();
    sqlx::raw_sql("PRAGMA user_version = 2").execute(&mut intruder(&scratch.path()).await).await.unwrap();
    let refused = Ledger::open(&scratch.path()).await.unwrap_err();
    expect!["failed to open the ledger: it has format 2, this build knows 1; use the newer build"]
        .assert_eq(&refused.to_string());
}

#[tokio::test]
async fn a_damaged_page_is_an_error_and_not_an_empty_answer() {
    let scratch = Scratch::new();
    let ledger = scratch.ledger().await;
    for seq in 1..=100 {
        ledger.append(&row("a", seq)).await.unwrap();
    }
    ledger.close().await.unwrap();
    let mut bytes = fs::read(scratch.path()).unwrap();
    // All but the first page, which has the schema.
    bytes[4096..].fill(0xa5);
    fs::write(scratch.path(), bytes).unwrap();
    let ledger = scratch.ledger().await;
    assert!(matches!(position(&ledger, &super::cluster(), &super::uid("a")).await, Err(LedgerError::Corrupt(_))));
    assert!(matches!(ledger.append(&row("a", 101)).await, Err(LedgerError::Corrupt(_))));
    assert!(matches!(ledger.ready().await, Err(LedgerError::Corrupt(_))));
}

#[tokio::test]
async fn a_lock_held_by_somebody_else_fails_writes_but_not_reads_and_goes_when_he_goes() {
    let scratch = Scratch::new();
    let ledger =
        Ledger::open_with(&scratch.path(), Options { patience: std::time::Duration::ZERO, ..Options::default() }).await.unwrap();
    ledger.append(&row("a", 1)).await.unwrap();
    let mut somebody = intruder(&scratch.path()).await;
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut somebody).await.unwrap();
    assert!(matches!(ledger.append(&row("a", 2)).await, Err(LedgerError::Busy(_))));
    assert_eq!(all(&ledger).await, [row("a", 1)]);
    sqlx::raw_sql("ROLLBACK").execute(&mut somebody).await.unwrap();
    ledger.append(&row("a", 2)).await.unwrap();
    ledger.ready().await.unwrap();
}
