//! `writ policy input` and `writ policy replay`: the questions that were asked, from the ledger, as the host kept them.
use super::{gate, read};
use crate::cli::{
    Where,
    audit::{Trail, rows_path},
    human::Exit,
    out,
};
use anyhow::Context;
use crds::{PolicyResult, PolicyStatus};
use decide::{policy_status, question::Question};
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
    /// Only decisions since, RFC 3339.
    #[arg(long)]
    since: Option<String>,
    #[command(flatten)]
    place: Where,
}

impl Input {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Exit> {
        let cluster = self.place.connect().await?;
        let status = cluster.execution(&self.name).await?.status.unwrap_or_default();
        let policy = status.policy.with_context(|| format!("no policy was asked about {} ({:?})", self.name, status.reason))?;
        let text = Trail::open(&cluster).await?.ask(&format!("/blob/{}", policy.input_digest)).await?;
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
        let past = decisions(&trail.ask(&rows_path(&[("limit", Some("1000")), ("since", self.since.as_deref())])).await?)?;
        let questions = questions(&mut trail, &past).await?;
        let begun = Instant::now();
        let mut moved: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (one, question) in past.iter().zip(&questions) {
            let now = policy_status(&gate.decide(question).await);
            let said = said(&now);
            if said != one.said {
                moved.entry(format!("{} -> {said}", one.said)).or_default().push(format!("{}{}", one.what, why(&now)));
            }
        }
        let same = past.len().saturating_sub(moved.values().map(Vec::len).sum());
        let ms = begun.elapsed().as_millis();
        out::line(format_args!("{} decisions of the ledger, made again in {ms} ms: {same} the same", past.len()));
        out::text(report(&moved));
        Ok(Exit::Done)
    }
}

async fn questions(trail: &mut Trail, past: &[Past]) -> anyhow::Result<Vec<Question>> {
    let mut all = Vec::new();
    for one in past {
        let text = trail.ask(&format!("/blob/{}", one.digest)).await?;
        all.push(serde_json::from_str(&text).with_context(|| format!("failed to understand the question {}", one.digest))?);
    }
    Ok(all)
}

/// Each question once, with what was said to it.
fn decisions(rows: &str) -> anyhow::Result<Vec<Past>> {
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for line in rows.lines() {
        let row: Value = serde_json::from_str(line).context("failed to understand a row")?;
        let at = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default();
        let payload: Value = serde_json::from_str(at("payload")).context("failed to understand what a row holds")?;
        let Some(policy) = payload.pointer("/status/policy").cloned() else { continue };
        let policy: PolicyStatus = serde_json::from_value(policy).context("failed to understand a decision")?;
        if seen.insert(policy.input_digest.clone()) {
            let by = payload.pointer("/requester/username").and_then(Value::as_str).unwrap_or_default();
            let what = format!("{} {}/{} by {by}", at("action"), at("namespace"), at("name"));
            all.push(Past { what, said: said(&policy), digest: policy.input_digest });
        }
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

fn why(policy: &PolicyStatus) -> String {
    let no = obeyed(policy).filter(|r| r.decision != "Allow").flat_map(|r| &r.because).next();
    no.map_or_else(String::new, |why| format!(": {why}"))
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
        let all = decisions(&rows.join("\n")).unwrap();
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
    fn what_would_be_otherwise_is_counted_and_shown() {
        let moved = [("allow -> refuse".to_owned(), (1..=7).map(|n| n.to_string()).collect())].into();
        assert_eq!(report(&moved), "  7 allow -> refuse\n      1\n      2\n      3\n      4\n      5\n      and 2 more\n");
    }
}
