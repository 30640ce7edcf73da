//! What admission policies cost a write, in the API server's own counters: of each of ours the mean of its checks since the cluster is up;
//! and what all policies together took around writes of three kinds, of which nothing is stored.
use anyhow::Result;
use kube::{
    Client,
    api::{Patch, PatchParams},
};
use serde_json::json;
use std::collections::BTreeMap;
use tests::{Cluster, Number, Workload, api, would_create};

const VALIDATING: &str = "apiserver_validating_admission_policy_check_duration_seconds";
const MUTATING: &str = "apiserver_mutating_admission_policy_check_duration_seconds";

const ALL_POLICIES: &str = "apiserver_admission_controller_admission_duration_seconds";
/// Enough that the few writes of others beside them are no matter.
const WRITES: usize = 200;

/// Sum of seconds and number of checks, by policy.
type Counted = BTreeMap<String, (f64, f64)>;

pub(crate) async fn all(cluster: &Cluster) -> Result<Vec<Number>> {
    let mut numbers = each(&cluster.admin).await?;
    let space = cluster.scratch("bench-admission").await?;
    let web = Workload::deployment(cluster, &space.name, 1).await;
    let meta = json!({"name": "bench", "namespace": space.name});
    let elsewhere = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta});
    let execution = crate::ways::request(&space.name, "bench", 2);
    for (what, object) in [("a ConfigMap", &elsewhere), ("an execution", &execution)] {
        numbers.push(together(cluster, what, async || would_create(&cluster.admin, object).await.map(drop)).await?);
    }
    let run = run_of(cluster, &web).await;
    let one = Patch::Merge(json!({"spec": {"replicas": 2}}));
    let params = PatchParams { dry_run: true, ..PatchParams::default() };
    let scales = async || api(&run, &web.object).patch_scale("web", &params, &one).await.map(drop);
    numbers.push(together(cluster, "a run's write to its target", scales).await?);
    Ok(numbers)
}

/// As the identity of a run that may write this one object; any execution will do.
async fn run_of(cluster: &Cluster, web: &Workload) -> Client {
    let uid = web.now().await["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
    let account = format!("run-00000000-0000-4000-8000-000000000000.{uid}");
    cluster.almighty(&format!("system:serviceaccount:{}:{account}", crds::labels::NAMESPACE_RUNS))
}

/// What all admission policies of the cluster together take for one such write: the mean of so many.
async fn together(cluster: &Cluster, what: &str, write: impl AsyncFn() -> kube::Result<()>) -> Result<Number> {
    let before = spent(&metrics(&cluster.admin).await?);
    for _ in 0..WRITES {
        write().await?;
    }
    let after = spent(&metrics(&cluster.admin).await?);
    let name = format!("all admission policies together, {what}, mean of {WRITES}");
    Ok(Number::new(name, 1_000_000.0 * mean_between(&before, &after), "µs", None))
}

/// Of the mutating and of the validating policies, added up.
fn mean_between(before: &Counted, after: &Counted) -> f64 {
    let mean = |(plugin, now): (&String, &(f64, f64))| {
        let was = before.get(plugin).copied().unwrap_or_default();
        let asked = now.1 - was.1;
        if asked > 0.0 { (now.0 - was.0) / asked } else { 0.0 }
    };
    after.iter().map(mean).sum()
}

async fn metrics(client: &Client) -> Result<String> {
    Ok(client.request_text(http::Request::get("/metrics").body(vec![])?).await?)
}

async fn each(client: &Client) -> Result<Vec<Number>> {
    let counted = counted(&metrics(client).await?);
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

/// By policy, of ours alone.
fn counted(metrics: &str) -> Counted {
    let ours = |labels: &str| label(labels, "policy").filter(|name| name.starts_with(crds::labels::POLICY_PREFIX));
    added(metrics, &[VALIDATING, MUTATING], ours)
}

/// By the two parts of the API server that ask policies, whosever they are.
fn spent(metrics: &str) -> Counted {
    let policies = |labels: &str| label(labels, "name").filter(|name| name.ends_with("AdmissionPolicy"));
    added(metrics, &[ALL_POLICIES], policies)
}

fn added(metrics: &str, of: &[&str], key: impl Fn(&str) -> Option<String>) -> Counted {
    let mut all = Counted::new();
    for line in metrics.lines() {
        let Some((name, rest)) = line.split_once('{') else { continue };
        let Some((labels, value)) = rest.rsplit_once("} ") else { continue };
        let (Some(key), Ok(value)) = (key(labels), value.trim().parse::<f64>()) else { continue };
        let entry = all.entry(key).or_default();
        if of.iter().any(|m| name == format!("{m}_sum")) {
            entry.0 += value;
        } else if of.iter().any(|m| name == format!("{m}_count")) {
            entry.1 += value;
        }
    }
    all
}

/// `label="value"`
fn label(labels: &str, name: &str) -> Option<String> {
    let mut all = labels.split(',').filter_map(|one| one.split_once('='));
    let (_, value) = all.find(|(found, _)| *found == name)?;
    Some(value.trim_matches('"').to_owned())
}
