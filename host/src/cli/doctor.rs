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
    /// Whoever asks may not look, or nothing answered: neither good nor wrong.
    Unknown(String, String),
    /// It does not work, or is not safe.
    Bad(String, String),
}

use Finding::{Bad, Good, Note, Unknown};

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
        let (sum, exit) = sum(&all);
        out::line(sum);
        Ok(exit)
    }
}

/// All of it in one line: nothing is said to be in force beside what is held back, switched off, or not known.
fn sum(all: &[Finding]) -> (String, Exit) {
    let count = |is: fn(&Finding) -> bool| all.iter().filter(|f| is(f)).count();
    let (bad, unknown) = (count(|f| matches!(f, Bad(..))), count(|f| matches!(f, Unknown(..))));
    let unseen = if unknown == 0 { String::new() } else { format!("; {unknown} could not be looked at") };
    match (bad, unknown) {
        (0, 0) if all.iter().all(|f| matches!(f, Good(_))) => ("All of it is in force.".to_owned(), Exit::Done),
        (0, 0) => ("Nothing is wrong; look at what is marked !.".to_owned(), Exit::Done),
        (0, _) => (format!("Nothing wrong found{unseen}."), Exit::Unknown),
        (1, _) => (format!("1 thing is wrong{unseen}."), Exit::Usage),
        (n, _) => (format!("{n} things are wrong{unseen}."), Exit::Usage),
    }
}

/// What cannot be looked at is not known to be good, nor to be wrong; but what this cluster does not even serve is not there.
async fn looked(what: &str, found: impl Future<Output = Found>) -> Vec<Finding> {
    found.await.unwrap_or_else(|error| vec![unseen(what, error)])
}

fn unseen(what: &str, error: kube::Error) -> Finding {
    if let kube::Error::Api(no) = &error
        && no.code == 403
    {
        return Unknown(format!("you may not look at {what} (needs {})", right(&no.message)), "ask as somebody who may".into());
    }
    let missing = matches!(&error, kube::Error::Api(no) if no.code == 404);
    let words = format!("{what} could not be looked at: {}", super::causes(&super::connect::said(error)));
    if missing { Bad(words, INSTALL.into()) } else { Unknown(words, "try again".into()) }
}

/// Of the API server's `…User "maria" cannot list resource "pods" in the namespace "x"` the part that is missing.
fn right(message: &str) -> String {
    let right = message.split_once(" cannot ").map_or(message, |(_, right)| right);
    right.replacen("resource ", "", 1).replace('"', "")
}

impl Finding {
    fn text(&self, paint: Paint) -> String {
        match self {
            Good(what) => format!("  {} {what}\n", paint.green("✓")),
            Note(what, next) => format!("  ! {what}\n      Next: {next}\n"),
            Unknown(what, next) => format!("  ? {what}\n      Next: {next}\n"),
            Bad(what, fix) => format!("  {} {what}\n      Fix: {fix}\n", paint.red("✗")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(of: fn(String, String) -> Finding) -> Finding {
        of(String::new(), String::new())
    }

    #[test]
    fn all_is_in_force_only_where_every_line_is_good() {
        let good = || Good(String::new());
        let said = |all: &[Finding]| {
            let (words, exit) = sum(all);
            format!("{} {words}", exit.code())
        };
        assert_eq!(said(&[good(), good()]), "0 All of it is in force.");
        assert_eq!(said(&[good(), finding(Note)]), "0 Nothing is wrong; look at what is marked !.");
        let unknown = [good(), finding(Note), finding(Unknown), finding(Unknown)];
        assert_eq!(said(&unknown), "4 Nothing wrong found; 2 could not be looked at.");
        assert_eq!(said(&[good(), finding(Bad)]), "1 1 thing is wrong.");
        assert_eq!(said(&[finding(Bad), finding(Bad), finding(Unknown)]), "1 2 things are wrong; 1 could not be looked at.");
    }

    #[test]
    fn what_nobody_may_look_at_is_not_known_and_what_is_not_served_is_missing() {
        let answered = |code, message: &str| {
            let status = kube::core::Status { code, message: message.into(), ..kube::core::Status::default() };
            unseen("plugins", kube::Error::Api(status.boxed()))
        };
        let no = "actionplugins.writ.dev is forbidden: User \"maria\" cannot list resource \"actionplugins\" in API group \"writ.dev\" \
                  at the cluster scope";
        let needs = "you may not look at plugins (needs list actionplugins in API group writ.dev at the cluster scope)";
        assert_eq!(answered(403, no), Unknown(needs.into(), "ask as somebody who may".into()));
        assert_eq!(answered(404, "not found"), Bad("plugins could not be looked at: not found".into(), INSTALL.into()));
        assert_eq!(answered(500, "no"), Unknown("plugins could not be looked at: no".into(), "try again".into()));
    }
}
