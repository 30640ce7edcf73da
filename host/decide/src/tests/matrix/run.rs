//! One execution from its creation to the end of everything, with faults.
use super::{
    deed::{self, Deed},
    fault::{Fault, First, Old},
    look::look,
    neighbor, rival,
    rules::{self, Broken},
    scenario::Scenario,
    world::World,
};
use crate::{execution::Execution, next_step, observed::Observed, site::Site, step::Step, tests::fixtures};
use jiff::{SignedDuration, Timestamp};
use std::{cell::RefCell, collections::HashMap, rc::Rc, sync::LazyLock};

/// More than the slowest honest run with two faults needs: waits for grace, deadline and checks, some seconds each.
const PASSES: usize = 260;

/// The core, or a mutant of it.
#[derive(Clone, Copy)]
pub struct Core {
    pub decide: fn(&Site, Timestamp, &Execution, &Observed) -> Step,
    pub honors_rv: bool,
}

pub const HONEST: Core = Core { decide: next_step, honors_rv: true };

/// What a run left behind.
pub struct Outcome {
    pub world: World,
    pub broken: Vec<Broken>,
}

/// Somebody looks by then, whatever a host waits for: where its clock went back an hour, it takes that hour to see that time is up.
const LONGEST: SignedDuration = SignedDuration::from_secs(30);

/// Passes until a host that has nothing to do hears that something came back.
const NAP: usize = 5;

/// How far a run has come.
#[derive(Clone)]
struct Moment {
    w: World,
    /// There was nothing more to do.
    asleep: bool,
    broken: Vec<Broken>,
}

pub fn run(core: Core, scenario: Scenario, faults: &[Fault]) -> Outcome {
    let last = faults.iter().map(|f| f.until()).max().unwrap_or(0);
    let first = faults.iter().map(|f| f.begins()).min().unwrap_or(0);
    let before = before(core, scenario, first);
    let mut r = Run { faults, wakes: last + 1, ..Run::from(core, before[first].as_ref().clone()) };
    r.wanted = faults.iter().filter_map(|f| f.looks_back_to()).collect();
    r.before = before;
    for pass in first..PASSES {
        faults.iter().for_each(|f| f.strike(pass, &mut r.at.w));
        r.moment(pass);
        if r.at.asleep && pass > r.wakes {
            break;
        }
    }
    r.sweep();
    rules::end(&r.at.w, faults, &mut r.at.broken);
    Outcome { world: r.at.w, broken: r.at.broken }
}

static SITE: LazyLock<Site> = LazyLock::new(fixtures::site);

type Moments = Vec<Rc<Moment>>;

thread_local! {
    /// Until the first fault strikes, a run is as every other of its core and scenario.
    static BEFORE: RefCell<HashMap<(usize, bool, Scenario), Moments>> = RefCell::default();
}

/// Every moment up to this pass, without a fault.
fn before(core: Core, scenario: Scenario, pass: usize) -> Moments {
    let start = || vec![Rc::new(Moment { w: World::new(scenario), asleep: false, broken: vec![] })];
    BEFORE.with_borrow_mut(|all| {
        let known = all.entry((core.decide as usize, core.honors_rv, scenario)).or_insert_with(start);
        while known.len() <= pass {
            let at = known.len() - 1;
            let mut r = Run::from(core, known[at].as_ref().clone());
            r.moment(at);
            known.push(Rc::new(r.at));
        }
        known[..=pass].to_vec()
    })
}

struct Run<'a> {
    core: Core,
    at: Moment,
    faults: &'a [Fault],
    /// Before the first fault.
    before: Moments,
    /// The passes that somebody looks at later, and the world before each.
    wanted: Vec<usize>,
    views: Vec<(usize, World)>,
    /// Deeds of paused leaders: when, which.
    kept: Vec<(usize, Deed)>,
    /// When it looks again, at the latest.
    wakes: usize,
}

impl Run<'_> {
    fn from(core: Core, at: Moment) -> Self {
        Self { core, at, faults: &[], before: vec![], wanted: vec![], views: vec![], kept: vec![], wakes: usize::MAX }
    }

    /// One pass of the leader there is, and what everybody else does meanwhile.
    fn moment(&mut self, pass: usize) {
        self.pass(pass);
        let Moment { w, broken, .. } = &mut self.at;
        w.tick();
        rival::together(w, broken);
        neighbor::together(w, broken);
    }

    fn pass(&mut self, pass: usize) {
        if self.wanted.contains(&pass) {
            self.views.push((pass, self.at.w.clone()));
        }
        let landing: Vec<Deed> = self.kept.extract_if(.., |(when, _)| *when <= pass).map(|(_, deed)| deed).collect();
        for deed in landing {
            deed::land(&mut self.at.w, &deed, self.core.honors_rv, &mut self.at.broken);
            self.wakes = self.wakes.max(pass + NAP);
        }
        if self.at.asleep && pass < self.wakes {
            return;
        }
        let Some((exec, seen)) = self.view(pass) else {
            self.at.asleep = true;
            return;
        };
        let step = (self.core.decide)(&SITE, self.at.w.host_clock(), &exec, &seen);
        rules::decided(&exec, &seen, &step, &mut self.at.broken);
        self.at.asleep = step == Step::Stop;
        self.carry_out(pass, Deed { exec, step });
    }

    fn view(&self, pass: usize) -> Option<(Rc<Execution>, Observed)> {
        let (mut object, mut world) = (&self.at.w, &self.at.w);
        for fault in self.faults {
            let what = match fault {
                Fault::Stale(n, _, what) if *n == pass => *what,
                Fault::LostReply(n) if n + 1 == pass => Old::Object,
                _ => continue,
            };
            let old = self.old(fault.looks_back_to()?)?;
            match what {
                Old::Object => object = old,
                Old::Seen => world = old,
                Old::Both => (object, world) = (old, old),
            }
        }
        let exec = object.exec.clone()?;
        let seen = self.torn(pass, world).map_or_else(|| look(world, &exec), |torn| look(&torn, &exec));
        Some((exec, seen))
    }

    /// What a look shows of a world that moved while it was looked at.
    fn torn(&self, pass: usize, world: &World) -> Option<World> {
        let torn = self.faults.iter().find(|f| matches!(f, Fault::Torn(n, _) if *n == pass))?;
        let old = self.old(torn.looks_back_to()?)?;
        let mut seen = world.clone();
        match torn {
            Fault::Torn(_, First::Pods) => seen.pods.clone_from(&old.pods),
            _ => seen.job.clone_from(&old.job),
        }
        Some(seen)
    }

    /// As it was before this pass.
    fn old(&self, pass: usize) -> Option<&World> {
        let kept = self.views.iter().find(|(at, _)| *at == pass).map(|(_, w)| w);
        kept.or_else(|| self.before.get(pass).map(|m| &m.w))
    }

    fn carry_out(&mut self, pass: usize, deed: Deed) {
        if let Step::Wait(waiting) = &deed.step {
            let now = self.at.w.host_clock();
            let wait = waiting.until.map_or(SignedDuration::from_secs(1), |until| until.duration_since(now));
            let least = self.at.w.slowness();
            self.at.w.clock += wait.clamp(least, LONGEST.max(least));
        }
        let mut times = 1;
        for fault in self.faults {
            match fault {
                Fault::LostBefore(n) if *n == pass => times = 0,
                Fault::Twin(n) if *n == pass => times += 1,
                Fault::Late(n, m) if *n == pass => {
                    self.kept.push((*m, deed.clone()));
                    times = 0;
                }
                _ => {}
            }
        }
        for _ in 0..times {
            deed::land(&mut self.at.w, &deed, self.core.honors_rv, &mut self.at.broken);
        }
    }

    /// The object is gone, so no pass looks any more: the host's sweep by label takes what a late request brought back. What it
    /// could have *done* in the meantime counts all the same.
    fn sweep(&mut self) {
        for _ in 0..4 {
            self.at.w.tick();
        }
        if self.at.w.exec.is_none() {
            (self.at.w.identity, self.at.w.dry.identity) = (false, false);
            self.at.w.claim = self.at.w.claim.filter(|c| c.turn.is_none());
        }
    }
}
