//! The answers about one execution, each looked at as a whole. Owns the bounds of reads, refusals, inverses and checks.
use super::{
    super::{
        parameters,
        schema::Schema,
        v0_1::{self, types as wit},
    },
    Checked, Within, Wrong, all, command, common, text, unique,
};
use decide::model::{ActionName, Check, CheckVerdict, Description, Json, Proposal, Read, Refusal, Selector, Undo, Violation};
use std::collections::BTreeMap;

/// More than a person reads.
const VIOLATIONS: usize = 64;
/// Each read is a request to the API server.
const READS: usize = 32;
/// Objects of one read.
const OBJECTS: u32 = 500;
const CHECKS: usize = 32;
const PARAMETERS: usize = crds::limits::PARAMETERS;

type Validated = Result<String, Vec<v0_1::Violation>>;

/// What it returns satisfies the schema: it is what the plan is made of, and what an undo is compared with.
pub(in crate::plugin) fn validated(
    a: Validated,
    action: &ActionName,
    schema: Option<&Schema>,
) -> Checked<Result<Json, Vec<Violation>>> {
    let text = match a {
        Err(none) if none.is_empty() => return Err(Wrong::new("is an error without a single violation")),
        Err(violations) => return all("err", violations, VIOLATIONS, violation).map(Err),
        Ok(text) => text,
    };
    let (json, value) = text::json(&text, PARAMETERS).within("ok")?;
    let schema = schema.ok_or_else(|| Wrong::new(format!("{action} is no action of this component")))?;
    satisfies(schema, action, &value).within("ok")?;
    Ok(Ok(json))
}

fn satisfies(schema: &Schema, action: &ActionName, value: &serde_json::Value) -> Checked<()> {
    parameters::check(schema, action.as_str(), value).map_err(|violations| {
        let first = violations.first().map(|v| format!("{} {}", v.at, v.message)).unwrap_or_default();
        Wrong::new(format!("does not satisfy the schema of {action}: {first}"))
    })
}

fn violation(v: v0_1::Violation) -> Checked<Violation> {
    Ok(Violation {
        at: text::pointer(v.at).within("at")?,
        rule: String::new(),
        message: text::line(v.message, text::LINE).within("message")?,
    })
}

/// Reads, no key twice.
pub(in crate::plugin) fn reads(reads: Vec<v0_1::Read>) -> Checked<Vec<Read>> {
    let reads = all("", reads, READS, read)?;
    unique("key", reads.iter().map(|r| r.key.as_str()))?;
    Ok(reads)
}

fn read(r: v0_1::Read) -> Checked<Read> {
    if r.limit == 0 || r.limit > OBJECTS {
        return Err(Wrong::new(format!("is {}, and 1 to {OBJECTS} can be served", r.limit))).within("limit");
    }
    Ok(Read {
        key: text::line(r.key, 128).within("key")?,
        api: common::api(r.api).within("api")?,
        namespace: text::namespace(r.namespace).within("namespace")?,
        by: selector(r.by).within("by")?,
        pick: all("pick", r.pick, 32, text::pointer)?,
        limit: r.limit,
    })
}

fn selector(by: wit::Selector) -> Checked<Selector> {
    match by {
        wit::Selector::Name(name) => Ok(Selector::Name(text::object_name(name).within("name")?)),
        wit::Selector::Matching(wit::Query { labels, fields }) => Ok(Selector::Matching {
            labels: text::plain(labels, text::LINE).within("labels")?,
            fields: text::plain(fields, text::LINE).within("fields")?,
        }),
    }
}

/// A plan, or why there is none.
pub(in crate::plugin) fn planned(a: Result<v0_1::Proposal, v0_1::Refusal>) -> Checked<Result<Proposal, Refusal>> {
    match a {
        Ok(proposal) => command::proposal(proposal).map(Ok),
        Err(refusal) => self::refusal(refusal).within("err").map(Err),
    }
}

fn refusal(r: v0_1::Refusal) -> Checked<Refusal> {
    Ok(Refusal {
        reason: text::reason(r.reason).within("reason")?,
        message: text::line(r.message, text::LINE).within("message")?,
        remedy: text::plain(r.remedy, text::LINE).within("remedy")?,
    })
}

/// An inverse is an action of the same component, with parameters that it takes.
pub(in crate::plugin) fn undo(undo: v0_1::Undo, own: &Description, schemas: &BTreeMap<ActionName, Schema>) -> Checked<Undo> {
    match undo {
        wit::Undo::By(inverse) => self::inverse(inverse, own, schemas).within("by"),
        wit::Undo::Unneeded(why) => Ok(Undo::Unneeded(text::line(why, text::LINE).within("unneeded")?)),
        wit::Undo::Impossible(why) => Ok(Undo::Impossible(text::line(why, text::LINE).within("impossible")?)),
    }
}

fn inverse(i: wit::Inverse, own: &Description, schemas: &BTreeMap<ActionName, Schema>) -> Checked<Undo> {
    let known = own.actions.iter().find(|a| a.name.as_str() == i.action).map(|a| a.name.clone());
    let Some((action, schema)) = known.and_then(|name| schemas.get(&name).map(|s| (name, s))) else {
        let shown: String = i.action.chars().take(80).collect();
        return Err(Wrong::new(format!("{shown:?} is no action of this component"))).within("action");
    };
    let (parameters, value) = text::json(&i.parameters, PARAMETERS).within("parameters")?;
    satisfies(schema, &action, &value).within("parameters")?;
    Ok(Undo::By { action, parameters, loses: all("loses", i.loses, 16, |l| text::line(l, text::LINE))? })
}

/// Checks, no name twice.
pub(in crate::plugin) fn checks(checks: Vec<v0_1::Check>) -> Checked<Vec<Check>> {
    let checks = all("", checks, CHECKS, check)?;
    unique("name", checks.iter().map(|c| c.name.as_str()))?;
    Ok(checks)
}

fn check(c: v0_1::Check) -> Checked<Check> {
    let said = |text: String| text::line(text, text::LINE).within("verdict");
    let verdict = match c.verdict {
        // That it holds says enough; why it does not must be said.
        wit::Verdict::Holds(seen) => CheckVerdict::Holds(text::plain(seen, text::LINE).within("verdict")?),
        wit::Verdict::Pending(why) => CheckVerdict::Pending(said(why)?),
        wit::Verdict::Failed(why) => CheckVerdict::Failed(said(why)?),
    };
    Ok(Check {
        name: text::snake_case(c.name, 63).within("name")?,
        verdict,
        object: c.object.map(common::object_ref).transpose().within("object")?,
    })
}

#[cfg(test)]
mod tests;
