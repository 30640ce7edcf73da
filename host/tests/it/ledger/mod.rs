//! Tests of the ledger: what was acknowledged is there, in order, once, whatever happens. Raw SQL is used only to attack the file.
mod attacks;
mod blobs;
mod crash;
mod group;
mod opening;
mod questions;
mod rows;

use crds::{Phase, Reason};
use decide::{
    model::{Json, Uid},
    row::Row,
};
use host::ledger::{Ledger, LedgerError, Query};
use sqlx::{ConnectOptions, SqliteConnection, sqlite::SqliteConnectOptions};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

struct Scratch {
    folder: TempDir,
}

impl Scratch {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }
    fn path(&self) -> PathBuf {
        self.folder.path().join("ledger.db")
    }
    async fn ledger(&self) -> Ledger {
        Ledger::open(&self.path()).await.unwrap()
    }
}

fn uid(text: &str) -> Uid {
    Uid::try_from(text.to_owned()).unwrap()
}

fn cluster() -> Uid {
    uid("c0ffee00-0000-4000-8000-000000000000")
}

/// The highest number stored of an execution; 0 for none.
async fn position(ledger: &Ledger, cluster: &Uid, of: &Uid) -> Result<i64, LedgerError> {
    ledger.last(cluster, of).await.map(|last| last.map_or(0, |row| row.seq))
}

/// Row `seq` of an execution: a second after the one before it.
fn row(of: &str, seq: i64) -> Row {
    Row {
        cluster: cluster(),
        uid: uid(of),
        seq,
        at: jiff::Timestamp::new(1_800_000_000 + seq, 123_000).unwrap(),
        by: "system:serviceaccount:writ-system:writ".into(),
        namespace: "shop".into(),
        name: format!("scale-{of}"),
        action: "scale_deployment".into(),
        phase: Phase::Validating,
        reason: Reason::Accepted,
        payload: Json::try_from(format!(r#"{{"seq":{seq},"text":"ärger \u0000 \"quoted\""}}"#)).unwrap(),
    }
}

/// Everything, in the order of writing.
async fn all(ledger: &Ledger) -> Vec<Row> {
    ledger.query(&Query { limit: 1000, ..Query::default() }).await.unwrap()
}

/// As somebody with a shell on the volume would come.
async fn intruder(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).connect().await.unwrap()
}
