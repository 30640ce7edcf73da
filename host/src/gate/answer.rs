//! What counts as an answer. Strict: a key that is not known, a wrong type, a missing part is no answer, and no answer is no.
use super::engine::{Evaluated, Stopped};
use super::inspect::DenyRule;
use crds::Limits;
use decide::observed::{Denial, Obligations, Verdict};
use regorus::Value;
use std::collections::BTreeSet;
use std::str::FromStr;

/// Reasons in one answer: more than a person reads.
const MOST_DENIALS: usize = 64;
/// Characters of one reason: it goes into a condition's message.
const LONGEST_REASON: usize = 1024;
/// Approvals that can be asked: more would never be reached.
const MOST_APPROVALS: u64 = 16;
/// Groups that can be asked.
const MOST_GROUPS: usize = 32;
/// At work at once: more is no limit.
const MOST_AT_ONCE: u32 = 1000;

/// The verdict of one evaluation.
pub fn verdict(evaluated: Evaluated, denies: &[DenyRule]) -> Verdict {
    match evaluated.value {
        Err(Stopped::TimedOut) => Verdict::TimedOut,
        Err(Stopped::OutOfMemory) => Verdict::OutOfMemory,
        Err(Stopped::Failed(why)) => Verdict::Errored(one_line(&why)),
        Ok(Value::Undefined) => Verdict::Undefined,
        Ok(answer) => match read(&answer) {
            Ok(Read::Yes(obligations)) => Verdict::Allow(obligations),
            Ok(Read::No(messages)) => Verdict::Deny(messages.iter().map(|m| denial(m, &evaluated.fired, denies)).collect()),
            Err(why) => Verdict::Malformed(why),
        },
    }
}

enum Read {
    Yes(Obligations),
    No(Vec<String>),
}

fn read(answer: &Value) -> Result<Read, String> {
    fields(answer, "the decision", &["allow", "deny", "require"], true)?;
    let Value::Bool(allow) = &answer["allow"] else { return Err("allow is no boolean".to_owned()) };
    let denials = texts(&answer["deny"], "deny", MOST_DENIALS)?;
    let obligations = obligations(&answer["require"])?;
    match (allow, denials.is_empty()) {
        (true, true) => Ok(Read::Yes(obligations)),
        (true, false) => Err(format!("allow is true and there is a deny: {}", denials.join("; "))),
        (false, true) => Ok(Read::No(vec!["the policy says no and gives no reason".to_owned()])),
        (false, false) => Ok(Read::No(denials)),
    }
}

fn obligations(require: &Value) -> Result<Obligations, String> {
    let known = ["dry_run", "approvals", "approver_groups", "approver_accounts", "expires", "break_glass", "review", "limits"];
    fields(require, "require", &known, false)?;
    let approver_groups = match &require["approver_groups"] {
        Value::Undefined => vec![],
        groups => texts(groups, "require.approver_groups", MOST_GROUPS)?,
    };
    Ok(Obligations {
        dry_run: switch(&require["dry_run"], "require.dry_run")?,
        approvals: approvals(&require["approvals"])?,
        approver_groups,
        approver_accounts: accounts(&require["approver_accounts"])?,
        expires: span(&require["expires"], "require.expires")?,
        break_glass: switch(&require["break_glass"], "require.break_glass")?,
        review: span(&require["review"], "require.review")?,
        limits: limits(&require["limits"])?,
    })
}

/// Programs, by their whole names: a person is asked by his group.
fn accounts(value: &Value) -> Result<Vec<String>, String> {
    if *value == Value::Undefined {
        return Ok(vec![]);
    }
    let all = texts(value, "require.approver_accounts", MOST_GROUPS)?;
    match all.iter().find(|a| !a.starts_with("system:serviceaccount:")) {
        Some(other) => Err(format!("require.approver_accounts names {other}; it takes system:serviceaccount:NAMESPACE:NAME")),
        None => Ok(all),
    }
}

/// Nobody where it is not said.
fn approvals(value: &Value) -> Result<u32, String> {
    if *value == Value::Undefined {
        return Ok(0);
    }
    let count = value.as_u64().ok().filter(|n| *n <= MOST_APPROVALS);
    let count = count.and_then(|n| u32::try_from(n).ok());
    count.ok_or(format!("require.approvals is no whole number from 0 to {MOST_APPROVALS}"))
}

/// None where it is not said. Who wants none at work denies.
fn limits(value: &Value) -> Result<Limits, String> {
    if *value == Value::Undefined {
        return Ok(Limits::default());
    }
    fields(value, "require.limits", &["namespace", "action", "requester"], false)?;
    let most = |of: &str| match &value[of] {
        Value::Undefined => Ok(None),
        number => {
            let most = number.as_u64().ok().and_then(|n| u32::try_from(n).ok()).filter(|n| (1..=MOST_AT_ONCE).contains(n));
            most.map(Some).ok_or(format!("require.limits.{of} is no whole number from 1 to {MOST_AT_ONCE}"))
        }
    };
    Ok(Limits { namespace: most("namespace")?, action: most("action")?, requester: most("requester")? })
}

/// Off where it is not said.
fn switch(value: &Value, what: &str) -> Result<bool, String> {
    match value {
        Value::Undefined => Ok(false),
        Value::Bool(on) => Ok(*on),
        _ => Err(format!("{what} is no boolean")),
    }
}

fn fields(value: &Value, what: &str, known: &[&str], all: bool) -> Result<(), String> {
    let Value::Object(object) = value else { return Err(format!("{what} is no object")) };
    for (key, _) in object.iter() {
        let name = key.as_string().map_err(|_| format!("{what} has a key that is no text"))?;
        if !known.contains(&&**name) {
            return Err(format!("{what} has {}, which means nothing here ({})", clean(name), known.join(", ")));
        }
    }
    let missing = known.iter().find(|k| value[**k] == Value::Undefined);
    match missing {
        Some(key) if all => Err(format!("{what} has no {key}")),
        _ => Ok(()),
    }
}

fn texts(value: &Value, what: &str, most: usize) -> Result<Vec<String>, String> {
    let items: Vec<&Value> = match value {
        Value::Array(items) if items.len() <= most => items.iter().collect(),
        Value::Set(items) if items.len() <= most => items.iter().collect(),
        Value::Array(_) | Value::Set(_) => return Err(format!("{what} has more than {most} entries")),
        _ => return Err(format!("{what} is no list")),
    };
    items.into_iter().map(|i| text(i, what)).collect()
}

fn text(value: &Value, what: &str) -> Result<String, String> {
    let text = value.as_string().map_err(|_| format!("{what} has an entry that is no text"))?;
    if text.chars().count() > LONGEST_REASON {
        return Err(format!("{what} has an entry of more than {LONGEST_REASON} characters"));
    }
    if text.trim().is_empty() {
        return Err(format!("{what} has an entry without words"));
    }
    Ok(text.to_string())
}

/// `15m`, `24h`; empty for none.
fn span(value: &Value, what: &str) -> Result<String, String> {
    if *value == Value::Undefined {
        return Ok(String::new());
    }
    let text = value.as_string().map_err(|_| format!("{what} is no text"))?;
    let positive = jiff::SignedDuration::from_str(text).is_ok_and(|d| d.is_positive());
    if text.is_empty() || positive { Ok(text.to_string()) } else { Err(format!("{what} is no time span such as 15m or 24h")) }
}

fn denial(message: &str, fired: &[(usize, String)], denies: &[DenyRule]) -> Denial {
    let from = fired.iter().filter(|(_, said)| said == message).filter_map(|(number, _)| denies.get(*number));
    let rules: BTreeSet<String> = from.map(|d| format!("{}:{}", d.file, d.line)).collect();
    Denial { message: clean(message), rule: rules.into_iter().collect::<Vec<_>>().join(", ") }
}

/// Messages quote what requesters wrote, who could draw on the reader's terminal, or turn around what stands there.
fn clean(text: &str) -> String {
    text.chars().map(|c| if decide::text::draws(c) { '\u{fffd}' } else { c }).collect()
}

/// The last line of an error of regorus is the error; the lines before it draw the place.
fn one_line(error: &str) -> String {
    let words: Vec<&str> = error.split_whitespace().collect();
    clean(&words.join(" ")).chars().take(LONGEST_REASON).collect()
}
