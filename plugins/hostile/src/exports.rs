//! The contract's functions: harmless answers, but for the deed that is asked for and the lies that are answers themselves.
use crate::deeds::deed;
use writ_action::{
    bindings, log,
    wire::{
        ActionInfo, Api, Check, Command, CommandOption, Description, DryRun, Inverse, Json, Moment, ObjectRef, Operation,
        PlannerTexts, Proposal, Query, Read, Refusal, Request, Reversible, Risk, Rule, Scope, Selector, State, TargetKind,
        Timeouts, Undo, Verdict, Violation, Write,
    },
};

/// What `describe` does. A test writes another word over it; `read_volatile` keeps the compiler from knowing what stands here.
#[used]
static MODE: [u8; 32] = *b"WRIT-HOSTILE-MODE:..............";

fn marked() -> [u8; 32] {
    // SAFETY: a static is valid, aligned and initialized.
    unsafe { core::ptr::read_volatile(&raw const MODE) }
}

/// Without room of its own: an allocator asks.
pub(crate) fn is_mode(word: &[u8]) -> bool {
    marked().get(b"WRIT-HOSTILE-MODE:".len()..).is_some_and(|mode| mode.starts_with(word))
}

fn mode() -> String {
    let text = String::from_utf8_lossy(&marked()).into_owned();
    text.trim_start_matches("WRIT-HOSTILE-MODE:").trim_end_matches('.').to_owned()
}

struct Component;

impl bindings::exports::writ::action::actions::Guest for Component {
    fn describe() -> Description {
        hook();
        let mode = mode();
        deed(&mode);
        description(&mode)
    }

    fn validate(r: Request) -> Result<Json, Vec<Violation>> {
        match asked("validate", &r).as_str() {
            "no-violations" => Err(Vec::new()),
            "huge" => Ok(huge()),
            "many" => Err(vec![Violation { at: String::new(), message: String::new() }; MANY]),
            "invalid-utf-8" => Ok(invalid()),
            "no-json" => Ok("{replicas: 1}".into()),
            "deep" => Ok(format!("{}{}", "[".repeat(100), "]".repeat(100))),
            "twice" => Ok(r#"{"in":"x","in":"y"}"#.into()),
            "unlike-schema" => Ok(r#"{"more":1}"#.into()),
            "refuse" => Err(vec![Violation { at: "/do".into(), message: "is never done".into() }]),
            _ => Ok(r.parameters),
        }
    }

    fn reads(r: Request, _: Moment, _: State) -> Vec<Read> {
        match asked("reads", &r).as_str() {
            "twice" => vec![read("pods", 10), read("pods", 10)],
            "all" => vec![read("pods", u32::MAX)],
            "many" => (0..1000).map(|i| read(&format!("r{i}"), 1)).collect(),
            "huge" => vec![Read { key: huge(), ..read("", 10) }],
            // It declares no reads: on a cluster this would be its first lie.
            _ if r.namespace != "shop" => Vec::new(),
            _ => vec![read("pods", 10)],
        }
    }

    fn plan(r: Request, s: State) -> Result<Proposal, Refusal> {
        let what = asked("plan", &r);
        // What was kept from the last call, if anything ever is.
        static mut CALLS: u32 = 0;
        // SAFETY: a component has one thread.
        let calls = unsafe {
            CALLS += 1;
            CALLS
        };
        let mut plan = proposal(&r, &s);
        plan.warnings.push(format!("call {calls} of this instance"));
        match what.as_str() {
            "program" => plan.commands[0].program = "bash".into(),
            "no-command" => plan.commands.clear(),
            "no-dry-run" => {
                (plan.commands[0].verb, plan.commands[0].options) = (vec!["rollout".into(), "restart".into()], Vec::new());
            }
            "step-by-step" => plan.commands = steps(),
            "elsewhere" => plan.commands[0].operands = vec!["deployment/other".into()],
            "two-objects" => {
                plan.commands[0].operands.push("deployment/other".into());
                let mut write = plan.writes[0].clone();
                write.object.name = "other".into();
                plan.writes.push(write);
            }
            "operand" => plan.commands[0].operands.push("web\0".into()),
            "memo" => plan.memo = format!("{:?}", "m".repeat(5000)),
            "huge" => plan.memo = huge(),
            "many" => plan.warnings = many(),
            "refuse" => return Err(Refusal { reason: "NotNow".into(), message: "Not now.".into(), remedy: "Wait.".into() }),
            _ => {}
        }
        Ok(plan)
    }

    fn rollback(r: Request, _: State) -> Undo {
        let by = |action: &str, parameters: &str| {
            Undo::By(Inverse { action: action.into(), parameters: parameters.into(), loses: Vec::new() })
        };
        match asked("rollback", &r).as_str() {
            "foreign" => by("delete_everything", "{}"),
            "unlike-schema" => by("misbehave", r#"{"more":1}"#),
            // Good by the schema, and refused by its own `validate` whenever it is asked for.
            "dead-end" => by("misbehave", r#"{"in":"validate","do":"refuse"}"#),
            "huge" => Undo::By(Inverse { action: String::new(), parameters: huge(), loses: Vec::new() }),
            "many" => Undo::By(Inverse { action: String::new(), parameters: String::new(), loses: many() }),
            _ => by("misbehave", "{}"),
        }
    }

    fn checks(r: Request, _: Json, _: State) -> Vec<Check> {
        let check = |name: &str| Check { name: name.into(), verdict: Verdict::Holds("it is so".into()), object: None };
        match asked("checks", &r).as_str() {
            "twice" => vec![check("there"), check("there")],
            "name" => vec![check("It's there")],
            "huge" => vec![Check { name: huge(), ..check("") }],
            "many" => vec![Check { verdict: Verdict::Holds(String::new()), ..check("") }; MANY],
            _ => vec![check("there")],
        }
    }
}

bindings::export!(Component with_types_in bindings);

/// As the SDK does it.
fn hook() {
    std::panic::set_hook(Box::new(|panic| log::error(&panic.to_string())));
}

/// The deed that is asked of this function, done if it is one. The parameters are ours, so looking for a text is enough.
fn asked(function: &str, r: &Request) -> String {
    hook();
    let value = |key: &str| {
        let after = r.parameters.split(&format!("\"{key}\":\"")).nth(1);
        after.and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
    };
    if value("in") != function {
        return String::new();
    }
    let what = value("do");
    deed(&what);
    what
}

/// More than is copied out of any component. Never copied in this one either: twice this is more memory than it has.
fn huge() -> String {
    "x".repeat(8 << 20)
}

/// Small things, and more of them than are copied out.
const MANY: usize = 30_000;

fn many() -> Vec<String> {
    vec![String::new(); MANY]
}

fn invalid() -> String {
    // SAFETY: none. It is a lie, and what the host must notice; nothing here looks at the text.
    unsafe { String::from_utf8_unchecked(vec![0x22, 0xff, 0xfe, 0x22]) }
}

fn api() -> Api {
    Api { group: "apps".into(), version: "v1".into(), kind: "Deployment".into(), resource: "deployments".into() }
}

fn read(key: &str, limit: u32) -> Read {
    let by = Selector::Matching(Query { labels: String::new(), fields: String::new() });
    Read { key: key.into(), api: api(), namespace: Some("shop".into()), by, pick: Vec::new(), limit }
}

fn proposal(r: &Request, s: &State) -> Proposal {
    let object = ObjectRef { api: api(), namespace: Some(r.namespace.clone()), name: "web".into() };
    let uid = s.target.as_ref().map(|t| t.uid.clone());
    let option = option("replicas", "1");
    let command = command("scale", vec![option]);
    let write = Write { object, operation: Operation::Update, subresource: Some("scale".into()), uid };
    Proposal { commands: vec![command], writes: vec![write], changes: Vec::new(), warnings: Vec::new(), memo: "{}".into() }
}

fn command(verb: &str, options: Vec<CommandOption>) -> Command {
    Command {
        program: "kubectl".into(),
        verb: vec![verb.into()],
        options,
        operands: vec!["deployment/web".into()],
        files: Vec::new(),
    }
}

fn option(name: &str, value: &str) -> CommandOption {
    CommandOption { name: name.into(), value: Some(value.into()) }
}

/// Harmless, and not quick: three writes of one object, each by a command of its own, which do not all say the same.
fn steps() -> Vec<Command> {
    let patch = [("subresource", "scale"), ("type", "merge"), ("patch", r#"{"spec":{"replicas":2}}"#)];
    let scale = || command("scale", vec![option("replicas", "1")]);
    vec![scale(), command("patch", patch.map(|(name, value)| option(name, value)).into()), scale()]
}

fn description(mode: &str) -> Description {
    let mut actions = vec![action("misbehave", mode)];
    match mode {
        "no-actions" => actions.clear(),
        "same-name" => actions.push(action("misbehave", mode)),
        "many-actions" => actions = (0..100).map(|i| action(&format!("a{i}"), mode)).collect(),
        "huge" => actions[0].texts.what = huge(),
        "many" => actions[0].examples = many(),
        _ => {}
    }
    let name = if mode == "name" { "Hostile!" } else { "hostile" };
    let version = if mode == "version" { "one" } else { "0.1.0" };
    Description { name: name.into(), version: version.into(), actions }
}

fn needs(resource: &str, verbs: &[&str]) -> Rule {
    Rule {
        scope: Scope::Namespaced,
        groups: vec!["apps".into()],
        resources: vec![resource.into()],
        resource_names: Vec::new(),
        verbs: verbs.iter().map(|v| (*v).into()).collect(),
    }
}

fn action(name: &str, mode: &str) -> ActionInfo {
    let schema = match mode {
        "schema-open" => r#"{"type":"object"}"#,
        "schema-broken" => r#"{"type":"object","additionalProperties":false,"properties":{"in":{"type":"strang"}}}"#,
        "schema-remote" => {
            r#"{"type":"object","additionalProperties":false,"properties":{"in":{"$ref":"http://127.0.0.1:1/x"}}}"#
        }
        _ => r#"{"type":"object","additionalProperties":false,"properties":{"in":{"type":"string"},"do":{"type":"string"}}}"#,
    };
    let name = if mode == "action-name" { "Misbehave" } else { name };
    let verb = if mode == "role" { "*" } else { "get" };
    let default = if mode == "timeout" { 0 } else { 60 };
    ActionInfo {
        name: name.into(),
        summary: "Misbehave as asked.".into(),
        texts: PlannerTexts {
            what: String::new(),
            when_to_use: String::new(),
            when_not_to_use: String::new(),
            preconditions: String::new(),
        },
        parameters: schema.into(),
        examples: vec![if mode == "example" { r#"{"more":1}"# } else { "{}" }.into()],
        targets: vec![TargetKind { api: api(), scope: Scope::Namespaced, may_be_absent: false }],
        needs: vec![needs("deployments", &[verb]), needs("deployments/scale", &["get", "patch", "update"])],
        observes: Vec::new(),
        risk: Risk::Low,
        reversible: Reversible::Always,
        idempotent: true,
        dry_run: DryRun::Server,
        timeouts: Timeouts { default, longest: 600, verify: 60 },
        annotations: Vec::new(),
    }
}
