//! From a policy as written to one that may be asked: parsed, looked through, its own tests passed, every `deny` seen to fire.
use super::engine::{self, Limits};
use super::inspect::{self, DenyRule};
use super::paths;
use super::policy::Policy;
use super::problem::{Kind, Problem};
use super::trial::{self, Outcome, Trial};
use decide::model::Digest;
use regorus::Engine;
use regorus::unstable::{Module, Ref};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

/// For one test: a hundred times the time that the slowest of the default policy's takes, and the memory that a decision has.
const TEST: Limits = Limits { time: Duration::from_millis(500), memory: engine::MEMORY };
/// Tests of one bundle; with their time, a check ends within two minutes (four, if each stalls once), or something in it was made to never end.
const MOST_TESTS: usize = 256;
/// How long a check is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(300);
/// Analysis recurses over the syntax tree; a bundle of 256 KiB nests less than this takes. Untouched pages cost nothing.
const STACK: usize = 256 << 20;

/// A policy that may be asked, or that answers every question with why it may not be.
pub struct Checked {
    /// Its name.
    pub name: String,
    /// Who can change it.
    pub owner: String,
    /// Evaluated and recorded, not obeyed.
    pub shadow: bool,
    /// Of the bundle.
    pub digest: Digest,
    /// How many of its tests passed, and how many there are.
    pub tests: (usize, usize),
    /// What is stored under the digest, so that any decision can be made again.
    pub bundle: Vec<u8>,
    pub(super) state: State,
}

/// Cheap to clone.
#[derive(Clone)]
pub(super) enum State {
    Ready { engine: Arc<Engine>, denies: Arc<Vec<DenyRule>> },
    Unready(String),
}

impl fmt::Debug for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checked")
            .field("name", &self.name)
            .field("digest", &self.digest)
            .field("tests", &self.tests)
            .finish_non_exhaustive()
    }
}

/// All that is wrong with a policy, or the policy, ready. Runs its tests: takes milliseconds, at the worst minutes; not for an
/// async worker's thread.
pub fn check(policy: &Policy) -> Result<Checked, Vec<Problem>> {
    let size = policy.size();
    if !size.is_empty() {
        return Err(size);
    }
    let policy = policy.clone();
    deep(PATIENCE, move || checked(&policy)).unwrap_or_else(|| Err(vec![broke_off()]))
}

impl Checked {
    /// Stands for a policy that did not pass and has no version that did: it refuses everything, and says why. A policy that is in
    /// force must not become none because it was edited badly.
    #[must_use]
    pub fn unready(policy: &Policy, problems: &[Problem]) -> Self {
        let first = problems.first().map(ToString::to_string).unwrap_or_default();
        let more = if problems.len() > 1 { format!(" (and {} more)", problems.len() - 1) } else { String::new() };
        let next = if problems.iter().all(|p| p.kind == Kind::Checking) { "" } else { ". Correct it, or delete it" };
        Self::new(policy, (0, 0), State::Unready(format!("{first}{more}{next}")))
    }

    /// The same bundle under the name, the owner and in the mode of this policy: no part of what was checked.
    pub(super) fn of(&self, policy: &Policy) -> Self {
        Self {
            name: policy.name.clone(),
            owner: policy.owner.clone(),
            shadow: policy.shadow,
            digest: self.digest.clone(),
            tests: self.tests,
            bundle: self.bundle.clone(),
            state: self.state.clone(),
        }
    }

    /// Whether it can be asked.
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        matches!(self.state, State::Ready { .. })
    }

    fn new(policy: &Policy, tests: (usize, usize), state: State) -> Self {
        let bundle = policy.bundle();
        Self {
            name: policy.name.clone(),
            owner: policy.owner.clone(),
            shadow: policy.shadow,
            digest: Digest::of(&bundle),
            tests,
            bundle,
            state,
        }
    }
}

/// Runs on a thread with a stack for any bundle; none if it panicked, or does not come back: then that thread is lost, and nobody waits.
pub(super) fn deep<T: Send + 'static>(patience: Duration, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (done, answer) = sync_channel(1);
    let begun = aside(move || drop(done.send(work())));
    begun.then(|| answer.recv_timeout(patience).ok()).flatten()
}

/// Runs on such a thread, and is not waited for. False: there is no thread.
pub(super) fn aside(work: impl FnOnce() + Send + 'static) -> bool {
    std::thread::Builder::new().name("policy-check".to_owned()).stack_size(STACK).spawn(work).is_ok()
}

pub(super) fn broke_off() -> Problem {
    Problem::all(Kind::CheckFailed, "the check broke off, or one step of its tests does not end")
}

pub(super) fn checked(policy: &Policy) -> Result<Checked, Vec<Problem>> {
    let Looked { modules, denies, engine } = look(policy)?;
    let (trials, _) = trials(&engine, &modules)?;
    let mut problems: Vec<Problem> = trials.iter().filter_map(failure).collect();
    problems.extend(never_fired(&denies, &trials));
    if !problems.is_empty() {
        return Err(problems);
    }
    let engine = engine::prepared(&without_tests(policy), &denies, TEST).map_err(|e| vec![compile(&e)])?;
    Ok(Checked::new(policy, (trials.len(), trials.len()), State::Ready { engine: Arc::new(engine), denies: Arc::new(denies) }))
}

/// A bundle that was looked through and compiled, tests and all.
pub(super) struct Looked {
    pub modules: Vec<Ref<Module>>,
    pub denies: Vec<DenyRule>,
    pub engine: Engine,
}

pub(super) fn look(policy: &Policy) -> Result<Looked, Vec<Problem>> {
    let (mut parsed, errors) = engine::parse(&policy.modules);
    if !errors.is_empty() {
        return Err(errors.iter().map(|(file, e)| Problem { file: file.clone(), ..compile(e) }).collect());
    }
    let modules = parsed.get_modules().clone();
    let mut problems = inspect::problems(&modules);
    problems.extend(paths::problems(&modules, &policy.data));
    if !problems.is_empty() {
        return Err(problems);
    }
    let denies = inspect::denies(&modules);
    let engine = engine::prepared(policy, &denies, TEST).map_err(|e| vec![compile(&e)])?;
    Ok(Looked { modules, denies, engine })
}

/// Runs all tests; the engine they ran in comes back for its coverage.
pub(super) fn trials(engine: &Engine, modules: &[Ref<Module>]) -> Result<(Vec<Trial>, Engine), Vec<Problem>> {
    let tests = trial::tests(modules);
    if tests.is_empty() {
        let message = "the bundle has no tests: write rules named test_… in a module named …_test.rego";
        return Err(vec![Problem::all(Kind::NoTests, message)]);
    }
    if tests.len() > MOST_TESTS {
        return Err(vec![Problem::all(Kind::TooLarge, format!("{} tests; at most {MOST_TESTS}", tests.len()))]);
    }
    let mut engine = engine.clone();
    let trials = tests.into_iter().map(|test| trial::run(&mut engine, test, modules, TEST)).collect();
    Ok((trials, engine))
}

pub(super) fn failure(trial: &Trial) -> Option<Problem> {
    let test = &trial.test;
    match &trial.outcome {
        Outcome::Passed => None,
        Outcome::TimedOut => {
            let message = format!("{}: took longer than {} ms", test.name, TEST.time.as_millis());
            Some(Problem::at(Kind::TestTimedOut, &test.file, test.line, message))
        }
        Outcome::OutOfMemory => {
            let message = format!("{}: held more than {} MiB", test.name, TEST.memory >> 20);
            Some(Problem::at(Kind::TestOutOfMemory, &test.file, test.line, message))
        }
        Outcome::Failed(line, why) => Some(Problem::at(Kind::TestFailed, &test.file, *line, format!("{}: {why}", test.name))),
    }
}

pub(super) fn never_fired(denies: &[DenyRule], trials: &[Trial]) -> Vec<Problem> {
    let fired: BTreeSet<usize> = trials.iter().flat_map(|t| t.fired.iter().copied()).collect();
    let silent = denies.iter().enumerate().filter(|(number, _)| !fired.contains(number));
    let message = "no test makes this deny fire: nobody has seen it work";
    silent.map(|(_, deny)| Problem::at(Kind::DenyNeverFired, &deny.file, deny.line, message)).collect()
}

fn without_tests(policy: &Policy) -> Policy {
    let mut policy = policy.clone();
    policy.modules.retain(|name, _| !inspect::is_test_file(name));
    policy
}

fn compile(error: &str) -> Problem {
    place(error)
}

/// Errors of regorus draw the place: `--> file:line:column`, the line, and at the end `error: …`.
pub(super) fn place(error: &str) -> Problem {
    let at = error.lines().find_map(|l| l.trim().strip_prefix("--> "));
    let mut parts = at.unwrap_or_default().rsplitn(3, ':').skip(1);
    let line = parts.next().and_then(|l| l.parse().ok()).unwrap_or(0);
    let file = parts.next().unwrap_or_default();
    let said = error.rsplit_once("error: ").map_or(error, |(_, said)| said);
    Problem::at(Kind::ParseError, file, line, said.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_that_does_not_come_back_or_panics_is_not_waited_for() {
        let (_held, never) = sync_channel::<()>(0);
        assert_eq!(deep(Duration::from_millis(10), move || never.recv().is_ok()), None);
        assert_eq!(deep(PATIENCE, || -> u8 { panic!("on purpose") }), None);
        assert_eq!(deep(PATIENCE, || 7), Some(7));
    }
}
