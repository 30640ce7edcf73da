//! `writ cancel`: stop an execution, at any phase. The API server stamps who asked.
use super::{Where, connect::said, follow, human::Exit};
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
        let patch = json!({"spec": {"cancel": {"requested": true, "reason": self.reason}}});
        let api = cluster.here::<KubernetesExecution>();
        api.patch(&self.name, &PatchParams::default(), &Patch::Merge(patch)).await.map_err(said)?;
        println!("asked to stop {} in {}", self.name, cluster.namespace);
        match follow::follow(&cluster, &self.name, None).await? {
            Exit::Cancelled => Ok(Exit::Done),
            other => Ok(other),
        }
    }
}
