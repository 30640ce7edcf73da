//! Show the change, ask, run, follow: what `run` and `undo` have in common.
use super::{
    Format, ballot,
    connect::{Connected, said},
    follow, frozen,
    human::{Exit, short},
    out::{self, Words},
    page, span,
};
use crds::{DryRun, ExecutionStatus, KubernetesExecution};
use jiff::SignedDuration;
use kube::api::PostParams;
use std::io::IsTerminal;

/// How to go about it.
#[derive(Debug, clap::Args)]
pub struct Go {
    /// Do not ask; needed where there is no terminal to ask on.
    #[arg(short = 'y', long)]
    yes: bool,
    /// Why; approvers and the ledger see it.
    #[arg(long, default_value = "")]
    reason: String,
    /// `server` (which it is without a word) has the API server say what would change; `plan` is quicker, and only the plugin's word.
    #[arg(long, value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "server")]
    dry_run: Option<Dry>,
    /// Go without the approvals that policy wants, where it opens that to you; a review is due afterwards.
    #[arg(long)]
    break_glass: bool,
    /// Of the Job, such as 5m.
    #[arg(long, value_name = "TIME", value_parser = span::written)]
    timeout: Option<String>,
    /// Give up following after this time, such as 5m; the execution goes on.
    #[arg(long, value_name = "TIME", value_parser = span::span)]
    wait: Option<SignedDuration>,
    /// Print the object when it is over; what is for people goes to standard error.
    #[arg(short, long, value_enum)]
    output: Option<Format>,
}

/// How far to go.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Dry {
    /// Validate, plan and gate; no Job.
    Plan,
    /// Also let the API server carry it out without persisting.
    Server,
}

impl Dry {
    const fn spec(self) -> DryRun {
        match self {
            Self::Plan => DryRun::Plan,
            Self::Server => DryRun::Server,
        }
    }
}

const NO_TERMINAL: &str =
    "there is no terminal to ask on, so nothing was run; -y runs without asking, --dry-run=plan shows what would be done";

impl Go {
    /// Before anything else: whether there is somebody to ask.
    pub fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(!self.asks() || std::io::stdin().is_terminal(), NO_TERMINAL);
        Ok(())
    }

    fn asks(&self) -> bool {
        !self.yes && self.dry_run.is_none()
    }

    /// Whether it is for more than to be looked at.
    pub const fn acts(&self) -> bool {
        self.dry_run.is_none()
    }

    /// Where what people read goes.
    pub const fn words(&self) -> Words {
        Words::beside(self.output)
    }

    /// From what is wanted to its end.
    pub async fn run(&self, cluster: &Connected, mut wanted: KubernetesExecution) -> anyhow::Result<Exit> {
        self.fill(&mut wanted);
        let words = self.words();
        if self.dry_run.is_some() || self.asks() {
            let planned = plan(cluster, &wanted, self.dry_run.map_or(DryRun::Plan, Dry::spec), words).await?;
            let exit = Exit::of(&planned.status.clone().unwrap_or_default());
            if self.dry_run.is_some() || exit != Exit::Done {
                self.print(&planned)?;
                return Ok(exit);
            }
            if let Some(glass) = ballot::glass(&planned) {
                words.line(words.paint().red(&glass));
            }
            if !out::confirmed(words, "Run it?")? {
                words.line("Nothing was run.");
                return Ok(Exit::Cancelled);
            }
            // Exactly what was looked at, or nothing.
            let shown = planned.status.and_then(|s| s.plan).map(|p| p.request_hash).filter(|hash| !hash.is_empty());
            wanted.spec.plan_hash = shown.or(wanted.spec.plan_hash);
        }
        let name = create(cluster, wanted).await?;
        words.line(format_args!("\n{name}"));
        let exit = follow::follow(cluster, &name, self.wait.map(SignedDuration::unsigned_abs), words).await?;
        if self.output.is_some() {
            self.print(&cluster.execution(&name).await?)?;
        }
        Ok(exit)
    }

    fn fill(&self, kx: &mut KubernetesExecution) {
        if !self.reason.is_empty() {
            kx.spec.reason.clone_from(&self.reason);
        }
        kx.spec.break_glass |= self.break_glass;
        if self.timeout.is_some() {
            kx.spec.timeout.clone_from(&self.timeout);
        }
    }

    fn print(&self, kx: &KubernetesExecution) -> anyhow::Result<()> {
        self.output.map_or(Ok(()), |format| out::object(kx, format))
    }
}

/// What was only looked at goes from the list after this time; the ledger keeps it.
const LOOKED_AT: &str = "1h";

/// What would be done, without doing it.
async fn plan(
    cluster: &Connected,
    wanted: &KubernetesExecution,
    how: DryRun,
    words: Words,
) -> anyhow::Result<KubernetesExecution> {
    let mut dry = wanted.clone();
    dry.spec.dry_run = how;
    dry.spec.ttl_after_finished.get_or_insert_with(|| LOOKED_AT.to_owned());
    dry.metadata.name = None;
    let name = create(cluster, dry).await?;
    let kx = follow::ended(cluster, &name).await?;
    let status = kx.status.clone().unwrap_or_default();
    let by = kx.spec.requester.as_ref().map(|r| r.username.as_str()).unwrap_or_default();
    words.line(format_args!("{} · context {} · you are {by}\n", place(cluster, &status), cluster.context));
    words.text(page::plan(&status));
    if let Some(refusal) = &status.refusal {
        words.text(page::refusal(refusal, &status, words.paint()));
        return Ok(kx);
    }
    if let Some(of) = &wanted.spec.rollback_of {
        words.text(page::labelled(&[("still ours", format!("yes: it is as {} left it", of.name))]));
    }
    if let Some(until) = frozen::look(cluster, &kx.spec).await {
        words.text(page::labelled(&[("frozen", until)]));
    }
    Ok(kx)
}

fn place(cluster: &Connected, status: &ExecutionStatus) -> String {
    let here = &cluster.namespace;
    status.target.as_ref().map_or_else(|| here.clone(), |t| format!("{} in {here}", short(&t.kind, &t.name)))
}

/// `scale-web-x7k2p`: verb, target, and what makes it unique.
async fn create(cluster: &Connected, mut kx: KubernetesExecution) -> anyhow::Result<String> {
    if kx.metadata.name.is_none() && kx.metadata.generate_name.is_none() {
        let verb = kx.spec.action.split('_').next().unwrap_or_default();
        let target = kx.spec.target.as_ref().map(|t| format!("-{}", t.name)).unwrap_or_default();
        // generateName is cut by the server at 58 characters; so is this, at a place of ours.
        kx.metadata.generate_name = Some(format!("{:.50}-", format!("{verb}{target}")));
    }
    let made = cluster.here::<KubernetesExecution>().create(&PostParams::default(), &kx).await;
    let created = made.map_err(|error| not_here(refused(error), &cluster.namespace))?;
    Ok(created.metadata.name.unwrap_or_default())
}

/// The API server's own no: nothing was even stored.
#[derive(Debug, thiserror::Error)]
#[error("Refused by the API server (exit 2, nothing was touched)\n  {0}")]
pub struct RefusedByServer(String);

/// Mostly the namespace is the wrong one, or was forgotten.
fn not_here(error: anyhow::Error, namespace: &str) -> anyhow::Error {
    match error.downcast::<RefusedByServer>() {
        Ok(RefusedByServer(said)) if said.contains("cannot create resource \"kubernetesexecutions\"") => RefusedByServer(format!(
            "You may ask for nothing in namespace {namespace}; -n names another. What you may run there: writ actions -n NAMESPACE\n  {said}"
        ))
        .into(),
        Ok(other) => other.into(),
        Err(other) => other,
    }
}

pub fn refused(error: kube::Error) -> anyhow::Error {
    match error {
        kube::Error::Api(status) if matches!(status.code, 403 | 422) => RefusedByServer(status.message.clone()).into(),
        other => said(other),
    }
}
