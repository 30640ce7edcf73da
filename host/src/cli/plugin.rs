//! `writ plugin`: look at a component, its roles, its installation. Prints; applies nothing.
use super::{
    human::{Exit, manifest, table},
    out,
};
use crate::plugin::{Limits, Loaded, Plugins};
use anyhow::Context;
use crds::{ActionPlugin, ActionPluginSpec, ConfigMapKey, PluginSource};
use decide::{
    model::{ActionInfo, DryRunForm, PluginId, Reversible},
    roles,
};
use k8s_openapi::{
    ByteString,
    api::{core::v1::ConfigMap, rbac::v1::ClusterRole},
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use std::{collections::BTreeMap, path::PathBuf};

/// Look at a component, its roles, its installation.
#[derive(Debug, clap::Subcommand)]
pub enum Plugin {
    /// What it is, what it can do, what it may touch.
    Inspect(File),
    /// The roles it needs, for a human to review and apply.
    Rbac(File),
    /// Everything to install it: ConfigMap, ActionPlugin, roles.
    Install(Install),
}

/// A component.
#[derive(Debug, clap::Args)]
pub struct File {
    /// The component (.wasm).
    component: PathBuf,
}

/// What to install.
#[derive(Debug, clap::Args)]
pub struct Install {
    #[command(flatten)]
    file: File,
    /// Who answers for it; shown in lists and refusals.
    #[arg(long)]
    owner: String,
    /// Name of the ActionPlugin; that of the component where absent.
    #[arg(long)]
    name: Option<String>,
}

impl Plugin {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Exit> {
        match self {
            Self::Inspect(file) => out::text(inspect(&file.load().await?.0)),
            Self::Rbac(file) => out::text(documents(&roles_of(&file.load().await?.0)?)?),
            Self::Install(install) => out::text(install.text().await?),
        }
        Ok(Exit::Done)
    }
}

impl File {
    async fn load(&self) -> anyhow::Result<(Loaded, Vec<u8>)> {
        let path = self.component.display();
        let bytes = std::fs::read(&self.component).with_context(|| format!("failed to read {path}"))?;
        let plugins = Plugins::new().context("failed to start the plugin engine")?;
        let loaded =
            plugins.load(bytes.clone().into(), Limits::ceiling()).await.with_context(|| format!("failed to load {path}"))?;
        Ok((loaded, bytes))
    }
}

fn id(loaded: &Loaded) -> PluginId {
    let description = &loaded.description;
    PluginId { name: description.name.clone(), version: description.version.clone(), digest: loaded.digest.clone() }
}

/// One role an action, and the operator's right to bind exactly these.
fn roles_of(loaded: &Loaded) -> anyhow::Result<Vec<ClusterRole>> {
    let id = id(loaded);
    let mut all = Vec::new();
    for info in &loaded.description.actions {
        all.push(roles::of(&id, info)?);
    }
    all.extend(roles::for_operator(&id, &loaded.description.actions));
    Ok(all)
}

impl Install {
    async fn text(&self) -> anyhow::Result<String> {
        let (loaded, bytes) = self.file.load().await?;
        let name = self.name.clone().unwrap_or_else(|| loaded.description.name.clone());
        let key = "component.wasm".to_owned();
        let digest = loaded.digest.as_str();
        let short = digest.trim_start_matches("sha256:").get(..10).unwrap_or_default();
        let map = ConfigMap {
            metadata: ObjectMeta {
                name: Some(format!("plugin-{name}-{short}")),
                namespace: Some(crds::labels::NAMESPACE_SYSTEM.into()),
                ..Default::default()
            },
            binary_data: Some(BTreeMap::from([(key.clone(), ByteString(bytes))])),
            immutable: Some(true),
            ..Default::default()
        };
        let source = PluginSource { config_map: Some(ConfigMapKey { name: format!("plugin-{name}-{short}"), key }), file: None };
        let spec = ActionPluginSpec { source, digest: digest.into(), owner: self.owner.clone(), ..Default::default() };
        let plugin = ActionPlugin::new(&name, spec);
        Ok(documents(&roles_of(&loaded)?)? + &documents(&[map])? + &documents(&[plugin])?)
    }
}

fn documents<T: serde::Serialize>(all: &[T]) -> anyhow::Result<String> {
    all.iter().map(|object| Ok(format!("---\n{}", manifest(object)?))).collect()
}

fn inspect(loaded: &Loaded) -> String {
    let d = &loaded.description;
    let kib = loaded.bytes.div_ceil(1024);
    let mut text = format!(
        "{} {}   {}   contract writ:action@0.1   {kib} KiB   imports: log only (no WASI)\n\n",
        d.name, d.version, loaded.digest
    );
    let rows: Vec<Vec<String>> = d.actions.iter().map(row).collect();
    text += &table(&["ACTION", "TARGET", "RISK", "UNDO", "DRY RUN", "WHAT IT DOES"], &rows);
    text += "\nWHAT IT MAY DO (granted per run, in the execution's namespace only, after you apply the roles)\n";
    for action in &d.actions {
        for rule in &action.needs {
            text += &format!("  {:<22} {}: {}\n", action.name.as_str(), rule.resources.join(", "), rule.verbs.join(", "));
        }
    }
    text += "\nWHAT IT IS SHOWN (read by the operator, within what you apply)\n";
    for action in &d.actions {
        let seen: Vec<&str> = action.observes.iter().map(|o| o.api.resource.as_str()).collect();
        let beside = if seen.is_empty() { String::new() } else { format!(", {}", seen.join(", ")) };
        text += &format!("  {:<22} its target{beside}\n", action.name.as_str());
    }
    text
}

fn row(a: &ActionInfo) -> Vec<String> {
    let kinds: Vec<&str> = a.targets.iter().map(|t| t.api.kind.as_str()).collect();
    let undo = match a.reversible {
        Reversible::Always => "yes",
        Reversible::Depends => "depends",
        Reversible::Never => "no",
    };
    let dry = if a.dry_run == DryRunForm::Server { "yes" } else { "predicted" };
    [a.name.as_str(), &kinds.join(","), a.risk.as_str(), undo, dry, &a.summary].map(Into::into).to_vec()
}
