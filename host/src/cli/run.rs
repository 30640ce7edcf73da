//! `writ run`: show the change, ask, run, follow.
use super::{
    Format, Where, arguments,
    connect::{Connected, said},
    follow,
    human::{Exit, Paint, short},
    page,
};
use anyhow::Context;
use crds::{Action, DryRun, ExecutionSpec, KubernetesExecution, Target};
use kube::api::PostParams;
use std::{
    io::{IsTerminal, Write},
    path::PathBuf,
    time::Duration,
};

/// Show the change, ask, run, follow.
#[derive(Debug, clap::Args)]
pub struct Run {
    /// The action, as `writ actions` lists it.
    #[arg(required_unless_present = "file")]
    action: Option<String>,
    /// Name of the target; `Kind/name` where the action takes several kinds.
    target: Option<String>,
    /// Parameters: name=value.
    parameters: Vec<String>,
    /// Do not ask; needed where there is no terminal to ask on.
    #[arg(short = 'y', long)]
    yes: bool,
    /// Why; approvers and the ledger see it.
    #[arg(long, default_value = "")]
    reason: String,
    /// `plan` shows what would be done, and stops.
    #[arg(long, value_enum)]
    dry_run: Option<Dry>,
    /// Of the Job, such as 5m.
    #[arg(long)]
    timeout: Option<String>,
    /// Give up following after this many seconds; the execution goes on.
    #[arg(long)]
    wait: Option<u64>,
    /// Run a KubernetesExecution from a file.
    #[arg(short, long, conflicts_with_all = ["action", "target", "parameters"])]
    file: Option<PathBuf>,
    /// Print the object when it is over.
    #[arg(short, long, value_enum)]
    output: Option<Format>,
    #[command(flatten)]
    place: Where,
}

/// How far to go.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Dry {
    /// Validate, plan and gate; no Job.
    Plan,
}

const NO_TERMINAL: &str =
    "there is no terminal to ask on, so nothing was run; -y runs without asking, --dry-run=plan shows what would be done";

impl Run {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Exit> {
        let asks = !self.yes && self.dry_run.is_none();
        anyhow::ensure!(!asks || std::io::stdin().is_terminal(), NO_TERMINAL);
        let cluster = self.place.connect().await?;
        let wanted = self.wanted(&cluster).await?;
        if self.dry_run.is_some() || asks {
            let planned = self.plan(&cluster, &wanted).await?;
            if self.dry_run.is_some() || planned != Exit::Done {
                return Ok(planned);
            }
            if !confirmed()? {
                println!("Nothing was run.");
                return Ok(Exit::Cancelled);
            }
        }
        let name = create(&cluster, wanted).await?;
        println!("\n{name}");
        let exit = follow::follow(&cluster, &name, self.wait.map(Duration::from_secs)).await?;
        self.print(&cluster, &name).await?;
        Ok(exit)
    }

    async fn print(&self, cluster: &Connected, name: &str) -> anyhow::Result<()> {
        let Some(format) = self.output else { return Ok(()) };
        let kx = cluster.here::<KubernetesExecution>().get(name).await.map_err(said)?;
        super::get::print(&kx, format)
    }

    /// A pass of the host without a Job.
    async fn plan(&self, cluster: &Connected, wanted: &KubernetesExecution) -> anyhow::Result<Exit> {
        let mut dry = wanted.clone();
        dry.spec.dry_run = DryRun::Plan;
        dry.metadata.name = None;
        let name = create(cluster, dry).await?;
        let kx = follow::ended(cluster, &name).await?;
        let status = kx.status.unwrap_or_default();
        let target = status
            .target
            .as_ref()
            .map_or_else(|| cluster.namespace.clone(), |t| format!("{} in {}", short(&t.kind, &t.name), cluster.namespace));
        let by = kx.spec.requester.map(|r| r.username).unwrap_or_default();
        println!("{target} · context {} · you are {by}\n", cluster.context);
        print!("{}", page::plan(&status));
        if let Some(refusal) = &status.refusal {
            print!("{}", page::refusal(refusal, &status, Paint::stdout()));
        }
        Ok(Exit::of(&status))
    }

    async fn wanted(&self, cluster: &Connected) -> anyhow::Result<KubernetesExecution> {
        if let Some(file) = &self.file {
            let text = std::fs::read_to_string(file).with_context(|| format!("failed to read {}", file.display()))?;
            return serde_saphyr::from_str(&text)
                .with_context(|| format!("failed to understand {} as a KubernetesExecution", file.display()));
        }
        let action = self.action.clone().unwrap_or_default();
        // An action without a target takes its first parameter where others have theirs.
        let (target, pairs) = match &self.target {
            Some(pair) if pair.contains('=') => (None, [std::slice::from_ref(pair), &self.parameters].concat()),
            other => (other.as_deref(), self.parameters.clone()),
        };
        let known = find(cluster, &action).await?;
        let parameters = arguments::parameters(&serde_json::Value::Object(known.spec.parameters_schema), &pairs);
        let parameters = parameters.map_err(|why| anyhow::anyhow!("{action}:\n  {why}\nSee: writ explain {action}"))?;
        let spec = ExecutionSpec {
            target: target.map(aim),
            parameters,
            reason: self.reason.clone(),
            timeout: self.timeout.clone(),
            action,
            ..Default::default()
        };
        Ok(KubernetesExecution { spec, ..Default::default() })
    }
}

/// The `Action` object, or those of a similar name.
pub async fn find(cluster: &Connected, action: &str) -> anyhow::Result<Action> {
    let api = cluster.all::<Action>();
    if let Some(found) = api.get_opt(&action.replace('_', "-")).await.map_err(said)? {
        return Ok(found);
    }
    let all = api.list(&Default::default()).await.map_err(said)?;
    let names: Vec<&str> = all.items.iter().map(|a| a.spec.name.as_str()).collect();
    let hint = match crate::plugin::nearest(action, names.iter().copied()) {
        _ if names.is_empty() => "no plugin is active: kubectl get actionplugins".to_owned(),
        Some(near) => format!("did you mean {near}? `writ actions` lists all {}", names.len()),
        None => format!("`writ actions` lists all {}", names.len()),
    };
    anyhow::bail!("there is no action {action}; {hint}")
}

fn aim(text: &str) -> Target {
    match text.split_once('/') {
        Some((kind, name)) => Target { kind: Some(kind.into()), name: name.into() },
        None => Target { kind: None, name: text.into() },
    }
}

/// `scale-web-x7k2p`: verb, target, and what makes it unique.
async fn create(cluster: &Connected, mut kx: KubernetesExecution) -> anyhow::Result<String> {
    if kx.metadata.name.is_none() {
        let verb = kx.spec.action.split('_').next().unwrap_or_default();
        let target = kx.spec.target.as_ref().map(|t| format!("-{}", t.name)).unwrap_or_default();
        // generateName is cut by the server at 58 characters; so is this, at a place of ours.
        kx.metadata.generate_name = Some(format!("{:.50}-", format!("{verb}{target}")));
    }
    let created = cluster.here::<KubernetesExecution>().create(&PostParams::default(), &kx).await.map_err(refused)?;
    Ok(created.metadata.name.unwrap_or_default())
}

fn confirmed() -> anyhow::Result<bool> {
    print!("Run it? [y/N] ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// The API server's own no: nothing was even stored.
#[derive(Debug, thiserror::Error)]
#[error("Refused by the API server (exit 2, nothing was touched)\n  {0}")]
pub struct RefusedByServer(String);

fn refused(error: kube::Error) -> anyhow::Error {
    match error {
        kube::Error::Api(status) if matches!(status.code, 403 | 422) => RefusedByServer(status.message.clone()).into(),
        other => said(other),
    }
}
