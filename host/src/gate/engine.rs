//! Evaluation: one question, one bundle, within a time and a memory that are kept. Owns how regorus is set up, and nothing about what answers mean.
use super::bounded;
use super::inspect::DenyRule;
use super::policy::Policy;
use meter::Bounds;
use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, LimitError, Value, set_global_memory_limit};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

/// The one entry point.
pub const DECISION: &str = "data.writ.decision";
/// What is put around the text of each `deny`, so that its firing is seen. No policy may define or call it: it is no builtin.
pub const MARK: &str = "writ_fired";

/// Firings that are kept of one evaluation. An answer has at most 64 lines; a rule may fire for many objects.
const MOST_FIRINGS: usize = 4096;

/// Bytes that one evaluation may hold at once: the default policy holds less than a sixteenth of it.
pub const MEMORY: u64 = 16 << 20;
/// What one call may make of the longest text it can be given: a list of its characters. Less than this over the limit, and the evaluation
/// stops by itself; more can only be one step that was made to never end, and its thread stands still.
const ONE_CALL: u64 = 80 << 20;

/// What one evaluation may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub time: Duration,
    /// Bytes, at once.
    pub memory: u64,
}

thread_local! {
    /// Which `deny` fired with which text, in the evaluation that runs on this thread.
    static FIRED: RefCell<Vec<(usize, String)>> = const { RefCell::new(Vec::new()) };
}

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Stopped {
    /// The time was up.
    TimedOut,
    /// It held more memory than it may.
    OutOfMemory,
    /// In the words of regorus.
    Failed(String),
}

/// An answer, and which `deny` (by index) fired with which text.
#[derive(Debug)]
pub struct Evaluated {
    pub value: Result<Value, Stopped>,
    pub fired: Vec<(usize, String)>,
}

/// An engine with these modules, before anything is known of them.
pub fn parse(modules: &BTreeMap<String, String>) -> (Engine, Vec<(String, String)>) {
    let mut engine = Engine::new();
    let mut errors = Vec::new();
    for (name, text) in modules {
        if let Err(e) = engine.add_policy(name.clone(), text.clone()) {
            errors.push((name.clone(), e.to_string()));
        }
    }
    (engine, errors)
}

/// An engine ready to be cloned and asked. Every `deny` is marked; lines stay what they are.
pub fn prepared(policy: &Policy, denies: &[DenyRule], limits: Limits) -> Result<Engine, String> {
    let words = |e: anyhow::Error| e.to_string();
    let (mut engine, errors) = parse(&marked(&policy.modules, denies));
    if let Some((_, error)) = errors.into_iter().next() {
        return Err(error);
    }
    if !super::inspect::is_marked(engine.get_modules(), denies, MARK) {
        return Err("the deny rules cannot be told apart: write each as `deny contains TEXT if …`".to_owned());
    }
    // A builtin that fails is a failed evaluation: undefined, it would keep a deny from firing.
    engine.set_strict_builtin_errors(true);
    engine.set_gather_prints(true);
    engine.add_extension(MARK.to_owned(), 2, Box::new(|args: Vec<Value>| fired(&args))).map_err(words)?;
    for (name, arguments, function) in bounded::FUNCTIONS {
        engine.add_extension((*name).to_owned(), *arguments, Box::new(|args: Vec<Value>| function(&args))).map_err(words)?;
    }
    let data = serde_json::json!({ "settings": policy.data });
    engine.add_data(value(data)?).map_err(words)?;
    engine.set_execution_timer_config(timer(limits.time));
    // Compiles the modules: what is wrong with them shows here, and clones made afterwards are ready.
    engine.eval_query("true".to_owned(), false).map_err(words)?;
    Ok(engine)
}

/// A JSON document as regorus has it.
pub fn value(document: serde_json::Value) -> Result<Value, String> {
    // `Value::from` would turn what it cannot take into "undefined".
    serde_json::from_value(document).map_err(|e| e.to_string())
}

/// One look at the clock for every expression: regorus swallows the error of one function definition where another one answers, so
/// the next expression must see that time is up.
const fn timer(limit: Duration) -> ExecutionTimerConfig {
    ExecutionTimerConfig { limit, check_interval: NonZeroU32::MIN }
}

/// Evaluates a rule on a clone, so that nothing of one question is there for the next.
pub fn ask(ready: &Engine, input: Value, rule: &str, limits: Limits) -> Evaluated {
    let mut engine = ready.clone();
    engine.set_execution_timer_config(timer(limits.time));
    engine.set_input(input);
    evaluate(&mut engine, rule, limits.memory)
}

/// Evaluates a rule with what the engine has.
pub fn evaluate(engine: &mut Engine, rule: &str, memory: u64) -> Evaluated {
    FIRED.take();
    // Any limit makes regorus ask, and the meter answers for this evaluation alone: nothing held, or too much.
    set_global_memory_limit(Some(memory));
    let bounds = Bounds { told: memory, stopped: memory.saturating_add(ONE_CALL) };
    let (value, over) = meter::within(bounds, || engine.eval_rule(rule.to_owned()));
    // Whatever came of it: regorus drops an error where another definition answers.
    let value = if over { Err(Stopped::OutOfMemory) } else { value.map_err(|e| stopped(&e)) };
    Evaluated { value, fired: FIRED.take() }
}

fn stopped(error: &anyhow::Error) -> Stopped {
    let text = error.to_string();
    // From inside a function the error comes as text only.
    let late = matches!(error.downcast_ref(), Some(LimitError::TimeLimitExceeded { .. })) || text.contains("exceeded time limit");
    if late { Stopped::TimedOut } else { Stopped::Failed(text) }
}

/// The modules with `writ_fired(N, …)` around the text of each `deny`: it is evaluated exactly where the rule fires.
fn marked(modules: &BTreeMap<String, String>, denies: &[DenyRule]) -> BTreeMap<String, String> {
    let mut modules = modules.clone();
    // From the end of each module, so that the places before it stay right.
    let mut from_the_end: Vec<(usize, &DenyRule)> = denies.iter().enumerate().collect();
    from_the_end.sort_by_key(|(_, deny)| std::cmp::Reverse(deny.key.start));
    for (number, deny) in from_the_end {
        let Some(text) = modules.get_mut(&deny.file) else { continue };
        let Some(key) = text.get(deny.key.clone()).map(str::to_owned) else { continue };
        text.replace_range(deny.key.clone(), &format!("{MARK}({number}, {key})"));
    }
    modules
}

fn fired(args: &[Value]) -> anyhow::Result<Value> {
    let [number, text] = args else { anyhow::bail!("{MARK} takes a number and a text") };
    FIRED.with_borrow_mut(|fired| {
        if fired.len() < MOST_FIRINGS {
            fired.push((
                number.as_u32().unwrap_or(u32::MAX) as usize,
                text.as_string().map(|s| s.to_string()).unwrap_or_default(),
            ));
        }
    });
    Ok(text.clone())
}
