//! A proposal, from what a plugin answers to the command line that a Job runs.
use super::status;
use crate::{config::Operator, plugin};
use decide::{
    argv,
    model::{Command, Planned, Undo},
    plan::{self, Parts},
};

/// What a plan that is believed may hold, held against the words that are run.
pub(super) fn command(bytes: &[u8]) {
    let Some((info, proposal)) = plugin::untrusted::proposal(bytes) else { return };
    for command in &proposal.commands {
        let typed = argv::line(command, Some("shop"));
        let words = std::iter::once(command.program.clone()).chain(argv::render(command, Some("shop")));
        assert_eq!(unquoted(&typed), words.collect::<Vec<_>>(), "{typed}");
    }
    let (exec, target) = (status::asked(), plugin::untrusted::target());
    let parts = Parts {
        plugin: plugin::untrusted::id(),
        info: &info,
        target: Some((target, Some(plugin::untrusted::uid()))),
        node: None,
        parameters: decide::canonical::json(&serde_json::json!({})).expect("it is JSON"),
        proposal,
        undo: Undo::Impossible("it is a test".to_owned()),
        others: &[],
        owners: vec![],
    };
    let site = Operator::offline().site("1.37".to_owned());
    let Ok(planned) = plan::assemble(&site, &exec, parts) else { return };
    for command in &planned.proposal.commands {
        believed(&planned, command, &argv::render(command, Some("shop")), false);
        believed(&planned, command, &argv::dry(command, Some("shop")), true);
    }
}

/// Options that any verb may have; none names a cluster, a person, a namespace, an output or a file of the machine.
const OPTIONS: [&str; 11] = [
    "replicas",
    "current-replicas",
    "resource-version",
    "type",
    "patch",
    "patch-file",
    "subresource",
    "to-revision",
    "filename",
    "wait",
    "grace-period",
];

fn believed(planned: &Planned, command: &Command, words: &[String], dry: bool) {
    let dashes = words.iter().position(|w| w == "--").expect("names come after dashes");
    let (before, after) = words.split_at(dashes);
    let (verb, options) = before.split_at(command.verb.len());
    assert!(["scale", "patch", "rollout undo", "create", "delete"].contains(&verb.join(" ").as_str()), "{words:?}");
    assert_eq!(after[1..], command.operands, "{words:?}");
    let (namespace, options) = options.split_last().expect("there is a namespace");
    assert_eq!(namespace, "--namespace=shop", "kubectl obeys the last");
    let added = if dry { 2 } else { 0 };
    let (own, hosts) = options.split_at(options.len() - added);
    let output = if verb == ["delete"] { "--output=name" } else { "--output=json" };
    assert!(!dry || hosts == ["--dry-run=server", output], "{words:?}");
    for option in own {
        let (name, value) = option.strip_prefix("--").and_then(|o| o.split_once('=')).expect("an option has a value");
        assert!(OPTIONS.contains(&name), "{words:?}");
        assert!(!value.contains(char::is_control), "{words:?}");
        let file = value.strip_prefix("/writ/in/");
        assert!(
            !["patch-file", "filename"].contains(&name) || file.is_some_and(|f| !f.contains('/') && !f.starts_with('.')),
            "{words:?}"
        );
    }
    for name in &after[1..] {
        let (_, object) = name.split_once('/').expect("a name says of what");
        assert!(planned.proposal.writes.iter().any(|w| w.object.name == object), "{words:?}");
        assert!(!name.starts_with('-') && !name.contains(|c: char| c.is_control() || c.is_whitespace()), "{words:?}");
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
