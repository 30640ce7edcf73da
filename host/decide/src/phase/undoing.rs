//! An undo: `spec.rollbackOf` names the execution whose stored inverse this is, word for word, while what that one changed is still as it
//! was left. Owns what makes it one; everything else about it is judged as of any other execution.
mod taken;

use super::written;
use crate::{
    model::{Operation, Planned, Uid, Write},
    observed::{OriginalSeen, Writer},
    planned::{self, DONE, IMPOSSIBLE, READY, SHOWN, UNNEEDED},
    story::{By, No, Pass},
    time,
};
use crds::{ChangeStatus, ExecutionStatus, ObjectUid, Phase, Reason, RollbackStatus, ViolationStatus, WriteStatus};
use serde_json::Value;

/// Before there is a plan. None: it undoes nothing, or it asks for what is stored and on offer.
pub(super) fn asked(pass: &Pass<'_>, original: Option<&OriginalSeen>) -> Option<No> {
    let of = pass.exec.spec.rollback_of.as_ref()?;
    let Some(OriginalSeen::Found(status, _)) = original else {
        let why = format!("There is no execution {} with the uid {} in this namespace.", of.name, of.uid);
        return Some(unavailable(of, why, ""));
    };
    match on_offer(pass, of, status) {
        Ok(inverse) => differs(pass, of, inverse),
        Err(no) => Some(*no),
    }
}

/// With a plan. None: it undoes nothing, or what it undoes is as it was left.
pub(super) fn planned(pass: &Pass<'_>, original: Option<&OriginalSeen>, planned: &Planned) -> Option<No> {
    let of = pass.exec.spec.rollback_of.as_ref()?;
    let Some(OriginalSeen::Found(status, writers)) = original else { return asked(pass, original) };
    let inverse = status.rollback.as_ref()?;
    let moved = match elsewhere(status, planned).or_else(|| beyond(status, planned)) {
        Some(it) => vec![it],
        None if never_came(status, planned) => return Some(nothing_there(of, planned)),
        None => moved(status, planned, writers),
    };
    (!moved.is_empty()).then(|| moved_on(of, inverse, moved))
}

fn unavailable(of: &ObjectUid, why: String, next: &str) -> No {
    No::new(Reason::UndoUnavailable, By::Host, format!("{} cannot be undone", of.name), why, next)
}

/// The inverse, or why there is none to be had.
fn on_offer<'a>(pass: &Pass<'_>, of: &ObjectUid, status: &'a ExecutionStatus) -> Result<&'a RollbackStatus, Box<No>> {
    let name = &of.name;
    if !status.phase.is_over() {
        let next = format!("To stop it: writ cancel {name} -n {}", pass.exec.namespace);
        return Err(unavailable(of, format!("{name} is not over ({:?}).", status.phase), &next).into());
    }
    let rollback = status.rollback.as_ref().ok_or_else(|| Box::new(unavailable(of, format!("{name} changed nothing."), "")))?;
    let expires = rollback.expires_at.as_ref().and_then(|at| time::read(at).ok());
    let why = match rollback.state.as_str() {
        READY if expires.is_some_and(|at| pass.now < at) => return Ok(rollback),
        READY => {
            let until = rollback.expires_at.as_deref().unwrap_or("it was made");
            let next = format!("To do it all the same, ask for it anew: {}", rollback.command);
            return Err(unavailable(of, format!("The inverse of {name} was on offer until {until}."), &next).into());
        }
        DONE => format!("{name} was undone already, by {}.", rollback.undone_by),
        UNNEEDED => format!("Of {name} nothing has to be undone: {}.", rollback.because),
        IMPOSSIBLE => format!("{name} has no way back: {}.", rollback.because),
        SHOWN => format!("{name} was only planned (a dry run, or what was shown before a run): there is nothing to undo."),
        other => format!("The rollback of {name} is {other:?}."),
    };
    Err(unavailable(of, why, "").into())
}

fn differs(pass: &Pass<'_>, of: &ObjectUid, inverse: &RollbackStatus) -> Option<No> {
    let spec = &pass.exec.spec;
    let parameters = serde_json::from_str::<Value>(&inverse.parameters);
    let parts = [
        ("spec.action", spec.action == inverse.action),
        ("spec.parameters", parameters.is_ok_and(|p| p == Value::Object(spec.parameters.clone()))),
    ];
    let wrong: Vec<&str> = parts.iter().filter(|(_, same)| !same).map(|(field, _)| *field).collect();
    if wrong.is_empty() {
        return None;
    }
    let what = format!("Not as in the inverse that {} has stored: {}.", of.name, wrong.join(", "));
    let next = format!("Have it filled in: writ undo {}. Or leave spec.rollbackOf out: it is no undo then.", of.name);
    let violation = |field: &str| violation("", field, "is not that of the stored inverse".into());
    Some(
        No::new(Reason::UndoDiffers, By::Host, format!("not the inverse of {}", of.name), what, next)
            .violations(wrong.into_iter().map(violation)),
    )
}

fn moved_on(of: &ObjectUid, inverse: &RollbackStatus, moved: Vec<ViolationStatus>) -> No {
    let said: Vec<String> = moved.iter().map(said).collect();
    let what = format!("The target is not as {} left it: {}.", of.name, said.join("; "));
    let next = format!("To do it all the same, ask for it anew: {}", inverse.command);
    No::new(Reason::TargetMovedOn, By::Host, "the target is not as it was left", what, next)
        .violations(moved)
        .instead(inverse.command.clone())
}

/// Who took it is the subject of his own sentence.
fn said(v: &ViolationStatus) -> String {
    if v.rule == taken::RULE { v.message.clone() } else { format!("{} {}", v.pointer, v.message).trim().to_owned() }
}

/// Aimed at another object than the original was, or at a new one of that name.
fn elsewhere(status: &ExecutionStatus, planned: &Planned) -> Option<ViolationStatus> {
    let now =
        planned.target.as_ref().map(|(id, uid)| (id.to_string(), uid.as_ref().map(ToString::to_string).unwrap_or_default()));
    let was = status.target.as_ref().map(|t| {
        let place = t.namespace.iter().chain([&t.name]).cloned().collect::<Vec<_>>().join("/");
        (format!("{} {place}", t.kind), t.uid.clone())
    });
    match (now, was) {
        (now, was) if now == was => None,
        // It made its target itself; whether this is still that one, `moved` says.
        (Some((now, _)), Some((was, uid))) if now == was && uid.is_empty() => None,
        (Some((now, is)), Some((was, uid))) if now == was => {
            Some(violation("", "uid", format!("it is another object of that name (uid {is}, it was {uid})")))
        }
        (_, was) => {
            Some(violation("", "spec.target", format!("it was {}", was.map_or_else(|| "no object".into(), |(was, _)| was))))
        }
    }
}

/// To each object only the opposite of what the original did to it. What is said of it (`changes`) is the plugin's word; this is what a run may do.
fn beyond(status: &ExecutionStatus, planned: &Planned) -> Option<ViolationStatus> {
    let there = status.plan.as_ref().map(|p| p.writes.as_slice()).unwrap_or_default();
    let back = |w: &Write| there.iter().any(|was| is_opposite(was, w));
    let more = planned.proposal.writes.iter().find(|w| !back(w))?;
    let what = match more.operation {
        Operation::Create => "was not taken away by it",
        Operation::Delete => "was not created by it",
        Operation::Update | Operation::Connect => "was not written by it",
    };
    Some(violation("", "", format!("{} {what}", more.object)))
}

fn is_opposite(was: &WriteStatus, back: &Write) -> bool {
    let id = &back.object;
    let same =
        (&was.group, &was.resource, &was.namespace, &was.name) == (&id.api.group, &id.api.resource, &id.namespace, &id.name);
    let opposite = match back.operation {
        Operation::Create => "delete",
        Operation::Delete => "create",
        Operation::Update => "update",
        Operation::Connect => "connect",
    };
    // What was created had no uid when it was planned; who wrote it since is `taken`'s to see.
    same && was.operation == opposite && (opposite != "update" || was.uid.as_deref() == back.uid.as_ref().map(Uid::as_str))
}

/// Everything that the original set, and the undo would set, has the value that the original left, and nobody took it since; what the undo
/// takes away the original made, and the other way round; and the undo changes nothing else.
fn moved(status: &ExecutionStatus, planned: &Planned, writers: &[Writer]) -> Vec<ViolationStatus> {
    let there = status.plan.as_ref().map(|p| p.changes.as_slice()).unwrap_or_default();
    let either = |b: &ChangeStatus| {
        let taken = taken::taken(status, planned, writers, b);
        // Who took it is told already; what moved all the same was written by somebody who looks like the run.
        let by = if taken.is_some() { String::new() } else { written::last_of(planned, writers, b) };
        let unlike = if b.field.is_empty() { not_its_own(there, b) } else { unlike(there, planned, b, &by) };
        [unlike, taken]
    };
    planned::plan(planned).changes.iter().flat_map(either).flatten().collect()
}

/// What did not go well, and all that this would set back has the value of before it.
fn never_came(status: &ExecutionStatus, planned: &Planned) -> bool {
    let there = status.plan.as_ref().map(|p| p.changes.as_slice()).unwrap_or_default();
    let back = planned::plan(planned).changes;
    let as_before = |b: &ChangeStatus| {
        let was = there.iter().find(|t| (&t.object, &t.field) == (&b.object, &b.field));
        !b.field.is_empty() && was.is_some_and(|t| t.before == b.before && t.after != b.before)
    };
    status.phase != Phase::Completed && !back.is_empty() && back.iter().all(as_before)
}

fn nothing_there(of: &ObjectUid, planned: &Planned) -> No {
    let changes = planned::plan(planned).changes;
    let is = |b: &ChangeStatus| format!("{}{} is {}", of_another(planned, &b.object), b.field, value(&b.before));
    let all: Vec<String> = changes.iter().map(is).collect();
    unavailable(of, format!("Of {} nothing is there to take back: {}, as before it.", of.name, all.join(", ")), "")
}

fn value(v: &Option<String>) -> String {
    v.clone().unwrap_or_else(|| "absent".to_owned())
}

fn unlike(there: &[ChangeStatus], planned: &Planned, back: &ChangeStatus, by: &str) -> Option<ViolationStatus> {
    let left = there.iter().find(|t| (&t.object, &t.field) == (&back.object, &back.field));
    let of = of_another(planned, &back.object);
    let is = format!("{of}is {}", value(&back.before));
    match left {
        Some(left) if left.after == back.before => None,
        Some(left) => Some(violation(&back.field, "", format!("{is}, and was left at {}{by}", value(&left.after)))),
        None => Some(violation(&back.field, "", format!("{is}, and was not touched by it{by}"))),
    }
}

/// `of Deployment shop/api `; nothing where it is the target.
fn of_another(planned: &Planned, object: &str) -> String {
    let target = planned.target.as_ref().is_some_and(|(id, _)| id.to_string() == object);
    if target { String::new() } else { format!("of {object} ") }
}

/// An object that comes to be must be one that went, and one that goes must be one that came to be. (What is no field is only told.)
fn not_its_own(there: &[ChangeStatus], back: &ChangeStatus) -> Option<ViolationStatus> {
    let (opposite, was) = match back.effect.as_str() {
        "deleted" => ("created", "created"),
        "created" => ("deleted", "taken away"),
        _ => return None,
    };
    let its_own = there.iter().any(|t| t.object == back.object && t.effect == opposite);
    (!its_own).then(|| violation("", "", format!("{} was not {was} by it", back.object)))
}

fn violation(pointer: &str, rule: &str, message: String) -> ViolationStatus {
    ViolationStatus { pointer: pointer.to_owned(), rule: rule.to_owned(), message }
}
