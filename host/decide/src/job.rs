//! `(&Execution, &Planned, &Access, &Site) -> Job`: the hardened Job, byte for byte from what is stored.
use crate::{
    access::Access,
    execution::Execution,
    model::{JobName, Planned},
    site::Site,
};
use k8s_openapi::api::batch::v1::Job;

/// Follows from the execution's uid.
#[must_use]
pub fn name(exec: &Execution) -> Option<JobName> {
    let _ = exec;
    None
}

/// The Job.
#[must_use]
pub fn manifest(exec: &Execution, planned: &Planned, access: &Access, site: &Site) -> Job {
    let _ = (exec, planned, access, site);
    Job::default()
}
