//! What a step does to the world, whenever it lands. Whatever a real API server or database would refuse is refused here.
use super::{
    dry,
    look::uid,
    rival,
    rules::{self, Broken},
    stuck::{self, Stuck},
    world::{FakeJob, World},
};
use crate::{
    execution::{Execution, FINALIZER},
    row::Row,
    step::{Effect, Step},
};
use crds::{ExecutionStatus, labels::NAMESPACE_DRYRUN};
use k8s_openapi::{api::batch::v1::Job, apimachinery::pkg::apis::meta::v1::Time};
use std::rc::Rc;

/// A step, with the view that it was decided on.
#[derive(Clone)]
pub struct Deed {
    pub exec: Rc<Execution>,
    pub step: Step,
}

/// Carries it out. `honors_rv` is false for the one mutant that writes without a resourceVersion.
pub fn land(w: &mut World, deed: &Deed, honors_rv: bool, broken: &mut Vec<Broken>) {
    let current = deed.exec.resource_version == w.rv.to_string();
    match &deed.step {
        Step::Record(status) if current || !honors_rv => record(w, status, broken),
        Step::Do(effect) => {
            rules::row_before_deed(w, &deed.exec, effect, broken);
            perform(w, &deed.exec, effect, current, broken);
        }
        Step::Record(_) | Step::Wait(_) | Step::Stop => {}
    }
}

fn record(w: &mut World, status: &ExecutionStatus, broken: &mut Vec<Broken>) {
    let Some(before) = w.exec.clone() else { return };
    rules::record(&before, status, broken);
    w.edit(|kx| kx.status = Some(status.clone()));
    w.owe();
}

fn perform(w: &mut World, exec: &Execution, effect: &Effect, current: bool, broken: &mut Vec<Broken>) {
    match effect {
        Effect::AppendRow(row) => append(w, row, broken),
        // The API server takes no new finalizer on an object that is going.
        Effect::AddFinalizer if current && !exec.deleting => {
            w.edit(|kx| kx.metadata.finalizers = Some(vec![FINALIZER.to_owned()]));
        }
        Effect::ReleaseFinalizer { .. } if current => w.edit(|kx| kx.metadata.finalizers = None),
        Effect::Delete if current => {
            rules::kept(w, exec, broken);
            delete(w);
        }
        Effect::AddFinalizer | Effect::ReleaseFinalizer { .. } | Effect::Delete => {}
        Effect::Claim { claim, over } => {
            rival::take(w, Some(claim.turn), over.as_ref().map(|v| v.parse().unwrap()));
        }
        Effect::Unclaim { claims } => {
            rules::let_go(w, exec, broken);
            w.claim = w.claim.filter(|c| !claims.iter().any(|(_, version)| *version == c.version.to_string()));
        }
        Effect::Grant(access) if access.home == NAMESPACE_DRYRUN => w.dry.identity = true,
        Effect::Grant(_) => w.identity = true,
        Effect::TellApprovals { all, .. } => {
            for (name, _, told) in all {
                w.approvals.iter_mut().filter(|a| a.name == *name).for_each(|a| a.told = Some(told.clone()));
            }
        }
        Effect::Revoke { .. } => (w.identity, w.dry.identity) = (false, false),
        Effect::DryRun(job) => dry::create(w, job),
        Effect::EndDryRun { uid, .. } => dry::end(w, uid),
        // It is tried again, and seldom.
        Effect::Undo(_) if w.is(Stuck::Undo) => w.clock += stuck::SLOW,
        Effect::Undo(kx) => {
            rules::undo(w, exec, kx, broken);
            // 409 where it is there.
            w.undos.made += u32::from(!w.undos.there);
            w.undos.there = true;
        }
        Effect::CreateJob(job) => create(w, job),
        Effect::StopJob { uid: wanted, .. } => {
            w.job.iter_mut().filter(|j| uid(j.uid) == *wanted).for_each(|j| j.stopping = true);
        }
        Effect::ReleasePods { pods } => {
            w.pods.iter_mut().filter(|p| pods.contains(&p.name)).for_each(|p| p.held = false);
        }
        Effect::ExpireJob { uid: wanted, .. } => {
            w.job.iter_mut().filter(|j| uid(j.uid) == *wanted).for_each(|j| j.expires = true);
        }
    }
}

/// Number n goes in only after n - 1; the same bytes again are no error, other bytes are.
fn append(w: &mut World, row: &Row, broken: &mut Vec<Broken>) {
    let at = usize::try_from(row.seq - 1).unwrap();
    match w.rows.get(at) {
        _ if !w.ledger_up => {}
        Some(there) if there.as_ref() == row => {}
        // What somebody else put there stays, and is no fault of who comes late with what belongs there.
        Some(there) if w.due.get(at) != Some(there) => {}
        Some(_) => broken.push(Broken::new("every row is written once, with the same bytes", format!("row {}", row.seq))),
        None if at == w.rows.len() => {
            w.rows.push(Rc::new(row.clone()));
            w.written = w.written.max(w.rows.len());
        }
        None => {}
    }
}

fn create(w: &mut World, manifest: &Job) {
    if w.job.is_some() {
        return; // 409
    }
    w.jobs_made += 1;
    let policy = manifest.spec.as_ref().and_then(|s| s.pod_failure_policy.as_ref());
    let replaces = policy.is_some_and(|p| p.rules.iter().any(|r| r.action == "Ignore"));
    let deadline = manifest.spec.as_ref().and_then(|s| s.active_deadline_seconds);
    w.job = Some(FakeJob { replaces, deadline, ..FakeJob::new(w.jobs_made, w.clock) });
}

/// Somebody deletes the execution.
pub fn delete(w: &mut World) {
    let now = Time(w.clock);
    w.edit(|kx| {
        kx.metadata.deletion_timestamp.get_or_insert(now);
    });
}
