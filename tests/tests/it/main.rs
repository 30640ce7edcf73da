//! All tests on the real cluster, in one binary. `admit_*`: what the API server refuses, whoever asks.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    clippy::disallowed_methods,
    reason = "tests: what is not as expected ends the test"
)]
mod admit;
