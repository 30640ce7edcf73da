//! What a component brings, as bytes: itself, and its answers. For `untrusted`; nothing that ships knows it.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a broken promise is a panic here; none of it ships"
)]
use super::{
    check_parameters, describe,
    edge::{answer, declared},
    fault::{Fault, LoadError},
    v0_1::{self, types as wit},
};
use crate::untrusted::dice::Dice;
use decide::{
    canonical,
    model::{ActionInfo, Api, Digest, Object, ObjectRef, PluginId, Proposal, Rule, Scope, Uid, Write},
};
use serde_json::{Value, json};

const UID: &str = "6d1f8e90-1111-4222-8333-444455556666";

/// Looked at, and nothing else; what is wrong is said in words that a person can read.
pub(crate) fn admit(bytes: &[u8]) {
    match super::admit::admit(bytes) {
        Ok(()) | Err(LoadError::Incompatible(_)) => {}
        Err(LoadError::NotAdmitted { why }) => assert!(why.len() < 1000, "{why}"),
        Err(other) => panic!("{other}"),
    }
}

/// What is believed of a description is within its bounds, and means the same when it is asked again.
pub(crate) fn describe(bytes: &[u8]) {
    let answer = || description(&mut Dice(bytes));
    match describe::read(answer(), &digest()) {
        Ok(read) => {
            assert!((1..=64).contains(&read.description.actions.len()));
            for action in &read.description.actions {
                let name = action.name.as_str();
                assert!(!name.is_empty() && name.len() <= 48 && !action.summary.contains(decide::text::draws));
                let _ = check_parameters(action, &Dice(bytes).json());
            }
            let again = describe::read(answer(), &digest()).expect("it was good");
            assert_eq!(again.description, read.description);
        }
        Err(LoadError::Describe(Fault::BadOutput { at, .. })) => assert!(at.starts_with("describe"), "{at}"),
        Err(LoadError::Forbidden(_)) => {}
        Err(other) => panic!("{other}"),
    }
}

/// A good action, and a proposal that was looked at; none if it was not believed.
pub(crate) fn proposal(d: &mut Dice<'_>) -> Option<(ActionInfo, Proposal)> {
    let mut good = declared::description(description(&mut Dice(&[]))).expect("no bytes are what is good");
    let plan = answer::planned(Ok(planned(d))).ok()?.ok()?;
    Some((ActionInfo { needs: needs(), ..good.actions.remove(0) }, plan))
}

/// By hand: a plan is believed only where this covers what it writes, and what is never believed is never looked at any further.
fn needs() -> Vec<Rule> {
    let words = |all: &[&str]| all.iter().map(|w| (*w).to_owned()).collect();
    vec![Rule {
        scope: Scope::Namespaced,
        groups: words(&["apps"]),
        resources: words(&["deployments", "deployments/scale"]),
        resource_names: vec![],
        verbs: words(&["get", "patch", "update", "create", "delete"]),
    }]
}

/// What the host reads under the name of what is written there: as the plan says, nearly always.
pub(crate) fn found(d: &mut Dice<'_>, said: &Write) -> Option<Object> {
    let uid = match d.rarely() {
        false => said.uid.clone()?,
        true if d.byte().is_multiple_of(2) => return None,
        true => Uid::try_from(d.or(UID)).ok()?,
    };
    let body = canonical::json(&json!({})).expect("it is JSON");
    Some(Object { id: said.object.clone(), uid, body, managers: vec![] })
}

pub(crate) fn digest() -> Digest {
    super::digest_of(b"")
}

pub(crate) fn id() -> PluginId {
    PluginId { name: "workload".to_owned(), version: "1.0.0".to_owned(), digest: digest() }
}

pub(crate) fn uid() -> Uid {
    Uid::try_from(UID.to_owned()).expect("it is a uid")
}

/// The Deployment that every good proposal is about.
pub(crate) fn target() -> ObjectRef {
    let api = Api { group: "apps".into(), version: "v1".into(), kind: "Deployment".into(), resource: "deployments".into() };
    ObjectRef { api, namespace: Some("shop".into()), name: "web".into() }
}

fn api(d: &mut Dice<'_>) -> wit::Api {
    wit::Api { group: d.or("apps"), version: d.or("v1"), kind: d.or("Deployment"), resource: d.or("deployments") }
}

fn scope(d: &mut Dice<'_>) -> wit::Scope {
    if d.rarely() { wit::Scope::Cluster } else { wit::Scope::Namespaced }
}

fn object(d: &mut Dice<'_>, name: &str) -> wit::ObjectRef {
    let namespace = if d.rarely() { None } else { Some(d.or("shop")) };
    wit::ObjectRef { api: api(d), namespace, name: d.or(name) }
}

/// `{}` is good for it; else any JSON, or any text.
fn schema(d: &mut Dice<'_>) -> String {
    const GOOD: &str = r##"{"type":"object","additionalProperties":false,"properties":{"replicas":{"type":"integer","minimum":0},
        "to":{"$ref":"#/$defs/name"}},"$defs":{"name":{"type":"string","pattern":"^[a-z]+$","maxLength":10}}}"##;
    let mut schema: Value = serde_json::from_str(GOOD).expect("it is JSON");
    match d.byte() % 4 {
        3 if d.rarely() => d.text(),
        3 => {
            d.spoil(&mut schema);
            schema.to_string()
        }
        _ => GOOD.to_owned(),
    }
}

fn description(d: &mut Dice<'_>) -> v0_1::Description {
    v0_1::Description { name: d.or("workload"), version: d.or("1.0.0"), actions: d.some(1, action) }
}

fn action(d: &mut Dice<'_>) -> wit::ActionInfo {
    wit::ActionInfo {
        name: d.or("scale_deployment"),
        summary: d.or("Scale it."),
        texts: wit::PlannerTexts { what: d.or(""), when_to_use: d.or(""), when_not_to_use: d.or(""), preconditions: d.or("") },
        parameters: schema(d),
        examples: d.some(1, |d| if d.rarely() { d.json().to_string() } else { d.or("{}") }),
        targets: d.some(1, |d| wit::TargetKind { api: api(d), scope: scope(d), may_be_absent: d.rarely() }),
        needs: d.some(1, rule),
        observes: d.some(1, |d| wit::Observation { api: api(d), scope: scope(d) }),
        risk: d.one(&[wit::Risk::Low, wit::Risk::Medium, wit::Risk::High, wit::Risk::Critical]),
        reversible: d.one(&[wit::Reversible::Always, wit::Reversible::Depends, wit::Reversible::Never]),
        idempotent: d.rarely(),
        dry_run: d.one(&[wit::DryRun::Server, wit::DryRun::Predicted]),
        timeouts: wit::Timeouts { default: time(d), longest: time(d), verify: time(d) },
        annotations: d.some(1, |d| (d.or("category"), d.or("core"))),
    }
}

fn time(d: &mut Dice<'_>) -> u32 {
    if d.rarely() { d.one(&[0, 1, 86_400, 86_401, u32::MAX]) } else { 60 }
}

fn rule(d: &mut Dice<'_>) -> wit::Rule {
    wit::Rule {
        scope: scope(d),
        groups: d.some(1, |d| d.or("apps")),
        resources: d.some(2, |d| if d.byte() % 2 == 0 { d.or("deployments") } else { d.or("deployments/scale") }),
        resource_names: d.some(0, |d| d.or("web")),
        verbs: d.some(3, |d| if d.rarely() { d.text() } else { d.one(&["get", "patch", "update"]).to_owned() }),
    }
}

/// A verb as an honest plugin says it.
pub(crate) struct Honest {
    verb: &'static [&'static str],
    /// The first is always there, the others where the dice say so.
    options: &'static [(&'static str, &'static str)],
    /// The second is said instead of the first, and not beside it.
    either: bool,
    file: Option<(&'static str, &'static str)>,
    does: wit::Operation,
    subresource: Option<&'static str>,
}

/// Which one a command has is its first byte; which options beside the first its second, one a bit. One row for each of
/// `decide::verbs::ROWS`, in any order, and one of what no plugin may say.
pub(crate) static HONEST: [Honest; 6] = [
    Honest {
        verb: &["scale"],
        options: &[("replicas", "5"), ("current-replicas", "2"), ("resource-version", "7")],
        either: false,
        file: None,
        does: wit::Operation::Update,
        subresource: Some("scale"),
    },
    Honest {
        verb: &["patch"],
        options: &[
            ("patch", r#"{"spec":{"replicas":5}}"#),
            ("patch-file", "/writ/in/patch.json"),
            ("type", "merge"),
            ("subresource", "scale"),
        ],
        either: true,
        file: Some(("patch.json", r#"{"spec":{"replicas":5}}"#)),
        does: wit::Operation::Update,
        subresource: None,
    },
    Honest {
        verb: &["rollout", "undo"],
        options: &[("to-revision", "3")],
        either: false,
        file: None,
        does: wit::Operation::Update,
        subresource: None,
    },
    Honest {
        verb: &["create"],
        options: &[("filename", "/writ/in/new.json")],
        either: false,
        file: Some(("new.json", NEW)),
        does: wit::Operation::Create,
        subresource: None,
    },
    Honest {
        verb: &["delete"],
        options: &[("wait", "false"), ("grace-period", "5")],
        either: false,
        file: None,
        does: wit::Operation::Delete,
        subresource: None,
    },
    Honest {
        verb: &["exec"],
        options: &[("stdin", "false")],
        either: false,
        file: None,
        does: wit::Operation::Connect,
        subresource: None,
    },
];

const NEW: &str = r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"new","namespace":"shop"}}"#;

/// What is there: nearly always the target.
const THERE: [&str; 4] = ["web", "web", "web", "api"];

fn planned(d: &mut Dice<'_>) -> v0_1::Proposal {
    let (commands, said): (Vec<_>, Vec<_>) = d.some(1, command).into_iter().unzip();
    let mut of = said.iter().copied().cycle();
    let writes = d.some(commands.len(), |d| write(d, of.next().unwrap_or(&HONEST[0])));
    let changes = d.some(1, |d| change(d, &writes));
    v0_1::Proposal {
        commands,
        writes,
        changes,
        warnings: d.some(0, |d| d.or("Pods start.")),
        memo: if d.rarely() { d.json().to_string() } else { d.or("{}") },
    }
}

fn command(d: &mut Dice<'_>) -> (wit::Command, &'static Honest) {
    let said: &'static Honest = &HONEST[usize::from(d.byte()) % HONEST.len()];
    let more = d.byte();
    let there = |n: usize| match n {
        0 => !(said.either && more & 1 == 1),
        n => (more >> (n - 1)) & 1 == 1,
    };
    let honest = said.options.iter().enumerate().filter(|(n, _)| there(*n));
    let mut options: Vec<_> = honest.map(|(_, (name, value))| option(d, name, value)).collect();
    options.extend(d.some(0, foreign));
    let mut files = d.some(0, |d| wit::File { name: d.or("patch.json"), content: d.or("{}") });
    files.extend(said.file.map(|(name, content)| wit::File { name: d.or(name), content: d.or(content) }));
    let operands = if said.does == wit::Operation::Create { 0 } else { 1 };
    let command = wit::Command {
        program: d.or("kubectl"),
        verb: if d.rarely() { d.some(1, Dice::text) } else { said.verb.iter().map(|v| (*v).to_owned()).collect() },
        options,
        operands: d.some(operands, operand),
        files,
    };
    (command, said)
}

fn operand(d: &mut Dice<'_>) -> String {
    let name = d.one(&THERE);
    d.or(&format!("deployment/{name}"))
}

/// Of another verb, or of none that a plugin may say.
fn foreign(d: &mut Dice<'_>) -> wit::CommandOption {
    const OPTIONS: [(&str, &str); 10] = [
        ("replicas", "5"),
        ("patch-file", "/etc/passwd"),
        ("filename", "/writ/in/patch.json"),
        ("filename", "https://example.com/x.json"),
        ("subresource", "status"),
        ("namespace", "other"),
        ("as", "admin"),
        ("output", "yaml"),
        ("dry-run", "none"),
        ("all", "true"),
    ];
    let (name, value) = d.one(&OPTIONS);
    option(d, name, value)
}

fn option(d: &mut Dice<'_>, name: &str, value: &str) -> wit::CommandOption {
    wit::CommandOption { name: d.or(name), value: if d.rarely() { None } else { Some(d.or(value)) } }
}

fn write(d: &mut Dice<'_>, of: &Honest) -> wit::Write {
    let new = of.does == wit::Operation::Create;
    let name = if new { "new" } else { d.one(&THERE) };
    wit::Write {
        object: object(d, name),
        operation: if d.rarely() {
            d.one(&[wit::Operation::Create, wit::Operation::Update, wit::Operation::Delete, wit::Operation::Connect])
        } else {
            of.does
        },
        subresource: match d.byte() % 4 {
            0 | 1 => of.subresource.map(ToOwned::to_owned),
            2 => None,
            _ => Some(d.or("scale")),
        },
        // A new one has none.
        uid: if d.rarely() == new { Some(d.or(UID)) } else { None },
    }
}

fn change(d: &mut Dice<'_>, writes: &[wit::Write]) -> wit::Change {
    let value = |d: &mut Dice<'_>| if d.rarely() { None } else { Some(d.json().to_string()) };
    let field = |d: &mut Dice<'_>| wit::Field { at: d.or("/spec/replicas"), before: value(d), after: value(d) };
    let object = if writes.is_empty() || d.rarely() { object(d, "web") } else { d.one(writes).object };
    let effect = match d.byte() % 6 {
        0..=2 => wit::Effect::Set(d.some(1, field)),
        3 => wit::Effect::Created,
        4 => wit::Effect::Deleted,
        _ => wit::Effect::Other(d.text()),
    };
    wit::Change { object, effect }
}
