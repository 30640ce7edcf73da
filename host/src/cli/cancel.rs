//! `writ cancel`: stop an execution, at any phase. The API server stamps who asked.
use super::{
    Where,
    connect::said,
    follow,
    human::Exit,
    out::{self, Words},
    page,
};
use crds::KubernetesExecution;
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
            return Ok(stopped(Exit::of(&status)));
        }
        let patch = json!({"spec": {"cancel": {"requested": true, "reason": self.reason}}});
        let api = cluster.here::<KubernetesExecution>();
        api.patch(&self.name, &PatchParams::default(), &Patch::Merge(patch)).await.map_err(said)?;
        out::line(format_args!("asked to stop {} in {}", self.name, cluster.namespace));
        Ok(stopped(follow::follow(&cluster, &self.name, None, Words::Stdout).await?))
    }
}

/// Cancelled is what was asked for.
const fn stopped(exit: Exit) -> Exit {
    match exit {
        Exit::Cancelled => Exit::Done,
        other => other,
    }
}
