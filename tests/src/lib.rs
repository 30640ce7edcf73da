//! What tests on the real cluster share: a connection, made-up users, a namespace of one's own, and words for refusals. Owns no test.
#![forbid(unsafe_code)]

mod cluster;
mod object;
mod refusal;
mod scratch;

pub use cluster::Cluster;
pub use object::{api, create, would_create};
pub use refusal::{eventually, refused};
pub use scratch::Scratch;
