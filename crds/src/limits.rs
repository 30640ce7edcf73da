//! Every bound on what users and plugins may put into an object, in one place. An object stays under 128 KiB, usually 6. A test
//! sees to it that no text and no list of a spec is without one.

/// `spec.parameters`, canonical JSON, bytes.
pub const PARAMETERS: usize = 16 * 1024;
/// `status.plan`, canonical JSON, bytes.
pub const PLAN: usize = 32 * 1024;
/// `status.plan.memo`, bytes.
pub const MEMO: usize = 4 * 1024;
/// `status.diff`, canonical JSON, bytes: what cannot be shown cannot be allowed.
pub const DIFF: usize = 32 * 1024;
/// `status.job.output`, bytes: the tail of what the Job printed. The whole is a blob in the ledger.
pub const OUTPUT_TAIL: usize = 4 * 1024;
/// `spec.reason`, characters.
pub const REASON: usize = 512;
/// `status.timeline`, entries.
pub const TIMELINE: usize = 24;

/// An action's name, characters: it is also a label value and a part of the name of a role.
pub const ACTION: usize = 48;
/// Name of an object, characters: RFC 1123.
pub const NAME: usize = 253;
/// A uid, characters: RFC 4122 text.
pub const UID: usize = 36;
/// A user or group name, characters. OpenID tokens carry long ones.
pub const USER: usize = 1024;
/// Groups of a user. Directories hand out hundreds.
pub const GROUPS: usize = 1024;
/// Properties at the top of `spec.parameters`.
pub const PARAMETER_COUNT: usize = 64;
/// Properties at the top of `spec.origin`: it holds at most a workflow, a correlation id, an agent, and on whose behalf.
pub const ORIGIN_COUNT: usize = 16;
/// A duration such as `168h` or `1h30m`, characters.
pub const DURATION: usize = 16;
/// Actions of one plugin, as in the contract.
pub const ACTIONS: usize = 64;
/// Namespaces of one freeze.
pub const NAMESPACES: usize = 64;
/// A quantity such as `50M`, characters.
pub const QUANTITY: usize = 16;
/// Rego modules of one policy.
pub const MODULES: usize = 32;
/// One Rego module, characters. etcd takes 1.5 MiB in all.
pub const MODULE: usize = 64 * 1024;
/// Properties at the top of a policy's `spec.data`.
pub const DATA_COUNT: usize = 256;
/// One text of an `Action`, characters: a screen or two.
pub const TEXT: usize = 4 * 1024;

/// A text in a status, where nothing smaller is said: above all that the host lets through, so that a record is never refused for
/// its size (the files of a plan, together at most 64 KiB, are the longest).
pub const STATUS_TEXT: usize = 64 * 1024;
/// A list in a status, likewise.
pub const STATUS_ITEMS: usize = 1024;
