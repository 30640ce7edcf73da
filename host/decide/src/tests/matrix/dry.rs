//! The dry run's part of the world: its identity, its Job, and what comes of a write that nothing refuses.
use super::{
    look::uid,
    stuck::{self, Stuck},
    world::World,
};
use crate::{
    execution::{DryRunning, Execution},
    observed::{DryGuard, DryJob, Grants, Output, PodSeen},
    tests::seen,
};
use crds::labels::ANNOTATION_PLAN_HASH;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::batch::v1::Job;

/// Seconds after which a Job that is over, or never got a pod, goes by itself.
const STAYS: i64 = 120;

#[derive(Clone, Debug)]
pub struct FakeJob {
    uid: u32,
    plan: String,
    /// None: no pod was made for it.
    pod: Option<Pod>,
    stopping: bool,
    /// Somebody else's.
    foreign: bool,
    since: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pod {
    Pending,
    Started,
    Ended(i32),
    Disrupted,
}

/// What of dry runs there is.
#[derive(Clone, Debug, Default)]
pub struct Dry {
    pub identity: bool,
    pub job: Option<FakeJob>,
    pub made: u32,
    /// What was persisted by one.
    pub writes: u32,
}

pub fn create(w: &mut World, manifest: &Job) {
    if w.dry.job.is_some() {
        return; // 409
    }
    w.dry.made += 1;
    let plan = manifest.metadata.annotations.as_ref().and_then(|a| a.get(ANNOTATION_PLAN_HASH)).cloned();
    let (uid, plan) = (1000 + w.dry.made, plan.unwrap_or_default());
    w.dry.job = Some(FakeJob { uid, plan, pod: None, stopping: false, foreign: false, since: w.clock });
}

/// Somebody else takes the name.
pub fn foreign(w: &mut World) {
    let since = w.clock;
    w.dry.job.get_or_insert(FakeJob { uid: 1999, plan: String::new(), pod: None, stopping: false, foreign: true, since });
}

pub fn end(w: &mut World, wanted: &crate::model::Uid) {
    w.dry.job.iter_mut().filter(|j| uid(j.uid) == *wanted).for_each(|j| j.stopping = true);
}

pub fn disrupted(w: &mut World) {
    let pod = w.dry.job.iter_mut().filter_map(|j| j.pod.as_mut()).find(|p| **p == Pod::Started);
    pod.into_iter().for_each(|p| *p = Pod::Disrupted);
}

/// A moment.
pub fn tick(w: &mut World) {
    let stuck = w.is(Stuck::DryRun);
    let (identity, unguarded, clock) = (w.dry.identity, w.scenario.unguarded, w.clock);
    let Some(job) = w.dry.job.as_mut().filter(|job| !job.foreign) else { return };
    if job.stopping || clock >= job.since + SignedDuration::from_secs(STAYS) {
        w.dry.job = None;
        return;
    }
    job.pod = match job.pod {
        // A pod is made only for an account that is there.
        None => identity.then_some(Pod::Pending),
        Some(Pod::Pending) if stuck => Some(Pod::Pending),
        Some(Pod::Pending) => Some(Pod::Started),
        // Without its binding it is told that it may not.
        Some(Pod::Started) if !identity => Some(Pod::Ended(1)),
        Some(Pod::Started) => {
            // The worst that a command can do, where nothing but the guard is in its way.
            w.dry.writes += u32::from(unguarded);
            Some(Pod::Ended(0))
        }
        over => over,
    };
}

pub fn grants(w: &World, exec: &Execution) -> Grants {
    if w.dry.identity { stuck::in_force(w, exec) } else { Grants::None }
}

pub fn proof(w: &World) -> DryGuard {
    match w.scenario.unguarded {
        true => DryGuard::Open { why: "a write that it must refuse went through".into() },
        false => DryGuard::InForce { since: Timestamp::MIN },
    }
}

pub fn job(w: &World, asked: &DryRunning) -> DryJob {
    let Some(job) = &w.dry.job else { return DryJob::Absent };
    let (uid, stopping) = (uid(job.uid), job.stopping);
    if job.foreign {
        return DryJob::Foreign { uid };
    }
    if job.plan != asked.planned.hash.as_str() {
        return DryJob::Stale { uid, stopping };
    }
    let pod = match job.pod {
        None => PodSeen::None,
        Some(Pod::Pending) => PodSeen::NotStarted { since: job.since, why: "waiting for a node".into() },
        Some(Pod::Started) => PodSeen::Running { command: 0 },
        Some(Pod::Ended(exit_code)) => PodSeen::Ended { command: 0, exit_code, output: Output::default(), at: job.since },
        Some(Pod::Disrupted) => PodSeen::Disrupted { why: "evicted".into() },
    };
    let answer = (job.pod == Some(Pod::Ended(0)) && !asked.answered).then(|| seen::answer(if w.drifted { 3 } else { 2 }, 5));
    DryJob::Ours { uid, stopping, pod, answer }
}
