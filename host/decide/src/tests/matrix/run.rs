//! One execution from its creation to the end of everything, with faults.
use super::{
    deed::{self, Deed},
    fault::{Fault, Old},
    look::look,
    neighbor, rival,
    rules::{self, Broken},
    scenario::Scenario,
    world::World,
};
use crate::{execution::Execution, next_step, observed::Observed, site::Site, step::Step, tests::fixtures};
use jiff::{SignedDuration, Timestamp};
use std::rc::Rc;

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

pub fn run(core: Core, scenario: Scenario, faults: &[Fault]) -> Outcome {
    let last = faults.iter().map(|f| f.until()).max().unwrap_or(0);
    let mut r = Run {
        core,
        site: fixtures::site(),
        w: World::new(scenario),
        faults,
        views: vec![],
        kept: vec![],
        asleep: false,
        wakes: last + 1,
        broken: vec![],
    };
    for pass in 0..PASSES {
        faults.iter().for_each(|f| f.strike(pass, &mut r.w));
        r.pass(pass);
        r.w.tick();
        rival::together(&r.w, &mut r.broken);
        neighbor::together(&r.w, &mut r.broken);
        if r.asleep && pass > r.wakes {
            break;
        }
    }
    r.sweep();
    rules::end(&r.w, faults, &mut r.broken);
    Outcome { world: r.w, broken: r.broken }
}

struct Run<'a> {
    core: Core,
    site: Site,
    w: World,
    faults: &'a [Fault],
    /// The world before each pass, for those who read an old one.
    views: Vec<World>,
    /// Deeds of paused leaders: when, which.
    kept: Vec<(usize, Deed)>,
    /// There was nothing more to do.
    asleep: bool,
    /// When it looks again, at the latest.
    wakes: usize,
    broken: Vec<Broken>,
}

impl Run<'_> {
    /// One pass of the leader there is.
    fn pass(&mut self, pass: usize) {
        if self.faults.iter().any(|f| matches!(f, Fault::Stale(..) | Fault::LostReply(_))) {
            self.views.push(self.w.clone());
        }
        let landing: Vec<Deed> = self.kept.extract_if(.., |(when, _)| *when <= pass).map(|(_, deed)| deed).collect();
        for deed in landing {
            deed::land(&mut self.w, &deed, self.core.honors_rv, &mut self.broken);
            self.wakes = self.wakes.max(pass + NAP);
        }
        if self.asleep && pass < self.wakes {
            return;
        }
        let Some((exec, seen)) = self.view(pass) else {
            self.asleep = true;
            return;
        };
        let step = (self.core.decide)(&self.site, self.w.host_clock(), &exec, &seen);
        rules::decided(&exec, &seen, &step, &mut self.broken);
        self.asleep = step == Step::Stop;
        self.carry_out(pass, Deed { exec, step });
    }

    fn view(&self, pass: usize) -> Option<(Rc<Execution>, Observed)> {
        let (mut object, mut world) = (&self.w, &self.w);
        for fault in self.faults {
            let (old, what) = match fault {
                Fault::Stale(n, lag, what) if *n == pass => (pass.saturating_sub(*lag), *what),
                Fault::LostReply(n) if n + 1 == pass => (*n, Old::Object),
                _ => continue,
            };
            let old = self.views.get(old)?;
            match what {
                Old::Object => object = old,
                Old::Seen => world = old,
                Old::Both => (object, world) = (old, old),
            }
        }
        let exec = object.exec.clone()?;
        let seen = look(world, &exec);
        Some((exec, seen))
    }

    fn carry_out(&mut self, pass: usize, deed: Deed) {
        if let Step::Wait(waiting) = &deed.step {
            let now = self.w.host_clock();
            let wait = waiting.until.map_or(SignedDuration::from_secs(1), |until| until.duration_since(now));
            self.w.clock += wait.clamp(SignedDuration::ZERO, LONGEST);
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
            deed::land(&mut self.w, &deed, self.core.honors_rv, &mut self.broken);
        }
    }

    /// The object is gone, so no pass looks any more: the host's sweep by label takes what a late request brought back. What it
    /// could have *done* in the meantime counts all the same.
    fn sweep(&mut self) {
        for _ in 0..4 {
            self.w.tick();
        }
        if self.w.exec.is_none() {
            (self.w.identity, self.w.dry.identity) = (false, false);
            self.w.claim = self.w.claim.filter(|c| c.turn.is_none());
        }
    }
}
