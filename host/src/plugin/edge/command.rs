//! A proposal: commands, writes, changes. Owns what can be told of them without the execution: forms, sizes, programs. Whether they
//! are allowed (verbs and options, whose namespace) is judged by the core, with the whole plan.
use super::{
    super::v0_1::{Proposal as WitProposal, types as wit},
    Checked, Within, Wrong, all, common, text, unique,
};
use decide::model::{Change, ChangeEffect, Command, Field, Operation, Proposal, Write};

/// What the host ships.
const PROGRAMS: [&str; 1] = ["kubectl"];
const COMMANDS: usize = 8;
const WRITES: usize = 64;
/// More changes than writes happen (fields of one object), but a person must be able to read them.
const CHANGES: usize = 64;
const FIELDS: usize = 64;
const WARNINGS: usize = 16;
/// Of a command line; together they are bounded by the whole.
const PARTS: usize = 64;
/// All files of a plan: they travel as annotations of the pod.
const FILES: usize = 64 << 10;
/// All the rest of a plan: it is stored in the object, and shown.
const WHOLE: usize = crds::limits::PLAN;

pub(super) fn proposal(p: WitProposal) -> Checked<Proposal> {
    if p.commands.is_empty() {
        return Err(Wrong::new("is empty; a plan runs at least one command")).within("commands");
    }
    let proposal = Proposal {
        commands: all("commands", p.commands, COMMANDS, command)?,
        writes: all("writes", p.writes, WRITES, write)?,
        changes: all("changes", p.changes, CHANGES, change)?,
        warnings: all("warnings", p.warnings, WARNINGS, |w| text::line(w, text::LINE))?,
        memo: text::json(&p.memo, crds::limits::MEMO).within("memo")?.0,
    };
    let files = || proposal.commands.iter().flat_map(|c| &c.files);
    unique("files", files().map(|(name, _)| name.as_str()))?;
    sizes(&proposal, files().map(|(name, content)| name.len() + content.len()).sum())?;
    Ok(proposal)
}

fn sizes(proposal: &Proposal, files: usize) -> Checked<()> {
    if files > FILES {
        return Err(Wrong::new(format!("all files together are {files} bytes, and at most {FILES} are taken")));
    }
    let all = serde_json::to_vec(proposal).map_err(|e| Wrong::new(e.to_string()))?.len();
    match all.saturating_sub(files) > WHOLE {
        true => Err(Wrong::new(format!("the plan without its files is {} bytes, and at most {WHOLE} are taken", all - files))),
        false => Ok(()),
    }
}

fn command(c: wit::Command) -> Checked<Command> {
    if !PROGRAMS.contains(&c.program.as_str()) {
        let shown: String = c.program.chars().take(80).collect();
        return Err(Wrong::new(format!("{shown:?} is not among the programs of this host ({})", PROGRAMS.join(", "))))
            .within("program");
    }
    if c.verb.is_empty() {
        return Err(Wrong::new("is empty")).within("verb");
    }
    Ok(Command {
        program: c.program,
        verb: all("verb", c.verb, 4, text::label)?,
        options: all("options", c.options, PARTS, option)?,
        operands: all("operands", c.operands, PARTS, |o| text::line(o, text::LONG))?,
        files: all("files", c.files, PARTS, file)?,
    })
}

fn option(o: wit::CommandOption) -> Checked<(String, Option<String>)> {
    let name = text::label(o.name).within("name")?;
    let value = o.value.map(|v| text::lines(v, WHOLE)).transpose().within("value")?;
    Ok((name, value))
}

fn file(f: wit::File) -> Checked<(String, String)> {
    Ok((text::subdomain(f.name, 63).within("name")?, text::lines(f.content, FILES).within("content")?))
}

fn write(w: wit::Write) -> Checked<Write> {
    Ok(Write {
        object: common::object_ref(w.object).within("object")?,
        operation: operation(w.operation),
        subresource: w.subresource.map(text::label).transpose().within("subresource")?,
        uid: w.uid.map(text::uid).transpose().within("uid")?,
    })
}

const fn operation(o: wit::Operation) -> Operation {
    match o {
        wit::Operation::Create => Operation::Create,
        wit::Operation::Update => Operation::Update,
        wit::Operation::Delete => Operation::Delete,
        wit::Operation::Connect => Operation::Connect,
    }
}

fn change(c: wit::Change) -> Checked<Change> {
    let object = common::object_ref(c.object).within("object")?;
    let effect = match c.effect {
        wit::Effect::Created => ChangeEffect::Created,
        wit::Effect::Deleted => ChangeEffect::Deleted,
        wit::Effect::Set(fields) => ChangeEffect::Set(all("effect.set", fields, FIELDS, field)?),
        wit::Effect::Other(what) => ChangeEffect::Other(text::line(what, text::LINE).within("effect.other")?),
    };
    Ok(Change { object, effect })
}

fn field(f: wit::Field) -> Checked<Field> {
    let value = |v: Option<String>| v.map(|v| text::json(&v, WHOLE).map(|(json, _)| json)).transpose();
    Ok(Field {
        at: text::pointer(f.at).within("at")?,
        before: value(f.before).within("before")?,
        after: value(f.after).within("after")?,
    })
}
