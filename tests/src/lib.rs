//! What tests on the real cluster share: a connection, made-up users, a namespace of one's own, and words for refusals. Owns no test.
#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    clippy::disallowed_methods,
    reason = "tests: what is not as expected ends the test"
)]

mod audit;
mod blackhole;
mod cluster;
mod component;
mod deeds;
mod ledger;
pub mod machine;
pub mod memory;
mod metrics;
mod moment;
mod number;
mod object;
mod operator;
mod refusal;
mod run;
mod scratch;
mod standing;
mod story;
mod token;
mod turn;
mod typed;
mod witness;
mod workload;

pub use audit::AuditLog;
pub use blackhole::{BlackHole, Held};
pub use cluster::Cluster;
pub use component::{Component, writ};
pub use deeds::{Deeds, Planned, writes_of};
pub use ledger::rows_at;
pub use moment::Sight;
pub use number::{Number, Numbers, rank};
pub use object::{all, api, create, get, is, would_create};
pub use operator::Operator;
pub use refusal::{eventually, refused, within};
pub use run::{PATIENCE, Run};
pub use scratch::Scratch;
pub use standing::Standing;
pub use story::Story;
pub use turn::{alone, among_others};
pub use typed::{Said, Typed};
pub use witness::{Expected, Seen, Witness};
pub use workload::{Workload, image};
