//! `writ watch`: follow an execution to its end.
use super::{
    Where, follow,
    human::Exit,
    out::{self, Words},
};
use std::time::Duration;

/// Follow an execution to its end.
#[derive(Debug, clap::Args)]
pub struct Watch {
    /// Its name.
    name: String,
    /// Give up following after this many seconds; the execution goes on.
    #[arg(long)]
    wait: Option<u64>,
    #[command(flatten)]
    place: Where,
}

impl Watch {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Exit> {
        let cluster = self.place.connect().await?;
        out::line(format_args!("{} in {}", self.name, cluster.namespace));
        follow::follow(&cluster, &self.name, self.wait.map(Duration::from_secs), Words::Stdout).await
    }
}
