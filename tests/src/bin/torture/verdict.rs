//! What those say who only watched: the API server's audit log of what was written, the ledger of what was recorded, the cluster of what is
//! left. The operator's own word counts for nothing here.
use crate::{
    clock,
    faults::{self, Faults},
    harm,
    load::{Asked, TTL},
    operators::Operators,
    votes::Said,
};
use anyhow::{Context, Result};
use crds::labels::{LABEL_EXECUTION_UID, NAMESPACE_DRYRUN, NAMESPACE_RUNS};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};
use tests::{AuditLog, Cluster, Expected, Run, Story, Witness, all, rows_at};

/// From the start of an operator until it has listed everything and taken litter away.
const SWEEP: Duration = Duration::from_secs(60);
/// Until the last execution has gone. Its end is of the time that its operator believed: an end that a clock ahead of its time told is not
/// long ago for as long as that clock was ahead.
const GONE: Duration = Duration::from_secs(SWEEP.as_secs() + TTL.as_secs() + clock::FURTHEST);
const LOOK: Duration = Duration::from_secs(1);
/// So many executions take long enough that each kind of harm comes.
const FULL_RUN: usize = 2000;

/// How it was tortured.
pub(crate) struct Torture<'a> {
    pub(crate) seed: u64,
    pub(crate) began: Timestamp,
    pub(crate) faults: &'a Faults,
    /// What cannot happen here, and why.
    pub(crate) impossible: BTreeMap<&'static str, &'static str>,
}

/// These are 0, or the run failed.
const NOTHING: [&str; 13] = [
    "unseen_faults",
    "unseen_mutations",
    "unapproved_mutations",
    "unheard_votes",
    "double_mutations",
    "double_jobs",
    "ledger_missing",
    "ledger_doubled",
    "leaked_identities",
    "leaked_locks",
    "leaked_jobs",
    "leaked_executions",
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
pub(crate) async fn of(cluster: &Cluster, operators: &Operators, asked: &[Asked], torture: &Torture<'_>) -> Result<Value> {
    let faults = torture.faults;
    let witness = heard(torture.began)?;
    let seen = witness.seen(&asked.iter().map(|one| expected(one, faults)).collect::<Vec<_>>());
    let (unapproved, unheard) = votes(asked, &witness);
    let (mut missing, mut doubled) = (0_u64, 0_u64);
    let audit = operators.serving().await;
    for one in asked.iter().filter(|a| !a.stuck) {
        let rows = rows_at(audit, &one.uid).await.context("the ledger does not answer")?;
        let (lost, twice) = gaps(one, &rows, witness.mutations_of(&one.uid) > 0);
        if lost + twice > 0 {
            println!("rows of {}: {rows:#?} of {:#}", one.uid, one.end.as_ref().map_or(&Value::Null, |kx| &kx["status"]));
        }
        missing += lost;
        doubled += twice;
    }
    let left = swept(cluster, asked).await?;
    left.all().into_iter().flatten().for_each(|object| println!("left: {}", object["metadata"]));
    let stuck: Vec<&Asked> = asked.iter().filter(|a| a.stuck).collect();
    for one in &stuck {
        println!("stuck: {} {:#}", one.uid, one.end.as_ref().map_or(&Value::Null, |kx| &kx["status"]));
    }
    Ok(json!({
        "executions": asked.len(), "ends": ends(asked), "faults": faults.counts().values().sum::<u64>(), "kinds": faults.counts(),
        "impossible_here": torture.impossible, "mutations": seen.mutations,
        "unseen_faults": unseen(torture, asked.len(), seen.mutations), "unseen_mutations": seen.unseen_mutations,
        "unapproved_mutations": unapproved, "unheard_votes": unheard,
        "double_mutations": seen.double_mutations, "double_jobs": seen.double_jobs,
        "ledger_missing": missing, "ledger_doubled": doubled,
        "leaked_identities": left.identities.len(), "leaked_locks": left.locks.len(), "leaked_jobs": left.jobs.len(),
        "leaked_executions": left.executions.len(),
        "stuck": stuck.len(), "seed": torture.seed,
    }))
}

/// Those that wrote something, and not both people had said yes; and those that ended as if something else had been said.
fn votes(asked: &[Asked], witness: &Witness) -> (usize, usize) {
    let (mut unapproved, mut unheard) = (0, 0);
    for one in asked {
        let Some(said) = one.said else { continue };
        let wrote = said != Said::Yes && witness.mutations_of(&one.uid) > 0;
        let missed = one.end.as_ref().is_some_and(|end| said.is_unheard(end));
        if wrote || missed {
            println!("said {said:?}: {} {:#}", one.uid, one.end.as_ref().map_or(&Value::Null, |kx| &kx["status"]));
        }
        unapproved += usize::from(wrote);
        unheard += usize::from(missed);
    }
    (unapproved, unheard)
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

/// Kinds of harm that should have come and did not: all that are possible, in a full run; else any at all, and anything that was hurt by them.
fn unseen(torture: &Torture<'_>, executions: usize, mutations: usize) -> usize {
    let counts = torture.faults.counts();
    if executions < FULL_RUN {
        return usize::from(counts.is_empty()) + usize::from(mutations == 0);
    }
    let kinds = faults::KINDS.iter().chain(&harm::KINDS);
    kinds
        .filter(|kind| !counts.contains_key(**kind) && !torture.impossible.contains_key(**kind))
        .inspect(|kind| println!("never: {kind}"))
        .count()
}

/// What it may have done.
fn expected(one: &Asked, faults: &Faults) -> Expected {
    let done =
        one.end.as_ref().is_some_and(|kx| kx["status"]["phase"] == "Completed" && kx["status"]["reason"] == "ChecksPassed");
    let runs_again = if one.idempotent { faults.pods_evicted(&one.uid) } else { 0 };
    let jobs_again = faults.jobs_deleted(&format!("run-{}", one.uid));
    Expected { uid: one.uid.clone(), writes: one.writes, done, runs_again, jobs_again }
}

/// All that the API server carried out since.
fn heard(began: Timestamp) -> Result<Witness> {
    let mut witness = Witness::default();
    AuditLog::whole().context("no audit log beside this kubeconfig")?.all_since(began, |event| witness.hear(event))?;
    Ok(witness)
}

/// Rows that are not there, and rows that are there twice.
fn gaps(one: &Asked, rows: &[Value], wrote: bool) -> (u64, u64) {
    let seqs: Vec<u64> = rows.iter().filter_map(|r| r["seq"].as_u64()).collect();
    let known: BTreeSet<u64> = seqs.iter().copied().collect();
    let last = match &one.end {
        Some(kx) => kx["status"]["seq"].as_u64().unwrap_or(1),
        // Deleted: its rows go on to its end, if it was ever looked at; and so it was, if it wrote.
        None => known.last().copied().unwrap_or(u64::from(wrote)),
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
    /// Themselves, long after their end.
    executions: Vec<Value>,
}

impl Left {
    fn all(&self) -> [&Vec<Value>; 4] {
        [&self.identities, &self.locks, &self.jobs, &self.executions]
    }

    /// What is no execution, and goes with the end of one or by the next start of an operator.
    fn litter(&self) -> bool {
        [&self.identities, &self.locks, &self.jobs].into_iter().any(|kind| !kind.is_empty())
    }

    fn nothing(&self) -> bool {
        !self.litter() && self.executions.is_empty()
    }
}

/// What an operator that has just started does not take away. A request that was lost on its way may have been carried out after its
/// execution was gone: that is litter, which it looks for at its start.
async fn swept(cluster: &Cluster, asked: &[Asked]) -> Result<Left> {
    let began = Instant::now();
    loop {
        let left = all_left(cluster, asked).await?;
        let patience = if left.litter() { SWEEP } else { GONE };
        if left.nothing() || began.elapsed() > patience {
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
    let over: BTreeSet<&str> = asked.iter().filter(|a| !a.stuck).map(|a| a.uid.as_str()).collect();
    let mut executions = Vec::new();
    for namespace in asked.iter().map(|a| a.namespace.as_str()).collect::<BTreeSet<_>>() {
        identities.extend(left("rbac.authorization.k8s.io/v1", "RoleBinding", namespace).await?);
        executions.extend(all(&cluster.admin, &Run::manifest(namespace, json!({})), "").await?);
    }
    executions.retain(|kx| kx["metadata"]["uid"].as_str().is_some_and(|uid| over.contains(uid)));
    let locks = left("coordination.k8s.io/v1", "Lease", NAMESPACE_RUNS).await?;
    let forever =
        |j: &Value| !j["spec"]["ttlSecondsAfterFinished"].is_number() && j["metadata"].get("deletionTimestamp").is_none();
    let mut jobs = left("batch/v1", "Job", NAMESPACE_RUNS).await?;
    jobs.extend(left("batch/v1", "Job", NAMESPACE_DRYRUN).await?);
    jobs.retain(forever);
    Ok(Left { identities, locks, jobs, executions })
}

async fn left(cluster: &Cluster, ours: &BTreeSet<&str>, version: &str, kind: &str, namespace: &str) -> Result<Vec<Value>> {
    let kinds = json!({"apiVersion": version, "kind": kind, "metadata": {"namespace": namespace}});
    let mut found = all(&cluster.admin, &kinds, LABEL_EXECUTION_UID).await?;
    found.retain(|o| o["metadata"]["labels"][LABEL_EXECUTION_UID].as_str().is_some_and(|uid| ours.contains(uid)));
    Ok(found)
}
