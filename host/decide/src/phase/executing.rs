//! `Executing`: the Job is created once, and followed. From here on nothing is ever `Refused`: it may have been asked for. What its pod
//! says is in `executing::follow`, how a run ends in words in `executing::end`.
mod end;
mod follow;

use super::{cancelled, view_moved};
use crate::{
    access,
    execution::Executing as Progress,
    job,
    model::Uid,
    observed::{Executing, Grants, JobSeen},
    step::{Effect, Step, Waiting, Why},
    story::Pass,
};
use crds::{Phase, Reason};
use jiff::SignedDuration;

/// The authorizer, or a cache of it, catches up.
const GRANT: SignedDuration = SignedDuration::from_millis(250);

pub(super) fn next(pass: &Pass<'_>, p: &Progress, s: &Executing) -> Step {
    match (&p.seen, &s.job) {
        (None, JobSeen::Absent) => match &s.grants {
            Some(grants) => create(pass, p, grants),
            None => view_moved(pass),
        },
        (None, JobSeen::Foreign { uid }) => end::name_taken(pass, p, uid),
        (None, JobSeen::Ours { uid, .. }) => adopt(pass, p, uid),
        (Some(_), JobSeen::Absent) => end::vanished(pass, p),
        (Some(seen), JobSeen::Foreign { uid }) => end::replaced(pass, seen, uid),
        (Some(seen), JobSeen::Ours { uid, .. }) if seen != uid => end::replaced(pass, seen, uid),
        (Some(_), JobSeen::Ours { uid, stopping, pod, failed_by }) => {
            follow::next(pass, p, &follow::Seen { uid, stopping: *stopping, pod, failed_by: *failed_by })
        }
    }
}

/// **Rules 3 and 6.** Only what was never seen is created, only under a whole identity; and no identity is made here.
fn create(pass: &Pass<'_>, p: &Progress, grants: &Grants) -> Step {
    if let Some(reason) = pass.exec.unwanted() {
        // The brake took the identity first: should a request for the Job still be under way, what it makes cannot run.
        return cancelled(pass, reason, "No Job was seen, and none can run any more: nothing was touched.");
    }
    let late = pass.now >= pass.after(p.since, pass.site.start_grace);
    match (grants, access::of(pass.exec, &p.planned)) {
        (Grants::Whole, Some(access)) => {
            Step::Do(Effect::CreateJob(Box::new(job::manifest(pass.exec, &p.planned, &p.job, &access, pass.site))))
        }
        (Grants::Partly | Grants::Pending, Some(_)) if !late => Step::Wait(Waiting::lasting(pass.now, GRANT, Why::Grant)),
        _ => end::fence_fell(pass),
    }
}

/// From this record on the Job is never created again.
fn adopt(pass: &Pass<'_>, p: &Progress, uid: &Uid) -> Step {
    let end = pass.moment(p.since, p.planned.deadline);
    pass.record(Phase::Executing, Reason::JobSeen, |s| {
        let mut job = s.job.take().unwrap_or_default();
        job.uid = Some(uid.to_string());
        s.message = format!("Job {}/{} exists and is followed; it is ended at {end} at the latest.", job.namespace, job.name);
        s.job = Some(job);
    })
}
