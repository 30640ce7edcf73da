//! Over: what is still owed, in order: the row (`ledger`), the identity and a Job that may run (`brake`), the target, the pods that are held, the
//! Job's TTL, the word that it was undone; then the finalizer, which says that nothing is. After it: what a late request brings back is
//! cleaned up again, and the object goes when its time comes.
use crate::{
    approvals, duration,
    observed::Over,
    planned::{DONE, READY},
    step::{Effect, Step, Waiting, Why},
    story::Pass,
    time,
};
use crds::Reason;
use jiff::{SignedDuration, Timestamp};

/// A Job that is being deleted is gone within its pod's grace.
const STOPPING: SignedDuration = SignedDuration::from_secs(2);

pub(super) fn next(pass: &Pass<'_>, s: &Over) -> Step {
    if let Some(job) = &s.job {
        // While a container may run, its pod says how it ends.
        if job.running {
            return Step::Wait(Waiting::lasting(pass.now, STOPPING, Why::JobEnd));
        }
    }
    if !s.claims.is_empty() {
        return Step::Do(Effect::Unclaim { claims: s.claims.clone() });
    }
    if !s.held_pods.is_empty() {
        return Step::Do(Effect::ReleasePods { pods: s.held_pods.clone() });
    }
    match &s.job {
        Some(job) if !job.expires && !job.stopping => Step::Do(Effect::ExpireJob {
            name: job.name.clone(),
            uid: job.uid.clone(),
            after: SignedDuration::from_secs(pass.site.keep_job.into()),
        }),
        _ if s.approvals.iter().any(|a| a.told.is_none()) => Step::Do(approvals::too_late(pass.exec, &s.approvals)),
        _ => undone(pass, s).unwrap_or_else(|| done(pass)),
    }
}

fn done(pass: &Pass<'_>) -> Step {
    let expires = expires(pass);
    match expires {
        _ if pass.exec.finalized => Step::Do(Effect::ReleaseFinalizer { last: expires.is_none() }),
        Some(at) if at <= pass.now => Step::Do(Effect::Delete),
        Some(at) => Step::Wait(Waiting::at(at, Why::Expiry)),
        None => Step::Stop,
    }
}

/// When the object is to go, if it is not going already.
fn expires(pass: &Pass<'_>) -> Option<Timestamp> {
    let exec = pass.exec;
    let ttl = exec.spec.ttl_after_finished.as_deref().filter(|_| !exec.deleting)?;
    let end = time::read(exec.status.finished_at.as_deref()?).ok()?;
    end.checked_add(duration::parse(ttl)?).ok()
}

/// Another execution took back what this one did. The finalizer first: a record owes a row, and the object stays until it has it.
fn undone(pass: &Pass<'_>, s: &Over) -> Option<Step> {
    let ready = pass.exec.status.rollback.as_ref().is_some_and(|r| r.state == READY);
    let by = s.undone_by.as_ref().filter(|_| ready)?;
    if !pass.exec.finalized {
        return (!pass.exec.deleting).then_some(Step::Do(Effect::AddFinalizer));
    }
    Some(pass.record(pass.exec.phase(), Reason::RolledBack, |s| {
        s.message = format!("{by} took back what this one did.");
        if let Some(rollback) = &mut s.rollback {
            rollback.state = DONE.into();
            rollback.undone_by.clone_from(by);
        }
    }))
}
