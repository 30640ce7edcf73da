//! What regorus asks of its allocator, by the names it asks for. It compares [`GlobalAllocationStats::allocated`] with a limit that holds
//! for the process; so the answer is nothing at all, or too much for any limit.
use super::count;

/// Too much, or nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GlobalAllocationStats {
    /// Of the evaluation on this thread.
    pub allocated: u64,
    /// The same.
    pub peak: u64,
}

/// What the evaluation on this thread holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadAllocationStats {
    /// Below zero: it gave back what others took.
    pub allocated: i64,
    /// The same.
    pub peak: i64,
}

/// Asked at every sixteenth step, and at every step while [`take_thread_flushed_since_check_flag`] says so.
#[must_use]
pub fn allocation_stats_snapshot() -> (GlobalAllocationStats, ThreadAllocationStats) {
    let allocated = if count::is_over() { u64::MAX } else { 0 };
    let held = count::held();
    (GlobalAllocationStats { allocated, peak: allocated }, ThreadAllocationStats { allocated: held, peak: held })
}

/// What the evaluation on this thread holds.
#[must_use]
pub fn current_thread_live_bytes() -> i64 {
    count::held()
}

/// Whether to look now, and not at the sixteenth step.
#[must_use]
pub fn take_thread_flushed_since_check_flag() -> bool {
    count::is_over()
}

/// Nothing is pending: every allocation is counted when it is made.
#[must_use]
pub const fn thread_allocation_pending_delta() -> i64 {
    0
}

/// Nothing is pending.
pub const fn flush_thread_counters() {}

/// Nothing is pending.
pub const fn set_thread_flush_threshold(_bytes: Option<u64>) {}

/// Nothing is pending.
#[must_use]
pub const fn thread_flush_threshold() -> Option<u64> {
    None
}

/// Regorus asks for it around what is no evaluation. Ours are told apart by [`super::within`].
pub fn with_unowned_memory_budget_scope<T>(work: impl FnOnce() -> T) -> T {
    work()
}
