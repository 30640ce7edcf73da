//! A cluster, a database and a clock, small enough to be run some ten thousand times: one execution, its ledger rows, identity, Job
//! and pods, and a target that counts how often it was changed.
use super::{
    dry::{self, Dry},
    neighbor::{self, Neighbor},
    people,
    rival::{self, FakeClaim, Rival},
    rules,
    scenario::{Fate, Scenario},
    stuck::Stuck,
    swap::Swap,
};
use crate::{
    execution::Execution,
    observed::Approval,
    row::{self, Row},
    tests::fixtures,
};
use crds::KubernetesExecution;
use jiff::{SignedDuration, Timestamp};
use std::rc::Rc;

/// Seconds that a run may last in this world: as the plan says.
const DEADLINE: i64 = 60;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pod {
    Pending,
    Started,
    /// The target is changed, the command has not exited.
    Changed,
    Ended(i32),
    NeverRan,
    Disrupted,
}

#[derive(Clone, Debug)]
pub struct FakePod {
    pub name: String,
    pub job: u32,
    pub state: Pod,
    pub held: bool,
    pub deleting: bool,
    /// Its Job was deleted and left it: it has no owner any more, and nobody ends it.
    pub orphaned: bool,
    pub since: Timestamp,
}

impl FakePod {
    pub fn over(&self) -> bool {
        matches!(self.state, Pod::Ended(_) | Pod::NeverRan | Pod::Disrupted)
    }
}

#[derive(Clone, Debug)]
pub struct FakeJob {
    pub uid: u32,
    pub foreign: bool,
    pub stopping: bool,
    pub expires: bool,
    pub failed: bool,
    pub past_deadline: bool,
    pub finished: bool,
    pub rejected: bool,
    /// As its pod failure policy says.
    pub replaces: bool,
    /// `activeDeadlineSeconds`.
    pub deadline: Option<i64>,
    pub since: Timestamp,
}

impl FakeJob {
    /// As it is created.
    pub fn new(uid: u32, since: Timestamp) -> Self {
        Self {
            uid,
            foreign: false,
            stopping: false,
            expires: false,
            failed: false,
            past_deadline: false,
            finished: false,
            rejected: false,
            replaces: false,
            deadline: None,
            since,
        }
    }
}

/// Executions that were made to undo ours.
#[derive(Clone, Copy, Debug, Default)]
pub struct Undos {
    pub there: bool,
    pub made: u32,
}

#[derive(Clone)]
pub struct World {
    pub scenario: Scenario,
    /// None: gone.
    pub kx: Option<Rc<KubernetesExecution>>,
    pub exec: Option<Rc<Execution>>,
    pub rv: u64,
    pub rows: Vec<Rc<Row>>,
    /// The rows as they would be if each record had its own at once.
    pub due: Vec<Rc<Row>>,
    /// The most rows there ever were.
    pub written: usize,
    pub ledger_up: bool,
    pub identity: bool,
    pub job: Option<FakeJob>,
    pub pods: Vec<FakePod>,
    pub dry: Dry,
    pub drifted: bool,
    /// What is swapped under it.
    pub swap: Option<Swap>,
    pub frozen: bool,
    /// What people wrote.
    pub approvals: Vec<Approval>,
    /// Whether they still may.
    pub rights: bool,
    pub undone: bool,
    /// What it undoes: somebody else has written it since.
    pub taken: bool,
    /// Likewise, and another undo was there first.
    pub taken_back: bool,
    pub undos: Undos,
    pub claim: Option<FakeClaim>,
    pub claims_made: u64,
    pub rival: Rival,
    pub neighbor: Neighbor,
    pub changes: u32,
    pub jobs_made: u32,
    pub disruptions: u32,
    /// Moments in which it was to stop, and could go on.
    pub unheard: u32,
    /// Moments in which it ran although its time was up.
    pub overtime: u32,
    /// The API server's clock.
    pub clock: Timestamp,
    /// What the host's clock says more than that.
    pub skew: SignedDuration,
    /// Since when this leader looks, by that clock.
    pub up: Timestamp,
}

impl World {
    pub fn new(scenario: Scenario) -> Self {
        let mut kx = fixtures::kx();
        kx.metadata.finalizers = None;
        scenario.ask(&mut kx.spec);
        let mut world = Self {
            scenario,
            kx: None,
            exec: None,
            rv: 0,
            rows: vec![],
            due: vec![],
            written: 0,
            ledger_up: true,
            identity: false,
            job: None,
            pods: vec![],
            dry: Dry::default(),
            drifted: false,
            swap: None,
            frozen: false,
            approvals: vec![],
            rights: true,
            undone: false,
            taken: false,
            taken_back: false,
            undos: Undos::default(),
            claim: None,
            claims_made: 0,
            rival: Rival::default(),
            neighbor: Neighbor::new(),
            changes: 0,
            jobs_made: 0,
            disruptions: 0,
            unheard: 0,
            overtime: 0,
            clock: fixtures::at(0),
            skew: SignedDuration::ZERO,
            up: fixtures::at(0),
        };
        world.put(kx);
        if scenario.busy {
            rival::look(&mut world);
            let seconds = world.taken_for();
            rival::land(&mut world, seconds);
        }
        if scenario.behind {
            rival::wait(&mut world);
        }
        if scenario.crowded {
            neighbor::claim(&mut world);
            neighbor::look(&mut world);
            let seconds = world.taken_for();
            neighbor::start(&mut world, seconds);
        }
        world
    }

    /// Stores the object under a new version.
    pub fn put(&mut self, mut kx: KubernetesExecution) {
        self.rv += 1;
        kx.metadata.resource_version = Some(self.rv.to_string());
        self.exec = Some(Rc::new(fixtures::parse(&kx)));
        self.kx = Some(Rc::new(kx));
    }

    /// Changes the object, if it is still there.
    pub fn edit(&mut self, edit: impl FnOnce(&mut KubernetesExecution)) {
        let Some(kx) = &self.kx else { return };
        let mut kx = kx.as_ref().clone();
        edit(&mut kx);
        let released = kx.metadata.finalizers.as_ref().is_none_or(Vec::is_empty);
        if kx.metadata.deletion_timestamp.is_some() && released {
            (self.kx, self.exec) = (None, None);
        } else {
            self.put(kx);
        }
    }

    /// After a record: the row that it owes.
    pub fn owe(&mut self) {
        if let Some(exec) = &self.exec {
            self.due.push(Rc::new(row::of(exec).unwrap()));
        }
    }

    pub fn host_clock(&self) -> Timestamp {
        self.clock + self.skew
    }

    /// A moment in which everybody else does the next thing.
    pub fn tick(&mut self) {
        self.clock += SignedDuration::from_millis(20);
        people::act(self);
        rival::tick(self);
        neighbor::tick(self);
        self.kubelet();
        self.job_controller();
        dry::tick(self);
        let ours = |p: &FakePod, job: &Option<FakeJob>| job.as_ref().is_some_and(|j| j.uid == p.job);
        let job = self.job.clone();
        // A pod goes when nothing holds it and its Job is gone or it was deleted; an orphan stays.
        self.pods.retain(|p| p.held || ((p.orphaned || ours(p, &job)) && !p.deleting));
        self.overtime += u32::from(self.runs_late());
        self.unheard += u32::from(rules::runs_on(self));
        let free = self.exec.as_ref().is_some_and(|e| e.owes_nothing() && !e.deleting);
        self.undone |= self.scenario.undone && free;
    }

    fn kubelet(&mut self) {
        let (identity, fate) = (self.identity, self.scenario.fate);
        let mut changes = 0;
        for pod in &mut self.pods {
            pod.state = match pod.state {
                Pod::Pending if pod.deleting => Pod::NeverRan,
                Pod::Started | Pod::Changed if pod.deleting => Pod::Ended(143),
                Pod::Pending if fate == Fate::NeverStarts => Pod::Pending,
                Pod::Pending => Pod::Started,
                Pod::Started if fate == Fate::Hangs => Pod::Started,
                // Without its binding it is told that it may not.
                Pod::Started if fate == Fate::Fails || !identity => Pod::Ended(1),
                Pod::Started => {
                    changes += 1;
                    Pod::Changed
                }
                Pod::Changed => Pod::Ended(0),
                over => over,
            };
        }
        self.changes += changes;
        self.rival.disturbed += self.rival.until.map_or(0, |_| changes);
        self.neighbor.disturbed += if self.neighbor.runs() { changes } else { 0 };
    }

    fn job_controller(&mut self) {
        let still = self.controller_stands_still();
        let Some(job) = &mut self.job else { return };
        if job.foreign {
            return;
        }
        let uid = job.uid;
        let mine = |p: &&mut FakePod| p.job == uid;
        let late = !still && job.deadline.is_some_and(|s| self.clock >= job.since + SignedDuration::from_secs(s));
        // A pod that was disrupted and replaced gives the one after it no more time.
        let ended = self.pods.iter().rfind(|p| p.job == uid).is_some_and(FakePod::over);
        if !job.finished && !job.stopping && late && !ended {
            (job.failed, job.past_deadline, job.finished) = (true, true, true);
            self.pods.iter_mut().filter(mine).for_each(|p| p.deleting = true);
        }
        if job.stopping {
            self.pods.iter_mut().filter(mine).for_each(|p| p.deleting = true);
        }
        let going = job.stopping || (job.expires && job.finished);
        if going && !self.pods.iter().any(|p| p.job == uid && (p.held || !p.over())) {
            self.pods.retain(|p| p.job != uid);
            self.job = None;
            return;
        }
        let last = self.pods.iter().rfind(|p| p.job == uid).map(|p| p.state);
        if job.finished || job.stopping {
            return;
        }
        match last {
            None => self.start(),
            Some(Pod::Disrupted) if job.replaces => self.start(),
            Some(Pod::Ended(0)) => job.finished = true,
            Some(Pod::Ended(_) | Pod::NeverRan | Pod::Disrupted) => (job.finished, job.failed) = (true, true),
            Some(Pod::Pending | Pod::Started | Pod::Changed) => {}
        }
    }

    /// A command runs, nobody ends it, and its time is up. (Of a Job controller that stands still nothing is asked.)
    fn runs_late(&self) -> bool {
        let end = |job: &FakeJob| job.since + SignedDuration::from_secs(DEADLINE);
        let late = self.job.as_ref().is_some_and(|job| self.clock > end(job));
        let runs = |p: &FakePod| matches!(p.state, Pod::Started | Pod::Changed) && !p.deleting;
        late && !self.controller_stands_still() && self.pods.iter().any(runs)
    }

    /// A pod is made only for an account that is there.
    fn start(&mut self) {
        let Some(job) = &mut self.job else { return };
        if self.scenario.stuck == Some(Stuck::NoPod) {
            return;
        }
        if !self.identity || self.scenario.fate == Fate::Rejected {
            job.rejected = true;
            return;
        }
        let name = format!("pod-{}-{}", job.uid, self.pods.len());
        let (job, since) = (job.uid, self.clock);
        self.pods.push(FakePod { name, job, state: Pod::Pending, held: true, deleting: false, orphaned: false, since });
    }
}
