//! Questions: filters, order, limits.
use super::{Scratch, row, uid};
use crds::{Phase, Reason};
use host::ledger::{Ledger, MAX_LIMIT, Query};

/// a: two rows of scale_deployment in shop; b: one of restart in other, refused; c: one, half a second later than a's second.
async fn filled(scratch: &Scratch) -> Ledger {
    let ledger = scratch.ledger().await;
    let mut b = row("b", 1);
    (b.namespace, b.name, b.action) = ("other".into(), "x".into(), "restart".into());
    (b.phase, b.reason) = (Phase::Refused, Reason::PolicyDenied);
    let mut c = row("c", 1);
    c.at = jiff::Timestamp::new(1_800_000_002, 500_000_000).unwrap();
    for row in [row("a", 1), b, row("a", 2), c] {
        ledger.append(&row).await.unwrap();
    }
    ledger
}

async fn check(query: Query, expect: &[(&str, i64)]) {
    let scratch = Scratch::new();
    let ledger = filled(&scratch).await;
    let rows = ledger.query(&query).await.unwrap();
    let found: Vec<_> = rows.iter().map(|r| (r.uid.as_str(), r.seq)).collect();
    assert_eq!(found, expect, "{query:?}");
}

#[tokio::test]
async fn without_a_filter_everything_comes_the_newest_last() {
    check(Query::default(), &[("a", 1), ("b", 1), ("a", 2), ("c", 1)]).await;
}

#[tokio::test]
async fn a_limit_keeps_the_newest() {
    check(Query { limit: 2, ..Query::default() }, &[("a", 2), ("c", 1)]).await;
    check(Query { limit: 0, ..Query::default() }, &[]).await;
    let before = |seq| Query { before: Some((uid("a"), seq)), ..Query::default() };
    check(Query { limit: 1, ..before(2) }, &[("b", 1)]).await;
    check(before(1), &[]).await;
    check(before(9), &[]).await;
}

#[tokio::test]
async fn each_filter_filters() {
    check(Query { namespace: Some("other".into()), ..Query::default() }, &[("b", 1)]).await;
    check(Query { name: Some("scale-a".into()), ..Query::default() }, &[("a", 1), ("a", 2)]).await;
    check(Query { uid: Some(uid("c")), ..Query::default() }, &[("c", 1)]).await;
    check(Query { action: Some("restart".into()), ..Query::default() }, &[("b", 1)]).await;
    check(Query { phase: Some(Phase::Refused), ..Query::default() }, &[("b", 1)]).await;
    check(Query { phase: Some(Phase::Completed), ..Query::default() }, &[]).await;
}

#[tokio::test]
async fn filters_add_up_and_the_limit_counts_what_is_left() {
    let query = Query { namespace: Some("shop".into()), uid: Some(uid("a")), limit: 1, ..Query::default() };
    check(query, &[("a", 2)]).await;
}

/// Text compares `…02Z` after `…02.5Z`; stored times have a fixed width.
#[tokio::test]
async fn since_compares_time_and_not_text() {
    let at = |second, nano| Some(jiff::Timestamp::new(second, nano).unwrap());
    check(Query { since: at(1_800_000_002, 123_000), ..Query::default() }, &[("a", 2), ("c", 1)]).await;
    check(Query { since: at(1_800_000_002, 123_001), ..Query::default() }, &[("c", 1)]).await;
    check(Query { since: at(1_800_000_003, 0), ..Query::default() }, &[]).await;
}

#[tokio::test]
async fn a_filter_is_a_value_and_never_sql() {
    check(Query { name: Some("' OR 1 = 1 --".into()), ..Query::default() }, &[]).await;
}

#[tokio::test]
async fn no_limit_is_larger_than_what_fits_in_memory() {
    let scratch = Scratch::new();
    let ledger = scratch.ledger().await;
    let rows: Vec<_> = (0..MAX_LIMIT + 1).map(|n| row(&format!("x{n}"), 1)).collect();
    assert!(futures::future::join_all(rows.iter().map(|r| ledger.append(r))).await.iter().all(Result::is_ok));
    let found = ledger.query(&Query { limit: u32::MAX, ..Query::default() }).await.unwrap();
    assert_eq!((found.len(), rows.len()), (1000, 1001));
}
