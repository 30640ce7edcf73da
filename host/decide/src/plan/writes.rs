//! What a plan writes: in the execution's own namespace, declared and so granted, each object by its uid.
use super::{BadProposal, Parts, texts};
use crate::{
    execution::Execution,
    model::{ObjectRef, Operation, Rule, Scope, Uid, Write},
    planned::operation,
};
use crds::labels::NAMESPACE_CLUSTER;

pub(super) fn check(exec: &Execution, parts: &Parts<'_>) -> Result<(), BadProposal> {
    for write in &parts.proposal.writes {
        names(write)?;
        place(exec, &write.object)?;
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
    let Some((target, seen)) = &parts.target else { return Ok(()) };
    place(exec, target)?;
    targeted(&parts.proposal.writes, target, seen.as_ref())
}

/// A write of the target is a write of the object that the host read.
fn targeted(writes: &[Write], target: &ObjectRef, seen: Option<&Uid>) -> Result<(), BadProposal> {
    let Some(seen) = seen else { return Ok(()) };
    let other = writes.iter().filter(|w| w.object == *target).filter_map(|w| w.uid.as_ref()).find(|uid| *uid != seen);
    match other {
        None => Ok(()),
        Some(said) => Err(BadProposal::OtherUid {
            object: target.to_string(),
            said: said.as_str().chars().take(40).collect(),
            seen: seen.to_string(),
        }),
    }
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

/// **Rule: no confused deputy.** Cluster-wide things only from the namespace that holds nothing else.
fn place(exec: &Execution, object: &ObjectRef) -> Result<(), BadProposal> {
    let own = match &object.namespace {
        Some(ns) => *ns == exec.namespace,
        None => exec.namespace == NAMESPACE_CLUSTER,
    };
    match own {
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
