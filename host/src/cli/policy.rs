//! `writ policy`: try a policy before it bites.
use super::human::Exit;
use anyhow::Context;
use std::path::PathBuf;

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
        let report = crate::gate::test_report(&directory).with_context(|| format!("failed to read {}", directory.display()))?;
        print!("{report}");
        Ok(if report.passed() { Exit::Done } else { Exit::Usage })
    }
}
