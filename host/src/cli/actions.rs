//! `writ actions`: what can be done here, and whether by you.
use super::{
    Where,
    connect::{Connected, said},
    human::{Exit, table},
    out,
};
use crds::Action;
use futures::{StreamExt, TryStreamExt, stream};
use k8s_openapi::api::authorization::v1::{ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec};
use kube::{Api, api::PostParams};

/// What can be done here, and whether by you.
#[derive(Debug, clap::Args)]
pub struct Actions {
    #[command(flatten)]
    place: Where,
}

impl Actions {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Exit> {
        let cluster = self.place.connect().await?;
        let all = cluster.all::<Action>().list(&Default::default()).await.map_err(said)?.items;
        if all.is_empty() {
            out::line("No action is active. Is a plugin installed? kubectl get actionplugins");
            return Ok(Exit::Done);
        }
        let rows = stream::iter(all).map(|a| row(&cluster, a)).buffered(8).try_collect::<Vec<_>>().await?;
        out::text(table(&["ACTION", "TARGET", "RISK", "UNDO", "YOU", "WHAT IT DOES"], &rows));
        out::line(format_args!("YOU is about namespace {}; -n NAMESPACE asks for another.", cluster.namespace));
        Ok(Exit::Done)
    }
}

async fn row(cluster: &Connected, action: Action) -> anyhow::Result<Vec<String>> {
    let you = if may_run(cluster, &action).await? { "run" } else { "no" };
    let kinds: Vec<&str> = action.spec.targets.iter().map(|t| t.kind.as_str()).collect();
    let undo = undo(&action);
    Ok([action.spec.name.as_str(), &kinds.join(","), &action.spec.risk, undo, you, &action.spec.summary].map(Into::into).to_vec())
}

/// Whether what it did can be undone, in one word.
pub fn undo(action: &Action) -> &'static str {
    match action.spec.reversible.as_str() {
        "Always" => "yes",
        "Never" => "no",
        _ => "depends",
    }
}

/// The right the API server asks for when an execution is created.
pub async fn may_run(cluster: &Connected, action: &Action) -> anyhow::Result<bool> {
    let attributes = ResourceAttributes {
        group: Some("writ.dev".into()),
        resource: Some("actions".into()),
        name: action.metadata.name.clone(),
        namespace: Some(cluster.namespace.clone()),
        verb: Some("run".into()),
        ..Default::default()
    };
    let spec = SelfSubjectAccessReviewSpec { resource_attributes: Some(attributes), ..Default::default() };
    let review = SelfSubjectAccessReview { spec, ..Default::default() };
    let api: Api<SelfSubjectAccessReview> = Api::all(cluster.client.clone());
    let answer = api.create(&PostParams::default(), &review).await.map_err(said)?;
    Ok(answer.status.is_some_and(|s| s.allowed))
}
