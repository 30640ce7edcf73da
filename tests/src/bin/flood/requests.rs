//! What the operator asked of the API server, in the words of that one's audit log: whatever was answered.
use crate::water::whole;
use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use tests::{AuditLog, Number};

/// Kinds that are shown.
const SHOWN: usize = 12;
/// At most, for each: it was 17.5 when what is left was listed also where nothing was ever made.
const EACH: f64 = 20.0;
/// And for all that is beside them: an operator that starts, and somebody who wants something small.
const BESIDE: f64 = 2000.0;

pub(crate) struct Requests {
    from: Timestamp,
}

impl Requests {
    pub(crate) fn from_now() -> Self {
        Self { from: Timestamp::now() }
    }

    /// By kind, the most first.
    pub(crate) fn made(&self) -> Result<Vec<(String, usize)>> {
        let mut all = BTreeMap::<String, usize>::new();
        AuditLog::whole().context("no audit log beside this kubeconfig")?.answered(self.from.into(), |event| {
            let at = event["requestReceivedTimestamp"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
            let ours = event["user"]["username"] == crds::labels::OPERATOR_USER;
            if ours && at.is_some_and(|at| at >= self.from) {
                *all.entry(kind(event)).or_default() += 1;
            }
        })?;
        let mut all: Vec<_> = all.into_iter().collect();
        all.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        Ok(all)
    }

    pub(crate) fn sum(&self) -> Result<usize> {
        Ok(self.made()?.iter().map(|(_, count)| count).sum())
    }

    pub(crate) fn numbers(&self, executions: usize) -> Result<Vec<Number>> {
        let all = self.made()?;
        all.iter().take(SHOWN).for_each(|(kind, count)| println!("{count:8} {kind}"));
        let sum: usize = all.iter().map(|(_, count)| count).sum();
        let most = EACH * whole(executions) + BESIDE;
        ensure!(sum > 0, "the audit log tells of no request of the operator");
        ensure!(whole(sum) <= most, "{sum} requests of the operator for {executions} executions; at most {most}");
        Ok(vec![Number::new(
            "requests of the operator for each of them, on an average",
            whole(sum) / whole(executions),
            "",
            None,
        )])
    }
}

fn kind(event: &Value) -> String {
    let (object, text) = (&event["objectRef"], |value: &'_ Value| value.as_str().unwrap_or_default().to_owned());
    let sub = object["subresource"].as_str().map(|sub| format!("/{sub}")).unwrap_or_default();
    format!("{} {}{sub} {}", text(&event["verb"]), text(&object["resource"]), event["responseStatus"]["code"])
}
