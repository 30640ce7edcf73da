//! `writ policy`: try a policy before it bites.
use super::{human::Exit, out};
use crate::gate;
use anyhow::Context;
use cap_std::{ambient_authority, fs::Dir};
use std::path::{Path, PathBuf};

/// Try a policy before it bites.
#[derive(Debug, clap::Subcommand)]
pub enum Policy {
    /// Run the tests of a directory of modules, as the host does before it loads a policy.
    Test {
        /// Directory of .rego modules, their tests and their data.
        directory: PathBuf,
    },
}

impl Policy {
    /// Runs the command.
    pub fn run(self) -> anyhow::Result<Exit> {
        let Self::Test { directory } = self;
        let report = gate::test_report(&read(&directory)?);
        out::text(format_args!("{report}"));
        Ok(if report.passed() { Exit::Done } else { Exit::Usage })
    }
}

/// All policies of a directory.
pub fn read(directory: &Path) -> anyhow::Result<Vec<gate::Policy>> {
    let path = directory.display();
    let dir = Dir::open_ambient_dir(directory, ambient_authority()).with_context(|| format!("failed to open {path}"))?;
    gate::read(&dir).with_context(|| format!("failed to read {path}"))
}
