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
use decide::model::{ActionInfo, Api, Digest, ObjectRef, PluginId, Proposal, Uid};
use serde_json::Value;

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
                assert!(!name.is_empty() && name.len() <= 48 && !action.summary.contains(char::is_control));
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
pub(crate) fn proposal(bytes: &[u8]) -> Option<(ActionInfo, Proposal)> {
    let mut dice = Dice(bytes);
    let mut good = declared::description(description(&mut Dice(&[]))).expect("no bytes are what is good");
    let plan = answer::planned(Ok(planned(&mut dice))).ok()?.ok()?;
    Some((good.actions.remove(0), plan))
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

fn object(d: &mut Dice<'_>) -> wit::ObjectRef {
    let namespace = if d.rarely() { None } else { Some(d.or("shop")) };
    wit::ObjectRef { api: api(d), namespace, name: d.or("web") }
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

fn planned(d: &mut Dice<'_>) -> v0_1::Proposal {
    v0_1::Proposal {
        commands: d.some(1, command),
        writes: d.some(1, write),
        changes: d.some(1, change),
        warnings: d.some(0, |d| d.or("Pods start.")),
        memo: if d.rarely() { d.json().to_string() } else { d.or("{}") },
    }
}

fn command(d: &mut Dice<'_>) -> wit::Command {
    const VERBS: [&[&str]; 6] = [&["scale"], &["patch"], &["rollout", "undo"], &["create"], &["delete"], &["exec"]];
    let verb: Vec<String> =
        if d.rarely() { d.some(1, Dice::text) } else { d.one(&VERBS).iter().map(|v| (*v).to_owned()).collect() };
    let files = d.some(0, |d| wit::File { name: d.or("patch.json"), content: d.or("{}") });
    wit::Command {
        program: d.or("kubectl"),
        verb,
        options: d.some(1, option),
        operands: d.some(1, |d| d.or("deployment/web")),
        files,
    }
}

fn option(d: &mut Dice<'_>) -> wit::CommandOption {
    const OPTIONS: [(&str, &str); 11] = [
        ("replicas", "5"),
        ("current-replicas", "2"),
        ("type", "merge"),
        ("patch", "{\"spec\":{\"replicas\":5}}"),
        ("patch-file", "/writ/in/patch.json"),
        ("to-revision", "3"),
        ("subresource", "scale"),
        ("filename", "/writ/in/patch.json"),
        ("wait", "false"),
        ("namespace", "other"),
        ("as", "admin"),
    ];
    let (name, value) = d.one(&OPTIONS);
    wit::CommandOption { name: d.or(name), value: if d.rarely() { None } else { Some(d.or(value)) } }
}

fn write(d: &mut Dice<'_>) -> wit::Write {
    wit::Write {
        object: object(d),
        operation: if d.rarely() {
            d.one(&[wit::Operation::Create, wit::Operation::Delete, wit::Operation::Connect])
        } else {
            wit::Operation::Update
        },
        subresource: match d.byte() % 3 {
            0 => Some("scale".to_owned()),
            1 => None,
            _ => Some(d.or("scale")),
        },
        uid: if d.rarely() { None } else { Some(d.or(UID)) },
    }
}

fn change(d: &mut Dice<'_>) -> wit::Change {
    let value = |d: &mut Dice<'_>| if d.rarely() { None } else { Some(d.json().to_string()) };
    let field = |d: &mut Dice<'_>| wit::Field { at: d.or("/spec/replicas"), before: value(d), after: value(d) };
    let object = object(d);
    let effect = match d.byte() % 6 {
        0..=2 => wit::Effect::Set(d.some(1, field)),
        3 => wit::Effect::Created,
        4 => wit::Effect::Deleted,
        _ => wit::Effect::Other(d.text()),
    };
    wit::Change { object, effect }
}
