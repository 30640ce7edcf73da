//! Over: what is still owed, in order: the row (`ledger`), the identity and a Job that may run (`brake`), the pods that are held, the
//! Job's TTL; then the finalizer, which says that nothing is. Also after it: what a late request brings back is cleaned up again.
use crate::{
    approvals,
    observed::Over,
    step::{Effect, Step, Waiting, Why},
    story::Pass,
};
use jiff::SignedDuration;

/// A Job that is being deleted is gone within its pod's grace.
const STOPPING: SignedDuration = SignedDuration::from_secs(2);

pub(super) fn next(pass: &Pass<'_>, s: &Over) -> Step {
    if let Some(job) = &s.job {
        // While a container may run, its pod says how it ends.
        if job.running {
            return Step::Wait(Waiting::lasting(pass.now, STOPPING, Why::JobEnd));
        }
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
        _ if pass.exec.finalized => Step::Do(Effect::ReleaseFinalizer),
        _ => Step::Stop,
    }
}
