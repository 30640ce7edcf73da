//! The operators' wall clock, and theirs alone: a library in front of the C library's, built here, adds what a file says. Owns that file.
//! The kernel has one such clock for all (a time namespace moves the others), and this machine needs it.
use crate::dice::Dice;
use anyhow::{Context, Result};
use std::{
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};
use tokio::process::Command;

const SOURCE: &str = include_str!("clock.c");
/// Seconds. Below the patience of whoever waits for an execution: what waits for a moment waits so much longer when the clock goes back.
pub(crate) const FURTHEST: u64 = 90;

/// Theirs.
pub(crate) struct Clock {
    library: PathBuf,
    moved: PathBuf,
}

impl Clock {
    /// One that is right. None: there is no C compiler here.
    ///
    /// # Errors
    /// Where its files cannot be written, or it does not compile.
    pub(crate) async fn make(folder: &Path) -> Result<Option<Self>> {
        let (source, clock) = (folder.join("clock.c"), Self { library: folder.join("clock.so"), moved: folder.join("clock") });
        std::fs::write(&source, SOURCE)?;
        clock.set(0)?;
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O2", "-o"]).arg(&clock.library).arg(&source);
        match compiler.status().await {
            Ok(done) if done.success() => Ok(Some(clock)),
            Ok(_) => anyhow::bail!("clock.c does not compile"),
            Err(_) => Ok(None),
        }
    }

    /// What a process needs in its environment to go by it.
    pub(crate) fn environment(&self) -> [(&'static str, &Path); 2] {
        [("LD_PRELOAD", &self.library), ("WRIT_CLOCK", &self.moved)]
    }

    /// Forward or back, for a while, and right again.
    pub(crate) async fn stepped(&self, dice: &Dice) -> Option<&'static str> {
        let (by, back) = (i64::try_from(1 + dice.roll(FURTHEST)).ok()?, dice.once_in(2));
        self.set(if back { -by } else { by }).ok()?;
        tokio::time::sleep(dice.millis(500, 5000)).await;
        self.set(0).ok()?;
        Some(if back { crate::harm::BACK } else { crate::harm::FORWARD })
    }

    fn set(&self, seconds: i64) -> Result<()> {
        // In place and in one write: they have it mapped.
        let file = std::fs::OpenOptions::new().create(true).truncate(false).write(true).open(&self.moved)?;
        file.write_all_at(&seconds.to_ne_bytes(), 0).context("failed to set the clock")
    }
}
