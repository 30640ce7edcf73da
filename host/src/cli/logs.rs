//! `writ logs`: what the Job printed, from the execution itself, so also when the Job is gone.
use super::{Where, connect::said, human::Exit};
use crds::KubernetesExecution;

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
        let kx = cluster.here::<KubernetesExecution>().get(&self.name).await.map_err(said)?;
        let status = kx.status.unwrap_or_default();
        let Some(job) = status.job else {
            eprintln!("{} made no Job: {:?} ({:?}). The story: writ get {}", self.name, status.phase, status.reason, self.name);
            return Ok(Exit::Done);
        };
        if job.output.is_empty() && !status.phase.is_over() {
            eprintln!("nothing is kept before the Job has ended; follow it: writ watch {}", self.name);
        }
        print!("{}", job.output);
        if job.output_truncated {
            let digest = job.output_digest.unwrap_or_default();
            eprintln!("(the last part; the whole is in the ledger: writ audit blob {digest})");
        }
        Ok(Exit::Done)
    }
}
