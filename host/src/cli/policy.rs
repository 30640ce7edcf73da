//! `writ policy`: try a policy before it bites, and put it into the form that the cluster takes.
mod explain;
mod ledger;
mod recorded;

use super::{
    human::{Exit, manifest},
    out::{self, Words},
};
use crate::gate;
use anyhow::Context;
use cap_std::{ambient_authority, fs::Dir};
use crds::{ExecutionPolicy, ExecutionPolicySpec, PolicyMode};
use serde_json::{Map, Value};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Try a policy before it bites.
#[derive(Debug, clap::Subcommand)]
pub enum Policy {
    /// Run the tests of a directory of modules, as the host does before it loads a policy.
    Test {
        /// Directory of .rego modules, their tests and their data.
        directory: PathBuf,
    },
    /// Print the ExecutionPolicy made from a directory, for a human to review and apply.
    Print(Print),
    /// The question that policies were asked about an execution, as an auditor; also when it is gone.
    Input(ledger::Input),
    /// What the policies said of an execution, with the rule and line that said it, as an auditor; also when it is gone.
    Explain(explain::Explain),
    /// Make the decisions of the ledger again with the policies of a directory, as an auditor: what would be otherwise?
    Replay(ledger::Replay),
}

/// What to print.
#[derive(Debug, clap::Args)]
pub struct Print {
    /// Directory of .rego modules, their tests and their data.
    directory: PathBuf,
    /// Name of the ExecutionPolicy; that of the module (NAME.rego) where absent.
    #[arg(long)]
    name: Option<String>,
    /// Who can change it; shown in every refusal.
    #[arg(long)]
    owner: Option<String>,
    /// Whether it is obeyed, or evaluated and recorded only.
    #[arg(long, value_enum, ignore_case = true, default_value = "Enforce")]
    mode: Mode,
}

/// Whether a policy is obeyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "PascalCase")]
pub enum Mode {
    /// Obeyed.
    Enforce,
    /// Evaluated and recorded, not obeyed.
    Shadow,
}

impl Policy {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Exit> {
        match self {
            Self::Input(input) => input.run().await,
            Self::Explain(explain) => explain.run().await,
            Self::Replay(replay) => replay.run().await,
            Self::Test { directory } => {
                let report = gate::test_report(&read(&directory)?);
                out::text(format_args!("{report}"));
                Ok(if report.passed() { Exit::Done } else { Exit::Usage })
            }
            Self::Print(print) => print.run(),
        }
    }
}

impl Print {
    /// Nothing that the operator would not load gets as far as `kubectl apply`.
    fn run(self) -> anyhow::Result<Exit> {
        let policies = read(&self.directory)?;
        anyhow::ensure!(
            self.name.is_none() || policies.len() == 1,
            "--name is for one policy; {} has {}",
            self.directory.display(),
            policies.len()
        );
        let report = gate::test_report(&policies);
        if !report.passed() {
            Words::Stderr.text(&report);
            return Ok(Exit::Usage);
        }
        let texts = policies.into_iter().map(|policy| self.text(policy)).collect::<anyhow::Result<Vec<_>>>()?;
        out::text(texts.join("---\n"));
        Ok(Exit::Done)
    }

    fn text(&self, policy: gate::Policy) -> anyhow::Result<String> {
        let name = self.name.clone().unwrap_or(policy.name);
        let owner = self.owner.clone().unwrap_or_else(|| "the platform team".into());
        let mode = if self.mode == Mode::Shadow { PolicyMode::Shadow } else { PolicyMode::Enforce };
        let spec = ExecutionPolicySpec { mode, owner, data: settings(policy.data), modules: policy.modules };
        let text = manifest(&ExecutionPolicy::new(&name, spec))?;
        Ok(format!("# Made by `writ policy print` from a directory: edit there.\n{text}"))
    }
}

/// Whoever has none has an empty file, or no file.
fn settings(data: Value) -> Map<String, Value> {
    match data {
        Value::Object(data) => data,
        _ => Map::new(),
    }
}

/// A gate with these in force, or why they would not be.
pub fn gate(policies: &[gate::Policy]) -> anyhow::Result<gate::Gate> {
    let gate = gate::Gate::new(gate::GateLimits::default()).context("failed to start the policy engine")?;
    let checked = policies.iter().map(gate::check).collect::<Result<Vec<_>, _>>().map_err(|all| {
        let all: Vec<String> = all.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("the policy would not be Ready:\n  {}", all.join("\n  "))
    })?;
    gate.swap(checked.into_iter().map(Arc::new).collect());
    Ok(gate)
}

/// All policies of a directory.
pub fn read(directory: &Path) -> anyhow::Result<Vec<gate::Policy>> {
    let path = directory.display();
    let dir = Dir::open_ambient_dir(directory, ambient_authority()).with_context(|| format!("failed to open {path}"))?;
    gate::read(&dir).with_context(|| format!("failed to read {path}"))
}
