//! Somebody in a namespace of his own, who wants one small thing at a time while the others flood.
use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;
use tests::{Cluster, Number, Scratch, Workload, rank};

/// Between two of his.
const PAUSE: Duration = Duration::from_secs(1);
/// Two and back again as often: the first in the flood is a change, too.
const IDLE: usize = 8;

pub(crate) struct Quiet<'a> {
    cluster: &'a Cluster,
    space: Scratch,
}

/// A plan, or a change that is really made.
fn spec(n: usize) -> Value {
    let mut spec = json!({
        "action": "scale_deployment", "target": {"name": "web", "kind": "Deployment"}, "parameters": {"replicas": 2 - n / 2 % 2},
        "reason": "quiet",
    });
    if n.is_multiple_of(2) {
        spec["parameters"] = json!({"replicas": 3});
        spec["dryRun"] = json!("Plan");
    }
    spec
}

impl<'a> Quiet<'a> {
    pub(crate) async fn make(cluster: &'a Cluster) -> Result<Self> {
        let space = cluster.scratch("quiet").await?;
        Workload::deployment(cluster, &space.name, 1).await;
        Ok(Self { cluster, space })
    }

    /// Before the flood.
    pub(crate) async fn idle(&self) -> Result<Vec<Number>> {
        let mut all = vec![];
        for n in 0..IDLE {
            all.push(self.one(n).await?);
        }
        Ok(numbers("with nothing else to do", &all))
    }

    /// One after the other, until then.
    pub(crate) async fn until(&self, over: impl Fn() -> bool) -> Result<Vec<Number>> {
        let mut all = vec![];
        while !over() {
            all.push(self.one(all.len()).await?);
            tokio::time::sleep(PAUSE).await;
        }
        Ok(numbers("in the flood", &all))
    }

    async fn one(&self, n: usize) -> Result<Duration> {
        let began = Timestamp::now();
        let run = self.cluster.run(&self.space.name, spec(n)).await;
        let over = run.until("it is over", |kx| kx["status"]["finishedAt"].is_string()).await;
        let status = &over["status"];
        ensure!(status["phase"] == "Completed", "{}/{}: {}", run.namespace, run.name, status["message"]);
        // By its own record: a watch in the flood may tell of it much later.
        let at: Timestamp = status["finishedAt"].as_str().context("finishedAt is no text")?.parse()?;
        Ok(at.duration_since(began).try_into().unwrap_or_default())
    }
}

fn numbers(when: &str, all: &[Duration]) -> Vec<Number> {
    let which = |odd: usize| all.iter().copied().skip(odd).step_by(2).collect::<Vec<_>>();
    let kinds = [("plan", which(0)), ("change", which(1))];
    let of = |(what, took): &(&str, Vec<Duration>)| {
        let name = |which: &str| format!("quiet namespace, {when}: a {what}, created to over, {which} of {}", took.len());
        let number = |which: &str, part: f64| rank(took, part).map(|at| Number::seconds(name(which), at));
        [number("p50", 0.5), number("largest", 1.0)]
    };
    kinds.iter().flat_map(of).flatten().collect()
}
