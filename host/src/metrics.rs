//! What the host counts and measures: one struct, registered once, every name with the prefix `writ_`. Owns names, labels and
//! buckets. Labels have few values: an action is named only if an active plugin exports it, a name a user made up is not.
use crate::ledger;
use crds::{ExecutionStatus, Phase, Reason};
use decide::{
    execution::Execution,
    step::{Effect, Step, Why},
};
use jiff::Timestamp;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};
use std::{
    cell::Cell,
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

/// 0.5 ms to 16 s: an idle pass reads from memory, a busy one waits for an API server that answers in seconds.
fn pass_buckets() -> Histogram {
    Histogram::new(exponential_buckets(0.000_5, 2.0, 16))
}
/// 10 µs to 0.3 s around the goal of 50 and 150 µs; calls end at their wall limit.
fn call_buckets() -> Histogram {
    Histogram::new(exponential_buckets(0.000_01, 2.0, 16))
}
/// The goals (50 and 150 ms idle, 1 s loaded) are borders, so that "how many met it" needs no guess.
fn job_buckets() -> Histogram {
    Histogram::new([0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0, 600.0])
}
/// 0.1 s to 55 min: from a scale command to a rollout that waits for its deadline.
fn effect_buckets() -> Histogram {
    Histogram::new(exponential_buckets(0.1, 2.0, 16))
}
/// One row to a full transaction (256).
fn batch_buckets() -> Histogram {
    Histogram::new(exponential_buckets(1.0, 2.0, 9))
}
/// 0.25 ms to 8 s: an fsync of an NVMe disk, to one that waits for a busy network volume.
fn commit_buckets() -> Histogram {
    Histogram::new(exponential_buckets(0.000_25, 2.0, 16))
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct End {
    action: String,
    phase: String,
    reason: String,
}
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Action {
    action: String,
}
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Took {
    action: String,
    phase: String,
}
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Pass {
    phase: String,
    step: &'static str,
}
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Call {
    plugin: String,
    call: &'static str,
    result: &'static str,
}
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Decision {
    policy: String,
    decision: &'static str,
}
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Wait {
    why: String,
}
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Failure {
    kind: &'static str,
}

type Timed<S> = Family<S, Histogram, fn() -> Histogram>;

/// Everything that is counted. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Arc<Registry>,
    executions: Family<End, Counter>,
    passes: Family<Pass, Counter>,
    pass_seconds: Histogram,
    broken_glass: Family<Action, Counter>,
    job_created_seconds: Histogram,
    effect_seconds: Timed<Took>,
    plugin_calls: Family<Call, Counter>,
    plugin_call_seconds: Timed<Call>,
    decisions: Family<Decision, Counter>,
    decision_seconds: Histogram,
    ledger_rows: Counter,
    ledger_blobs: Counter,
    ledger_batch_size: Histogram,
    ledger_commit_seconds: Histogram,
    waits: Family<Wait, Counter>,
    errors: Family<Failure, Counter>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut unregistered = Self {
            registry: Arc::default(),
            executions: Family::default(),
            passes: Family::default(),
            pass_seconds: pass_buckets(),
            broken_glass: Family::default(),
            job_created_seconds: job_buckets(),
            effect_seconds: Family::new_with_constructor(effect_buckets),
            plugin_calls: Family::default(),
            plugin_call_seconds: Family::new_with_constructor(call_buckets),
            decisions: Family::default(),
            decision_seconds: call_buckets(),
            ledger_rows: Counter::default(),
            ledger_blobs: Counter::default(),
            ledger_batch_size: batch_buckets(),
            ledger_commit_seconds: commit_buckets(),
            waits: Family::default(),
            errors: Family::default(),
        };
        unregistered.registry = Arc::new(unregistered.registered());
        unregistered
    }

    /// Name and meaning of each, as `/metrics` shows them (counters get `_total`).
    fn registered(&self) -> Registry {
        let mut r = Registry::with_prefix("writ");
        r.register("executions", "Executions that are over, by how they ended", self.executions.clone());
        r.register("passes", "Looks at an execution, by its phase and what followed", self.passes.clone());
        r.register("pass_seconds", "One look: observe, decide, and what followed", self.pass_seconds.clone());
        r.register("broken_glass", "Times that approvals were skipped", self.broken_glass.clone());
        r.register("job_created_seconds", "From an execution's creation to that of its Job", self.job_created_seconds.clone());
        r.register("effect_seconds", "From an execution's creation to its end", self.effect_seconds.clone());
        r.register("plugin_calls", "Calls of plugins, by what came back", self.plugin_calls.clone());
        r.register("plugin_call_seconds", "One call, with its fresh instance", self.plugin_call_seconds.clone());
        r.register("decisions", "Decisions of policies", self.decisions.clone());
        r.register("decision_seconds", "One question to all policies", self.decision_seconds.clone());
        r.register("ledger_rows", "Rows given to the ledger and committed", self.ledger_rows.clone());
        r.register("ledger_blobs", "Blobs given to the ledger and committed", self.ledger_blobs.clone());
        r.register("ledger_batch_size", "Rows and blobs in one transaction", self.ledger_batch_size.clone());
        r.register("ledger_commit_seconds", "One transaction, its fsync included", self.ledger_commit_seconds.clone());
        r.register("waits", "Looks that ended in waiting, by for what", self.waits.clone());
        r.register("errors", "Errors, by kind", self.errors.clone());
        r
    }

    /// In the OpenMetrics text format.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }

    /// A look begins. Dropped without `decided`, it counts as an error.
    #[must_use]
    pub fn pass(&self, phase: Phase) -> PassTimer {
        PassTimer { metrics: self.clone(), phase, step: Cell::new("error"), begun: Instant::now() }
    }

    /// An effect was carried out at `now`.
    pub fn performed(&self, exec: &Execution, effect: &Effect, now: Timestamp) {
        if matches!(effect, Effect::CreateJob(_)) {
            self.job_created_seconds.observe(seconds(exec.created, now));
        }
    }

    /// An execution is over. An action that was never found is "unknown": anybody can make up names.
    pub fn over(&self, action: &str, status: &ExecutionStatus, created: Timestamp, now: Timestamp) {
        let action = if status.plugin.is_some() { action } else { "unknown" };
        let (phase, reason) = (word(status.phase), reason(status.reason));
        let took = Took { action: action.to_owned(), phase: phase.clone() };
        self.effect_seconds.get_or_create(&took).observe(seconds(created, now));
        self.executions.get_or_create(&End { action: action.to_owned(), phase, reason }).inc();
    }

    /// Approvals of this action were skipped.
    pub fn broke_glass(&self, action: &str) {
        self.broken_glass.get_or_create(&Action { action: action.to_owned() }).inc();
    }

    /// A plugin was called: `validate`, `plan`, …; `ok`, `refused`, or the kind of its fault.
    pub fn plugin_call(&self, plugin: &str, call: &'static str, result: &'static str, took: Duration) {
        let labels = Call { plugin: plugin.to_owned(), call, result };
        self.plugin_call_seconds.get_or_create(&labels).observe(took.as_secs_f64());
        self.plugin_calls.get_or_create(&labels).inc();
    }

    /// A policy decided: `allow`, `deny`, or why it could not.
    pub fn decision(&self, policy: &str, decision: &'static str) {
        self.decisions.get_or_create(&Decision { policy: policy.to_owned(), decision }).inc();
    }

    /// All policies were asked one question.
    pub fn decided(&self, took: Duration) {
        self.decision_seconds.observe(took.as_secs_f64());
    }

    /// A transaction of the ledger ended: for `ledger::Options::committed`.
    pub fn committed(&self, commit: &ledger::Commit) {
        self.ledger_commit_seconds.observe(commit.took.as_secs_f64());
        self.ledger_batch_size.observe((commit.rows + commit.blobs) as f64);
        match commit.failed {
            Some(kind) => self.error(kind),
            None => {
                self.ledger_rows.inc_by(commit.rows as u64);
                self.ledger_blobs.inc_by(commit.blobs as u64);
            }
        }
    }

    /// An error of this kind.
    pub fn error(&self, kind: &'static str) {
        self.errors.get_or_create(&Failure { kind }).inc();
    }
}

/// Measures one look, however it ends.
#[derive(Debug)]
pub struct PassTimer {
    metrics: Metrics,
    phase: Phase,
    step: Cell<&'static str>,
    begun: Instant,
}

impl PassTimer {
    /// What the core said. (The time goes on: it includes what follows.)
    pub fn decided(&self, step: &Step) {
        self.step.set(step_name(step));
        if let Step::Wait(waiting) = step {
            self.metrics.waits.get_or_create(&Wait { why: why(waiting.why) }).inc();
        }
    }
}

impl Drop for PassTimer {
    fn drop(&mut self) {
        self.metrics.pass_seconds.observe(self.begun.elapsed().as_secs_f64());
        self.metrics.passes.get_or_create(&Pass { phase: word(self.phase), step: self.step.get() }).inc();
    }
}

const fn step_name(step: &Step) -> &'static str {
    match step {
        Step::Record(_) => "record",
        Step::Wait(_) => "wait",
        Step::Stop => "stop",
        Step::Do(effect) => match effect {
            Effect::AddFinalizer => "add_finalizer",
            Effect::AppendRow(_) => "append_row",
            Effect::Claim { .. } => "claim",
            Effect::Unclaim { .. } => "unclaim",
            Effect::Grant(_) => "grant",
            Effect::DryRun(_) => "dry_run",
            Effect::EndDryRun { .. } => "end_dry_run",
            Effect::CreateJob(_) => "create_job",
            Effect::StopJob { .. } => "stop_job",
            Effect::Revoke { .. } => "revoke",
            Effect::ReleasePods { .. } => "release_pods",
            Effect::ExpireJob { .. } => "expire_job",
            Effect::TellApprovals { .. } => "tell_approvals",
            Effect::Undo(_) => "undo",
            Effect::ReleaseFinalizer { .. } => "release_finalizer",
            Effect::Delete => "delete",
        },
    }
}

/// Derived Debug is the name itself, the same as in objects and rows.
fn word(phase: Phase) -> String {
    format!("{phase:?}")
}
fn reason(reason: Reason) -> String {
    format!("{reason:?}")
}
fn why(why: Why) -> String {
    format!("{why:?}")
}

/// Never negative: the two clocks are not the same one.
fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64().max(0.0)
}
