//! `writ policy input` and `writ policy replay`: the questions that were asked, from the ledger, as the host kept them.
use super::{
    gate, read,
    recorded::{self, Recorded},
};
use crate::cli::{
    Where,
    audit::{Trail, rows_path},
    human::Exit,
    out, span,
};
use anyhow::Context;
use crds::{PolicyResult, PolicyStatus};
use decide::{
    observed::{Ruling, Verdict},
    policy_status,
    question::Question,
};
use jiff::Timestamp;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    time::Instant,
};

/// The question that policies were asked about an execution.
#[derive(Debug, clap::Args)]
pub struct Input {
    /// Its name.
    name: String,
    #[command(flatten)]
    place: Where,
}

/// Which decisions to make again.
#[derive(Debug, clap::Args)]
pub struct Replay {
    /// Directory of .rego modules, their tests and their data.
    directory: PathBuf,
    /// Only decisions since: so long ago (10m, 1h30m), or a moment (RFC 3339).
    #[arg(long, value_name = "TIME", value_parser = span::since)]
    since: Option<Timestamp>,
    #[command(flatten)]
    place: Where,
}

impl Input {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Exit> {
        let cluster = self.place.connect().await?;
        let Recorded { policy, trail } = recorded::of(&cluster, &self.name).await?;
        let text = trail?.ask(&format!("/blob/{}", policy.input_digest)).await?;
        let question: Value = serde_json::from_str(&text)?;
        out::line(serde_json::to_string_pretty(&question)?);
        Ok(Exit::Done)
    }
}

/// One decision of the past.
struct Past {
    /// `scale_deployment shop/scale-web-x7k2p by maria@example.com`.
    what: String,
    digest: String,
    said: String,
}

impl Replay {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Exit> {
        let gate = gate(&read(&self.directory)?)?;
        let cluster = self.place.connect().await?;
        let mut trail = Trail::open(&cluster).await?;
        let past = all(&mut trail, self.since.map(|at| at.to_string()).as_deref()).await?;
        let questions = questions(&mut trail, &past).await?;
        let begun = Instant::now();
        let mut moved: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (one, question) in past.iter().zip(&questions) {
            let ruling = gate.decide(question).await;
            let now = policy_status(&ruling);
            let said = said(&now);
            if said != one.said {
                moved.entry(format!("{} -> {said}", one.said)).or_default().push(format!("{}{}", one.what, why(&ruling, &now)));
            }
        }
        let same = past.len().saturating_sub(moved.values().map(Vec::len).sum());
        let ms = begun.elapsed().as_millis();
        out::line(format_args!("{} decisions of the ledger, made again in {ms} ms: {same} the same", past.len()));
        out::text(report(&moved));
        Ok(Exit::Done)
    }
}

/// Rows of one answer, as many as the operator gives.
const PAGE: usize = 1000;

/// Page by page from the newest on; in the order in which they were decided.
async fn all(trail: &mut Trail, since: Option<&str>) -> anyhow::Result<Vec<Past>> {
    let limit = PAGE.to_string();
    let (mut pages, mut before) = (Vec::new(), None::<String>);
    loop {
        let rows = trail.ask(&rows_path(&[("limit", Some(&limit)), ("since", since), ("before", before.as_deref())])).await?;
        pages.push(decisions(&rows)?);
        if rows.lines().count() < PAGE {
            break;
        }
        before = Some(first(&rows)?);
    }
    Ok(once(pages.into_iter().rev().flatten()))
}

/// The oldest of these rows, as a cursor.
fn first(rows: &str) -> anyhow::Result<String> {
    let row: Value = serde_json::from_str(rows.lines().next().unwrap_or_default()).context("failed to understand a row")?;
    let (uid, seq) = (row.get("uid").and_then(Value::as_str), row.get("seq").and_then(Value::as_i64));
    Ok(format!("{}:{}", uid.context("a row has no uid")?, seq.context("a row has no seq")?))
}

async fn questions(trail: &mut Trail, past: &[Past]) -> anyhow::Result<Vec<Question>> {
    let mut all = Vec::new();
    for one in past {
        let text = trail.ask(&format!("/blob/{}", one.digest)).await?;
        all.push(serde_json::from_str(&text).with_context(|| format!("failed to understand the question {}", one.digest))?);
    }
    Ok(all)
}

/// Each question once, with what was said to it first.
fn once(all: impl Iterator<Item = Past>) -> Vec<Past> {
    let mut seen = BTreeSet::new();
    all.filter(|one| seen.insert(one.digest.clone())).collect()
}

/// Whatever these rows tell of a decision.
fn decisions(rows: &str) -> anyhow::Result<Vec<Past>> {
    let mut all = Vec::new();
    for line in rows.lines() {
        let row: Value = serde_json::from_str(line).context("failed to understand a row")?;
        let at = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default();
        let payload: Value = serde_json::from_str(at("payload")).context("failed to understand what a row holds")?;
        let Some(policy) = payload.pointer("/status/policy").cloned() else { continue };
        let policy: PolicyStatus = serde_json::from_value(policy).context("failed to understand a decision")?;
        let by = payload.pointer("/requester/username").and_then(Value::as_str).unwrap_or_default();
        let what = format!("{} {}/{} by {by}", at("action"), at("namespace"), at("name"));
        all.push(Past { what, said: said(&policy), digest: policy.input_digest });
    }
    Ok(all)
}

fn obeyed(policy: &PolicyStatus) -> impl Iterator<Item = &PolicyResult> {
    policy.results.iter().filter(|r| !r.shadow)
}

/// `allow`, `refuse`, `allow with 1 approval`.
fn said(policy: &PolicyStatus) -> String {
    if policy.decision != "Allow" {
        return "refuse".into();
    }
    let conditions: BTreeSet<&str> = obeyed(policy).flat_map(|r| &r.because).map(String::as_str).collect();
    match conditions.is_empty() {
        true => "allow".into(),
        false => format!("allow with {}", conditions.into_iter().collect::<Vec<_>>().join(", ")),
    }
}

/// The first no, with the rule and the line that fired where it is one of a rule.
fn why(ruling: &Ruling, now: &PolicyStatus) -> String {
    let asked = ruling.results.iter().zip(&now.results);
    let Some((ruled, said)) = asked.filter(|(r, _)| !r.shadow).find(|(_, said)| said.decision != "Allow") else {
        return String::new();
    };
    let rule = match &ruled.verdict {
        Verdict::Deny(all) => all.first().map(|denial| denial.rule.as_str()).filter(|rule| !rule.is_empty()),
        _ => None,
    };
    let words = said.because.first().map_or("", String::as_str);
    rule.map_or_else(|| format!(": {words}"), |rule| format!(": {words} ({rule})"))
}

/// Of each kind the number, and some of them.
fn report(moved: &BTreeMap<String, Vec<String>>) -> String {
    const SHOWN: usize = 5;
    let mut text = String::new();
    for (how, all) in moved {
        text.push_str(&format!("  {} {how}\n", all.len()));
        all.iter().take(SHOWN).for_each(|one| text.push_str(&format!("      {one}\n")));
        if let Some(rest @ 1..) = all.len().checked_sub(SHOWN) {
            text.push_str(&format!("      and {rest} more\n"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(name: &str, digest: &str, decision: &str, because: &[&str]) -> String {
        let result = json!({"policy": "default", "digest": "d", "decision": decision, "because": because});
        let policy = json!({"decision": decision, "inputDigest": digest, "results": [result]});
        let payload = json!({"requester": {"username": "maria"}, "status": {"policy": policy}}).to_string();
        json!({"action": "scale_deployment", "namespace": "shop", "name": name, "payload": payload}).to_string()
    }

    #[test]
    fn each_question_counts_once_and_rows_without_one_do_not() {
        let rows = [
            row("a", "1", "Allow", &[]),
            row("a", "1", "Allow", &[]),
            json!({"action": "x", "payload": r#"{"status": {}}"#}).to_string(),
            row("b", "2", "Allow", &["1 approval"]),
            row("c", "3", "Deny", &["more than 20 replicas"]),
        ];
        let all = once(decisions(&rows.join("\n")).unwrap().into_iter());
        let lines: Vec<String> = all.iter().map(|p| format!("{}: {}", p.what, p.said)).collect();
        assert_eq!(
            lines,
            [
                "scale_deployment shop/a by maria: allow",
                "scale_deployment shop/b by maria: allow with 1 approval",
                "scale_deployment shop/c by maria: refuse",
            ]
        );
    }

    #[test]
    fn the_next_page_ends_where_this_one_begins() {
        assert_eq!(first("{\"uid\": \"3c1f\", \"seq\": 2}\n{\"uid\": \"3c1f\", \"seq\": 3}").unwrap(), "3c1f:2");
        assert!(first("").is_err());
    }

    #[tokio::test]
    async fn a_no_says_which_rule_on_which_line() {
        let module = "package writ\n\ndecision := {\"allow\": count(deny) == 0, \"deny\": deny, \"require\": {}}\n\n\
                      deny contains \"not here\" if input.version\n";
        let test = "package writ_test\n\nimport data.writ\n\ntest_it if count(writ.deny) == 1 with input as {\"version\": 1}\n";
        let modules = [("mine.rego".to_owned(), module.to_owned()), ("mine_test.rego".to_owned(), test.to_owned())].into();
        let policy = crate::gate::Policy { name: "mine".into(), modules, data: json!({}), ..crate::gate::Policy::default() };
        let question: Question = serde_json::from_str(include_str!("question.json")).unwrap();
        let ruling = gate(&[policy]).unwrap().decide(&question).await;
        assert_eq!(why(&ruling, &policy_status(&ruling)), ": not here (mine.rego:5)");
    }

    #[test]
    fn what_would_be_otherwise_is_counted_and_shown() {
        let moved = [("allow -> refuse".to_owned(), (1..=7).map(|n| n.to_string()).collect())].into();
        assert_eq!(report(&moved), "  7 allow -> refuse\n      1\n      2\n      3\n      4\n      5\n      and 2 more\n");
    }
}
