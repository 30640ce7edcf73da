//! `writ logs`: what the Job printed, from the execution itself, so also when the Job is gone; with `-f` while it runs, from its pod.
mod live;

use super::{Where, connect::Connected, human::Exit, out};
use crds::ExecutionStatus;

/// What the Job printed.
#[derive(Debug, clap::Args)]
pub struct Logs {
    /// Name of the execution.
    name: String,
    /// Follow it while it runs. That takes the right to read pods and their logs in writ-runs: Role writ-logs.
    #[arg(short, long)]
    follow: bool,
    #[command(flatten)]
    place: Where,
}

impl Logs {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Exit> {
        let cluster = self.place.connect().await?;
        let status = cluster.execution(&self.name).await?.status.unwrap_or_default();
        if self.follow && !status.phase.is_over() {
            return live::follow(&cluster, &self.name).await;
        }
        self.kept(&cluster, status);
        Ok(Exit::Done)
    }

    /// What is kept of it.
    fn kept(&self, cluster: &Connected, status: ExecutionStatus) {
        let (name, here) = (&self.name, &cluster.namespace);
        let Some(job) = status.job else {
            let end = format!("{:?} ({:?})", status.phase, status.reason);
            out::note(format_args!("{name} made no Job: {end}. The story: writ get {name} -n {here}"));
            return;
        };
        if job.output.is_empty() && !status.phase.is_over() {
            out::note(format_args!("nothing is kept before the Job has ended; follow it: writ logs -f {name} -n {here}"));
        }
        out::text(job.output);
        if job.output_truncated {
            let digest = job.output_digest.unwrap_or_default();
            out::note(format_args!("(the last part; the whole is in the ledger: writ audit blob {digest})"));
        }
    }
}
