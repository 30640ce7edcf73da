//! The commands that a plugin may propose: one row a verb, and for each verb the options it may have. What is not in the table is
//! refused: so no option that changes identity, cluster, output or namespace, and no file but the plan's own, can ever be said. A new
//! action that needs a verb adds a row here.
use crate::{
    canonical,
    model::{Api, Command, ObjectRef, Operation, Write},
    text::draws,
};
use serde_json::Value;

/// Where the files of a plan are in the Job's pod.
pub const FILES: &str = "/writ/in/";

/// What an option may hold.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// How many, or how long: an int32, to which kubectl cuts a number of replicas without a word.
    Count,
    /// A revision or a version, an int64. From one on: kubectl takes revision 0 for whichever was the one before.
    Version,
    /// The version of the one object that is named: kubectl takes none for several.
    ResourceVersion,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// JSON text, in one line.
    Json,
    /// A file of this same command, which is JSON: kubectl would take YAML too, where `010` is eight.
    File,
    /// A file of this same command that holds one object, which the plan lists as created.
    Manifest,
}

/// A verb, and all that may be said with it.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Such as `rollout undo`, word by word.
    pub verb: &'static [&'static str],
    /// Each by its name, and what it may hold.
    pub options: &'static [(&'static str, Kind)],
    /// One of these must be there: without it the command means something else than it says, or nothing. And only one: with two of them
    /// it says two things.
    pub needs: &'static [&'static str],
    /// What it does, as the plan must list it. What is created is named by a file, all else by operands.
    pub does: Operation,
}

const CREATE: &[&str] = &["create"];
const DELETE: &[&str] = &["delete"];

/// The whole table. Who tries what is run (the real kubectl, the fuzzer) goes by it, so that a new row is tried too.
///
/// Labels, annotations, taints, cordon and uncordon, and a restart are a `patch`: it says what it relies on, and what it writes. A drain (it
/// evicts pods that no plan could list), `exec` and `logs` have no row, and an action that proposes them is refused.
pub const ROWS: &[Row] = &[
    Row {
        verb: &["scale"],
        options: &[("replicas", Kind::Count), ("current-replicas", Kind::Count), ("resource-version", Kind::ResourceVersion)],
        needs: &["replicas"],
        does: Operation::Update,
    },
    Row {
        verb: &["patch"],
        options: &[
            ("type", Kind::OneOf(&["json", "merge", "strategic"])),
            ("patch", Kind::Json),
            ("patch-file", Kind::File),
            ("subresource", Kind::OneOf(&["scale"])),
        ],
        needs: &["patch", "patch-file"],
        does: Operation::Update,
    },
    Row {
        verb: &["rollout", "undo"],
        options: &[("to-revision", Kind::Version)],
        needs: &["to-revision"],
        does: Operation::Update,
    },
    Row { verb: CREATE, options: &[("filename", Kind::Manifest)], needs: &["filename"], does: Operation::Create },
    Row {
        verb: DELETE,
        // It would list and watch what it deletes until that is gone, and say nothing else than that it is: the checks look.
        options: &[("wait", Kind::OneOf(&["false"])), ("grace-period", Kind::Count)],
        needs: &["wait"],
        does: Operation::Delete,
    },
];

/// A command that is not in the table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCommand {
    /// Another program.
    #[error("its program is {0:?}; only kubectl is there")]
    Program(String),
    /// Another verb.
    #[error(
        "kubectl {0} is not on the list of verbs (scale, patch, rollout undo, create, delete); a restart is planned as a patch"
    )]
    Verb(String),
    /// Another option.
    #[error("option {option:?} is not on the list of kubectl {verb}")]
    Option {
        /// Of what.
        verb: String,
        /// Which.
        option: String,
    },
    /// Kubectl obeys the last; a reader the first.
    #[error("option {0:?} is given twice")]
    Twice(String),
    /// A value that this option does not take.
    #[error("option {option} has the value {value:?}; it takes {takes}")]
    Value {
        /// Of what.
        option: String,
        /// What it has.
        value: String,
        /// What it takes.
        takes: String,
    },
    /// Something is missing.
    #[error("kubectl {verb} needs one of the options {needs}")]
    Needs {
        /// Of what.
        verb: String,
        /// Which.
        needs: String,
    },
    /// Each is another answer to the same question.
    #[error("kubectl {verb} takes only one of the options {options}")]
    Several {
        /// Of what.
        verb: String,
        /// Which.
        options: String,
    },
    /// No objects at all would be all objects for some verbs.
    #[error("it names no object")]
    NoOperand,
    /// Something else than a name.
    #[error("{0:?} names no object; write kind/name")]
    Operand(String),
    /// An object that the plan does not list.
    #[error("{0:?} is not among the objects that the plan lists as written so")]
    NotListed(String),
    /// Another object than the one that the plan lists could be meant.
    #[error("{operand:?} says no group, and kubectl may take it for a kind of another; write {instead}")]
    NoGroup {
        /// As it is.
        operand: String,
        /// As it should be.
        instead: String,
    },
    /// Its values would stand in the plan, in clear.
    #[error("it creates a Secret: values of Secrets are in no plan")]
    Secret,
    /// An object beside its file.
    #[error("kubectl {0} takes its object from its file, and names none")]
    Operands(String),
}

/// Whether the host runs this command, on these objects.
///
/// # Errors
/// The first thing that is not on the list.
pub fn check(command: &Command, writes: &[Write]) -> Result<(), BadCommand> {
    if command.program != "kubectl" {
        return Err(BadCommand::Program(command.program.clone()));
    }
    let verb = command.verb.join(" ");
    let row = ROWS.iter().find(|r| r.verb.iter().eq(command.verb.iter())).ok_or_else(|| BadCommand::Verb(verb.clone()))?;
    options(command, row, &verb, writes)?;
    let secret = |w: &Write| w.object.api.group.is_empty() && w.object.api.kind == "Secret";
    if row.does == Operation::Create && writes.iter().any(|w| w.operation == Operation::Create && secret(w)) {
        return Err(BadCommand::Secret);
    }
    match (row.does == Operation::Create, command.operands.is_empty()) {
        (false, true) => Err(BadCommand::NoOperand),
        (true, false) => Err(BadCommand::Operands(verb)),
        _ => command.operands.iter().try_for_each(|operand| named(operand, row.does, writes)),
    }
}

/// Of the objects that are written, the one that this operand names.
#[must_use]
pub fn object<'a>(operand: &str, writes: &'a [Write]) -> Option<&'a ObjectRef> {
    let (kind, name) = operand.split_once('/')?;
    writes.iter().map(|w| &w.object).find(|object| object.name == name && calls(&object.api, kind))
}

/// What it names is gone afterwards.
#[must_use]
pub fn deletes(command: &Command) -> bool {
    command.verb == DELETE
}

fn options(command: &Command, row: &Row, verb: &str, writes: &[Write]) -> Result<(), BadCommand> {
    for (n, (name, value)) in command.options.iter().enumerate() {
        if command.options.iter().take(n).any(|(earlier, _)| earlier == name) {
            return Err(BadCommand::Twice(name.clone()));
        }
        let not_listed = || BadCommand::Option { verb: verb.to_owned(), option: name.clone() };
        let (_, kind) = row.options.iter().find(|(known, _)| known == name).ok_or_else(not_listed)?;
        let value = value.as_deref().unwrap_or_default();
        if let Err(takes) = holds(kind, value, command, writes) {
            return Err(BadCommand::Value { option: name.clone(), value: value.chars().take(80).collect(), takes });
        }
    }
    let said = |need: &&str| command.options.iter().any(|(name, _)| name == need);
    match row.needs.iter().filter(|need| said(need)).count() {
        0 => Err(BadCommand::Needs { verb: verb.to_owned(), needs: row.needs.join(", ") }),
        1 => Ok(()),
        _ => Err(BadCommand::Several { verb: verb.to_owned(), options: row.needs.join(", ") }),
    }
}

fn holds(kind: &Kind, value: &str, command: &Command, writes: &[Write]) -> Result<(), String> {
    let file = || value.strip_prefix(FILES).and_then(|name| command.files.iter().find(|(file, _)| file == name));
    let (ok, takes) = match kind {
        Kind::Count => number(value, 0, i64::from(i32::MAX)),
        Kind::Version => number(value, 1, i64::MAX),
        Kind::ResourceVersion => {
            let (is, takes) = number(value, 1, i64::MAX);
            (is && command.operands.len() < 2, format!("{takes}, in a command on one object"))
        }
        Kind::OneOf(words) => (words.contains(&value), format!("one of {}", words.join(", "))),
        Kind::Json => (!value.contains(draws) && canonical::value(value).is_ok(), "JSON in one line, no key twice".to_owned()),
        Kind::File => (
            file().is_some_and(|(_, text)| canonical::value(text).is_ok()),
            format!("{FILES}NAME of a file of the same command, which is JSON"),
        ),
        Kind::Manifest => (
            file().is_some_and(|(_, text)| is_created(text, writes)),
            format!("{FILES}NAME of a file of the same command: one object as JSON, which the plan lists as created"),
        ),
    };
    if ok { Ok(()) } else { Err(takes) }
}

/// As it is counted: kubectl takes `010` for eight, and people for ten.
fn number(value: &str, least: i64, most: i64) -> (bool, String) {
    let is = value.parse::<i64>().is_ok_and(|n| (least..=most).contains(&n) && n.to_string() == value);
    (is, format!("a number from {least} to {most}, with no zero before it"))
}

/// kubectl would take several documents, a `List`, and a namespace of the file's own: here there is none of it.
fn is_created(text: &str, writes: &[Write]) -> bool {
    let Ok(object) = canonical::value(text) else { return false };
    let part = |at: &str| object.pointer(at).and_then(Value::as_str);
    let is = |w: &Write| {
        let id = &w.object;
        w.operation == Operation::Create
            && w.subresource.is_none()
            && part("/apiVersion") == Some(&id.api.api_version())
            && part("/kind") == Some(&id.api.kind)
            && part("/metadata/name") == Some(&id.name)
            && part("/metadata/namespace") == id.namespace.as_deref()
    };
    object.get("items").is_none() && writes.iter().any(is)
}

fn named(operand: &str, does: Operation, writes: &[Write]) -> Result<(), BadCommand> {
    let bad = || BadCommand::Operand(operand.chars().take(80).collect());
    let (kind, name) = operand.split_once('/').ok_or_else(bad)?;
    if !word(kind) || !word(name) {
        return Err(bad());
    }
    let mut written = writes.iter().filter(|w| w.operation == does && w.object.name == name).map(|w| &w.object.api);
    if written.clone().any(|api| calls(api, kind)) {
        return Ok(());
    }
    match written.find(|api| is_called(api, kind)) {
        Some(api) => {
            let instead = format!("{kind}.{}/{name}", api.group);
            Err(BadCommand::NoGroup { operand: operand.to_owned(), instead })
        }
        None => Err(BadCommand::NotListed(operand.to_owned())),
    }
}

fn word(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
    text.bytes().all(inner) && text.starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// The names by which kubectl finds this kind and no other. Where several groups have one of that name, it takes a name without a group for
/// the kind of the first of them, and those come first in which no custom resource can be: the ones without a dot. Of all others two may
/// have the same (`Gateway`, `Event`), those of `k8s.io` too.
fn calls(api: &Api, kind: &str) -> bool {
    match kind.split_once('.') {
        None => is_called(api, kind) && !api.group.contains('.'),
        Some((bare, rest)) => is_called(api, bare) && (rest == api.group || rest == format!("{}.{}", api.version, api.group)),
    }
}

/// In whichever group.
fn is_called(api: &Api, bare: &str) -> bool {
    bare == api.resource || bare == api.kind.to_ascii_lowercase()
}
