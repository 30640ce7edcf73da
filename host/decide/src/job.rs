//! `(&Execution, &Planned, &Access, &Site) -> Job`: the hardened Job, byte for byte from what is stored. Owns what a run may be in the
//! cluster; what its pod looks like inside is in `job::pod`, and how a dry run differs in `job::dry`.
mod dry;
mod pod;

use crate::{
    access::Access,
    argv,
    execution::Execution,
    model::{JobName, Planned},
    site::Site,
};
use crds::labels::{ANNOTATION_EXECUTION, ANNOTATION_PLAN_HASH, FINALIZER_OUTCOME, LABEL_ACTION, LABEL_EXECUTION_UID};
pub use dry::{DEADLINE as DRY_DEADLINE, manifest as dry_manifest, name as dry_name};
use k8s_openapi::{
    api::{
        batch::v1::{Job, JobSpec, PodFailurePolicy, PodFailurePolicyOnPodConditionsPattern, PodFailurePolicyRule},
        core::v1::{PodSpec, PodTemplateSpec},
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use std::collections::BTreeMap;

/// Prefix of the annotations in which the files of a plan travel.
pub const FILE_ANNOTATION: &str = "in.writ.dev/";

/// Follows from the execution's uid. None where that is no uid.
#[must_use]
pub fn name(exec: &Execution) -> Option<JobName> {
    named("run", exec)
}

fn named(kind: &str, exec: &Execution) -> Option<JobName> {
    let uid = exec.uid.as_str();
    let real = uid.len() <= 36 && uid.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f' | b'-'));
    if real { JobName::try_from(format!("{kind}-{uid}")).ok() } else { None }
}

/// The Job.
#[must_use]
pub fn manifest(exec: &Execution, planned: &Planned, name: &JobName, access: &Access, site: &Site) -> Job {
    with(exec, planned, name, access, pod::spec(planned, access, site, argv::render))
}

fn with(exec: &Execution, planned: &Planned, name: &JobName, access: &Access, pod: PodSpec) -> Job {
    let labels = BTreeMap::from([
        (LABEL_EXECUTION_UID.to_owned(), exec.uid.to_string()),
        (LABEL_ACTION.to_owned(), planned.action.to_string()),
    ]);
    let annotations = BTreeMap::from([
        (ANNOTATION_EXECUTION.to_owned(), format!("{}/{}", exec.namespace, exec.name)),
        (ANNOTATION_PLAN_HASH.to_owned(), planned.hash.to_string()),
    ]);
    let files = planned.proposal.commands.iter().flat_map(|c| &c.files);
    let files = files.map(|(name, content)| (format!("{FILE_ANNOTATION}{name}"), content.clone()));
    let template = PodTemplateSpec {
        metadata: Some(ObjectMeta {
            labels: Some(labels.clone()),
            annotations: Some(annotations.clone().into_iter().chain(files).collect()),
            // The pod outlives its Job, an eviction and its node until its exit codes are recorded.
            finalizers: Some(vec![FINALIZER_OUTCOME.to_owned()]),
            ..ObjectMeta::default()
        }),
        spec: Some(pod),
    };
    Job {
        metadata: ObjectMeta {
            name: Some(name.to_string()),
            namespace: Some(access.home.clone()),
            labels: Some(labels),
            annotations: Some(annotations),
            ..ObjectMeta::default()
        },
        spec: Some(spec(planned, template)),
        status: None,
    }
}

fn spec(planned: &Planned, template: PodTemplateSpec) -> JobSpec {
    JobSpec {
        active_deadline_seconds: Some(planned.deadline.into()),
        // One try: a command that failed may have done a part.
        backoff_limit: Some(0),
        pod_replacement_policy: Some("Failed".to_owned()),
        pod_failure_policy: Some(PodFailurePolicy { rules: vec![disrupted(planned.idempotent)] }),
        template,
        ..JobSpec::default()
    }
}

/// **Rule 7.** An evicted or lost pod runs again only where running again does no harm.
fn disrupted(idempotent: bool) -> PodFailurePolicyRule {
    let condition =
        PodFailurePolicyOnPodConditionsPattern { status: Some("True".to_owned()), type_: "DisruptionTarget".to_owned() };
    PodFailurePolicyRule {
        action: if idempotent { "Ignore" } else { "FailJob" }.to_owned(),
        on_exit_codes: None,
        on_pod_conditions: Some(vec![condition]),
    }
}

#[cfg(test)]
mod tests;
