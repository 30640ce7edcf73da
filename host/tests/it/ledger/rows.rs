//! Appending: durable, in order, idempotent, never another row under the same key.
use super::{Scratch, all, cluster, position, row, uid};
use crds::Reason;
use decide::model::Json;
use host::ledger::{Appended, LedgerError};

#[tokio::test]
async fn a_row_comes_back_as_it_was_after_reopening() {
    let scratch = Scratch::new();
    let ledger = scratch.ledger().await;
    assert_eq!(ledger.append(&row("a", 1)).await.unwrap(), Appended::New);
    ledger.close().await.unwrap();

    let ledger = scratch.ledger().await;
    assert_eq!(all(&ledger).await, [row("a", 1)]);
    assert_eq!(position(&ledger, &cluster(), &uid("a")).await.unwrap(), 1);
}

#[tokio::test]
async fn a_thousand_rows_written_at_once_are_all_there_after_reopening_and_each_execution_is_in_order() {
    let scratch = Scratch::new();
    let ledger = scratch.ledger().await;
    let writers: Vec<_> = (0..100)
        .map(|n| {
            let ledger = ledger.clone();
            tokio::spawn(async move {
                for seq in 1..=10 {
                    assert_eq!(ledger.append(&row(&format!("x{n}"), seq)).await.unwrap(), Appended::New);
                    assert_eq!(position(&ledger, &cluster(), &uid(&format!("x{n}"))).await.unwrap(), seq);
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    // Not closed: this is what a process that just ends leaves.
    drop(ledger);
    let ledger = reopened(&scratch).await;
    let rows = all(&ledger).await;
    assert_eq!(rows.len(), 1000);
    for n in 0..100 {
        let of = uid(&format!("x{n}"));
        let seqs: Vec<i64> = rows.iter().filter(|r| r.uid == of).map(|r| r.seq).collect();
        assert_eq!(seqs, (1..=10).collect::<Vec<_>>());
    }
}

/// The writer lets go of the file when the last handle is gone, a moment later.
async fn reopened(scratch: &Scratch) -> host::ledger::Ledger {
    loop {
        match host::ledger::Ledger::open(&scratch.path()).await {
            Err(LedgerError::Taken { .. }) => tokio::task::yield_now().await,
            other => return other.unwrap(),
        }
    }
}

#[tokio::test]
async fn the_same_row_again_is_no_error_and_no_second_row() {
    let scratch = Scratch::new();
    let ledger = scratch.ledger().await;
    ledger.append(&row("a", 1)).await.unwrap();
    ledger.append(&row("a", 2)).await.unwrap();
    assert_eq!(ledger.append(&row("a", 1)).await.unwrap(), Appended::Again);
    assert_eq!(all(&ledger).await.len(), 2);
}

#[tokio::test]
async fn another_row_under_the_same_key_is_refused_whichever_part_differs() {
    let scratch = Scratch::new();
    let ledger = scratch.ledger().await;
    ledger.append(&row("a", 1)).await.unwrap();
    let mut others = vec![row("a", 1); 7];
    others[0].by = "mallory".into();
    others[1].namespace = "other".into();
    others[2].name = "other".into();
    others[3].action = "other".into();
    others[4].reason = Reason::PolicyDenied;
    others[5].at = jiff::Timestamp::new(1_800_000_001, 123_001).unwrap();
    others[6].payload = Json::try_from("{}".to_owned()).unwrap();
    for other in others {
        let refused = ledger.append(&other).await;
        assert!(matches!(refused, Err(LedgerError::Differs { seq: 1, .. })), "{other:?} -> {refused:?}");
    }
    assert_eq!(all(&ledger).await, [row("a", 1)]);
}

#[tokio::test]
async fn a_row_after_a_gap_is_refused_and_says_where_the_ledger_stands() {
    let scratch = Scratch::new();
    let ledger = scratch.ledger().await;
    assert!(matches!(ledger.append(&row("a", 2)).await, Err(LedgerError::Behind { seq: 2, at: 0, .. })));
    ledger.append(&row("a", 1)).await.unwrap();
    assert!(matches!(ledger.append(&row("a", 3)).await, Err(LedgerError::Behind { seq: 3, at: 1, .. })));
    for nonsense in [0, -1, i64::MIN, i64::MAX] {
        let row = decide::row::Row { seq: nonsense, ..row("a", 2) };
        assert!(matches!(ledger.append(&row).await, Err(LedgerError::Behind { at: 1, .. })));
    }
    assert_eq!(ledger.append(&row("a", 2)).await.unwrap(), Appended::New);
}

#[tokio::test]
async fn the_same_uid_in_another_cluster_is_another_execution() {
    let scratch = Scratch::new();
    let ledger = scratch.ledger().await;
    ledger.append(&row("a", 1)).await.unwrap();
    let mut elsewhere = row("a", 1);
    elsewhere.cluster = uid("other");
    elsewhere.by = "somebody else".into();
    assert_eq!(ledger.append(&elsewhere).await.unwrap(), Appended::New);
    assert_eq!(position(&ledger, &uid("other"), &uid("a")).await.unwrap(), 1);
    assert_eq!(position(&ledger, &uid("third"), &uid("a")).await.unwrap(), 0);
}

#[tokio::test]
async fn a_row_that_is_too_large_is_refused_before_it_is_written() {
    let scratch = Scratch::new();
    let ledger = scratch.ledger().await;
    let mut large = row("a", 1);
    large.payload = Json::try_from("x".repeat(512 * 1024 + 1)).unwrap();
    assert!(matches!(ledger.append(&large).await, Err(LedgerError::TooLarge { bytes: 524_289, limit: 524_288 })));
    large.payload = Json::try_from("x".repeat(512 * 1024)).unwrap();
    assert_eq!(ledger.append(&large).await.unwrap(), Appended::New);
}

#[tokio::test]
async fn the_last_row_of_an_execution_is_told_as_it_was_written() {
    let scratch = Scratch::new();
    let ledger = scratch.ledger().await;
    assert_eq!(ledger.last(&cluster(), &uid("a")).await.unwrap(), None);
    for seq in [1, 2] {
        ledger.append(&row("a", seq)).await.unwrap();
    }
    assert_eq!(ledger.last(&cluster(), &uid("a")).await.unwrap(), Some(row("a", 2)));
    assert_eq!(ledger.last(&uid("other"), &uid("a")).await.unwrap(), None);
}
