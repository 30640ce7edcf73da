//! What those say who only watched: the API server's audit log of what was written, the ledger of what was recorded, the cluster of what is
//! left. The operator's own word counts for nothing here.
use crate::{faults::Faults, load::Asked, operators::Operators};
use anyhow::{Context, Result};
use crds::labels::{LABEL_EXECUTION_UID, NAMESPACE_DRYRUN, NAMESPACE_RUNS};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};
use tests::{AuditLog, Cluster, Story, all, rows_at};

/// From the start of an operator until it has listed everything and taken litter away.
const SWEEP: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_secs(1);

/// These are 0, or the run failed.
const NOTHING: [&str; 8] = [
    "double_mutations",
    "double_jobs",
    "ledger_missing",
    "ledger_doubled",
    "leaked_identities",
    "leaked_locks",
    "leaked_jobs",
    "stuck",
];

/// What is not 0 and must be.
pub(crate) fn wrong(verdict: &Value) -> Vec<String> {
    NOTHING.iter().filter(|name| verdict[**name] != 0).map(|name| format!("{name} {}", verdict[*name])).collect()
}

/// All counts.
///
/// # Errors
/// Where one of the witnesses cannot be heard.
pub(crate) async fn of(cluster: &Cluster, operators: &Operators, faults: &Faults, asked: &[Asked], seed: u64) -> Result<Value> {
    let written = written(asked)?;
    let (mut missing, mut doubled) = (0_u64, 0_u64);
    for one in asked.iter().filter(|a| !a.stuck) {
        let rows = rows_at(operators.audit, &one.uid).await.context("the ledger does not answer")?;
        let (lost, twice) = gaps(one, &rows);
        if lost + twice > 0 {
            println!("rows of {}: {rows:#?} of {:#}", one.uid, one.end.as_ref().map_or(&Value::Null, |kx| &kx["status"]));
        }
        missing += lost;
        doubled += twice;
    }
    let left = swept(cluster, asked).await?;
    [&left.identities, &left.locks, &left.jobs].into_iter().flatten().for_each(|object| println!("left: {}", object["metadata"]));
    let stuck: Vec<&Asked> = asked.iter().filter(|a| a.stuck).collect();
    for one in &stuck {
        println!("stuck: {} {:#}", one.uid, one.end.as_ref().map_or(&Value::Null, |kx| &kx["status"]));
    }
    Ok(json!({
        "executions": asked.len(), "ends": ends(asked), "faults": faults.counts().values().sum::<u64>(), "kinds": faults.counts(),
        "mutations": written.mutations.values().sum::<usize>(),
        "double_mutations": written.mutations.values().filter(|n| **n > 1).count(),
        // One that was deleted before the operator saw it, and before a pod of it was there, is made again: nothing of it ran.
        "double_jobs": written.jobs.iter().filter(|(uid, n)| **n > 1 + faults.jobs_deleted(&format!("run-{uid}"))).count(),
        "ledger_missing": missing, "ledger_doubled": doubled,
        "leaked_identities": left.identities.len(), "leaked_locks": left.locks.len(), "leaked_jobs": left.jobs.len(),
        "stuck": stuck.len(), "seed": seed,
    }))
}

fn ends(asked: &[Asked]) -> BTreeMap<String, usize> {
    let mut ends = BTreeMap::new();
    for one in asked {
        let end = one.end.as_ref().map_or("deleted".to_owned(), |kx| {
            let text = |name: &str| kx["status"][name].as_str().unwrap_or("none").to_owned();
            format!("{} ({})", text("phase"), text("reason"))
        });
        *ends.entry(end).or_default() += 1;
    }
    ends
}

/// By execution.
#[derive(Default)]
struct Written {
    /// How often its run wrote.
    mutations: BTreeMap<String, usize>,
    /// How often a Job was made for it.
    jobs: BTreeMap<String, usize>,
}

fn written(asked: &[Asked]) -> Result<Written> {
    let accounts: BTreeMap<String, &str> = asked
        .iter()
        .map(|a| (format!("system:serviceaccount:{NAMESPACE_RUNS}:run-{}.{}", a.uid, a.target), a.uid.as_str()))
        .collect();
    let jobs: BTreeMap<String, &str> = asked.iter().map(|a| (format!("run-{}", a.uid), a.uid.as_str())).collect();
    let mut written = Written::default();
    AuditLog::whole().context("no audit log beside this kubeconfig")?.each(|event| {
        let text = |value: &'_ Value| value.as_str().unwrap_or_default().to_owned();
        let verb = text(&event["verb"]);
        let reads = matches!(verb.as_str(), "get" | "list" | "watch");
        if let Some(uid) = accounts.get(&text(&event["user"]["username"])).filter(|_| !reads) {
            *written.mutations.entry((*uid).to_owned()).or_default() += 1;
        }
        let object = &event["objectRef"];
        let makes_a_job = verb == "create" && object["resource"] == "jobs" && object.get("subresource").is_none();
        if let Some(uid) = jobs.get(&text(&object["name"])).filter(|_| makes_a_job) {
            *written.jobs.entry((*uid).to_owned()).or_default() += 1;
        }
    })?;
    Ok(written)
}

/// Rows that are not there, and rows that are there twice.
fn gaps(one: &Asked, rows: &[Value]) -> (u64, u64) {
    let seqs: Vec<u64> = rows.iter().filter_map(|r| r["seq"].as_u64()).collect();
    let known: BTreeSet<u64> = seqs.iter().copied().collect();
    let last = match &one.end {
        Some(kx) => kx["status"]["seq"].as_u64().unwrap_or(1),
        // Deleted: its rows go on to its end, if it was ever looked at.
        None => known.last().copied().unwrap_or(0),
    };
    let mut missing = (1..=last).filter(|seq| !known.contains(seq)).count();
    missing += usize::from(last > 0 && !rows.last().is_some_and(Story::is_end));
    let doubled = seqs.len() - known.len();
    (u64::try_from(missing).unwrap_or(u64::MAX), u64::try_from(doubled).unwrap_or(u64::MAX))
}

/// What was made for one of these and is still there.
struct Left {
    identities: Vec<Value>,
    locks: Vec<Value>,
    /// For ever: not going, and nothing says when it will.
    jobs: Vec<Value>,
}

impl Left {
    fn nothing(&self) -> bool {
        [&self.identities, &self.locks, &self.jobs].into_iter().all(Vec::is_empty)
    }
}

/// What an operator that has just started does not take away. A request that was lost on its way may have been carried out after its
/// execution was gone: that is litter, which it looks for at its start.
async fn swept(cluster: &Cluster, asked: &[Asked]) -> Result<Left> {
    let began = Instant::now();
    loop {
        let left = all_left(cluster, asked).await?;
        if left.nothing() || began.elapsed() > SWEEP {
            return Ok(left);
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn all_left(cluster: &Cluster, asked: &[Asked]) -> Result<Left> {
    let ours: BTreeSet<&str> = asked.iter().map(|a| a.uid.as_str()).collect();
    let left = async |version: &str, kind: &str, namespace: &str| left(cluster, &ours, version, kind, namespace).await;
    let mut identities = left("v1", "ServiceAccount", NAMESPACE_RUNS).await?;
    identities.extend(left("v1", "ServiceAccount", NAMESPACE_DRYRUN).await?);
    for namespace in asked.iter().map(|a| a.namespace.as_str()).collect::<BTreeSet<_>>() {
        identities.extend(left("rbac.authorization.k8s.io/v1", "RoleBinding", namespace).await?);
    }
    let locks = left("coordination.k8s.io/v1", "Lease", NAMESPACE_RUNS).await?;
    let forever =
        |j: &Value| !j["spec"]["ttlSecondsAfterFinished"].is_number() && j["metadata"].get("deletionTimestamp").is_none();
    let mut jobs = left("batch/v1", "Job", NAMESPACE_RUNS).await?;
    jobs.extend(left("batch/v1", "Job", NAMESPACE_DRYRUN).await?);
    jobs.retain(forever);
    Ok(Left { identities, locks, jobs })
}

async fn left(cluster: &Cluster, ours: &BTreeSet<&str>, version: &str, kind: &str, namespace: &str) -> Result<Vec<Value>> {
    let kinds = json!({"apiVersion": version, "kind": kind, "metadata": {"namespace": namespace}});
    let mut found = all(&cluster.admin, &kinds, LABEL_EXECUTION_UID).await?;
    found.retain(|o| o["metadata"]["labels"][LABEL_EXECUTION_UID].as_str().is_some_and(|uid| ours.contains(uid)));
    Ok(found)
}
