//! Group commit: many rows, one transaction, each caller with an answer of his own. And the numbers.
use super::{Scratch, all, row};
use decide::{model::Json, row::Row};
use futures::future::join_all;
use host::ledger::{Appended, Commit, Ledger, LedgerError, Options};
use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

type Commits = Arc<Mutex<Vec<Commit>>>;

async fn counted(scratch: &Scratch, max_bytes: Option<u64>) -> (Ledger, Commits) {
    let commits = Commits::default();
    let seen = commits.clone();
    let options = Options { max_bytes, committed: Arc::new(move |c| seen.lock().unwrap().push(*c)), ..Options::default() };
    (Ledger::open_with(&scratch.path(), options).await.unwrap(), commits)
}

#[tokio::test]
async fn those_who_wait_together_are_committed_together() {
    let scratch = Scratch::new();
    let (ledger, commits) = counted(&scratch, None).await;
    let rows: Vec<_> = (0..200).map(|n| row(&format!("x{n}"), 1)).collect();
    for appended in join_all(rows.iter().map(|r| ledger.append(r))).await {
        assert_eq!(appended.unwrap(), Appended::New);
    }
    let commits = commits.lock().unwrap();
    assert_eq!(commits.iter().map(|c| c.rows).sum::<usize>(), 200);
    // On one thread all 200 are in the queue before the writer wakes for the second time.
    assert!(commits.len() <= 3, "{} transactions for 200 rows", commits.len());
}

#[tokio::test]
async fn a_refused_row_harms_nobody_else_in_its_transaction() {
    let scratch = Scratch::new();
    let (ledger, commits) = counted(&scratch, None).await;
    ledger.append(&row("taken", 1)).await.unwrap();
    let mut differs = row("taken", 1);
    differs.by = "mallory".into();
    let (gap, good, twice) = (row("gap", 2), row("good", 1), row("twice", 1));
    let answers = join_all([&good, &differs, &gap, &twice, &twice].map(|r| ledger.append(r))).await;
    assert!(matches!(
        answers.as_slice(),
        [
            Ok(Appended::New),
            Err(LedgerError::Differs { .. }),
            Err(LedgerError::Behind { .. }),
            Ok(Appended::New),
            Ok(Appended::Again)
        ]
    ));
    assert_eq!(commits.lock().unwrap().last().unwrap().rows, 5, "they were in one transaction");
    assert_eq!(all(&ledger).await, [row("taken", 1), good, twice]);
}

#[tokio::test]
async fn successive_rows_of_one_execution_can_share_a_transaction() {
    let scratch = Scratch::new();
    let ledger = scratch.ledger().await;
    let rows: Vec<_> = (1..=5).map(|seq| row("a", seq)).collect();
    for appended in join_all(rows.iter().map(|r| ledger.append(r))).await {
        assert_eq!(appended.unwrap(), Appended::New);
    }
    assert_eq!(all(&ledger).await, rows);
}

#[tokio::test]
async fn a_full_disk_is_told_to_everybody_in_the_transaction_and_what_was_stored_stays() {
    let scratch = Scratch::new();
    let (ledger, commits) = counted(&scratch, Some(40 * 4096)).await;
    let mut stored = Vec::new();
    let full = loop {
        let next = row("a", stored.len() as i64 + 1);
        assert!(stored.len() < 1000, "the limit does not limit");
        match ledger.append(&next).await {
            Ok(_) => stored.push(next),
            Err(e) => break e,
        }
    };
    assert!(matches!(full, LedgerError::Full(_)), "{full:?}");
    assert!(stored.len() > 50);
    assert_eq!(commits.lock().unwrap().last().unwrap().failed, Some("full"));
    assert!(matches!(ledger.ready().await, Err(LedgerError::Full(_))));

    // Enough for one page more each: together they fail together, and again after the connection was renewed.
    let blobs: Vec<_> = (0..3_u8).map(|n| vec![n; 40_000]).collect();
    for kept in join_all(blobs.iter().map(|b| ledger.keep(b))).await {
        assert!(matches!(kept, Err(LedgerError::Full(_))), "{kept:?}");
    }
    assert_eq!(all(&ledger).await, stored);
    ledger.close().await.unwrap();

    let roomy = scratch.ledger().await;
    assert_eq!(all(&roomy).await, stored);
    roomy.append(&row("a", stored.len() as i64 + 1)).await.unwrap();
    roomy.ready().await.unwrap();
}

/// No border is asserted (a timed test is a flaky test): `cargo test -p writ --test it measured -- --nocapture` prints the numbers.
#[tokio::test(flavor = "multi_thread")]
async fn appends_are_measured_one_at_a_time_and_sixty_four_at_once() {
    let scratch = Scratch::new();
    let (ledger, commits) = counted(&scratch, None).await;
    let alone = timed(&ledger, 1, 300).await;
    print_numbers("one at a time", &alone, &commits);
    let together = timed(&ledger, 64, 40).await;
    print_numbers("64 at once", &together, &commits);
    assert_eq!((alone.each.len(), together.each.len()), (300, 64 * 40));
}

struct Timed {
    whole: Duration,
    each: Vec<Duration>,
}

async fn timed(ledger: &Ledger, callers: usize, rows: i64) -> Timed {
    let begun = Instant::now();
    let callers = (0..callers).map(|n| {
        let ledger = ledger.clone();
        tokio::spawn(async move {
            let mut each = Vec::new();
            for seq in 1..=rows {
                // As large as an object usually is.
                let payload = Json::try_from(format!("\"{}\"", "x".repeat(6 * 1024))).unwrap();
                let row = Row { payload, ..row(&format!("{rows}-{n}"), seq) };
                let begun = Instant::now();
                ledger.append(&row).await.unwrap();
                each.push(begun.elapsed());
            }
            each
        })
    });
    let each = join_all(callers).await.into_iter().flat_map(Result::unwrap).collect();
    Timed { whole: begun.elapsed(), each }
}

fn print_numbers(what: &str, timed: &Timed, commits: &Commits) {
    let commits = std::mem::take(&mut *commits.lock().unwrap());
    let mut each = timed.each.clone();
    each.sort();
    let at = |percent: usize| each[(each.len() - 1) * percent / 100].as_secs_f64() * 1000.0;
    let rate = each.len() as f64 / timed.whole.as_secs_f64();
    let size = each.len() as f64 / commits.len() as f64;
    println!("{what}: {rate:.0} rows/s, p50 {:.2} ms, p99 {:.2} ms, {size:.1} rows a transaction", at(50), at(99));
}
