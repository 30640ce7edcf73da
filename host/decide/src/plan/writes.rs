//! What a plan writes: in the execution's own namespace, declared and so granted, each object by its uid.
use super::{BadProposal, Parts, texts};
use crate::{
    access,
    execution::Execution,
    model::{ActionInfo, Api, ObjectRef, Operation, Rule, Scope, Write},
    planned::operation,
};

pub(super) fn check(exec: &Execution, parts: &Parts<'_>) -> Result<(), BadProposal> {
    unambiguous(&parts.proposal.writes)?;
    for write in &parts.proposal.writes {
        names(write)?;
        place(exec, &write.object)?;
        if !is_looked_at(parts.info, &write.object.api) {
            return Err(BadProposal::NotLookedAt(write.object.to_string()));
        }
        let verbs = verbs(write.operation);
        if !parts.info.needs.iter().any(|rule| covers(rule, write, verbs)) {
            let what = format!("{} {}", operation(write.operation), resource(write));
            return Err(BadProposal::NotDeclared { object: write.object.to_string(), what });
        }
        // A new object has no uid; everything else is written as it was seen, or not at all.
        let new = write.operation == Operation::Create && write.subresource.is_none();
        if write.uid.is_none() && !new {
            return Err(BadProposal::NoUid(write.object.to_string()));
        }
    }
    if let Some((target, _)) = &parts.target {
        place(exec, target)?;
    }
    parts.proposal.writes.iter().try_for_each(|write| as_seen(parts, write))
}

/// What is written is what the host read under that name; what is created is not there.
fn as_seen(parts: &Parts<'_>, write: &Write) -> Result<(), BadProposal> {
    let seen = match &parts.target {
        Some((target, seen)) if *target == write.object => seen.as_ref(),
        _ => parts.others.iter().find(|o| o.id == write.object).map(|o| &o.uid),
    };
    let object = write.object.to_string();
    match (&write.uid, seen) {
        (said, seen) if said.as_ref() == seen => Ok(()),
        (None, Some(_)) => Err(BadProposal::Exists(object)),
        (Some(_), None) => Err(BadProposal::NotThere(object)),
        (Some(said), Some(seen)) => {
            Err(BadProposal::OtherUid { object, said: said.as_str().chars().take(40).collect(), seen: seen.to_string() })
        }
        (None, None) => Ok(()),
    }
}

/// Objects are shown as `Deployment shop/web`: two of two groups that read the same are not shown to anybody.
fn unambiguous(writes: &[Write]) -> Result<(), BadProposal> {
    let twin = |a: &ObjectRef, b: &ObjectRef| a != b && a.to_string() == b.to_string();
    let found = writes.iter().find(|a| writes.iter().any(|b| twin(&a.object, &b.object)));
    found.map_or(Ok(()), |w| Err(BadProposal::Ambiguous(w.object.to_string())))
}

fn names(write: &Write) -> Result<(), BadProposal> {
    let (object, api) = (&write.object, &write.object.api);
    let group = api.group.is_empty() || texts::subdomain(&api.group);
    let kind = !api.kind.is_empty() && api.kind.len() <= 63 && api.kind.bytes().all(|b| b.is_ascii_alphanumeric());
    let namespace = object.namespace.as_deref().is_none_or(texts::subdomain);
    let plain = [&api.version, &api.resource, &object.name].iter().all(|s| texts::subdomain(s));
    let part = write.subresource.as_deref().is_none_or(texts::subdomain);
    match group && kind && namespace && plain && part {
        true => Ok(()),
        false => Err(BadProposal::Name(object.to_string().chars().take(160).collect())),
    }
}

/// The host looks at whatever is written; what it may look at was declared, and so granted.
pub(super) fn is_looked_at(info: &ActionInfo, api: &Api) -> bool {
    info.targets.iter().map(|t| &t.api).chain(info.observes.iter().map(|o| &o.api)).any(|declared| declared == api)
}

/// **Rule: no confused deputy.** Cluster-wide things only from the namespace that holds nothing else.
pub(super) fn is_here(exec: &Execution, object: &ObjectRef) -> bool {
    object.namespace.as_deref() == access::place(&exec.namespace)
}

fn place(exec: &Execution, object: &ObjectRef) -> Result<(), BadProposal> {
    match is_here(exec, object) {
        true => Ok(()),
        false => Err(BadProposal::Elsewhere { object: object.to_string(), namespace: exec.namespace.clone() }),
    }
}

fn covers(rule: &Rule, write: &Write, verbs: &[&str]) -> bool {
    let scope = if write.object.namespace.is_some() { Scope::Namespaced } else { Scope::Cluster };
    rule.scope == scope
        && rule.groups.contains(&write.object.api.group)
        && rule.resources.contains(&resource(write))
        && (rule.resource_names.is_empty() || rule.resource_names.contains(&write.object.name))
        && verbs.iter().any(|verb| rule.verbs.iter().any(|v| v == verb))
}

/// `deployments/scale`.
fn resource(write: &Write) -> String {
    let resource = &write.object.api.resource;
    write.subresource.as_ref().map_or_else(|| resource.clone(), |sub| format!("{resource}/{sub}"))
}

/// The verbs of RBAC, any of which lets this happen.
const fn verbs(operation: Operation) -> &'static [&'static str] {
    match operation {
        Operation::Create | Operation::Connect => &["create"],
        Operation::Update => &["update", "patch"],
        Operation::Delete => &["delete"],
    }
}
