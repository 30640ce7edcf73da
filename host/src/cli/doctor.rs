//! `writ doctor`: is everything in force, each line with its fix. Looks, and tries what must be refused, as a dry run where that can be (one
//! is about dry runs: what goes through there is taken away again); changes nothing else.
mod guards;
mod look;
mod probe;
mod proof;

use super::{
    Where,
    human::{Exit, Paint},
    out::{self, Words},
};
use std::future::Future;

/// Whether everything is in force, each line with its fix.
#[derive(Debug, clap::Args)]
pub struct Doctor {
    #[command(flatten)]
    place: Where,
}

/// Mends whatever is missing of the installation.
const INSTALL: &str = "writ install --print --image … --run-image … | kubectl apply --server-side -f -";

/// The same where somebody else may have changed it.
const MEND: &str = "writ install --print --image … --run-image … | kubectl apply --server-side --force-conflicts -f -";

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Finding {
    /// As it should be.
    Good(String),
    /// It works, and somebody should know.
    Note(String, String),
    /// It does not work, or is not safe.
    Bad(String, String),
}

use Finding::{Bad, Good, Note};

/// What was found, or why it could not be looked at.
type Found = Result<Vec<Finding>, kube::Error>;

impl Doctor {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Exit> {
        let cluster = self.place.connect().await?;
        let version = cluster.client.apiserver_version().await.map_err(super::connect::said)?;
        out::line(format_args!("Kubernetes {} · context {}", version.git_version, cluster.context));
        let client = &cluster.client;
        let looks = [
            looked("admission", guards::admission(client)).await,
            looked("the network", guards::networks(client)).await,
            looked("objects", look::objects(client)).await,
            looked("the operator", look::operator(client)).await,
            looked("plugins", look::plugins(client)).await,
            looked("policies", look::policies(client)).await,
            looked("freezes", look::freezes(client)).await,
        ];
        let mut all: Vec<Finding> = looks.into_iter().flatten().chain(probe::stamps(&cluster).await).collect();
        all.extend([probe::pod(client).await, proof::dry_runs(client).await, proof::lock(client).await]);
        let paint = Words::Stdout.paint();
        all.iter().for_each(|finding| out::text(finding.text(paint)));
        let bad = all.iter().filter(|f| matches!(f, Bad(..))).count();
        out::line(match bad {
            0 => "All of it is in force.".to_owned(),
            1 => "1 thing is wrong.".to_owned(),
            n => format!("{n} things are wrong."),
        });
        Ok(if bad == 0 { Exit::Done } else { Exit::Usage })
    }
}

/// What cannot be looked at is not known to be good.
async fn looked(what: &str, found: impl Future<Output = Found>) -> Vec<Finding> {
    found.await.unwrap_or_else(|error| {
        let why = super::connect::said(error);
        vec![Bad(format!("{what} could not be looked at: {}", super::causes(&why)), "ask as somebody who may".into())]
    })
}

impl Finding {
    fn text(&self, paint: Paint) -> String {
        match self {
            Good(what) => format!("  {} {what}\n", paint.green("✓")),
            Note(what, next) => format!("  ! {what}\n      Next: {next}\n"),
            Bad(what, fix) => format!("  {} {what}\n      Fix: {fix}\n", paint.red("✗")),
        }
    }
}
