//! The Job of a dry run: the same commands in the same pod, with the options that let the API server carry them out without persisting,
//! under the identity that can persist nothing. It is harmless: so it cleans itself up, and nothing holds its pod.
use super::{named, pod, with};
use crate::{
    access::Access,
    argv,
    execution::Execution,
    model::{JobName, Planned},
    site::Site,
};
use k8s_openapi::api::batch::v1::Job;

/// Seconds. A dry run is one request or two for each command.
pub const DEADLINE: u32 = 60;
/// Seconds. It is taken away when its answer is recorded; this is for one that nobody follows any more.
const STAYS: i32 = 60;

/// Follows from the execution's uid. None where that is no uid.
#[must_use]
pub fn name(exec: &Execution) -> Option<JobName> {
    named("dry", exec)
}

/// The Job.
#[must_use]
pub fn manifest(exec: &Execution, planned: &Planned, name: &JobName, access: &Access, site: &Site) -> Job {
    let mut job = with(exec, planned, name, access, pod::spec(planned, access, site, argv::dry));
    if let Some(spec) = &mut job.spec {
        spec.active_deadline_seconds = Some(DEADLINE.into());
        spec.ttl_seconds_after_finished = Some(STAYS);
        spec.template.metadata.iter_mut().for_each(|m| m.finalizers = None);
    }
    job
}
