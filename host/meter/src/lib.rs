//! What one evaluation of a policy may allocate. Regorus looks at its allocator's numbers wherever a value grows, also inside of one
//! call; but the allocator it brings counts the whole process, so that one bomb fails every evaluation beside it, and an operator that
//! grew fails all. This crate stands in its place and answers for the evaluation that runs on the asking thread alone.
//! Owns the count and who is stopped by it. The memory itself comes from the system's allocator, as it would without this crate.
mod allocator;
mod count;
pub mod limits;

pub use allocator::Counting;
pub use count::{Bounds, within};
pub use limits::{allocation_stats_snapshot, current_thread_live_bytes};

/// Called by regorus, once: every program that evaluates policies counts.
#[macro_export]
macro_rules! assign_global {
    () => {
        #[global_allocator]
        static GLOBAL: mimalloc::Counting = mimalloc::Counting;
    };
}
