//! A plan: commands, what they write, what will be different.
use crate::json::{Difference, IntoJson};
use crate::kind::Kind;
use crate::kubectl::Kubectl;
use crate::outcome::line;
use crate::target::Target;
use crate::wire;
use serde_json::Value;

pub use wire::Operation as Writes;

// the contract's bound for one change
const FIELDS: usize = 64;

/// How to carry an action out from here.
#[derive(Debug)]
pub struct Plan {
    commands: Vec<Kubectl>,
    writes: Vec<wire::Write>,
    changes: Vec<wire::Change>,
    warnings: Vec<String>,
    memo: Value,
}

impl Plan {
    /// One command …
    #[must_use]
    pub fn of(command: Kubectl) -> Self {
        Self { commands: vec![command], writes: vec![], changes: vec![], warnings: vec![], memo: Value::Null }
    }

    /// … and then another, if the first succeeded.
    #[must_use]
    pub fn then(mut self, command: Kubectl) -> Self {
        self.commands.push(command);
        self
    }

    /// The commands write the target. What is not listed, the API server refuses.
    #[must_use]
    pub fn writes(self, target: &Target, operation: Writes) -> Self {
        self.write(target, operation, None)
    }

    /// The commands write a part of the target, such as `scale`.
    #[must_use]
    pub fn writes_part(self, target: &Target, subresource: &str, operation: Writes) -> Self {
        self.write(target, operation, Some(subresource.to_owned()))
    }

    fn write(mut self, target: &Target, operation: Writes, subresource: Option<String>) -> Self {
        let uid = Some(target.uid().to_owned()).filter(|u| !u.is_empty());
        let write = |object: &wire::ObjectRef| wire::Write { object: object.clone(), operation, subresource, uid };
        self.writes.extend(target.object().map(write));
        self
    }

    /// The commands write another object that was seen. `subresource` is empty for the object itself.
    #[must_use]
    pub fn writes_other(mut self, (kind, object): (Kind, &crate::Object), subresource: &str, operation: Writes) -> Self {
        let some = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
        self.writes.push(wire::Write {
            object: wire::ObjectRef { api: kind.api(), namespace: some(&object.namespace), name: object.name.clone() },
            operation,
            subresource: some(subresource),
            uid: some(&object.uid),
        });
        self
    }

    /// The commands create an object in the namespace of the target.
    #[must_use]
    pub fn creates(mut self, kind: Kind, target: &Target, name: &str) -> Self {
        let object = wire::ObjectRef { api: kind.api(), namespace: Some(target.namespace().into()), name: name.into() };
        self.changes.push(wire::Change { object: object.clone(), effect: wire::Effect::Created });
        self.writes.push(wire::Write { object, operation: Writes::Create, subresource: None, uid: None });
        self
    }

    /// One field of the target that will be different. `Null` or `None` is: not there.
    #[must_use]
    pub fn change(self, target: &Target, at: &str, before: impl IntoJson, after: impl IntoJson) -> Self {
        let difference = Difference { at: at.into(), before: before.into_json(), after: after.into_json() };
        self.changes(target, vec![difference])
    }

    /// Fields of the target that will be different.
    #[must_use]
    pub fn changes(mut self, target: &Target, differences: Vec<Difference>) -> Self {
        let Some(object) = target.object() else { return self };
        let there = |value: Value| Some(value).filter(|v| !v.is_null()).map(|v| v.to_string());
        let field = |d: Difference| wire::Field { at: d.at, before: there(d.before), after: there(d.after) };
        let fields: Vec<_> = differences.into_iter().map(field).collect();
        let set = |some: &[wire::Field]| wire::Change { object: object.clone(), effect: wire::Effect::Set(some.to_vec()) };
        self.changes.extend(fields.chunks(FIELDS).map(set));
        self
    }

    /// The target will be gone.
    #[must_use]
    pub fn deletes(mut self, target: &Target) -> Self {
        let deleted = |o: &wire::ObjectRef| wire::Change { object: o.clone(), effect: wire::Effect::Deleted };
        self.changes.extend(target.object().map(deleted));
        self.writes(target, Writes::Delete)
    }

    /// Another object that was seen will be gone.
    #[must_use]
    pub fn deletes_other(mut self, kind: Kind, object: &crate::Object) -> Self {
        let namespace = Some(object.namespace.clone()).filter(|n| !n.is_empty());
        let id = wire::ObjectRef { api: kind.api(), namespace, name: object.name.clone() };
        self.changes.push(wire::Change { object: id, effect: wire::Effect::Deleted });
        self.writes_other((kind, object), "", Writes::Delete)
    }

    /// An effect that is no field, such as `12 pods are evicted`.
    #[must_use]
    pub fn effect(mut self, target: &Target, what: impl Into<String>) -> Self {
        let other = |o: &wire::ObjectRef| wire::Change { object: o.clone(), effect: wire::Effect::Other(line(what)) };
        self.changes.extend(target.object().map(other));
        self
    }

    /// What an approver should know and cannot see in the changes.
    #[must_use]
    pub fn warn(mut self, what: impl Into<String>) -> Self {
        self.warnings.push(line(what));
        self
    }

    /// Several warnings, or none.
    #[must_use]
    pub fn warn_all(mut self, what: impl IntoIterator<Item = String>) -> Self {
        self.warnings.extend(what.into_iter().map(line));
        self
    }

    /// What `checks` will need to know of now; at most 4 KiB.
    #[must_use]
    pub fn memo(mut self, memo: Value) -> Self {
        self.memo = memo;
        self
    }

    pub(crate) fn into_wire(self) -> wire::Proposal {
        let mut files = 0;
        let commands = self.commands.into_iter().map(|command| {
            let stem = command.file();
            files += usize::from(stem.is_some());
            let stem = stem.unwrap_or_default();
            // all commands see one directory, so their files need different names
            let name = if files < 2 { format!("{stem}.json") } else { format!("{stem}-{files}.json") };
            command.into_wire(&name)
        });
        wire::Proposal {
            commands: commands.collect(),
            writes: self.writes,
            changes: self.changes,
            warnings: self.warnings,
            memo: self.memo.to_string(),
        }
    }
}
