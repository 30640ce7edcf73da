//! `writ approvals`: what waits for approvals or a review, and whether for yours.
use super::{
    Format, Where, actions,
    ballot::{self, You},
    connect::{Connected, said},
    human::{Exit, age, cut, plain, table},
    me::me,
    out,
};
use crds::{ApprovalStatus, ExecutionStatus, Identity, KubernetesExecution, labels::object_name};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use kube::{ResourceExt, api::ListParams};

/// What waits for approvals or a review, and whether for yours.
#[derive(Debug, clap::Args)]
pub struct Approvals {
    /// In all namespaces.
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// Print the executions.
    #[arg(short, long, value_enum)]
    output: Option<Format>,
    #[command(flatten)]
    place: Where,
}

const HEAD: [&str; 10] =
    ["NAMESPACE", "EXECUTION", "ACTION", "TARGET", "CHANGE", "BY", "REASON", "WAITING", "EXPIRES", "YOU CAN"];

/// Characters of a reason: with the rest of it a line is still read at once.
const REASON: usize = 40;

impl Approvals {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Exit> {
        let cluster = self.place.connect().await?;
        let api = if self.all_namespaces { cluster.all() } else { cluster.here::<KubernetesExecution>() };
        let everywhere = self.all_namespaces;
        let list = async |field| api.list(&ListParams::default().fields(field)).await.map_err(|e| not_there(e, everywhere));
        let (waiting, reviews) = (list("status.phase=AwaitingApproval").await?, list("status.review.state=Due").await?);
        let over = |kx: &KubernetesExecution| kx.status.as_ref().is_some_and(|s| s.phase.is_over());
        let all: Vec<_> = waiting.items.into_iter().chain(reviews.items.into_iter().filter(over)).collect();
        if let Some(format) = self.output {
            out::object(&all, format)?;
            return Ok(Exit::Done);
        }
        if all.is_empty() {
            let place =
                if self.all_namespaces { String::new() } else { format!(" in {}; -A looks everywhere", cluster.namespace) };
            out::line(format_args!("Nothing waits for an approval or a review{place}."));
            return Ok(Exit::Done);
        }
        let me = me(&cluster).await?;
        let rows = stream::iter(&all).map(|kx| row(&cluster, &me, kx)).buffered(8).try_collect::<Vec<_>>().await?;
        out::text(table(&HEAD, &rows));
        out::line("To look at one and decide: writ approve EXECUTION -n NAMESPACE, or writ reject; or writ review.");
        Ok(Exit::Done)
    }
}

/// Who may look in some namespaces may not look in all of them at once.
fn not_there(error: kube::Error, everywhere: bool) -> anyhow::Error {
    let forbidden = matches!(&error, kube::Error::Api(status) if status.code == 403);
    match said(error) {
        error if everywhere && forbidden => {
            error.context("failed to look in all namespaces; for one: writ approvals -n NAMESPACE")
        }
        error => error,
    }
}

/// What is asked of people, and the word for it.
fn asked(status: &ExecutionStatus) -> (ApprovalStatus, &'static str) {
    match status.review.as_ref().filter(|_| status.phase.is_over()) {
        Some(review) => {
            let (since, expires_at) = (status.finished_at.clone().unwrap_or_default(), review.due_at.clone());
            (ApprovalStatus { groups: review.groups.clone(), since, expires_at, ..ApprovalStatus::default() }, "review")
        }
        None => (status.approval.clone().unwrap_or_default(), "approve"),
    }
}

async fn row(cluster: &Connected, me: &Identity, kx: &KubernetesExecution) -> anyhow::Result<Vec<String>> {
    let (namespace, now) = (kx.namespace().unwrap_or_default(), Timestamp::now());
    let status = kx.status.clone().unwrap_or_default();
    let (approval, what) = asked(&status);
    let may = actions::may(cluster, "approve", &namespace, &object_name(&kx.spec.action)).await?;
    let requester = kx.spec.requester.as_ref();
    let since = approval.since.parse().map(|at| age(at, now)).unwrap_or_default();
    let left = approval.expires_at.parse().map(|at| age(now, at)).unwrap_or_default();
    let you = match ballot::can(&You { me, may }, requester, &approval) {
        Ok(groups) if groups.is_empty() && approval.groups.is_empty() => what.to_owned(),
        Ok(groups) if groups.is_empty() => format!("- (you are of none of {})", approval.groups.join(", ")),
        Ok(groups) => format!("{what} as {}", groups.join(", ")),
        Err(why) => format!("- ({why})"),
    };
    Ok(vec![
        namespace,
        kx.name_any(),
        kx.spec.action.clone(),
        kx.spec.target.as_ref().map(|t| t.name.clone()).unwrap_or_default(),
        status.summary,
        requester.map(|r| r.username.clone()).unwrap_or_default(),
        cut(&plain(&kx.spec.reason), REASON),
        since,
        left,
        you,
    ])
}
