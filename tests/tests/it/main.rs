//! All tests on the real cluster, in one binary. `admit_*`: what the API server refuses, whoever asks. `execute_*`: what an execution
//! really does, however it ends. `crash_*`: an operator that is killed in the middle of one. `argv`: what kubectl makes of our command lines.
//! `rights`: what would be found in the audit log, by one that is made up.
//! `witness`: what torture counts.
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
mod argv;
mod crash;
mod execute;
mod rights;
mod witness;
