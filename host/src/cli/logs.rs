//! `writ logs`: what the Job printed, from the execution itself, so also when the Job is gone.
use super::{Where, human::Exit, out};

/// What the Job printed.
#[derive(Debug, clap::Args)]
pub struct Logs {
    /// Name of the execution.
    name: String,
    #[command(flatten)]
    place: Where,
}

impl Logs {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Exit> {
        let cluster = self.place.connect().await?;
        let kx = cluster.execution(&self.name).await?;
        let status = kx.status.unwrap_or_default();
        let Some(job) = status.job else {
            let (name, here) = (&self.name, &cluster.namespace);
            let end = format!("{:?} ({:?})", status.phase, status.reason);
            out::note(format_args!("{name} made no Job: {end}. The story: writ get {name} -n {here}"));
            return Ok(Exit::Done);
        };
        if job.output.is_empty() && !status.phase.is_over() {
            let (name, here) = (&self.name, &cluster.namespace);
            out::note(format_args!("nothing is kept before the Job has ended; follow it: writ watch {name} -n {here}"));
        }
        out::text(job.output);
        if job.output_truncated {
            let digest = job.output_digest.unwrap_or_default();
            out::note(format_args!("(the last part; the whole is in the ledger: writ audit blob {digest})"));
        }
        Ok(Exit::Done)
    }
}
