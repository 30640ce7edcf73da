//! The flood itself: what is asked for, where, and how each is to end.
use crate::{
    killed,
    sight::{Id, Sights},
};
use anyhow::{Result, ensure};
use futures::{StreamExt, stream};
use kube::Error;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::Mutex,
    time::{Duration, Instant},
};
use tests::{Cluster, Number, Scratch, Workload, create};

/// Requests under way at a time: more than the operator works on.
const AT_ONCE: usize = 100;
const NAMESPACES: usize = 3;

/// Bytes of an annotation that one in twenty carries: a good one may be huge, too.
const HUGE: usize = 64 * 1024;
/// Its kind.
const HUGE_KIND: usize = 7;

/// How it is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Planned,
    Refused,
}

pub(crate) struct Water<'a> {
    cluster: &'a Cluster,
    sights: &'a Sights,
    spaces: Vec<Scratch>,
    executions: usize,
    /// Those that the API server took.
    taken: Mutex<Option<Vec<(Id, Wanted)>>>,
}

/// One of twenty kinds.
fn spec(kind: usize) -> (Value, Wanted) {
    let asked = |action: &str, target: &str, parameters: Value| json!({"action": action, "target": {"name": target, "kind": "Deployment"}, "parameters": parameters, "dryRun": "Plan"});
    let scale = |parameters: Value| asked("scale_deployment", "web", parameters);
    // Of the canonical JSON `{"pad":"...","replicas":2}`.
    let padded = |bytes: usize| scale(json!({"replicas": 2, "pad": "x".repeat(bytes - 25)}));
    match kind {
        0 => (scale(json!({"replicas": 0})), Wanted::Refused),
        1 => (scale(json!({"replicas": 99})), Wanted::Refused),
        2 => (asked("no_such_action", "web", json!({})), Wanted::Refused),
        3 | 5 => (padded(crds::limits::PARAMETERS), Wanted::Refused),
        4 => (padded(crds::limits::PARAMETERS + 1), Wanted::Refused),
        6 => (asked("scale_deployment", "nowhere", json!({"replicas": 2})), Wanted::Refused),
        _ => (scale(json!({"replicas": 2})), Wanted::Planned),
    }
}

impl<'a> Water<'a> {
    pub(crate) async fn make(cluster: &'a Cluster, sights: &'a Sights, executions: usize) -> Result<Self> {
        let mut spaces = Vec::new();
        for _ in 0..NAMESPACES {
            let space = cluster.scratch("flood").await?;
            Workload::deployment(cluster, &space.name, 1).await;
            spaces.push(space);
        }
        Ok(Self { cluster, sights, spaces, executions, taken: Mutex::default() })
    }

    /// All are created, the operator is killed when half of them are over, and then the rest are, too.
    pub(crate) async fn poured(&self) -> Result<Vec<Number>> {
        let (began, answers) = (Instant::now(), Mutex::new(BTreeMap::<String, usize>::new()));
        let taken: Vec<Option<(Id, Wanted)>> =
            stream::iter(0..self.executions).map(|n| self.one(n, &answers)).buffer_unordered(AT_ONCE).collect().await;
        let took = began.elapsed();
        let taken: Vec<_> = taken.into_iter().flatten().collect();
        println!("{} created in {} s; refused by the API server: {:?}", taken.len(), took.as_secs(), answers.lock());
        let early = self.sights.count(taken.iter().map(|(id, _)| id));
        let mut numbers = vec![
            Number::seconds(format!("{} executions asked for at once, {} of them taken", self.executions, taken.len()), took),
            Number::new("of them not over when the last one was made", whole(taken.len() - early), "", None),
        ];
        self.some_over(&taken, taken.len() / 2).await;
        numbers.push(Number::seconds(
            "operator killed -9 with half of them to do, until the next one is ready",
            killed(self.cluster).await,
        ));
        self.some_over(&taken, taken.len()).await;
        if let Ok(mut all) = self.taken.lock() {
            *all = Some(taken);
        }
        Ok(numbers)
    }

    async fn some_over(&self, taken: &[(Id, Wanted)], wanted: usize) {
        let mut told = Instant::now();
        loop {
            let over = self.sights.count(taken.iter().map(|(id, _)| id));
            if over >= wanted {
                return;
            }
            if told.elapsed() > Duration::from_secs(20) {
                told = Instant::now();
                println!("{over} of {} are over", taken.len());
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }

    async fn one(&self, n: usize, answers: &Mutex<BTreeMap<String, usize>>) -> Option<(Id, Wanted)> {
        let (kind, space) = (n % 20, self.spaces.get(n / 20 % NAMESPACES)?);
        // One of twenty has the name of another.
        let name = format!("flood-{}", if kind == 5 { n - 2 } else { n });
        let (spec, wanted) = spec(kind);
        let mut object = json!({
            "apiVersion": "writ.dev/v1alpha1", "kind": "KubernetesExecution",
            "metadata": {"name": name, "namespace": space.name}, "spec": spec,
        });
        if kind == HUGE_KIND {
            object["metadata"]["annotations"] = json!({"example.com/why": "x".repeat(HUGE)});
            object["spec"]["reason"] = json!("x".repeat(crds::limits::REASON));
        }
        let answer = match create(&self.cluster.admin, &object).await {
            Ok(_) => return Some((format!("{}/{name}", space.name), wanted)),
            Err(Error::Api(status)) => format!("{} {}", status.code, status.reason),
            Err(_) => "no answer".to_owned(),
        };
        if let Ok(mut all) = answers.lock() {
            *all.entry(answer).or_default() += 1;
        }
        None
    }

    /// Whether all are.
    pub(crate) fn over(&self) -> impl Fn() -> bool {
        || self.taken.lock().is_ok_and(|all| all.is_some())
    }

    /// Each as it should.
    pub(crate) async fn ended(&self, took: Duration) -> Result<Vec<Number>> {
        let taken = self.taken.lock().map(|mut all| all.take()).unwrap_or_default().unwrap_or_default();
        let (mut ends, mut wrong) = (BTreeMap::<String, usize>::new(), vec![]);
        for (id, wanted) in &taken {
            let (_, end) = self.sights.over(id).await?;
            let right = match wanted {
                Wanted::Planned => end == "Completed (PlanOnly)",
                Wanted::Refused => end.starts_with("Refused"),
            };
            if !right {
                wrong.push(format!("{id}: {end}, not {wanted:?}"));
            }
            *ends.entry(end).or_default() += 1;
        }
        println!("{ends:#?}");
        ensure!(wrong.is_empty(), "{} did not end as they should, such as {:?}", wrong.len(), wrong.first());
        Ok(vec![
            Number::seconds("until the last of them was over", took),
            Number::new("over in a second", whole(taken.len()) / took.as_secs_f64(), "1/s", None),
        ])
    }
}

#[allow(clippy::cast_precision_loss, reason = "a count, to be shown")]
pub(crate) fn whole(count: usize) -> f64 {
    count as f64
}
