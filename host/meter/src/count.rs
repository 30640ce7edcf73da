//! How much the work on this thread holds, and whether that was ever too much. Runs inside of the allocator: no allocation, no
//! unwinding, no lock.
use std::cell::Cell;

/// What some work may hold at once, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// More than this, and the work is told to stop where it next asks. It stays told: what it does with the error is its own affair.
    pub told: u64,
    /// More than this, inside of one step that asks nobody, and the thread stands still for ever. An allocation can be neither refused (that
    /// aborts the process) nor unwound; a thread that is lost costs itself and this much memory, and the process goes on.
    pub stopped: u64,
}

impl Bounds {
    const NONE: Self = Self { told: u64::MAX, stopped: u64::MAX };
}

thread_local! {
    /// Bytes taken less bytes given back since the work began. What others took and this thread gives back counts too: below zero is right.
    static HELD: Cell<i64> = const { Cell::new(0) };
    static BOUNDS: Cell<Bounds> = const { Cell::new(Bounds::NONE) };
    static OVER: Cell<bool> = const { Cell::new(false) };
}

/// Does the work, and says whether it ever held more than it may.
pub fn within<T>(bounds: Bounds, work: impl FnOnce() -> T) -> (T, bool) {
    let _outer = Outer { held: HELD.replace(0), bounds: BOUNDS.replace(bounds), over: OVER.replace(false) };
    let done = work();
    (done, OVER.get())
}

/// What was counted before, and is again afterwards, also after a panic.
struct Outer {
    held: i64,
    bounds: Bounds,
    over: bool,
}

impl Drop for Outer {
    fn drop(&mut self) {
        HELD.set(self.held.saturating_add(HELD.get()));
        BOUNDS.set(self.bounds);
        OVER.set(self.over);
    }
}

/// Whether the work on this thread ever held more than it may.
pub(crate) fn is_over() -> bool {
    OVER.get()
}

/// What the work on this thread holds.
pub(crate) fn held() -> i64 {
    HELD.get()
}

/// Before the memory is asked for: a bomb may be one allocation.
pub(crate) fn taken(size: usize) {
    let held = HELD.get().saturating_add(bytes(size));
    HELD.set(held);
    let (held, bounds) = (held.unsigned_abs() * u64::from(held > 0), BOUNDS.get());
    if held > bounds.told {
        OVER.set(true);
        if held > bounds.stopped {
            stand_still();
        }
    }
}

pub(crate) fn given_back(size: usize) {
    HELD.set(HELD.get().saturating_sub(bytes(size)));
}

fn bytes(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

#[cold]
fn stand_still() -> ! {
    loop {
        std::thread::park();
    }
}

#[cfg(test)]
mod tests;
