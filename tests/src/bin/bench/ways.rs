//! The longer ways: with a dry run, with an approval, and back again.
use crate::{How, measure::until_job, sight::Sightings};
use anyhow::{Context, Result, ensure};
use kube::ResourceExt;
use kube::api::{DynamicObject, Patch, PatchParams};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tests::{Cluster, Number, Scratch, Standing, Workload, rank};

/// Allows everything; in one namespace only after a dry run.
const MODULE: &str = r#"package writ

decision := {"allow": count(deny) == 0, "deny": [d | some d in deny], "require": require}

deny contains "never" if input.execution.namespace == "nowhere-at-all"

default require := {}

require := {"dry_run": true} if input.execution.namespace == "NAMESPACE"
"#;
const TESTS: &str = r#"package writ_test

import data.writ

test_nowhere_is_denied if count(writ.deny) == 1 with input as {"execution": {"namespace": "nowhere-at-all"}}

test_a_dry_run_is_wanted if writ.require.dry_run with input as {"execution": {"namespace": "NAMESPACE"}}
"#;

/// Everything, so many times.
pub(crate) async fn all(cluster: &Cluster, how: &How) -> Result<Vec<Number>> {
    let mut numbers = back(cluster, how.rounds).await?;
    numbers.extend(tried(cluster, how.rounds).await?);
    numbers.extend(approved(cluster, how.approvals).await?);
    Ok(numbers)
}

/// Somewhere to measure, with one Deployment of one pod.
struct Place {
    cluster: Cluster,
    space: Scratch,
    web: Workload,
    sights: Sightings,
}

impl Place {
    async fn make(cluster: &Cluster, labels: Value) -> Result<Self> {
        let space = cluster.labeled_scratch("bench-ways", labels).await?;
        let web = Workload::deployment(cluster, &space.name, 1).await;
        let sights = Sightings::default();
        crate::ours::follow(&sights, &cluster.admin, &space.name).await;
        sights.follow(tests::api(&cluster.admin, &request(&space.name, "", 1)), waiting).await;
        Ok(Self { cluster: cluster.clone(), space, web, sights })
    }

    async fn ask(&self, object: &Value) -> Result<String> {
        let made = tests::create(&self.cluster.admin, object).await?;
        Ok(format!("{}/{}", self.space.name, made.name_any()))
    }

    /// From now until it is reported done.
    async fn done(&self, object: &Value) -> Result<(String, Duration)> {
        let begun = Instant::now();
        let id = self.ask(object).await?;
        let over = self.sights.of(&format!("{id} over")).await?;
        ensure!(over.says.starts_with("Completed"), "{id}: {}", over.says);
        self.sights.of(&format!("{id} released")).await?;
        Ok((id, over.at.duration_since(begun)))
    }

    async fn reset(&self) -> Result<()> {
        let one = Patch::Merge(json!({"spec": {"replicas": 1}}));
        tests::api(&self.cluster.admin, &self.web.object).patch("web", &PatchParams::default(), &one).await?;
        self.web.settled().await;
        Ok(())
    }
}

pub(crate) fn request(namespace: &str, name: &str, replicas: u32) -> Value {
    json!({
        "apiVersion": "writ.dev/v1alpha1", "kind": "KubernetesExecution", "metadata": {"name": name, "namespace": namespace},
        "spec": {"action": "scale_deployment", "target": {"name": "web"}, "parameters": {"replicas": replicas}, "reason": "INC-1 a measurement"},
    })
}

/// That it waits for approvals, and for which hash.
fn waiting(object: &DynamicObject) -> Vec<(String, String)> {
    let text = |at: &str| object.data.pointer(at).and_then(Value::as_str).unwrap_or_default().to_owned();
    let id = format!("{}/{} waits", object.namespace().unwrap_or_default(), object.name_any());
    (text("/status/phase") == "AwaitingApproval").then(|| (id, text("/status/approval/planHash"))).into_iter().collect()
}

/// One pod more, and the stored inverse of that.
async fn back(cluster: &Cluster, rounds: usize) -> Result<Vec<Number>> {
    let place = Place::make(cluster, json!({})).await?;
    let (mut there, mut back) = (vec![], vec![]);
    for round in 0..rounds {
        let object = request(&place.space.name, &format!("there-{round}"), 2);
        let (id, took) = place.done(&object).await?;
        there.push(took);
        let mut undo = request(&place.space.name, &format!("back-{round}"), 1);
        let original = tests::get(&cluster.admin, &object).await?.with_context(|| format!("{id} is gone"))?;
        undo["spec"]["rollbackOf"] = json!({"name": original["metadata"]["name"], "uid": original["metadata"]["uid"]});
        back.push(place.done(&undo).await?.1);
        place.reset().await?;
    }
    Ok(beside("undo: created to restored", "forward run", &back, &there, Some(1.0)))
}

/// The same with a dry run before it and without.
async fn tried(cluster: &Cluster, rounds: usize) -> Result<Vec<Number>> {
    let (tried, plain) = (Place::make(cluster, json!({})).await?, Place::make(cluster, json!({})).await?);
    let _policy = demanding(cluster, &tried.space.name).await?;
    let (mut with, mut without) = (vec![], vec![]);
    for round in 0..rounds {
        with.push(tried.done(&request(&tried.space.name, &format!("tried-{round}"), 2)).await?.1);
        without.push(plain.done(&request(&plain.space.name, &format!("plain-{round}"), 2)).await?.1);
        tried.reset().await?;
        plain.reset().await?;
    }
    Ok(beside("created to reported, with a dry run", "without", &with, &without, None))
}

async fn demanding(cluster: &Cluster, namespace: &str) -> Result<Standing> {
    let text = |t: &str| t.replace("NAMESPACE", namespace);
    let policy = json!({
        "apiVersion": "writ.dev/v1alpha1", "kind": "ExecutionPolicy", "metadata": {"name": namespace},
        "spec": {"mode": "Enforce", "owner": "bench", "modules": {"dry.rego": text(MODULE), "dry_test.rego": text(TESTS)}},
    });
    Ok(cluster.stand(policy).await?.once("Ready").await)
}

/// From the approval to the Job: the default policy wants one of sre-leads for four pods more in production.
async fn approved(cluster: &Cluster, rounds: usize) -> Result<Vec<Number>> {
    let place = Place::make(cluster, json!({"environment": "production"})).await?;
    let lead = cluster.as_user("bench-lead", &["sre-leads", "system:masters"]);
    let mut all = vec![];
    for round in 0..rounds {
        let id = place.ask(&request(&place.space.name, &format!("approved-{round}"), 5)).await?;
        let waits = place.sights.of(&format!("{id} waits")).await?;
        let object = request(&place.space.name, &format!("approved-{round}"), 5);
        let now = tests::get(&cluster.admin, &object).await?.with_context(|| format!("{id} is gone"))?;
        let meta = json!({"name": format!("yes-{round}"), "namespace": place.space.name});
        let execution = json!({"name": now["metadata"]["name"], "uid": now["metadata"]["uid"]});
        let spec = json!({"execution": execution, "action": "scale_deployment", "planHash": waits.says, "decision": "Approve"});
        let yes = json!({"apiVersion": "writ.dev/v1alpha1", "kind": "ExecutionApproval", "metadata": meta, "spec": spec});
        let begun = Instant::now();
        tests::create(&lead, &yes).await?;
        all.push(place.sights.of(&format!("{id} job")).await?.at.duration_since(begun));
        place.sights.of(&format!("{id} released")).await?;
        place.reset().await?;
    }
    Ok(until_job("approval to Job", &all, Some((200.0, 200.0))))
}

/// Medians, and their ratio.
fn beside(name: &str, other: &str, ours: &[Duration], others: &[Duration], goal: Option<f64>) -> Vec<Number> {
    let (Some(ours), Some(others)) = (rank(ours, 0.5), rank(others, 0.5)) else { return vec![] };
    vec![
        Number::seconds(format!("{name}, median"), ours),
        Number::seconds(format!("{name}: {other}, median"), others),
        Number::new(format!("{name}: against the {other}"), ours.as_secs_f64() / others.as_secs_f64(), "ratio", goal),
    ]
}
