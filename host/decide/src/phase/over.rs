//! Over: what is still owed, in order: the row (`ledger`), the identity and a Job that may run (`brake`), the target, the pods that are held, the
//! Job's TTL, the word that it was undone or reviewed; then the finalizer, which says that nothing is. After it: what a late request brings back is
//! cleaned up again, and the object goes when its time comes.
use super::{STARTING, automatic, verifying::way_back};
use crate::{
    approvals::{self, Reviews},
    duration,
    observed::{GuardsSeen, Over},
    planned::{DONE, READY},
    step::{Effect, Step, Waiting, Why},
    story::{Pass, apart, reviewed_by, settle_review},
    time,
};
use crds::{Decision, ExecutionStatus, Reason, RollbackStatus};
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
    if !s.claims.is_empty() && !automatic::keeps(pass.exec, s.undo) {
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
        _ if s.approvals.iter().any(approvals::unheard) => Step::Do(approvals::too_late(pass.exec, &s.approvals)),
        _ => undone(pass, s)
            .or_else(|| automatic::next(pass, s))
            .or_else(|| reviewed(pass, s))
            .or_else(|| automatic::keep(pass, s))
            .unwrap_or_else(|| done(pass)),
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
    // What nobody looked at yet stays: a review names it.
    let ttl = exec.spec.ttl_after_finished.as_deref().filter(|_| !exec.deleting && !exec.review_is_due())?;
    exec.ended()?.checked_add(duration::parse(ttl)?).ok()
}

/// Another execution took back what this one did.
fn undone(pass: &Pass<'_>, s: &Over) -> Option<Step> {
    let ready = pass.exec.status.rollback.as_ref().is_some_and(|r| r.state == READY);
    let by = s.undone_by.as_ref().filter(|_| ready)?;
    after(pass, Reason::RolledBack, |s| {
        if let Some(rollback) = &mut s.rollback {
            rollback.state = DONE.into();
            rollback.undone_by.clone_from(by);
        }
        s.message = told(pass, s, &format!(" Undone by {by}."));
    })
}

/// Somebody looked at what was done. Who says so hears first whether it counts.
fn reviewed(pass: &Pass<'_>, s: &Over) -> Option<Step> {
    if !s.approvals.iter().any(|a| a.decision == Decision::Review) {
        return None;
    }
    if s.guards == GuardsSeen::Unknown {
        return Some(Step::Wait(Waiting::lasting(pass.now, STARTING, Why::Starting)));
    }
    let Reviews { by, tell } = approvals::reviews(pass.exec, s.guards.since(), &s.approvals);
    if let Some(tell) = tell {
        return Some(Step::Do(tell));
    }
    let by = by?;
    after(pass, Reason::Reviewed, |s| {
        settle_review(s, by);
        s.message = told(pass, s, &reviewed_by(by));
    })
}

/// What stands, and what came since; last the way back, while there is one and nobody took it.
pub(super) fn told(pass: &Pass<'_>, s: &ExecutionStatus, since: &str) -> String {
    let (stands, _) = apart(&pass.exec.status.message);
    let back = s.rollback.as_ref().filter(|r| r.automatic.is_empty() && is_offered(r, pass.now)).map(|_| way_back(pass, s));
    [stands, since, back.as_deref().unwrap_or_default()].concat()
}

fn is_offered(rollback: &RollbackStatus, now: Timestamp) -> bool {
    let expires = rollback.expires_at.as_ref().and_then(|at| time::read(at).ok());
    rollback.state == READY && expires.is_some_and(|at| now < at)
}

/// What is told after the end. The finalizer first: a record owes a row, and the object stays until it has it.
pub(super) fn after(pass: &Pass<'_>, reason: Reason, tell: impl FnOnce(&mut ExecutionStatus)) -> Option<Step> {
    match (pass.exec.finalized, pass.exec.deleting) {
        (true, _) => Some(pass.record(pass.exec.phase(), reason, tell)),
        (false, false) => Some(Step::Do(Effect::AddFinalizer)),
        (false, true) => None,
    }
}
