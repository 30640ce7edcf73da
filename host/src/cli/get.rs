//! `writ get`: a list, or the story of one.
use super::{
    Format, Where,
    connect::said,
    human::{Exit, Paint, age, table},
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
            let kx = cluster.here::<KubernetesExecution>().get(name).await.map_err(said)?;
            match self.output {
                Some(format) => print(&kx, format)?,
                None => print!("{}", page::story(&kx, Paint::stdout())),
            }
            return Ok(Exit::Done);
        }
        let api = if self.all_namespaces { cluster.all() } else { cluster.here::<KubernetesExecution>() };
        let mut all = api.list(&Default::default()).await.map_err(said)?.items;
        all.sort_by_key(|kx| kx.metadata.creation_timestamp.clone());
        match self.output {
            Some(format) => print(&all, format)?,
            None if all.is_empty() => println!("No executions in {}.", cluster.namespace),
            None => print!("{}", list(&all, self.all_namespaces)),
        }
        Ok(Exit::Done)
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

/// Prints an object as asked.
pub fn print<T: serde::Serialize>(object: &T, format: Format) -> anyhow::Result<()> {
    match format {
        Format::Json => println!("{}", serde_json::to_string_pretty(object)?),
        Format::Yaml => print!("{}", serde_saphyr::to_string(object)?),
    }
    Ok(())
}
