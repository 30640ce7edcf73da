//! Every bound on what users and plugins may put into an object, in one place. An object stays under 128 KiB, usually 6.

/// `spec.parameters`, canonical JSON, bytes.
pub const PARAMETERS: usize = 16 * 1024;
/// `status.plan`, canonical JSON, bytes.
pub const PLAN: usize = 32 * 1024;
/// `status.plan.memo`, bytes.
pub const MEMO: usize = 4 * 1024;
/// `status.job.output`, bytes: the tail of what the Job printed. The whole is a blob in the ledger.
pub const OUTPUT_TAIL: usize = 4 * 1024;
/// `spec.reason`, characters.
pub const REASON: usize = 512;
/// `status.timeline`, entries.
pub const TIMELINE: usize = 24;
