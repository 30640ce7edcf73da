//! `writ plan`: the host's own answer to a request, from files alone: the same chain, the same core, no cluster.
use super::{
    Format, file, frozen,
    human::Exit,
    out::{self, Words},
    page,
    world::Files,
};
use crate::{
    catalogue::Entry,
    gate::{Gate, Policy},
    judge::Bench,
    metrics::Metrics,
    plugin::{Limits, Plugins},
};
use anyhow::Context;
use crds::{DryRun, ExecutionFreeze, ExecutionStatus};
use decide::{
    execution::{Execution, FINALIZER},
    model::{ActionName, PluginId, Uid},
    next_step,
    observed::{GuardsSeen, Judgement, LedgerSeen, Observed, PhaseSeen, Validating},
    site::Site,
    step::Step,
};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The host's answer to a request, with no cluster at all.
#[derive(Debug, clap::Args)]
pub struct Plan {
    /// The KubernetesExecution.
    #[arg(short, long)]
    file: PathBuf,
    /// A component (.wasm).
    #[arg(long)]
    plugin: PathBuf,
    /// A directory of policy modules and data; none: the policies are left out, and that is said.
    #[arg(long)]
    policy: Option<PathBuf>,
    /// An object as it would be read: the target, what the plugin looks at beside it, freezes. `kubectl get -o yaml` writes it.
    #[arg(long)]
    object: Vec<PathBuf>,
    /// Print the status and the Job as they would be.
    #[arg(short, long, value_enum)]
    output: Option<Format>,
}

impl Plan {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Exit> {
        let begun = std::time::Instant::now();
        let exec = execution(&self.file)?;
        let objects = self.objects(&exec.namespace)?;
        let held = frozen::held(&freezes(&objects), &exec.namespace, &exec.spec.action, Timestamp::now());
        let (judgement, site) = self.judged(&exec, objects).await?;
        let status = answer(&site, &exec, judgement)?;
        if let Some(format) = self.output {
            out::object(&status, format)?;
            return Ok(Exit::of(&status));
        }
        out::text(page::plan(&status));
        if let Some(until) = held.filter(|_| status.refusal.is_none()) {
            out::text(page::labelled(&[("frozen", until)]));
        }
        match &status.refusal {
            Some(refusal) => out::text(page::refusal(refusal, &status, Words::Stdout.paint())),
            None if self.policy.is_none() => out::line("Would be planned so; no policy was asked (--policy)."),
            None => out::line("Would be accepted."),
        }
        out::line(format_args!("{} ms, no cluster touched", begun.elapsed().as_millis()));
        Ok(Exit::of(&status))
    }

    async fn judged(&self, exec: &Execution, objects: Vec<Value>) -> anyhow::Result<(Judgement, Site)> {
        let plugins = Plugins::new().context("failed to start the plugin engine")?;
        let bytes = std::fs::read(&self.plugin).with_context(|| format!("failed to read {}", self.plugin.display()))?;
        let loaded = plugins
            .load(bytes.into(), Limits::ceiling())
            .await
            .with_context(|| format!("failed to load {}", self.plugin.display()))?;
        let id = PluginId {
            name: loaded.description.name.clone(),
            version: loaded.description.version.clone(),
            digest: loaded.digest.clone(),
        };
        let site = site();
        let Some(entry) =
            ActionName::try_from(exec.spec.action.clone()).ok().and_then(|a| Entry::of(id, &loaded.description, &a, Ok(())))
        else {
            return Ok((Judgement::ActionUnknown { nearest: None }, site));
        };
        let gate = self.gate()?;
        let world = Files(objects);
        let bench =
            Bench { plugins: &plugins, gate: &gate, metrics: &Metrics::new(), world: &world, site: &site, now: Timestamp::now() };
        let judged = bench.judge(exec, &entry).await?;
        Ok((judged.judgement, site))
    }

    fn gate(&self) -> anyhow::Result<Gate> {
        super::policy::gate(&match &self.policy {
            Some(directory) => super::policy::read(directory)?,
            None => vec![unasked()],
        })
    }

    fn objects(&self, namespace: &str) -> anyhow::Result<Vec<Value>> {
        let mut all = Vec::new();
        for path in &self.object {
            let text = std::fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))?;
            let value: Value =
                serde_saphyr::from_str(&text).with_context(|| format!("failed to understand {}", path.display()))?;
            match value.get("items").and_then(Value::as_array) {
                Some(items) => all.extend(items.iter().cloned()),
                None => all.push(value),
            }
        }
        all.iter_mut().for_each(|o| complete(o, namespace));
        Ok(all)
    }
}

/// Those among the objects given; what is none is an object like any other.
fn freezes(objects: &[Value]) -> Vec<ExecutionFreeze> {
    let named = objects.iter().filter(|o| o.get("kind").and_then(Value::as_str) == Some("ExecutionFreeze"));
    named.filter_map(|o| serde_json::from_value(o.clone()).ok()).collect()
}

/// Stands where no policy was given; what comes of it is shown as "no policy was asked".
fn unasked() -> Policy {
    let module = "package writ\n\ndecision := {\"allow\": true, \"deny\": [], \"require\": {}}\n";
    let test = "package writ_test\n\nimport data.writ\n\ntest_it_answers if writ.decision.allow\n";
    let modules = [("none.rego", module), ("none_test.rego", test)].map(|(name, text)| (name.to_owned(), text.to_owned()));
    Policy { name: "none".into(), modules: modules.into(), ..Policy::default() }
}

/// An object that was never in a cluster has no uid; any will do, since nothing is written.
fn complete(object: &mut Value, namespace: &str) {
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    metadata.entry("uid").or_insert_with(|| NO_UID.into());
    metadata.entry("namespace").or_insert_with(|| namespace.into());
}

const NO_UID: &str = "00000000-0000-0000-0000-000000000000";

fn execution(file: &Path) -> anyhow::Result<Execution> {
    let mut kx = file::read(file)?;
    kx.spec.dry_run = DryRun::Plan;
    kx.spec.requester.get_or_insert_with(|| crds::Identity { username: "you".into(), ..Default::default() });
    kx.status = None;
    let metadata = &mut kx.metadata;
    metadata.namespace.get_or_insert_with(|| "default".into());
    metadata.name.get_or_insert_with(|| "plan".into());
    metadata.uid = Some(NO_UID.into());
    metadata.resource_version = Some("0".into());
    metadata.generation = Some(1);
    metadata.creation_timestamp = Some(Time(Timestamp::now()));
    metadata.finalizers = Some(vec![FINALIZER.into()]);
    let cluster = Uid::try_from(NO_UID.to_owned())?;
    Execution::parse(&cluster, &kx).context("failed to understand the execution")
}

/// The core's own word on what was found.
fn answer(site: &Site, exec: &Execution, judged: Judgement) -> anyhow::Result<ExecutionStatus> {
    let guards = GuardsSeen::InForce { since: Timestamp::UNIX_EPOCH };
    let phase = PhaseSeen::Validating(Box::new(Validating { since: exec.created, guards, judged, left: None, original: None }));
    let seen = Observed { ledger: LedgerSeen::At(0), phase };
    match next_step(site, Timestamp::now(), exec, &seen) {
        Step::Record(status) => Ok(*status),
        other => anyhow::bail!("no answer from files alone: {other:?}"),
    }
}

fn site() -> Site {
    crate::config::Operator::offline().site(String::new())
}
