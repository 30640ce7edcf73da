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

mod cluster;
mod object;
mod refusal;
mod scratch;

pub use cluster::Cluster;
pub use object::{api, create, would_create};
pub use refusal::{eventually, refused};
pub use scratch::Scratch;
