//! Blobs: by digest, once, checked when they come back.
use super::{Scratch, intruder};
use decide::model::Digest;
use host::ledger::{LedgerError, MAX_BLOB};

#[tokio::test]
async fn a_blob_is_kept_once_under_its_digest_and_comes_back_after_reopening() {
    let scratch = Scratch::new();
    let ledger = scratch.ledger().await;
    let digest = ledger.keep(b"deployment.apps/web scaled\n").await.unwrap();
    assert_eq!(ledger.keep(b"deployment.apps/web scaled\n").await.unwrap(), digest);
    // printf '' | sha256sum
    let empty = ledger.keep(b"").await.unwrap();
    assert_eq!(empty.as_str(), "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    ledger.close().await.unwrap();

    let ledger = scratch.ledger().await;
    assert_eq!(ledger.blob(&digest).await.unwrap().unwrap(), b"deployment.apps/web scaled\n");
    assert_eq!(ledger.blob(&empty).await.unwrap().unwrap(), b"");
    let stored: i64 =
        sqlx::query_scalar("SELECT count(*) FROM blobs").fetch_one(&mut intruder(&scratch.path()).await).await.unwrap();
    assert_eq!(stored, 2);
}

#[tokio::test]
async fn a_digest_that_nobody_kept_is_none() {
    let scratch = Scratch::new();
    let ledger = scratch.ledger().await;
    let digest = Digest::try_from(format!("sha256:{}", "0".repeat(64))).unwrap();
    assert_eq!(ledger.blob(&digest).await.unwrap(), None);
}

#[tokio::test]
async fn the_same_blob_from_many_at_once_is_kept_once() {
    let scratch = Scratch::new();
    let ledger = scratch.ledger().await;
    let kept = futures::future::join_all((0..50).map(|_| ledger.keep(b"question"))).await;
    assert!(kept.iter().all(|k| k.as_ref().unwrap() == kept[0].as_ref().unwrap()));
}

#[tokio::test]
async fn a_blob_that_is_too_large_is_refused() {
    let scratch = Scratch::new();
    let ledger = scratch.ledger().await;
    let refused = ledger.keep(&vec![0; MAX_BLOB + 1]).await;
    assert!(matches!(refused, Err(LedgerError::TooLarge { .. })));
    ledger.keep(&vec![0; MAX_BLOB]).await.unwrap();
}

#[tokio::test]
async fn bytes_under_a_digest_that_is_not_theirs_are_never_handed_out() {
    let scratch = Scratch::new();
    let ledger = scratch.ledger().await;
    let digest = Digest::try_from(format!("sha256:{}", "a".repeat(64))).unwrap();
    sqlx::query("INSERT INTO blobs (digest, bytes) VALUES (?1, x'00')")
        .bind(digest.as_str())
        .execute(&mut intruder(&scratch.path()).await)
        .await
        .unwrap();
    assert!(matches!(ledger.blob(&digest).await, Err(LedgerError::BlobAltered(d)) if d == digest));
}
