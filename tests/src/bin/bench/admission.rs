//! What Writ's admission policies cost a write, in the API server's own counters: of each policy the mean of its checks since the cluster
//! is up, and their sum, which a write pays at most that every one of them looks at.
use anyhow::Result;
use kube::Client;
use std::collections::BTreeMap;
use tests::Number;

const VALIDATING: &str = "apiserver_validating_admission_policy_check_duration_seconds";
const MUTATING: &str = "apiserver_mutating_admission_policy_check_duration_seconds";

/// Sum of seconds and number of checks, by policy.
type Counted = BTreeMap<String, (f64, f64)>;

pub(crate) async fn all(client: &Client) -> Result<Vec<Number>> {
    let request = http::Request::get("/metrics").body(vec![])?;
    let text = client.request_text(request).await?;
    let counted = counted(&text);
    let mean = |(seconds, checks): &(f64, f64)| 1_000_000.0 * seconds / checks;
    let each: Vec<f64> = counted.values().filter(|(_, checks)| *checks > 0.0).map(mean).collect();
    let dearest = each.iter().copied().fold(0.0, f64::max);
    Ok(vec![
        Number::new(
            format!("all {} admission policies, one check of each, means added up", each.len()),
            each.iter().sum(),
            "µs",
            None,
        ),
        Number::new("the dearest of them, mean", dearest, "µs", None),
    ])
}

fn counted(metrics: &str) -> Counted {
    let mut all = Counted::new();
    for line in metrics.lines() {
        let Some((name, rest)) = line.split_once('{') else { continue };
        let Some((labels, value)) = rest.rsplit_once("} ") else { continue };
        let (Some(policy), Ok(value)) = (policy(labels), value.trim().parse::<f64>()) else { continue };
        let entry = all.entry(policy).or_default();
        if [VALIDATING, MUTATING].iter().any(|m| name == format!("{m}_sum")) {
            entry.0 += value;
        } else if [VALIDATING, MUTATING].iter().any(|m| name == format!("{m}_count")) {
            entry.1 += value;
        }
    }
    all
}

/// One of ours.
fn policy(labels: &str) -> Option<String> {
    let (_, rest) = labels.split_once("policy=\"")?;
    let (name, _) = rest.split_once('"')?;
    name.starts_with(crds::labels::POLICY_PREFIX).then(|| name.to_owned())
}
