//! Numbers from a seed (SplitMix64), so that a run can be repeated: as far as what happens at once lets it. Whatever is to be the same again
//! has dice of its own, which nobody else rolls.
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// May be rolled by several at once.
pub(crate) struct Dice(AtomicU64);

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// Others, whose rolls do not depend on how often these are rolled from now on.
    pub(crate) fn fork(&self, which: u64) -> Self {
        // Mixed: else the rolls of one would be those of the next, one later.
        Self::new(mixed(self.0.load(Ordering::Relaxed) ^ which.wrapping_mul(STEP)))
    }

    /// Below so many.
    pub(crate) fn roll(&self, sides: u64) -> u64 {
        mixed(self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP)) % sides
    }

    /// Once in so many times.
    pub(crate) fn once_in(&self, times: u64) -> bool {
        self.roll(times) == 0
    }

    /// Between the two.
    pub(crate) fn millis(&self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.roll(to - from))
    }
}

const fn mixed(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
