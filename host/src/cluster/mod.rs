//! ENGINE: alone knows kube's client. Owns how the cluster is read and written, and what a caller may conclude from a call that failed.
//! May not touch: plugins, policies, the ledger, and any decision about what happens next.
//!
//! Every write is one call without retries (`client`): the loop above decides whether a second one is harmless.

mod answer;
mod approvals;
mod binding;
mod catalog;
mod claims;
mod client;
mod dry_run;
mod echo;
mod events;
mod facts;
pub(crate) mod freezes;
mod guards;
mod history;
mod identity;
mod job;
mod kept;
mod network;
mod output;
mod patch;
mod path;
mod pick;
mod pod;
mod progress;
mod queues;
mod read;
mod record;
mod redact;
mod retry;
mod rights;
mod secret;
mod seen;
mod shipped;
mod sweep;
mod touch;
mod turns;
mod undos;
mod watch;

pub use client::{CallError, Cluster, ConnectError, Listed, Settings};
pub use facts::NamespaceSeen;
pub use guards::each_guard;
pub use job::Created;
pub use kube::Config;
pub use network::{NetworkSeen, networks};
pub use progress::{AtWork, Printed};
pub use record::{Live, Recorded, Unknown, known};
pub use retry::retry_after;
pub use watch::Next;
