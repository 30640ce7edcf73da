//! What the contract demands of a proposal, as far as it can be checked without a host. The host enforces the same and more.
use super::document::text;
use crate::wire;
use serde_json::Value;

/// Options that are the host's business, in every verb.
const FORBIDDEN: [&str; 12] =
    ["namespace", "n", "dry-run", "output", "o", "kubeconfig", "context", "server", "token", "as", "as-group", "kustomize"];

#[derive(Default)]
struct Broken(Vec<String>);

impl Broken {
    fn unless(&mut self, holds: bool, rule: impl Into<String>) {
        if !holds {
            self.0.push(rule.into());
        }
    }
}

/// The rules that are broken.
pub(super) fn proposal(info: &wire::ActionInfo, proposal: &wire::Proposal, target: Option<&Value>) -> Vec<String> {
    let mut broken = Broken::default();
    bounds(proposal, &mut broken);
    commands(proposal, &mut broken);
    writes(info, proposal, &mut broken);
    befores(proposal, target, &mut broken);
    broken.0
}

fn bounds(proposal: &wire::Proposal, broken: &mut Broken) {
    broken.unless((1..=8).contains(&proposal.commands.len()), "a plan has 1 to 8 commands");
    broken.unless(proposal.writes.len() <= 64, "a plan has at most 64 writes");
    broken.unless(proposal.changes.len() <= 64, "a plan has at most 64 changes");
    broken.unless(proposal.warnings.len() <= 16, "a plan has at most 16 warnings");
    broken.unless(proposal.memo.len() <= 4096, format!("the memo has {} bytes, at most 4096", proposal.memo.len()));
    broken.unless(serde_json::from_str::<Value>(&proposal.memo).is_ok(), "the memo is not JSON");
    let files: Vec<_> = proposal.commands.iter().flat_map(|c| &c.files).collect();
    let size: usize = files.iter().map(|f| f.content.len()).sum();
    broken.unless(size <= 65_536, format!("the files have {size} bytes, at most 65536"));
    let mut names: Vec<_> = files.iter().map(|f| &f.name).collect();
    names.sort();
    names.dedup();
    broken.unless(names.len() == files.len(), "two files have one name");
}

fn commands(proposal: &wire::Proposal, broken: &mut Broken) {
    for command in &proposal.commands {
        broken.unless(command.program == "kubectl", format!("{} is no program of the host", command.program));
        for option in &command.options {
            broken.unless(!FORBIDDEN.contains(&option.name.as_str()), format!("--{} is the host's business", option.name));
        }
        broken.unless(command.operands.iter().all(|o| !o.starts_with('-')), "an operand looks like an option");
    }
}

fn writes(info: &wire::ActionInfo, proposal: &wire::Proposal, broken: &mut Broken) {
    for write in &proposal.writes {
        let whole_create = write.operation == wire::Operation::Create && write.subresource.is_none();
        broken.unless(write.uid.is_some() != whole_create, format!("a write of {} and its uid", write.object.name));
        broken.unless(is_granted(info, write), format!("no rule of the action lets it {:?} {}", write.operation, shown(write)));
    }
}

/// What a change says of before must be what was seen.
fn befores(proposal: &wire::Proposal, target: Option<&Value>, broken: &mut Broken) {
    for (change, field) in fields(proposal) {
        let is = target.and_then(|t| t.pointer(&field.at)).filter(|v| !v.is_null());
        let of_target = target.is_some_and(|t| text(t, "/metadata/name") == change.object.name);
        let said: Option<Value> = field.before.as_ref().and_then(|b| serde_json::from_str(b).ok());
        broken.unless(!of_target || is == said.as_ref(), format!("{} is {is:?} before, not {said:?}", field.at));
    }
}

fn shown(write: &wire::Write) -> String {
    let sub = write.subresource.as_deref().map(|s| format!("/{s}")).unwrap_or_default();
    format!("{}{sub} {}", write.object.api.resource, write.object.name)
}

/// An update in admission is `patch` or `update` in RBAC.
fn is_granted(info: &wire::ActionInfo, write: &wire::Write) -> bool {
    let verbs: &[&str] = match write.operation {
        wire::Operation::Create => &["create"],
        wire::Operation::Update => &["patch", "update"],
        wire::Operation::Delete => &["delete", "deletecollection"],
        wire::Operation::Connect => &["create", "get"],
    };
    let sub = write.subresource.as_deref().map(|s| format!("/{s}")).unwrap_or_default();
    let resource = format!("{}{sub}", write.object.api.resource);
    info.needs.iter().any(|rule| {
        rule.groups.contains(&write.object.api.group)
            && rule.resources.contains(&resource)
            && rule.verbs.iter().any(|v| verbs.contains(&v.as_str()))
    })
}

fn fields(proposal: &wire::Proposal) -> impl Iterator<Item = (&wire::Change, &wire::Field)> {
    proposal.changes.iter().flat_map(|change| {
        let fields: &[wire::Field] = if let wire::Effect::Set(fields) = &change.effect { fields } else { &[] };
        fields.iter().map(move |field| (change, field))
    })
}
