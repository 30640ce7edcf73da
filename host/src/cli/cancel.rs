//! `writ cancel`: stop an execution, at any phase. The API server stamps who asked.
use super::{
    Where,
    connect::said,
    follow,
    human::Exit,
    out::{self, Words},
    page,
};
use crds::{ExecutionStatus, KubernetesExecution};
use kube::api::{Patch, PatchParams};
use serde_json::json;

/// Stop an execution, at any phase.
#[derive(Debug, clap::Args)]
pub struct Cancel {
    /// Its name.
    name: String,
    /// Why.
    #[arg(long, default_value = "")]
    reason: String,
    #[command(flatten)]
    place: Where,
}

impl Cancel {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Exit> {
        let cluster = self.place.connect().await?;
        let status = cluster.execution(&self.name).await?.status.unwrap_or_default();
        if status.phase.is_over() {
            let did = page::message(&status).0;
            out::line(format_args!("{} was over already: {:?} ({:?}). {did}", self.name, status.phase, status.reason));
            out::text(page::way_back(&status));
            return Ok(stopped(Exit::of(&status), ran(&status)));
        }
        let patch = json!({"spec": {"cancel": {"requested": true, "reason": self.reason}}});
        let api = cluster.here::<KubernetesExecution>();
        api.patch(&self.name, &PatchParams::default(), &Patch::Merge(patch)).await.map_err(said)?;
        out::line(format_args!("asked to stop {} in {}", self.name, cluster.namespace));
        let exit = follow::follow(&cluster, &self.name, None, Words::Stdout).await?;
        if exit != Exit::Done {
            return Ok(stopped(exit, false));
        }
        let status = cluster.execution(&self.name).await?.status.unwrap_or_default();
        out::line(format_args!("Too late to stop it: it is {:?}, as told above.", status.phase));
        Ok(stopped(exit, ran(&status)))
    }
}

const fn ran(status: &ExecutionStatus) -> bool {
    status.job.is_some()
}

/// Cancelled is what was asked for. What came to its end all the same was not stopped, whether it ran or had nothing to run.
const fn stopped(exit: Exit, ran: bool) -> Exit {
    match exit {
        Exit::Cancelled => Exit::Done,
        Exit::Done if ran => Exit::Failed,
        Exit::Done => Exit::Refused,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_stopped_is_done_and_whether_anything_ran_is_told_apart() {
        let code = |exit, ran| stopped(exit, ran).code();
        assert_eq!([code(Exit::Cancelled, true), code(Exit::Cancelled, false)], [0, 0]);
        assert_eq!([code(Exit::Done, true), code(Exit::Done, false)], [3, 2]);
        assert_eq!([code(Exit::Failed, true), code(Exit::Unknown, true), code(Exit::StillRunning, false)], [3, 4, 6]);
    }
}
