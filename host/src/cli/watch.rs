//! `writ watch`: follow an execution to its end.
use super::{
    Where, follow,
    human::Exit,
    out::{self, Words},
    span,
};
use jiff::SignedDuration;

/// Follow an execution to its end.
#[derive(Debug, clap::Args)]
pub struct Watch {
    /// Its name.
    name: String,
    /// Give up following after this time, such as 5m; the execution goes on.
    #[arg(long, value_name = "TIME", value_parser = span::span)]
    wait: Option<SignedDuration>,
    #[command(flatten)]
    place: Where,
}

impl Watch {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Exit> {
        let cluster = self.place.connect().await?;
        out::line(format_args!("{} in {}", self.name, cluster.namespace));
        follow::follow(&cluster, &self.name, self.wait.map(SignedDuration::unsigned_abs), Words::Stdout).await
    }
}
