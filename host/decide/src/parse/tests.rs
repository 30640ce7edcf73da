//! What is written is read; what was written by somebody else is not.
use super::*;
use crate::{planned, tests::fixtures::*};
use crds::{ExecutionStatus, Reason};

fn stored(phase: Phase) -> KubernetesExecution {
    let mut status =
        ExecutionStatus { phase, reason: Reason::Accepted, seq: 2, at: time::text(at(1)), ..ExecutionStatus::default() };
    if phase != Phase::Validating {
        planned::store(&crate::tests::fixtures::exec(), &crate::tests::fixtures::planned(), &mut status);
    }
    if phase == Phase::AwaitingApproval {
        let (since, expires_at) = (time::text(at(1)), time::text(at(901)));
        status.approval = Some(ApprovalStatus { since, expires_at, ..ApprovalStatus::default() });
    }
    if phase == Phase::DryRunning {
        status.dry_run = Some(crds::DryRunStatus { job: "dry-1".into(), ..crds::DryRunStatus::default() });
    }
    if phase == Phase::Preparing {
        status.lock = Some(crds::LockStatus { state: "Wanted".into(), seq: 2, ..crds::LockStatus::default() });
    }
    let before = [Phase::Validating, Phase::DryRunning, Phase::AwaitingApproval, Phase::Preparing, Phase::Refused];
    if !before.contains(&phase) {
        status.job = Some(JobStatus { name: "run-1".into(), uid: Some("job".into()), ..JobStatus::default() });
    }
    KubernetesExecution { status: Some(status), ..kx() }
}

const ALL: [Phase; 10] = [
    Phase::Validating,
    Phase::AwaitingApproval,
    Phase::DryRunning,
    Phase::Preparing,
    Phase::Executing,
    Phase::Verifying,
    Phase::Completed,
    Phase::Failed,
    Phase::Refused,
    Phase::Cancelled,
];

fn read(kx: &KubernetesExecution) -> Result<Execution, Malformed> {
    Execution::parse(&uid("cluster"), kx)
}

#[test]
fn what_the_host_writes_in_each_phase_is_read() {
    for phase in ALL {
        assert_eq!(read(&stored(phase)).unwrap().phase(), phase);
    }
    assert_eq!(read(&kx()).unwrap().progress, Progress::Validating);
}

/// Whether each phase in `phases` is malformed after `spoil`.
fn spoiled(phases: &[Phase], spoil: fn(&mut ExecutionStatus)) {
    for phase in phases {
        let mut kx = stored(*phase);
        spoil(kx.status.as_mut().unwrap());
        assert!(read(&kx).is_err(), "{phase:?}");
    }
}

#[test]
fn a_phase_with_a_plan_does_not_parse_without_one() {
    let planned = [Phase::DryRunning, Phase::AwaitingApproval, Phase::Preparing, Phase::Executing, Phase::Verifying];
    spoiled(&planned, |s| s.plan = None);
    spoiled(&planned, |s| s.plugin = None);
    spoiled(&planned, |s| s.rollback = None);
    spoiled(&planned, |s| s.plan.as_mut().unwrap().hash = "sha256:1".into());
    spoiled(&planned, |s| s.plan.as_mut().unwrap().risk = "none".into());
    spoiled(&planned, |s| s.plan.as_mut().unwrap().writes[0].operation = "patch".into());
    spoiled(&planned, |s| s.plan.as_mut().unwrap().changes[0].object = "Deployment shop/api".into());
    spoiled(&planned, |s| s.plugin.as_mut().unwrap().digest = "latest".into());
}

#[test]
fn a_turn_is_known_where_it_may_be_claimed_and_nowhere_before() {
    spoiled(&[Phase::Preparing], |s| s.lock = None);
    spoiled(&[Phase::Validating, Phase::DryRunning, Phase::AwaitingApproval], |s| s.lock = Some(crds::LockStatus::default()));
}

#[test]
fn what_belongs_to_another_phase_does_not_parse() {
    let before = [Phase::Validating, Phase::DryRunning, Phase::AwaitingApproval, Phase::Preparing, Phase::Refused];
    spoiled(&before, |s| s.job = Some(JobStatus::default()));
    spoiled(&[Phase::Validating], |s| s.plan = Some(crds::PlanStatus::default()));
    spoiled(&[Phase::Validating], |s| s.approval = Some(ApprovalStatus::default()));
    spoiled(&[Phase::Validating], |s| s.dry_run = Some(crds::DryRunStatus::default()));
    spoiled(&[Phase::Validating], |s| s.diff = vec![crds::DiffStatus::default()]);
    spoiled(&[Phase::DryRunning], |s| s.dry_run = None);
    spoiled(&[Phase::DryRunning], |s| s.dry_run.as_mut().unwrap().job.clear());
    spoiled(&[Phase::Executing, Phase::Verifying], |s| s.job = None);
    spoiled(&[Phase::Verifying], |s| s.job.as_mut().unwrap().uid = None);
    spoiled(&[Phase::Executing], |s| s.finished_at = Some(time::text(at(1))));
    spoiled(&ALL[1..], |s| s.seq = 0);
    spoiled(&ALL, |s| s.seq = -1);
    spoiled(&ALL, |s| s.at = "yesterday".into());
}

#[test]
fn a_wait_for_approvals_has_a_beginning_and_an_end() {
    spoiled(&[Phase::AwaitingApproval], |s| s.approval = None);
    for phase in [Phase::AwaitingApproval, Phase::Preparing] {
        let approval = |since: &str, end: &str| {
            Some(ApprovalStatus { since: since.into(), expires_at: end.into(), ..ApprovalStatus::default() })
        };
        for (since, end) in [("", "2026-11-23T03:27:08Z"), ("2026-11-23T03:12:08Z", ""), ("2026-11-23T03:12:08Z", "never")] {
            let mut kx = stored(phase);
            kx.status.as_mut().unwrap().approval = approval(since, end);
            assert!(read(&kx).is_err(), "{phase:?} {since} {end}");
        }
    }
}

#[test]
fn an_object_without_what_the_api_server_gives_does_not_parse() {
    for spoil in [
        (|m| m.uid = None) as fn(&mut k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta),
        |m| m.resource_version = None,
        |m| m.creation_timestamp = None,
        |m| m.namespace = None,
    ] {
        let mut kx = kx();
        spoil(&mut kx.metadata);
        assert!(read(&kx).is_err());
    }
}

#[test]
fn a_phase_began_with_the_first_of_its_last_entries() {
    let mut kx = stored(Phase::Executing);
    let entry = |phase, seconds| crds::TimelineEntry { at: time::text(at(seconds)), phase, ..crds::TimelineEntry::default() };
    let status = kx.status.as_mut().unwrap();
    status.timeline =
        vec![entry(Phase::Executing, 1), entry(Phase::Preparing, 2), entry(Phase::Executing, 3), entry(Phase::Executing, 9)];
    let Progress::Executing(p) = read(&kx).unwrap().progress else { panic!() };
    assert_eq!(p.since, at(3));
}
