//! Sizes and characters: nothing of a plugin reaches an object, a terminal or a pod unmeasured.
use super::BadProposal;
use crate::{
    model::{Command, Proposal},
    text::draws,
};
use crds::limits;

/// In one pod; as in the contract.
const COMMANDS: usize = 8;
/// Objects of one plan; as in the contract.
pub(super) const WRITES: usize = 64;
/// More than anybody reads before a yes.
const LINES: usize = 32;
/// A screen line or three.
const LINE: usize = 512;
/// Options and operands of one command.
const WORDS: usize = 32;
/// One word of a command line. A longer patch goes into a file.
const WORD: usize = 8 * 1024;
/// All files of a plan together: they travel as annotations of a pod.
const FILES: usize = 64 * 1024;

pub(super) fn check(proposal: &Proposal) -> Result<(), BadProposal> {
    match proposal.commands.len() {
        1..=COMMANDS => {}
        n => return Err(BadProposal::Commands(n)),
    }
    if proposal.writes.is_empty() {
        return Err(BadProposal::NoWrites);
    }
    count("its writes", proposal.writes.len(), WRITES)?;
    count("its changes", proposal.changes.len(), WRITES)?;
    several("its warnings", &proposal.warnings)?;
    proposal.commands.iter().try_for_each(words)?;
    files(&proposal.commands)
}

fn words(command: &Command) -> Result<(), BadProposal> {
    let options = command.options.iter().flat_map(|(name, value)| [Some(name), value.as_ref()]).flatten();
    let words: Vec<&String> = command.verb.iter().chain(options).chain(&command.operands).collect();
    count("the words of a command", words.len(), WORDS)?;
    words.into_iter().try_for_each(|word| text("a word of a command", word, WORD))
}

/// The names become keys of annotations and file names; all commands see one directory.
fn files(commands: &[Command]) -> Result<(), BadProposal> {
    let all: Vec<&(String, String)> = commands.iter().flat_map(|c| &c.files).collect();
    within("its files", all.iter().map(|(_, content)| content.len()).sum(), FILES)?;
    for (n, (name, content)) in all.iter().enumerate() {
        let again = all.iter().take(n).any(|(earlier, _)| earlier == name);
        if again || name.len() > 63 || !subdomain(name) {
            return Err(BadProposal::File(name.chars().take(80).collect()));
        }
        if content.contains('\0') {
            return Err(BadProposal::Control("a file"));
        }
    }
    Ok(())
}

/// RFC 1123.
pub(super) fn subdomain(name: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let label = |l: &str| !l.is_empty() && !l.starts_with('-') && !l.ends_with('-') && l.bytes().all(inner);
    name.len() <= limits::NAME && name.split('.').all(label)
}

pub(super) fn several(what: &'static str, lines: &[String]) -> Result<(), BadProposal> {
    count(what, lines.len(), LINES)?;
    lines.iter().try_for_each(|line| one(what, line))
}

pub(super) fn one(what: &'static str, line: &str) -> Result<(), BadProposal> {
    text(what, line, LINE)
}

pub(super) fn text(what: &'static str, text: &str, most: usize) -> Result<(), BadProposal> {
    within(what, text.len(), most)?;
    if text.contains(draws) { Err(BadProposal::Control(what)) } else { Ok(()) }
}

pub(super) const fn within(what: &'static str, bytes: usize, most: usize) -> Result<(), BadProposal> {
    if bytes > most { Err(BadProposal::TooLong { what, bytes, most }) } else { Ok(()) }
}

const fn count(what: &'static str, count: usize, most: usize) -> Result<(), BadProposal> {
    if count > most { Err(BadProposal::TooMany { what, count, most }) } else { Ok(()) }
}
