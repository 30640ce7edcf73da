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

/// So often what it takes alone,
const TIMES: u32 = 10;
/// and so much more: the operator is killed in the middle of it.
const BESIDES: Duration = Duration::from_secs(30);

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
    pub(crate) async fn idle(&self) -> Result<Waited> {
        let mut all = vec![];
        for n in 0..IDLE {
            all.push(self.one(n).await?);
        }
        Ok(Waited(all))
    }

    /// One after the other, until then; a plan and a change in any case.
    pub(crate) async fn until(&self, over: impl Fn() -> bool) -> Result<Waited> {
        let mut all = vec![];
        while all.len() < 2 || !over() {
            all.push(self.one(all.len()).await?);
            tokio::time::sleep(PAUSE).await;
        }
        Ok(Waited(all))
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

/// How long each of his took: a plan, a change, and so on. All of them ended well.
pub(crate) struct Waited(Vec<Duration>);

impl Waited {
    fn of(&self, odd: usize) -> Vec<Duration> {
        self.0.iter().copied().skip(odd).step_by(2).collect()
    }

    pub(crate) fn numbers(&self, when: &str) -> Vec<Number> {
        let of = |(odd, what): &(usize, &str)| {
            let took = self.of(*odd);
            let name = |which: &str| format!("quiet namespace, {when}: a {what}, created to over, {which} of {}", took.len());
            let number = |which: &str, part: f64| rank(&took, part).map(|at| Number::seconds(name(which), at));
            [number("p50", 0.5), number("largest", 1.0)]
        };
        [(0, "plan"), (1, "change")].iter().flat_map(of).flatten().collect()
    }

    /// In the flood he waits longer than alone, and not as long as the flood takes.
    ///
    /// # Errors
    /// Where he waits too long.
    pub(crate) fn bounded_by(&self, idle: &Self) -> Result<()> {
        for (odd, what) in [(0, "plan"), (1, "change")] {
            let p50 = |of: &Self| rank(&of.of(odd), 0.5).with_context(|| format!("no {what} of the quiet one"));
            let (took, most) = (p50(self)?, p50(idle)? * TIMES + BESIDES);
            ensure!(took <= most, "half of the quiet one's {what}s took {took:?} and more; at most {most:?}");
        }
        Ok(())
    }
}
