//! The commands a person types. They act as that person, through the same API as everybody; only `operator` is the host itself.
#![warn(clippy::print_stdout, clippy::print_stderr)]
mod actions;
mod aim;
mod approvals;
mod approve;
mod arguments;
mod ask;
mod audit;
mod automatic;
mod ballot;
mod cancel;
mod connect;
mod doctor;
mod explain;
mod file;
mod follow;
mod freeze;
mod frozen;
mod get;
mod go;
mod human;
mod install;
mod logs;
mod me;
mod out;
mod page;
mod plan;
mod plugin;
mod policy;
mod progress;
mod run;
mod span;
mod undo;
mod watch;
mod world;

pub use arguments::dashed;
pub use human::{Exit, causes};
pub use out::note;

use clap::{Parser, Subcommand};

const EXIT_CODES: &str = "\
Exit codes:
  0  done, or as asked          4  outcome unknown: look at the target
  1  usage, or no cluster       5  rejected, or not approved in time
  2  refused, nothing touched   6  --wait passed; the execution goes on
  3  failed, something ran      7  cancelled, or answered no
`writ cancel` ends with 0 where it is stopped. Where it was too late for that,
with 3 if it ran to its end, with 2 if there was nothing to run.
`writ doctor` ends with 1 where something is wrong, with 4 where nothing wrong was
found and not all of it could be looked at.

Ctrl-C detaches and never cancels.";

/// Run named, typed, gated actions on a Kubernetes cluster.
#[derive(Debug, Parser)]
#[command(name = "writ", version, about, after_help = EXIT_CODES, subcommand_help_heading = "Commands")]
pub struct Writ {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Which cluster, which namespace, as whom.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Where {
    /// Namespace; that of the kube context where absent.
    #[arg(short, long, global = true)]
    pub namespace: Option<String>,
    /// Kube context; the current one where absent.
    #[arg(long, global = true)]
    pub context: Option<String>,
}

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// The object, JSON.
    Json,
    /// The object, YAML.
    Yaml,
}

/// The commands, by who comes for them: do, approve, write actions, operate.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Do: show the change, ask, run, follow.
    Run(run::Run),
    /// Do: follow an execution to its end.
    Watch(watch::Watch),
    /// Do: list executions, or tell the story of one.
    Get(get::Get),
    /// Do: what the Job printed.
    Logs(logs::Logs),
    /// Do: undo what an execution did.
    Undo(undo::Undo),
    /// Do: stop an execution, at any phase.
    Cancel(cancel::Cancel),
    /// Approve: what waits for approvals, and whether for yours.
    Approvals(approvals::Approvals),
    /// Approve: show the change, ask, say yes to exactly that.
    Approve(approve::Approve),
    /// Approve: show the change, ask, say no; that ends it.
    Reject(approve::Reject),
    /// Approve: say that you looked at what was done without approvals.
    Review(approve::Review),
    /// Do: what can be done here, and whether by you.
    Actions(actions::Actions),
    /// Do: one action, with an example.
    Explain(explain::Explain),
    /// Write actions: the host's answer to a request, with no cluster at all.
    Plan(plan::Plan),
    /// Write actions: look at a component, its roles, its installation.
    #[command(subcommand)]
    Plugin(plugin::Plugin),
    /// Operate: try a policy before it bites.
    #[command(subcommand)]
    Policy(policy::Policy),
    /// Operate: whether everything is in force, each line with its fix.
    Doctor(doctor::Doctor),
    /// Operate: let nothing irreversible start.
    Freeze(freeze::Freeze),
    /// Operate: end a freeze.
    Thaw(freeze::Thaw),
    /// Operate: read the audit trail.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Operate: the installation, as YAML.
    Install(install::Install),
    /// Operate: the daemon; runs in the cluster.
    Operator(Box<crate::config::Operator>),
}

impl Writ {
    /// Runs a command. `operator` is the caller's business.
    pub async fn run(self) -> anyhow::Result<Exit> {
        match self.dispatch().await {
            Err(error) if error.is::<go::RefusedByServer>() => {
                out::note(error);
                Ok(Exit::Refused)
            }
            other => other,
        }
    }

    async fn dispatch(self) -> anyhow::Result<Exit> {
        match self.command {
            Command::Run(c) => c.run().await,
            Command::Watch(c) => c.run().await,
            Command::Get(c) => c.run().await,
            Command::Logs(c) => c.run().await,
            Command::Undo(c) => c.run().await,
            Command::Cancel(c) => c.run().await,
            Command::Approvals(c) => c.run().await,
            Command::Approve(c) => c.run().await,
            Command::Reject(c) => c.run().await,
            Command::Review(c) => c.run().await,
            Command::Actions(c) => c.run().await,
            Command::Explain(c) => c.run().await,
            Command::Plan(c) => c.run().await,
            Command::Plugin(c) => c.run().await,
            Command::Policy(c) => c.run().await,
            Command::Doctor(c) => c.run().await,
            Command::Freeze(c) => c.run().await,
            Command::Thaw(c) => c.run().await,
            Command::Audit(c) => c.run().await,
            Command::Install(c) => c.run(),
            Command::Operator(_) => Ok(Exit::Done),
        }
    }
}
