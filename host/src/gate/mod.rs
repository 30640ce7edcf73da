//! ENGINE: the only part that knows regorus. Owns whether a policy may be asked (`check`), which ones are in force (`swap`), and
//! what they say (`decide`). Every way of not saying yes is a verdict of its own; no policy is no yes.
//! May not touch: plugins, the cluster, the ledger, and what is done with a ruling.
mod answer;
mod bounded;
mod builtins;
mod check;
mod checks;
mod engine;
mod inspect;
mod names;
mod paths;
mod policy;
mod pool;
mod problem;
mod read;
mod report;
mod tree;
mod trial;
#[cfg(any(test, feature = "fuzz"))]
pub(crate) mod untrusted;

pub use check::{Checked, check};
pub use policy::Policy;
pub use problem::{Kind, Problem};
pub use read::{ReadError, read};
pub use report::{Report, test_report};

use arc_swap::ArcSwapOption;
use check::State;
use checks::Checks;
use decide::model::Digest;
use decide::observed::{PolicyRuling, Ruling, Verdict};
use decide::question::Question;
use engine::{Evaluated, Limits, Stopped};
use pool::Pool;
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// What evaluation may take.
#[derive(Clone, Copy, Debug)]
pub struct GateLimits {
    /// For one policy on one question, by the clock on the wall: the default policy takes a thousandth of it, a machine with ten times
    /// too much to do a tenth. A stall is forgiven once.
    pub time: Duration,
    /// Bytes that one policy may hold at once on one question, beside the question: the default policy less than a
    /// sixteenth of it.
    pub memory: u64,
    /// Until the answer must be there, waiting for a thread and a second try included. After it, the answer is no.
    pub patience: Duration,
    /// How long [`Gate::apply`] waits for one check, which takes milliseconds. What takes longer goes on behind, and what is quick is in
    /// force before it.
    pub check: Duration,
    /// Threads that evaluate.
    pub threads: usize,
}

impl Default for GateLimits {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get).clamp(2, 8);
        let (time, seconds) = (Duration::from_millis(500), Duration::from_secs);
        Self { time, memory: engine::MEMORY, patience: seconds(5), check: seconds(5), threads }
    }
}

/// The first time, so much longer for all of them together: nothing is judged before, and what was in force before a restart should be again.
const AT_FIRST: u32 = 12;
/// So many looks nothing is judged where the machine was too slow for the tests of a policy: one that has just started often is. Then it is the
/// policy, and it refuses.
const SLOW: u32 = 5;
/// Of its time: the second try, and as much again for a machine that stalls. Then an evaluation does not come back.
const STANDS_STILL: u32 = 4;

/// Why there is no gate.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// No threads.
    #[error("failed to start the threads that evaluate policies")]
    Threads(#[source] std::io::Error),
    /// The schema of the question is no schema: a bug.
    #[error("failed to read the schema of the question: {0}")]
    Schema(String),
}

/// The policies in force. Cheap to clone.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    limits: GateLimits,
    pool: Pool,
    checks: Checks,
    schema: jsonschema::Validator,
    force: ArcSwapOption<Vec<Arc<Checked>>>,
    /// Looks at which the machine was too slow, before anything was in force.
    slow: AtomicU32,
}

impl Gate {
    /// With no policies read yet.
    pub fn new(limits: GateLimits) -> Result<Self, GateError> {
        let schema = jsonschema::validator_for(&decide::question::schema()).map_err(|e| GateError::Schema(e.to_string()))?;
        let pool = Pool::new(limits.threads, limits.time.saturating_mul(STANDS_STILL)).map_err(GateError::Threads)?;
        Ok(Self(Arc::new(Inner {
            limits,
            pool,
            checks: Checks::default(),
            schema,
            force: ArcSwapOption::empty(),
            slow: AtomicU32::new(0),
        })))
    }

    /// From now on these, and no others, are asked.
    pub fn swap(&self, policies: Vec<Arc<Checked>>) {
        self.0.force.store(Some(Arc::new(policies)));
    }

    /// Name and digest of what is in force; none: not all read yet.
    #[must_use]
    pub fn in_force(&self) -> Option<Vec<(String, Digest)>> {
        let force = self.0.force.load_full()?;
        Some(force.iter().map(|p| (p.name.clone(), p.digest.clone())).collect())
    }

    /// Makes these policies the ones in force. One that does not pass its check, or has not yet, keeps its last good version; where there is
    /// none, it stands there refusing everything, for a policy must not vanish by a bad edit. Those that are not named go. A bundle that was
    /// checked before is not checked again, but where this machine was too slow for it. Blocks for [`GateLimits::check`] for each new one at most, the first time for twelve times that.
    pub fn apply(&self, wanted: &[Policy]) -> Vec<Applied> {
        let before = self.0.force.load_full();
        let check = self.0.limits.check;
        let at_first = before.is_none();
        let (begun, first) = (Instant::now(), if at_first { check.saturating_mul(AT_FIRST) } else { check });
        let before = before.unwrap_or_default();
        let one = |policy: &Policy| {
            let wait = first.saturating_sub(begun.elapsed()).max(check);
            applied(policy, self.0.checks.outcome(policy, wait), &before)
        };
        let applied: Vec<Applied> = wanted.iter().map(one).collect();
        self.0.checks.keep(wanted);
        if at_first && applied.iter().any(Applied::passes) && self.0.slow.fetch_add(1, Ordering::Relaxed) < SLOW {
            return applied;
        }
        self.swap(applied.iter().map(|a| Arc::clone(&a.in_force)).collect());
        applied
    }

    /// Others whenever a check that [`Self::apply`] did not wait for has ended, or will not: to be applied again.
    #[must_use]
    pub fn news(&self) -> (usize, usize) {
        self.0.checks.news()
    }

    /// Whether this process should go on: what stands still holds threads and memory that only a new one gives back.
    pub fn alive(&self) -> Result<(), String> {
        if self.0.pool.missing() > 0 || self.0.checks.too_many_stand_still() {
            return Err(
                "too many evaluations of policies do not come back: correct or delete the policies that stand still".into()
            );
        }
        Ok(())
    }

    /// Asks every policy. Never an error: each way of failing is a verdict. No results: there is no policy.
    pub async fn decide(&self, question: &Question) -> Ruling {
        let document = question.document();
        let policies = self.0.force.load_full().unwrap_or_default();
        let input = self.fits(&document).and_then(|()| engine::value(document).map_err(|e| format!("no input: {e}")));
        let asked: Vec<_> = policies.iter().map(|policy| self.ask(policy, &input)).collect();
        let until = tokio::time::Instant::now() + self.0.limits.patience;
        let mut results = Vec::new();
        for (policy, answer) in policies.iter().zip(asked) {
            results.push(PolicyRuling {
                policy: policy.name.clone(),
                digest: policy.digest.clone(),
                owner: policy.owner.clone(),
                shadow: policy.shadow,
                verdict: self.verdict(answer, until).await,
            });
        }
        Ruling { results, input: Digest::of(&question.bytes()) }
    }

    /// The question fits its schema, or what of it does not: a rule over a field that is missing would never fire.
    fn fits(&self, document: &serde_json::Value) -> Result<(), String> {
        match self.0.schema.iter_errors(document).next() {
            None => Ok(()),
            Some(e) => Err(format!("the question does not fit its schema: {}: {e}", e.instance_path())),
        }
    }

    fn ask(&self, policy: &Arc<Checked>, input: &Result<regorus::Value, String>) -> Asked {
        let input = match (input, &policy.state) {
            (_, State::Unready(why)) => return Asked::Known(Verdict::NotReady(why.clone())),
            (Err(why), _) => return Asked::Known(Verdict::Errored(why.clone())),
            (Ok(input), State::Ready { .. }) => input.clone(),
        };
        self.0.pool.look();
        if self.0.pool.stands_still(&policy.digest) {
            return Asked::Known(Verdict::NotReady(STILL.to_owned()));
        }
        let (send, receive) = oneshot::channel();
        let limits = Limits { time: self.0.limits.time, memory: self.0.limits.memory };
        let (policy, bundle) = (Arc::clone(policy), policy.digest.clone());
        let accepted = self.0.pool.run(bundle, move || {
            // Nobody waits any more: the thread is for those who do.
            if !send.is_closed() {
                let _ = send.send(evaluate(&policy, &input, limits));
            }
        });
        if accepted { Asked::Waiting(receive) } else { Asked::Known(Verdict::Errored("too many questions wait".to_owned())) }
    }

    async fn verdict(&self, asked: Asked, until: tokio::time::Instant) -> Verdict {
        match asked {
            Asked::Known(verdict) => verdict,
            Asked::Waiting(answer) => match tokio::time::timeout_at(until, answer).await {
                Ok(Ok(verdict)) => verdict,
                Ok(Err(_)) => Verdict::Errored("the evaluation broke off".to_owned()),
                Err(_) => {
                    self.0.pool.look();
                    Verdict::TimedOut
                }
            },
        }
    }
}

/// What became of one policy.
#[derive(Debug)]
pub struct Applied {
    /// Its name.
    pub name: String,
    /// What stands in force under that name.
    pub in_force: Arc<Checked>,
    /// Empty: what is in force is what was wanted.
    pub problems: Vec<Problem>,
}

impl Applied {
    /// It is to be tried again, whatever stands there meanwhile.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.problems.iter().any(|problem| problem.kind.passes())
    }
}

fn applied(policy: &Policy, outcome: Result<Arc<Checked>, Vec<Problem>>, before: &[Arc<Checked>]) -> Applied {
    let name = policy.name.clone();
    match outcome {
        Ok(good) => Applied { name, in_force: good, problems: Vec::new() },
        Err(problems) => {
            let last_good = before.iter().find(|p| p.name == name && p.is_ready()).cloned();
            let in_force = last_good.unwrap_or_else(|| Arc::new(Checked::unready(policy, &problems)));
            Applied { name, in_force, problems }
        }
    }
}

/// Of a bundle of which an evaluation did not come back.
const STILL: &str = "an evaluation of it does not come back, and it is not asked meanwhile. Correct it, or delete it";

enum Asked {
    Known(Verdict),
    Waiting(oneshot::Receiver<Verdict>),
}

fn evaluate(policy: &Checked, input: &regorus::Value, limits: Limits) -> Verdict {
    let State::Ready { engine, denies } = &policy.state else { return Verdict::Undefined };
    let once = || engine::ask(engine, input.clone(), engine::DECISION, limits);
    // The clock on the wall also runs while the machine does something else: asked again, a policy that is too slow is so again.
    let evaluated = match once() {
        Evaluated { value: Err(Stopped::TimedOut), .. } => once(),
        evaluated => evaluated,
    };
    answer::verdict(evaluated, denies)
}
