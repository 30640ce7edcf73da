//! Where the ledger is: a small file system of its own, where this process may mount one. Owns what happens to the file and to its disk; as
//! everybody on the outside, it knows the file only as one of SQLite's, and a lock beside it.
use anyhow::{Context, Result};
use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// Of the ledger while nobody does anything, and of each execution, generously: a full disk is to be a harm, not a fact.
const ROOM: [u64; 2] = [64 << 20, 256 << 10];

/// Theirs.
pub(crate) struct Disk {
    folder: PathBuf,
    mounted: bool,
}

impl Disk {
    /// Room for so many executions.
    ///
    /// # Errors
    /// Where there is no folder for it.
    pub(crate) fn make(inside: &Path, executions: u64) -> Result<Self> {
        let folder = inside.join("disk");
        std::fs::create_dir(&folder)?;
        let size = format!("size={},mode=700", ROOM[0] + ROOM[1] * executions);
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&folder).status();
        let mounted = mounted.is_ok_and(|status| status.success());
        if !mounted {
            println!("only root may mount: the ledger's disk will never be full");
        }
        Ok(Self { folder, mounted })
    }

    /// It is one of its own.
    pub(crate) const fn can_be_full(&self) -> bool {
        self.mounted
    }

    pub(crate) fn ledger(&self) -> PathBuf {
        self.folder.join("ledger.db")
    }

    /// The lock beside it, as nobody has it any more who has not opened it yet: whoever holds it goes on, and the next one makes its own.
    pub(crate) fn lock_lost(&self) -> Option<()> {
        let [there, away] = self.lock();
        std::fs::rename(there, away).ok()
    }

    /// The same one again, in the place of the next one's.
    pub(crate) fn lock_found(&self) -> Option<()> {
        let [there, away] = self.lock();
        std::fs::rename(away, there).ok()
    }

    fn lock(&self) -> [PathBuf; 2] {
        ["ledger.db-lock", "ledger.db-lock-lost"].map(|name| self.folder.join(name))
    }

    /// Somebody with a shell begins to write, and thinks it over.
    pub(crate) async fn locked(&self, time: Duration) -> Option<&'static str> {
        let mut somebody = self.connected().await.ok()?;
        let locked = sqlx::query("BEGIN EXCLUSIVE").execute(&mut somebody).await.is_ok();
        if locked {
            tokio::time::sleep(time).await;
            sqlx::query("ROLLBACK").execute(&mut somebody).await.ok()?;
        }
        somebody.close().await.ok()?;
        locked.then_some("ledger locked by somebody else")
    }

    /// Something else takes all the room, and goes away again.
    pub(crate) async fn full(&self, time: Duration) -> Option<&'static str> {
        if !self.mounted {
            return None;
        }
        // What the log of writes has on the disk it may use again: so it is to have nothing.
        let mut somebody = self.connected().await.ok()?;
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut somebody).await.ok()?;
        somebody.close().await.ok()?;
        let ballast = self.folder.join("ballast");
        let filled = fill(&ballast);
        if filled.is_ok() {
            tokio::time::sleep(time).await;
        }
        std::fs::remove_file(&ballast).ok()?;
        filled.is_ok().then_some(crate::harm::FULL)
    }

    async fn connected(&self) -> sqlx::Result<SqliteConnection> {
        SqliteConnectOptions::new().filename(self.ledger()).busy_timeout(Duration::from_secs(1)).connect().await
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.mounted {
            drop(Command::new("umount").arg("-l").arg(&self.folder).status());
        }
    }
}

/// To the last page.
fn fill(ballast: &Path) -> Result<()> {
    let mut file = File::create(ballast).context("failed to make the ballast")?;
    for piece in [1 << 20, 1 << 12] {
        let zeros = vec![0_u8; piece];
        while file.write_all(&zeros).is_ok() {}
    }
    Ok(())
}
