//! The other direction: a status that the host wrote, back into a `Planned`. What does not parse was written by somebody else.
use super::{IMPOSSIBLE, UNNEEDED};
use crate::model::{
    ActionName, Api, Change, ChangeEffect, Command, Digest, DryRunForm, Field, Json, Malformed, ObjectRef, Operation, PlanHash,
    Planned, PluginId, Proposal, Risk, Uid, Undo, Write,
};
use crds::{ChangeStatus, CommandStatus, ExecutionStatus, PlanStatus, PluginUsed, RollbackStatus, TargetSeen, WriteStatus};

/// The plan that a status holds.
///
/// # Errors
/// Where a part is missing, or is not what the host writes.
pub fn read(action: &str, status: &ExecutionStatus) -> Result<Planned, Malformed> {
    let plan = status.plan.as_ref().ok_or_else(|| missing("status.plan"))?;
    let plugin = status.plugin.as_ref().ok_or_else(|| missing("status.plugin"))?;
    let rollback = status.rollback.as_ref().ok_or_else(|| missing("status.rollback"))?;
    Ok(Planned {
        hash: PlanHash::try_from(plan.hash.clone())?,
        action: ActionName::try_from(action.to_owned())?,
        plugin: component(plugin)?,
        target: status.target.as_ref().map(target).transpose()?,
        node: status.target.as_ref().map(|t| t.node.clone()).filter(|node| !node.is_empty()),
        parameters: Json::try_from(plan.parameters.clone())?,
        proposal: proposal(plan)?,
        owners: plan.owners.clone(),
        undo: undo(rollback)?,
        role: plan.role.clone(),
        risk: risk(&plan.risk)?,
        idempotent: plan.idempotent,
        dry_run: if plan.dry_run { DryRunForm::Server } else { DryRunForm::Predicted },
        deadline: plan.deadline_seconds,
        verify: plan.verify_seconds,
        image: plan.image.clone(),
    })
}

fn missing(what: &'static str) -> Malformed {
    Malformed { what, is: "absent".into() }
}

fn not(what: &'static str, is: &str) -> Malformed {
    Malformed { what, is: is.chars().take(80).collect() }
}

fn component(plugin: &PluginUsed) -> Result<PluginId, Malformed> {
    let digest = Digest::try_from(plugin.digest.clone())?;
    Ok(PluginId { name: plugin.name.clone(), version: plugin.version.clone(), digest })
}

fn target(seen: &TargetSeen) -> Result<(ObjectRef, Option<Uid>), Malformed> {
    let (group, version) = seen.api_version.split_once('/').unwrap_or(("", &seen.api_version));
    let api = Api { group: group.into(), version: version.into(), kind: seen.kind.clone(), resource: seen.resource.clone() };
    let uid = if seen.uid.is_empty() { None } else { Some(Uid::try_from(seen.uid.clone())?) };
    Ok((ObjectRef { api, namespace: seen.namespace.clone(), name: seen.name.clone() }, uid))
}

fn proposal(plan: &PlanStatus) -> Result<Proposal, Malformed> {
    let writes: Vec<Write> = plan.writes.iter().map(write).collect::<Result<_, _>>()?;
    Ok(Proposal {
        commands: plan.commands.iter().map(command).collect(),
        changes: changes(&plan.changes, &writes)?,
        writes,
        warnings: plan.warnings.clone(),
        memo: Json::try_from(plan.memo.clone())?,
    })
}

fn command(command: &CommandStatus) -> Command {
    Command {
        program: command.program.clone(),
        verb: command.verb.clone(),
        options: command.options.iter().map(|o| (o.name.clone(), o.value.clone())).collect(),
        operands: command.operands.clone(),
        files: command.files.iter().map(|f| (f.name.clone(), f.content.clone())).collect(),
    }
}

fn write(write: &WriteStatus) -> Result<Write, Malformed> {
    let operation = match write.operation.as_str() {
        "create" => Operation::Create,
        "update" => Operation::Update,
        "delete" => Operation::Delete,
        "connect" => Operation::Connect,
        other => return Err(not("operation of a write", other)),
    };
    let api = Api {
        group: write.group.clone(),
        version: write.version.clone(),
        kind: write.kind.clone(),
        resource: write.resource.clone(),
    };
    Ok(Write {
        object: ObjectRef { api, namespace: write.namespace.clone(), name: write.name.clone() },
        operation,
        subresource: write.subresource.clone(),
        uid: write.uid.clone().map(Uid::try_from).transpose()?,
    })
}

/// Fields of one object, one after the other, are one change (`plan::changes` makes them so).
fn changes(stored: &[ChangeStatus], writes: &[Write]) -> Result<Vec<Change>, Malformed> {
    let mut out: Vec<Change> = Vec::with_capacity(stored.len());
    for entry in stored {
        let written = writes.iter().find(|w| w.object.to_string() == entry.object);
        let object = written.ok_or_else(|| not("object of a change", &entry.object))?.object.clone();
        match (out.last_mut(), effect(entry)?) {
            (Some(Change { object: last, effect: ChangeEffect::Set(fields) }), ChangeEffect::Set(more)) if *last == object => {
                fields.extend(more);
            }
            (_, effect) => out.push(Change { object, effect }),
        }
    }
    Ok(out)
}

fn effect(entry: &ChangeStatus) -> Result<ChangeEffect, Malformed> {
    let value = |v: &Option<String>| v.clone().map(Json::try_from).transpose();
    Ok(match entry.effect.as_str() {
        "" => {
            let field = Field { at: entry.field.clone(), before: value(&entry.before)?, after: value(&entry.after)? };
            ChangeEffect::Set(vec![field])
        }
        "created" => ChangeEffect::Created,
        "deleted" => ChangeEffect::Deleted,
        words => ChangeEffect::Other(words.to_owned()),
    })
}

/// Ready, spent or expired: the inverse is the same.
fn undo(stored: &RollbackStatus) -> Result<Undo, Malformed> {
    Ok(match stored.state.as_str() {
        UNNEEDED if stored.action.is_empty() => Undo::Unneeded(stored.because.clone()),
        IMPOSSIBLE => Undo::Impossible(stored.because.clone()),
        _ => Undo::By {
            action: ActionName::try_from(stored.action.clone())?,
            parameters: Json::try_from(stored.parameters.clone())?,
            loses: stored.loses.clone(),
        },
    })
}

fn risk(word: &str) -> Result<Risk, Malformed> {
    [Risk::Low, Risk::Medium, Risk::High, Risk::Critical]
        .into_iter()
        .find(|r| r.as_str() == word)
        .ok_or_else(|| not("risk", word))
}
