//! A proposal, from what a plugin answers to the command line that a Job runs.
use super::{dice::Dice, status};
use crate::{config::Operator, plugin};
use decide::{
    argv, canonical,
    execution::Execution,
    model::{ActionInfo, ChangeEffect, Command, Object, ObjectRef, Operation, Planned, Proposal, Undo},
    plan::{self, Parts},
};
use std::collections::BTreeSet;

/// What a plan that is believed may hold, held against the words that are run.
pub(super) fn command(bytes: &[u8]) {
    // Nothing is wrong with a plan that is not believed.
    let _ = held(bytes);
}

/// The plan, where it was believed: then all that is promised of one was looked at.
fn held(bytes: &[u8]) -> Option<Planned> {
    let mut dice = Dice(bytes);
    let (info, proposal) = plugin::untrusted::proposal(&mut dice)?;
    for command in &proposal.commands {
        let typed = argv::line(command, Some("shop"));
        let words = std::iter::once(command.program.clone()).chain(argv::render(command, Some("shop")));
        assert_eq!(unquoted(&typed), words.collect::<Vec<_>>(), "{typed}");
    }
    let exec = status::asked();
    let others = others(&mut dice, &exec, &info, &proposal);
    let parts = Parts {
        plugin: plugin::untrusted::id(),
        info: &info,
        target: Some((plugin::untrusted::target(), Some(plugin::untrusted::uid()))),
        node: None,
        parameters: canonical::json(&serde_json::json!({})).expect("it is JSON"),
        proposal,
        undo: Undo::Unneeded("it is a test".to_owned()),
        others: &others,
        owners: vec![],
    };
    let site = Operator::offline().site("1.37".to_owned());
    let planned = plan::assemble(&site, &exec, parts).ok()?;
    as_read(&planned, &others);
    legible(&planned);
    for command in &planned.proposal.commands {
        believed(&planned, command, &argv::render(command, Some("shop")), false);
        believed(&planned, command, &argv::dry(command, Some("shop")), true);
    }
    Some(planned)
}

/// Those that the host looks at itself, as far as they are there.
fn others(dice: &mut Dice<'_>, exec: &Execution, info: &ActionInfo, proposal: &Proposal) -> Vec<Object> {
    let target = plugin::untrusted::target();
    let named = plan::others(exec, info, Some(&target), proposal);
    let writes = named.into_iter().filter_map(|id| proposal.writes.iter().find(|w| w.object == *id));
    writes.filter_map(|write| plugin::untrusted::found(dice, write)).collect()
}

/// Each object is written as it was read: by its uid, or as one that is not there.
fn as_read(planned: &Planned, others: &[Object]) {
    let (target, uid) = (plugin::untrusted::target(), plugin::untrusted::uid());
    for write in &planned.proposal.writes {
        let other = others.iter().find(|o| o.id == write.object).map(|o| &o.uid);
        let read = if write.object == target { Some(&uid) } else { other };
        assert_eq!(write.uid.as_ref(), read, "{}", write.object);
        assert_eq!(write.object.namespace.as_deref(), Some("shop"), "{}", write.object);
    }
}

/// What approvers read draws over nothing, and turns nothing around.
fn legible(planned: &Planned) {
    let said = |effect: &ChangeEffect| match effect {
        ChangeEffect::Set(fields) => fields.iter().map(|f| f.at.clone()).collect(),
        ChangeEffect::Other(words) => vec![words.clone()],
        ChangeEffect::Created | ChangeEffect::Deleted => vec![],
    };
    let changes = planned.proposal.changes.iter().flat_map(|c| said(&c.effect));
    for text in planned.proposal.warnings.iter().cloned().chain(changes) {
        assert!(!text.contains(|c: char| c.is_control() || "\u{200b}\u{202e}\u{2066}\u{feff}".contains(c)), "{text:?}");
    }
}

/// By hand, and not from the table that is looked at: no verb's options name a cluster, a person, a namespace, an output or a file of the
/// machine.
fn options(verb: &str) -> &'static [&'static str] {
    match verb {
        "scale" => &["replicas", "current-replicas", "resource-version"],
        "patch" => &["type", "patch", "patch-file", "subresource"],
        "rollout undo" => &["to-revision"],
        "create" => &["filename"],
        "delete" => &["wait", "grace-period"],
        other => panic!("kubectl {other} is believed, and nobody said here what it may have"),
    }
}

fn believed(planned: &Planned, command: &Command, words: &[String], dry: bool) {
    let dashes = words.iter().position(|w| w == "--").expect("names come after dashes");
    let (before, after) = words.split_at(dashes);
    let (verb, said) = before.split_at(command.verb.len());
    let allowed = options(&verb.join(" "));
    assert_eq!(after[1..], command.operands, "{words:?}");
    let (namespace, said) = said.split_last().expect("there is a namespace");
    assert_eq!(namespace, "--namespace=shop", "kubectl obeys the last");
    let added = if dry { 2 } else { 0 };
    let (own, hosts) = said.split_at(said.len() - added);
    let output = if verb == ["delete"] { "--output=name" } else { "--output=json" };
    assert!(!dry || hosts == ["--dry-run=server", output], "{words:?}");
    let mut names = BTreeSet::new();
    for option in own {
        let (name, value) = option.strip_prefix("--").and_then(|o| o.split_once('=')).expect("an option has a value");
        assert!(names.insert(name), "it is said twice: {words:?}");
        assert!(allowed.contains(&name), "{words:?}");
        assert!(!value.contains(char::is_control), "{words:?}");
        if ["patch-file", "filename"].contains(&name) {
            file(planned, command, value);
        }
    }
    assert!(!(names.contains("patch") && names.contains("patch-file")), "two patches: {words:?}");
    assert!(!names.contains("resource-version") || command.operands.len() == 1, "one version for several: {words:?}");
    for name in &after[1..] {
        let (kind, object) = name.split_once('/').expect("a name says of what");
        // A kind alone is that of the group which kubectl takes first.
        let is = |id: &ObjectRef| id.name == object && (kind.contains('.') || !id.api.group.contains('.'));
        assert!(planned.proposal.writes.iter().any(|w| is(&w.object)), "{words:?}");
        assert!(!name.starts_with('-') && !name.contains(|c: char| c.is_control() || c.is_whitespace()), "{words:?}");
    }
}

/// It is one of the command's own; and what is created from it stands in the plan.
fn file(planned: &Planned, command: &Command, path: &str) {
    let name = path.strip_prefix("/writ/in/").unwrap_or_else(|| panic!("{path} is a file of the machine"));
    assert!(!name.contains('/') && !name.starts_with('.'), "{path}");
    let (_, text) = command.files.iter().find(|(file, _)| file == name).expect("its file is there");
    if command.verb == ["create"] {
        let object = canonical::value(text).expect("it is JSON");
        assert_eq!(object["metadata"]["namespace"], "shop", "{text}");
        let new =
            |w: &decide::model::Write| w.operation == Operation::Create && object["metadata"]["name"] == w.object.name.as_str();
        assert!(planned.proposal.writes.iter().any(new), "{text}");
    }
}

/// As a POSIX shell splits a line of plain and single-quoted words.
fn unquoted(line: &str) -> Vec<String> {
    let (mut words, mut word, mut within, mut any) = (Vec::new(), String::new(), false, false);
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '\'' => (within, any) = (!within, true),
            '\\' if !within => word.extend(chars.next()),
            ' ' if !within => {
                words.push(std::mem::take(&mut word));
                any = false;
            }
            other => word.push(other),
        }
    }
    if any || !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use decide::verbs;

    /// Where nothing good is believed, nothing of what is believed was ever looked at.
    #[test]
    fn no_bytes_at_all_are_a_plan_that_is_believed() {
        assert!(held(&[]).is_some());
    }

    #[test]
    fn every_verb_of_the_table_is_believed_with_each_of_its_options() {
        let count = u8::try_from(plugin::untrusted::HONEST.len()).unwrap();
        // As many commands as are good (one), its verb, and the first of its options or all of them.
        let said = (0..count).flat_map(|verb| [0, 0xff].map(|options| held(&[0, verb, options])));
        let commands: Vec<Command> = said.flatten().flat_map(|planned| planned.proposal.commands).collect();
        for row in verbs::ROWS {
            let these: Vec<&Command> = commands.iter().filter(|c| c.verb == row.verb).collect();
            assert_eq!(these.len(), 2, "{:?} is in no plan that is believed", row.verb);
            let seen: BTreeSet<&str> = these.iter().flat_map(|c| &c.options).map(|(name, _)| name.as_str()).collect();
            assert_eq!(seen, row.options.iter().map(|(name, _)| *name).collect(), "{:?}", row.verb);
        }
        assert!(!commands.iter().any(|c| c.verb == ["exec"]));
    }

    #[test]
    fn what_is_written_beside_the_target_is_believed_where_the_host_read_it() {
        // A deletion; 3 is another name, in the operand and in the write.
        let planned = held(&[0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 3]).expect("it is honest");
        let [write] = planned.proposal.writes.as_slice() else { panic!("{:?}", planned.proposal.writes) };
        assert_eq!((write.object.name.as_str(), write.operation), ("api", Operation::Delete));
    }
}
