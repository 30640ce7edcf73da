//! `Planned` and how it is stored in a status: both directions, side by side, so that what is read is what was written. What is
//! stored is enough to build the Job again, byte for byte, without the plugin.
mod read;

use crate::{
    argv,
    execution::Execution,
    model::{ActionName, Change, ChangeEffect, Command, DryRunForm, Json, Operation, Planned, Undo, Write},
    plan::request_hash,
};
use crds::{
    ChangeStatus, CommandStatus, ExecutionStatus, FileStatus, OptionStatus, PlanStatus, PluginUsed, RollbackStatus, TargetSeen,
    WriteStatus,
};
pub use read::read;

/// What a rollback is while nothing ran.
pub const PLANNED: &str = "Planned";
/// The same of a dry run that is over: it is shown only, and the list shows no word for it.
pub const SHOWN: &str = "-";
/// There is nothing to undo.
pub const UNNEEDED: &str = "Unneeded";
/// There is no way back.
pub const IMPOSSIBLE: &str = "Impossible";
/// Something ran, and this undoes it.
pub const READY: &str = "Ready";
/// Something ran, and was undone.
pub const DONE: &str = "Done";

/// Writes a plan into a status.
pub fn store(exec: &Execution, planned: &Planned, status: &mut ExecutionStatus) {
    found(planned, status);
    let request_hash = request_hash(exec, planned).map(|h| h.to_string()).unwrap_or_default();
    status.plan = Some(PlanStatus { request_hash, ..plan(planned) });
    status.rollback = Some(rollback(planned));
}

/// Only what was looked at and by whom: of a plan that is refused.
pub fn found(planned: &Planned, status: &mut ExecutionStatus) {
    status.plugin = Some(PluginUsed {
        name: planned.plugin.name.clone(),
        version: planned.plugin.version.clone(),
        digest: planned.plugin.digest.to_string(),
    });
    status.target = planned.target.as_ref().map(|(id, uid)| TargetSeen {
        api_version: id.api.api_version(),
        kind: id.api.kind.clone(),
        resource: id.api.resource.clone(),
        namespace: id.namespace.clone(),
        name: id.name.clone(),
        uid: uid.as_ref().map(ToString::to_string).unwrap_or_default(),
        node: planned.node.clone().unwrap_or_default(),
    });
}

/// Takes a plan out again: it drifted, and everything is looked at anew.
pub fn forget(status: &mut ExecutionStatus) {
    status.plugin = None;
    status.target = None;
    status.plan = None;
    status.dry_run = None;
    status.diff.clear();
    status.policy = None;
    status.approval = None;
    status.rollback = None;
}

/// The plan proper.
#[must_use]
pub fn plan(planned: &Planned) -> PlanStatus {
    let proposal = &planned.proposal;
    PlanStatus {
        hash: planned.hash.to_string(),
        request_hash: String::new(),
        command: lines(planned).join("\n"),
        commands: proposal.commands.iter().map(command).collect(),
        writes: proposal.writes.iter().map(write).collect(),
        changes: proposal.changes.iter().flat_map(change).collect(),
        owners: planned.owners.clone(),
        warnings: proposal.warnings.clone(),
        memo: proposal.memo.to_string(),
        parameters: planned.parameters.to_string(),
        role: planned.role.clone(),
        risk: planned.risk.as_str().to_owned(),
        irreversible: match &planned.undo {
            Undo::Impossible(why) => why.clone(),
            Undo::By { .. } | Undo::Unneeded(_) => String::new(),
        },
        deadline_seconds: planned.deadline,
        verify_seconds: planned.verify,
        idempotent: planned.idempotent,
        dry_run: planned.dry_run == DryRunForm::Server,
        image: planned.image.clone(),
    }
}

/// The commands, for people.
#[must_use]
pub fn lines(planned: &Planned) -> Vec<String> {
    planned.proposal.commands.iter().map(|c| argv::line(c, namespace(planned))).collect()
}

/// The namespace of everything that is written; none for things of the cluster.
#[must_use]
pub fn namespace(planned: &Planned) -> Option<&str> {
    planned.proposal.writes.first().and_then(|w| w.object.namespace.as_deref())
}

fn command(command: &Command) -> CommandStatus {
    let option = |(name, value): &(String, Option<String>)| OptionStatus { name: name.clone(), value: value.clone() };
    let file = |(name, content): &(String, String)| FileStatus { name: name.clone(), content: content.clone() };
    CommandStatus {
        program: command.program.clone(),
        verb: command.verb.clone(),
        options: command.options.iter().map(option).collect(),
        operands: command.operands.clone(),
        files: command.files.iter().map(file).collect(),
    }
}

fn write(write: &Write) -> WriteStatus {
    let api = write.object.api.clone();
    WriteStatus {
        group: api.group,
        version: api.version,
        kind: api.kind,
        resource: api.resource,
        subresource: write.subresource.clone(),
        namespace: write.object.namespace.clone(),
        name: write.object.name.clone(),
        uid: write.uid.as_ref().map(ToString::to_string),
        operation: operation(write.operation).to_owned(),
    }
}

/// As admission names it.
pub(crate) const fn operation(operation: Operation) -> &'static str {
    match operation {
        Operation::Create => "create",
        Operation::Update => "update",
        Operation::Delete => "delete",
        Operation::Connect => "connect",
    }
}

/// One entry a field: a list of lists is unreadable in `kubectl describe`.
fn change(change: &Change) -> Vec<ChangeStatus> {
    let object = change.object.to_string();
    let words =
        |effect: &str| vec![ChangeStatus { object: object.clone(), effect: effect.to_owned(), ..ChangeStatus::default() }];
    let text = |value: &Option<Json>| value.as_ref().map(ToString::to_string);
    match &change.effect {
        ChangeEffect::Created => words("created"),
        ChangeEffect::Deleted => words("deleted"),
        ChangeEffect::Other(effect) => words(effect),
        ChangeEffect::Set(fields) => fields
            .iter()
            .map(|f| ChangeStatus {
                object: object.clone(),
                field: f.at.clone(),
                before: text(&f.before),
                after: text(&f.after),
                effect: String::new(),
            })
            .collect(),
    }
}

fn rollback(planned: &Planned) -> RollbackStatus {
    match &planned.undo {
        Undo::By { action, parameters, loses } => RollbackStatus {
            state: PLANNED.into(),
            action: action.to_string(),
            parameters: parameters.to_string(),
            command: typed(planned, action, parameters),
            loses: loses.clone(),
            ..RollbackStatus::default()
        },
        Undo::Unneeded(why) => RollbackStatus { state: UNNEEDED.into(), because: why.clone(), ..RollbackStatus::default() },
        Undo::Impossible(why) => RollbackStatus { state: IMPOSSIBLE.into(), because: why.clone(), ..RollbackStatus::default() },
    }
}

/// `writ run scale_deployment web replicas=2 -n shop`.
fn typed(planned: &Planned, action: &ActionName, parameters: &Json) -> String {
    let target = planned.target.as_ref().map(|(id, _)| id.name.clone());
    let values: serde_json::Map<String, serde_json::Value> = serde_json::from_str(parameters.as_str()).unwrap_or_default();
    let values = values.iter().map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        argv::quote(&format!("{name}={value}"))
    });
    let place = namespace(planned).map(|ns| format!("-n {ns}"));
    let words = ["writ run".to_owned(), action.to_string()].into_iter().chain(target).chain(values).chain(place);
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
