//! `writ freeze` and `writ thaw`: nothing irreversible starts, and it goes on. The API server stamps who froze.
use super::{
    Where,
    connect::{Connected, said},
    human::Exit,
    out, span,
};
use anyhow::{Context, bail};
use crds::{ExecutionFreeze, ExecutionFreezeSpec, FreezeSelector};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Namespace;
use kube::{
    ResourceExt,
    api::{DeleteParams, ObjectMeta, PostParams},
};

/// Let nothing irreversible start: executions wait, those that run go on.
#[derive(Debug, clap::Args)]
pub struct Freeze {
    /// Why; every execution that waits shows it.
    reason: String,
    /// For how long, such as `2h`; until `writ thaw` where absent.
    #[arg(long = "for", value_name = "TIME", value_parser = span::span)]
    span: Option<SignedDuration>,
    /// Only in this namespace; may be given several times. In all where absent.
    #[arg(long = "in", value_name = "NAMESPACE")]
    namespaces: Vec<String>,
    /// Only this action; may be given several times. All where absent.
    #[arg(long = "action", value_name = "ACTION")]
    actions: Vec<String>,
    /// Kube context; the current one where absent.
    #[arg(long)]
    context: Option<String>,
}

/// End a freeze: what waited for it goes on.
#[derive(Debug, clap::Args)]
pub struct Thaw {
    /// Its name, as `kubectl get executionfreezes` shows it.
    name: String,
    /// Kube context; the current one where absent.
    #[arg(long)]
    context: Option<String>,
}

impl Freeze {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Exit> {
        let until = self.span.map(|span| until(span, Timestamp::now())).transpose()?;
        let cluster = Where { namespace: None, context: self.context }.connect().await?;
        for namespace in &self.namespaces {
            there(&cluster, namespace).await?;
        }
        let selector = FreezeSelector { namespaces: some(self.namespaces), actions: some(self.actions) };
        let what =
            format!("{} in {}", these(selector.actions.as_deref(), "action"), these(selector.namespaces.as_deref(), "namespace"));
        let spec = ExecutionFreezeSpec {
            reason: self.reason,
            selector: Some(selector).filter(|s| *s != FreezeSelector::default()),
            until: until.map(|until| until.to_string()),
            by: String::new(),
        };
        let metadata = ObjectMeta { generate_name: Some("freeze-".into()), ..ObjectMeta::default() };
        let freeze = ExecutionFreeze { metadata, spec };
        let made = cluster.all::<ExecutionFreeze>().create(&PostParams::default(), &freeze).await.map_err(said)?;
        let end = until.map_or_else(String::new, |until| format!(" until {until}"));
        out::line(format_args!(
            "Frozen{end}: {what}. Nothing starts; what runs goes on. To end it:\nwrit thaw {}",
            made.name_any()
        ));
        Ok(Exit::Done)
    }
}

/// Who mistypes one believes that things are stopped. (Who may not look is believed.)
async fn there(cluster: &Connected, namespace: &str) -> anyhow::Result<()> {
    match cluster.all::<Namespace>().get_opt(namespace).await {
        Ok(None) => bail!("there is no namespace {namespace}; nothing was frozen"),
        Ok(Some(_)) | Err(_) => Ok(()),
    }
}

impl Thaw {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Exit> {
        let cluster = Where { namespace: None, context: self.context }.connect().await?;
        cluster.all::<ExecutionFreeze>().delete(&self.name, &DeleteParams::default()).await.map_err(said)?;
        out::line(format_args!("Thawed: {} is gone; what waited for it goes on.", self.name));
        Ok(Exit::Done)
    }
}

/// To the second.
fn until(span: SignedDuration, now: Timestamp) -> anyhow::Result<Timestamp> {
    let end = now.checked_add(span).context("--for: that is longer than there is time")?;
    Ok(Timestamp::from_second(end.as_second())?)
}

fn some(list: Vec<String>) -> Option<Vec<String>> {
    Some(list).filter(|list| !list.is_empty())
}

fn these(list: Option<&[String]>, one: &str) -> String {
    match list {
        Some(list) => format!("{one} {}", list.join(", ")),
        None => format!("every {one}"),
    }
}
