//! `writ run`: one action, from words or a file.
use super::{Where, ask, connect::Connected, go::Go, human::Exit};
use crds::{KubernetesExecution, OnFailure};
use std::path::PathBuf;

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
    /// Run a KubernetesExecution from a file.
    #[arg(short, long, conflicts_with_all = ["action", "target", "parameters"])]
    file: Option<PathBuf>,
    /// Where it fails, have it undone at once, in your name.
    #[arg(long)]
    undo_on_failure: bool,
    #[command(flatten)]
    go: Go,
    #[command(flatten)]
    place: Where,
}

impl Run {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Exit> {
        self.go.check()?;
        let mut cluster = self.place.connect().await?;
        let mut wanted = self.wanted(&mut cluster).await?;
        if self.undo_on_failure {
            wanted.spec.rollback.get_or_insert_default().on_failure = OnFailure::Automatic;
        }
        self.go.run(&cluster, wanted).await
    }

    async fn wanted(&self, cluster: &mut Connected) -> anyhow::Result<KubernetesExecution> {
        match &self.file {
            Some(file) => ask::file(file, cluster, self.place.namespace.as_deref()),
            None => {
                let action = self.action.as_deref().unwrap_or_default();
                ask::words(cluster, action, self.target.as_deref(), &self.parameters).await
            }
        }
    }
}
