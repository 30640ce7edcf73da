//! `writ logs`: what the Job printed, from the execution itself, so also when the Job is gone; with `-f` while it runs, from its pod.
mod live;

use super::{
    Where,
    connect::Connected,
    human::{Exit, plain},
    out,
};
use crds::{ExecutionStatus, JobStatus};

/// What the Job printed.
#[derive(Debug, clap::Args)]
pub struct Logs {
    /// Name of the execution.
    name: String,
    /// Follow it to its end, whose exit code is that of the execution. While it runs, that takes the right to read pods and their logs in
    /// writ-runs: Role writ-logs.
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
        self.kept(&cluster, &status);
        // To print is all that was asked; to follow is to ask how it ended, too.
        Ok(if self.follow { Exit::of(&status) } else { Exit::Done })
    }

    fn kept(&self, cluster: &Connected, status: &ExecutionStatus) {
        let (name, here) = (&self.name, &cluster.namespace);
        let Some(job) = &status.job else {
            let end = format!("{:?} ({:?})", status.phase, status.reason);
            out::note(format_args!("{name} made no Job: {end}. The story: writ get {name} -n {here}"));
            return;
        };
        if job.output.is_empty() && !status.phase.is_over() {
            out::note(format_args!("nothing is kept before the Job has ended; follow it: writ logs -f {name} -n {here}"));
        }
        kept(job);
    }
}

/// What is kept of what it printed.
fn kept(job: &JobStatus) {
    job.output.lines().for_each(|l| out::line(plain(l)));
    if job.output_truncated {
        let digest = job.output_digest.as_deref().unwrap_or_default();
        out::note(format_args!("(the last part; the whole is in the ledger: writ audit blob {digest})"));
    }
}
