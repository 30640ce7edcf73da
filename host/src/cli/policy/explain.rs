//! `writ policy explain`: each policy's decision about an execution, the rule and line that said it, and what it asks for. From what the
//! host stored: the record (`recorded`), the question, the bundle that was in force then. Owns that it says where the bundle speaks otherwise
//! now.
use super::{
    gate,
    recorded::{self, Recorded},
};
use crate::{
    cli::{
        Format, Where,
        audit::Trail,
        human::{Exit, causes, plain},
        out,
    },
    gate::Policy,
};
use anyhow::Context;
use crds::{PolicyResult, PolicyStatus};
use decide::{
    observed::{Denial, Verdict},
    policy_status,
    question::Question,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What the policies said of an execution, and which rule said it, as an auditor.
#[derive(Debug, clap::Args)]
pub struct Explain {
    /// Its name.
    name: String,
    /// As an object.
    #[arg(short, long, value_enum)]
    output: Option<Format>,
    #[command(flatten)]
    place: Where,
}

/// One policy's decision.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Explained {
    /// As it was recorded.
    #[serde(flatten)]
    recorded: PolicyResult,
    /// Each no, with its rule.
    rules: Vec<Fired>,
    /// The stored bundle says something else of the stored question than was recorded: this build is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    differs: Option<String>,
}

/// A rule that fired.
#[derive(Debug, PartialEq, Serialize)]
struct Fired {
    message: String,
    /// `default.rego:31`.
    rule: String,
    /// Settings that it reads.
    settings: Vec<String>,
}

/// As it is stored under its digest.
#[derive(Deserialize)]
struct Bundle {
    modules: BTreeMap<String, String>,
    data: Value,
}

impl Explain {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Exit> {
        let cluster = self.place.connect().await?;
        let Recorded { policy, trail } = recorded::of(&cluster, &self.name).await?;
        let all = match trail {
            Ok(trail) => again(trail, &policy).await?,
            Err(error) => {
                out::note(format_args!("Only what the object holds; to see which rule said it: {}", causes(&error)));
                policy.results.iter().map(|r| Explained { recorded: r.clone(), rules: vec![], differs: None }).collect()
            }
        };
        match self.output {
            Some(format) => out::object(&all, format)?,
            None => out::text(page(&policy.decision, &all)),
        }
        Ok(Exit::Done)
    }
}

/// From the stored blobs.
async fn again(mut trail: Trail, policy: &PolicyStatus) -> anyhow::Result<Vec<Explained>> {
    let question = trail.ask(&format!("/blob/{}", policy.input_digest)).await?;
    let question: Question = serde_json::from_str(&question).context("failed to understand the question")?;
    let mut all = Vec::new();
    for result in &policy.results {
        let bundle = trail.ask(&format!("/blob/{}", result.digest)).await?;
        all.push(explained(result.clone(), &bundle, &question).await?);
    }
    Ok(all)
}

async fn explained(recorded: PolicyResult, bundle: &str, question: &Question) -> anyhow::Result<Explained> {
    let bundle: Bundle =
        serde_json::from_str(bundle).with_context(|| format!("failed to understand the bundle of {}", recorded.policy))?;
    let (name, owner, shadow) = (recorded.policy.clone(), recorded.owner.clone(), recorded.shadow);
    let policy = Policy { name, owner, shadow, modules: bundle.modules.clone(), data: bundle.data };
    let gate = match gate(&[policy]) {
        Ok(gate) => gate,
        // That is what was recorded of it, too.
        Err(why) => return Ok(Explained { recorded, rules: vec![], differs: Some(why.to_string()) }),
    };
    let ruling = gate.decide(question).await;
    let denials = ruling.results.iter().flat_map(|r| match &r.verdict {
        Verdict::Deny(all) => all.as_slice(),
        _ => &[],
    });
    let rules = denials.map(|d| fired(d, &bundle.modules)).collect();
    let now = policy_status(&ruling).results.pop().unwrap_or_default();
    let same = (&now.decision, &now.because) == (&recorded.decision, &recorded.because);
    let differs = (!same).then(|| format!("{}: {}", now.decision, now.because.join("; ")));
    Ok(Explained { recorded, rules, differs })
}

fn fired(denial: &Denial, modules: &BTreeMap<String, String>) -> Fired {
    let places = denial.rule.split(", ").filter_map(|place| place.rsplit_once(':'));
    let settings: BTreeSet<String> = places
        .filter_map(|(file, line)| Some((modules.get(file)?, line.parse::<usize>().ok()?)))
        .flat_map(|(text, line)| settings(text, line))
        .collect();
    Fired { message: denial.message.clone(), rule: denial.rule.clone(), settings: settings.into_iter().collect() }
}

/// The settings that the rule on this line names, up to the brace that ends it.
fn settings(module: &str, line: usize) -> Vec<String> {
    let lines: Vec<&str> = module.lines().skip(line.saturating_sub(1)).collect();
    let end = lines.iter().position(|l| l.starts_with('}')).map_or(1, |n| n + 1);
    let rule = lines.iter().take(if lines.first().is_some_and(|l| l.ends_with('{')) { end } else { 1 });
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let name = |rest: &str| rest.split(|c| !word(c)).next().unwrap_or_default().trim_end_matches('.').to_owned();
    rule.flat_map(|l| l.split("data.settings.").skip(1)).map(name).collect()
}

fn page(decision: &str, all: &[Explained]) -> String {
    let mut text = format!("{decision}, by {}\n", if all.is_empty() { "no policy at all" } else { "these policies" });
    for one in all {
        let r = &one.recorded;
        let shadow = if r.shadow { ", shadow: recorded, not obeyed" } else { "" };
        text.push_str(&format!("{} {} (owner {}{shadow})\n", r.policy, r.decision, plain(&r.owner)));
        let told: BTreeSet<&str> = one.rules.iter().map(|f| f.message.as_str()).collect();
        for f in &one.rules {
            text.push_str(format!("  {}   {}   {}", plain(&f.message), f.rule, f.settings.join(", ")).trim_end());
            text.push('\n');
        }
        let rest = r.because.iter().filter(|b| !told.contains(b.as_str()));
        rest.for_each(|b| text.push_str(&format!("  {}\n", plain(b))));
        if let Some(now) = &one.differs {
            text.push_str(&format!("  This build says otherwise of the same question: {}\n", plain(now)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use serde_json::json;

    const MODULE: &str = "package writ\n\ndecision := {\"allow\": count(deny) == 0, \"deny\": sort(deny), \"require\": {}}\n\n\
        deny contains sprintf(\"%s is protected\", [ns]) if {\n\tns := input.execution.namespace\n\tns in data.settings.protected\n}\n";
    const TEST: &str = "package writ_test\n\nimport data.writ\n\n\
        test_it if writ.decision.deny == [\"a is protected\"] with input.execution.namespace as \"a\"\n";

    fn recorded(decision: &str, because: &[&str]) -> PolicyResult {
        let because = because.iter().map(ToString::to_string).collect();
        PolicyResult { policy: "mine".into(), owner: "me".into(), decision: decision.into(), because, ..PolicyResult::default() }
    }

    #[test]
    fn the_settings_of_a_rule_are_those_in_its_own_lines() {
        let module = "a if {\n\tx in data.settings.one\n\ty == data.settings.two.of[z]\n}\n\nb if {\n\tdata.settings.three\n}\nc if data.settings.four\nd if data.settings.five\n";
        let of = |line| settings(module, line).join(" ");
        assert_eq!([of(1), of(6), of(9), of(99)], ["one two.of", "three", "four", ""]);
    }

    #[test]
    fn what_was_said_is_shown_with_its_rule_and_what_is_no_rule_without() {
        let fired =
            Fired { message: "kube-system is protected".into(), rule: "mine.rego:5".into(), settings: vec!["protected".into()] };
        let all = [
            Explained { recorded: recorded("Deny", &["kube-system is protected"]), rules: vec![fired], differs: None },
            Explained {
                recorded: PolicyResult { shadow: true, ..recorded("Allow", &["a dry run first"]) },
                rules: vec![],
                differs: Some("Deny: no".into()),
            },
        ];
        expect![[r#"
            Deny, by these policies
            mine Deny (owner me)
              kube-system is protected   mine.rego:5   protected
            mine Allow (owner me, shadow: recorded, not obeyed)
              a dry run first
              This build says otherwise of the same question: Deny: no
        "#]]
        .assert_eq(&page("Deny", &all));
    }

    #[tokio::test]
    async fn a_stored_bundle_is_asked_the_stored_question_again() {
        let bundle =
            json!({"modules": {"mine.rego": MODULE, "mine_test.rego": TEST}, "data": {"protected": ["a", "shop"]}}).to_string();
        let question: Question = serde_json::from_str(include_str!("question.json")).unwrap();
        let one = explained(recorded("Deny", &["shop is protected"]), &bundle, &question).await.unwrap();
        assert_eq!(one.differs, None);
        let rule = Fired { message: "shop is protected".into(), rule: "mine.rego:5".into(), settings: vec!["protected".into()] };
        assert_eq!(one.rules, [rule]);
        let other = explained(recorded("Allow", &[]), &bundle, &question).await.unwrap();
        assert_eq!(other.differs.as_deref(), Some("Deny: shop is protected"));
    }
}
