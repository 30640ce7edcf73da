//! `writ get`: a list, or the story of one.
use super::{
    Format, Where,
    connect::{Connected, said},
    follow::{NOT_LOOKED_AT, PATIENCE},
    human::{Exit, age, table},
    out::{self, Words},
    page,
};
use crds::KubernetesExecution;
use jiff::Timestamp;

/// List executions, or tell the story of one.
#[derive(Debug, clap::Args)]
pub struct Get {
    /// One execution.
    name: Option<String>,
    /// In all namespaces.
    #[arg(short = 'A', long, conflicts_with = "name")]
    all_namespaces: bool,
    /// Print the objects.
    #[arg(short, long, value_enum)]
    output: Option<Format>,
    #[command(flatten)]
    place: Where,
}

impl Get {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Exit> {
        let cluster = self.place.connect().await?;
        if let Some(name) = &self.name {
            let kx = cluster.execution(name).await?;
            match self.output {
                Some(format) => out::object(&kx, format)?,
                None => out::text(page::story(&kx, Words::Stdout.paint())),
            }
            warn(&[kx], Timestamp::now());
            return Ok(Exit::Done);
        }
        self.list(&cluster).await
    }

    async fn list(&self, cluster: &Connected) -> anyhow::Result<Exit> {
        let api = if self.all_namespaces { cluster.all() } else { cluster.here::<KubernetesExecution>() };
        let mut all = api.list(&Default::default()).await.map_err(said)?.items;
        all.sort_by_key(|kx| kx.metadata.creation_timestamp.clone());
        match self.output {
            Some(format) => out::object(&all, format)?,
            None if all.is_empty() && self.all_namespaces => out::line("No executions."),
            None if all.is_empty() => {
                out::line(format_args!("No executions in {}; -A lists those of all namespaces.", cluster.namespace));
            }
            None => out::text(list(&all, self.all_namespaces)),
        }
        warn(&all, Timestamp::now());
        Ok(Exit::Done)
    }
}

/// Once, whether of one or of many.
fn warn(all: &[KubernetesExecution], now: Timestamp) {
    let old = |kx: &KubernetesExecution| {
        let made = kx.metadata.creation_timestamp.as_ref().map_or(now, |t| t.0);
        kx.status.is_none() && now.duration_since(made).unsigned_abs() > PATIENCE
    };
    if let Some(kx) = all.iter().find(|kx| old(kx)) {
        let name = kx.metadata.name.as_deref().unwrap_or_default();
        out::note(format_args!("{name}:\n{NOT_LOOKED_AT}"));
    }
}

fn list(all: &[KubernetesExecution], namespaces: bool) -> String {
    let now = Timestamp::now();
    let row = |kx: &KubernetesExecution| {
        let status = kx.status.clone().unwrap_or_default();
        let created = kx.metadata.creation_timestamp.as_ref().map(|t| t.0);
        let mut row = vec![
            kx.metadata.name.clone().unwrap_or_default(),
            kx.spec.action.clone(),
            kx.spec.target.as_ref().map(|t| t.name.clone()).unwrap_or_default(),
            format!("{:?}", status.phase),
            status.summary,
            kx.spec.requester.as_ref().map(|r| r.username.clone()).unwrap_or_default(),
            status.rollback.map(|r| r.state).unwrap_or_default(),
            created.map(|t| age(t, now)).unwrap_or_default(),
        ];
        if namespaces {
            row.insert(0, kx.metadata.namespace.clone().unwrap_or_default());
        }
        row
    };
    let head = ["NAMESPACE", "NAME", "ACTION", "TARGET", "PHASE", "CHANGE", "BY", "UNDO", "AGE"];
    let rows: Vec<Vec<String>> = all.iter().map(row).collect();
    table(if namespaces { &head } else { head.get(1..).unwrap_or_default() }, &rows)
}
