//! Crashes: a process killed while it writes, and a disk that has only a part of what was written last.
use super::{Scratch, all, cluster, position, row, uid};
use decide::row::Row;
use host::ledger::Ledger;
use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

/// Rows that the child has to acknowledge before it is killed in the middle of the next ones.
const ENOUGH: usize = 400;
const FILE: &str = "WRIT_TEST_LEDGER";

#[tokio::test(flavor = "multi_thread")]
async fn a_process_killed_while_it_appends_loses_no_row_that_it_acknowledged() {
    let scratch = Scratch::new();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "ledger::crash::child_that_appends_until_it_is_killed", "--nocapture"])
        .env(FILE, scratch.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut acknowledged: BTreeMap<String, i64> = BTreeMap::new();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut seen = 0;
    while seen < ENOUGH {
        let line = lines.next().expect("the child ended by itself");
        seen += usize::from(note(&line, &mut acknowledged));
    }
    // SIGKILL; what it still wrote to the pipe counts as well.
    child.kill().unwrap();
    for line in lines {
        note(&line, &mut acknowledged);
    }
    child.wait().unwrap();

    let ledger = scratch.ledger().await;
    assert_eq!(acknowledged.len(), 16);
    for (of, seq) in acknowledged {
        let at = position(&ledger, &cluster(), &uid(&of)).await.unwrap();
        // One more may be there: written, and killed before the answer.
        assert!(at == seq || at == seq + 1, "{of}: acknowledged {seq}, stored {at}");
        ledger.append(&row(&of, seq)).await.unwrap();
        ledger.append(&row(&of, at + 1)).await.unwrap();
    }
}

/// "ack UID SEQ": whole lines only, the last one may be torn.
fn note(line: &str, acknowledged: &mut BTreeMap<String, i64>) -> bool {
    let mut words = line.split(' ');
    let (Some("ack"), Some(of), Some(seq), Some(".")) = (words.next(), words.next(), words.next(), words.next()) else {
        return false;
    };
    acknowledged.insert(of.to_owned(), seq.parse().unwrap());
    true
}

/// Not a test by itself: the process that the test above starts and kills. Without a file it has nothing to do.
#[tokio::test(flavor = "multi_thread")]
async fn child_that_appends_until_it_is_killed() {
    let Some(path) = std::env::var_os(FILE) else { return };
    let ledger = Ledger::open(Path::new(&path)).await.unwrap();
    let callers = (0..16).map(|n| {
        let ledger = ledger.clone();
        tokio::spawn(async move {
            for seq in 1.. {
                ledger.append(&row(&format!("x{n}"), seq)).await.unwrap();
                writeln!(std::io::stdout(), "ack x{n} {seq} .").unwrap();
            }
        })
    });
    futures::future::join_all(callers).await;
}

/// The power goes: of the WAL, any part from its beginning may have reached the disk.
#[tokio::test]
async fn a_wal_cut_off_anywhere_opens_to_a_beginning_of_what_was_written() {
    let scratch = Scratch::new();
    let ledger = scratch.ledger().await;
    let mut written = Vec::new();
    for n in 0..30 {
        let next = row(["a", "b", "c"][n % 3], n as i64 / 3 + 1);
        ledger.append(&next).await.unwrap();
        written.push(next);
    }
    let (main, wal) = (fs::read(scratch.path()).unwrap(), fs::read(scratch.path().with_extension("db-wal")).unwrap());
    let mut lengths = Vec::new();
    // 1,013 is prime: cuts fall into headers, frames, and between them.
    for cut in (0..wal.len()).step_by(1013).chain([wal.len()]) {
        let rows = recovered(&main, &wal[..cut]).await;
        assert!(written.starts_with(&rows), "cut at {cut}: {} rows", rows.len());
        lengths.push(rows.len());
    }
    assert!(lengths.is_sorted());
    assert_eq!((lengths.first(), lengths.last()), (Some(&0), Some(&30)));
}

#[tokio::test]
async fn a_wal_with_a_damaged_frame_opens_to_what_was_written_before_it() {
    let scratch = Scratch::new();
    let ledger = scratch.ledger().await;
    let written: Vec<Row> = (1..=30).map(|seq| row("a", seq)).collect();
    for next in &written {
        ledger.append(next).await.unwrap();
    }
    let (main, mut wal) = (fs::read(scratch.path()).unwrap(), fs::read(scratch.path().with_extension("db-wal")).unwrap());
    let middle = wal.len() / 2;
    wal[middle] ^= 1;
    let rows = recovered(&main, &wal).await;
    assert!(written.starts_with(&rows));
    assert!((1..30).contains(&rows.len()), "{}", rows.len());
}

/// A process killed between writing and syncing leaves rows that can be read, and that a power cut could still take. Whoever reads a
/// position acts on it, so opening makes them durable first.
#[tokio::test]
async fn what_is_read_after_a_crash_is_in_the_main_file_before_it_can_be_read() {
    let scratch = Scratch::new();
    let ledger = scratch.ledger().await;
    ledger.append(&row("a", 1)).await.unwrap();
    let left = Scratch::new();
    for ending in ["db", "db-wal"] {
        fs::copy(scratch.path().with_extension(ending), left.path().with_extension(ending)).unwrap();
    }
    let _opened = left.ledger().await;
    let main = fs::read(left.path()).unwrap();
    assert_eq!(recovered(&main, b"").await, [row("a", 1)]);
}

async fn recovered(main: &[u8], wal: &[u8]) -> Vec<Row> {
    let scratch = Scratch::new();
    fs::write(scratch.path(), main).unwrap();
    fs::write(scratch.path().with_extension("db-wal"), wal).unwrap();
    let ledger = scratch.ledger().await;
    let rows = all(&ledger).await;
    ledger.close().await.unwrap();
    rows
}
