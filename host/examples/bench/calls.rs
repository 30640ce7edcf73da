//! Calls into the component (a fresh instance each), and the whole chain of judgements around them.
use super::{micros, millis, number, rank, world};
use anyhow::{Context, Result, bail, ensure};
use cap_std::{ambient_authority, fs::Dir};
use decide::{
    execution::Execution,
    model::{ActionName, PluginId, Request, State},
    observed::{Judgement, Verdict},
    site::Site,
};
use host::{
    catalogue::Entry,
    config::Operator,
    gate::{self, Gate, GateLimits, Policy},
    judge::{self, Bench},
    metrics::Metrics,
    plugin::{Limits, Loaded, Plugins},
};
use serde_json::Value;
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// Not counted: pages, pools and caches that a running operator has long since filled.
const WARM_UP: usize = 200;
/// Enough that a hundredth of them is more than chance.
const CALLS: usize = 5_000;
const DECISIONS: usize = 2_000;
/// DESIGN 11.
const CALL_GOALS: (f64, f64) = (50.0, 150.0);
const DECISION_GOAL: f64 = 1.0;

/// The component, loaded, and how long that took.
pub async fn load(component: &Path) -> Result<(Subject, Vec<Value>)> {
    let plugins = Plugins::new().context("failed to start the plugin engine")?;
    let bytes = std::fs::read(component).with_context(|| format!("failed to read {}", component.display()))?;
    let loaded = plugins.load(bytes.into(), Limits::ceiling()).await.context("failed to load the component")?;
    let compiled = format!("compile the component of {} KiB", loaded.bytes / 1024);
    Ok((Subject::new(plugins, &loaded)?, vec![number(compiled, millis(loaded.compiled_in), "ms", None)]))
}

/// The first policy of the directory, as often as that, each evaluated by itself.
fn gate(policies: &Path, count: usize) -> Result<Gate> {
    let gate = Gate::new(GateLimits::default()).context("failed to start the policy engine")?;
    let first = gate::read(&Dir::open_ambient_dir(policies, ambient_authority())?)?.into_iter().next();
    let first = first.with_context(|| format!("no policy in {}", policies.display()))?;
    let all: Vec<Policy> = (1..=count).map(|n| Policy { name: format!("{}-{n}", first.name), ..first.clone() }).collect();
    ensure!(gate.apply(&all).iter().all(|a| a.problems.is_empty()), "a policy is not ready: writ policy test says why");
    Ok(gate)
}

/// One execution, one Deployment, one component.
#[derive(Clone)]
pub struct Subject {
    plugins: Plugins,
    entry: Entry,
    world: world::One,
    exec: Execution,
    site: Site,
}

impl Subject {
    fn new(plugins: Plugins, loaded: &Loaded) -> Result<Self> {
        let description = loaded.description.clone();
        let id = PluginId { name: description.name.clone(), version: description.version.clone(), digest: loaded.digest.clone() };
        let action = ActionName::try_from("scale_deployment".to_owned())?;
        let entry = Entry::of(id, &description, &action, Ok(())).context("the component has no scale_deployment")?;
        let site = Operator::offline().site("1.37".into());
        Ok(Self { plugins, entry, world: world::One::new()?, exec: world::execution()?, site })
    }

    /// So many calls of `validate`, one after the other.
    pub async fn validate(self, calls: usize) -> Result<()> {
        let (request, _) = self.asked()?;
        for _ in 0..calls {
            let valid = self.plugins.validate(&self.entry.plugin.digest, &request).await.context("failed to call validate")?;
            ensure!(valid.is_ok(), "the parameters are not valid: {valid:?}");
        }
        Ok(())
    }

    /// One call, of each kind.
    pub async fn calls(&self) -> Result<Vec<Value>> {
        let (request, state) = self.asked()?;
        let digest = &self.entry.plugin.digest;
        let validate = timed(CALLS, async || {
            let valid = self.plugins.validate(digest, &request).await.context("failed to call validate")?;
            ensure!(valid.is_ok(), "the parameters are not valid: {valid:?}");
            Ok(())
        });
        let validate = validate.await?;
        let plan = timed(CALLS, async || {
            let plan = self.plugins.plan(digest, &request, &state).await.context("failed to call plan")?;
            ensure!(plan.is_ok(), "no plan: {plan:?}");
            Ok(())
        });
        Ok([("validate", validate), ("plan", plan.await?)].into_iter().flat_map(|(name, all)| of_call(name, all)).collect())
    }

    fn asked(&self) -> Result<(Request, State)> {
        let parameters = Value::Object(self.exec.spec.parameters.clone());
        let target = world::target();
        let request = judge::request(&self.exec, &self.entry.info, Some(target.clone()), &parameters, &self.site)?;
        Ok((request, State { target: Some(self.world.object(&target)), answers: vec![] }))
    }

    /// Right, schema, validate, reads, plan, rollback, policy: all but the calls to a cluster.
    pub async fn decisions(&self, policies: &Path) -> Result<Vec<Value>> {
        let mut numbers =
            self.decision(&gate(policies, 1)?, "decision (validate, reads, plan, rollback, gate)", Some(DECISION_GOAL)).await?;
        numbers.extend(self.decision(&gate(policies, 3)?, "decision with three policies", None).await?);
        Ok(numbers)
    }

    async fn decision(&self, gate: &Gate, name: &str, goal: Option<f64>) -> Result<Vec<Value>> {
        let (plugins, world, site) = (&self.plugins, &self.world, &self.site);
        let metrics = Metrics::new();
        let mut all = timed(DECISIONS, async || {
            let bench = Bench { plugins, gate, metrics: &metrics, world, site, now: jiff::Timestamp::now() };
            allowed(&bench.judge(&self.exec, &self.entry).await?.judgement)
        })
        .await?;
        let (p50, p99) = (rank(&mut all, 0.5), rank(&mut all, 0.99));
        Ok(vec![number(format!("{name}, p50"), millis(p50), "ms", None), number(format!("{name}, p99"), millis(p99), "ms", goal)])
    }
}

/// What is measured is a yes.
fn allowed(judgement: &Judgement) -> Result<()> {
    match judgement {
        Judgement::Judged { ruling, .. } if ruling.results.iter().all(|r| matches!(r.verdict, Verdict::Allow(_))) => Ok(()),
        other => bail!("not allowed: {other:?}"),
    }
}

async fn timed(count: usize, mut call: impl AsyncFnMut() -> Result<()>) -> Result<Vec<Duration>> {
    for _ in 0..WARM_UP {
        call().await?;
    }
    let mut all = Vec::with_capacity(count);
    for _ in 0..count {
        let begun = Instant::now();
        call().await?;
        all.push(begun.elapsed());
    }
    Ok(all)
}

fn of_call(name: &str, mut all: Vec<Duration>) -> [Value; 2] {
    let (p50, p99) = (rank(&mut all, 0.5), rank(&mut all, 0.99));
    let of = |part: &str| format!("plugin call {name}, fresh instance, {part}");
    [number(of("p50"), micros(p50), "µs", Some(CALL_GOALS.0)), number(of("p99"), micros(p99), "µs", Some(CALL_GOALS.1))]
}
