//! What came of the checks, by the digest of the bundle: what did not change is not checked again, unless the machine was too slow for it. A check that takes long goes on by itself,
//! and nobody waits for it; one that never ends is never begun again for the same bundle.
use super::check::{self, Checked};
use super::policy::Policy;
use super::problem::{Kind, Problem};
use decide::model::Digest;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Checks that stand still, before only a new process gives back what they hold.
const MOST_STANDING: usize = 3;

type Outcome = Result<Arc<Checked>, Vec<Problem>>;

/// Cheap to clone.
#[derive(Clone, Default)]
pub struct Checks(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    all: BTreeMap<Digest, Entry>,
    /// Ended when nobody waited any more.
    late: usize,
}

enum Entry {
    AtWork { since: Instant, waited_for: bool },
    Over(Outcome),
}

impl Checks {
    /// What came of it, or comes of it within `wait`. One that was begun before is not waited for again.
    pub fn outcome(&self, policy: &Policy, wait: Duration) -> Outcome {
        let size = policy.size();
        if !size.is_empty() {
            return Err(size);
        }
        let digest = policy.digest();
        match self.known().all.get(&digest) {
            Some(Entry::Over(outcome)) if !passes(outcome) => return named(outcome, policy),
            Some(Entry::AtWork { since, .. }) => return Err(vec![at_work(*since)]),
            Some(Entry::Over(_)) | None => {}
        }
        self.begun(policy, digest, wait)
    }

    fn begun(&self, policy: &Policy, digest: Digest, wait: Duration) -> Outcome {
        let since = Instant::now();
        self.known().all.insert(digest.clone(), Entry::AtWork { since, waited_for: true });
        let (done, over) = sync_channel::<()>(1);
        let (this, bundle, of) = (self.clone(), policy.clone(), digest.clone());
        let begun = check::aside(move || {
            let outcome = catch_unwind(AssertUnwindSafe(|| check::checked(&bundle).map(Arc::new)));
            this.ended(of, outcome.unwrap_or_else(|_| Err(vec![check::broke_off()])));
            let _ = done.send(());
        });
        if !begun {
            self.known().all.remove(&digest);
            return Err(vec![check::broke_off()]);
        }
        let _ = over.recv_timeout(wait);
        let mut known = self.known();
        match known.all.get_mut(&digest) {
            Some(Entry::Over(outcome)) => named(outcome, policy),
            Some(Entry::AtWork { waited_for, .. }) => {
                *waited_for = false;
                Err(vec![at_work(since)])
            }
            None => Err(vec![check::broke_off()]),
        }
    }

    fn ended(&self, digest: Digest, outcome: Outcome) {
        let mut known = self.known();
        if let Some(Entry::AtWork { waited_for: false, .. }) = known.all.insert(digest, Entry::Over(outcome)) {
            known.late = known.late.saturating_add(1);
        }
    }

    /// Those that are over and of none of these bundles are forgotten.
    pub fn keep(&self, wanted: &[Policy]) {
        let wanted: Vec<Digest> = wanted.iter().map(Policy::digest).collect();
        self.known().all.retain(|digest, entry| matches!(entry, Entry::AtWork { .. }) || wanted.contains(digest));
    }

    /// Others whenever there is something to say that [`Self::outcome`] did not say.
    pub fn news(&self) -> (usize, usize) {
        let standing = self.standing();
        (self.known().late, standing)
    }

    /// Checks that do not come back.
    fn standing(&self) -> usize {
        self.known()
            .all
            .values()
            .filter(|e| matches!(e, Entry::AtWork { since, .. } if since.elapsed() > check::PATIENCE))
            .count()
    }

    /// More stand still than this process should carry.
    pub fn too_many_stand_still(&self) -> bool {
        self.standing() > MOST_STANDING
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn passes(outcome: &Outcome) -> bool {
    outcome.as_ref().err().is_some_and(|problems| problems.iter().any(|problem| problem.kind.passes()))
}

fn named(outcome: &Outcome, policy: &Policy) -> Outcome {
    outcome.as_ref().map(|checked| Arc::new(checked.of(policy))).map_err(Clone::clone)
}

fn at_work(since: Instant) -> Problem {
    if since.elapsed() > check::PATIENCE {
        return check::broke_off();
    }
    Problem::all(Kind::Checking, "its check takes long, and goes on")
}
