//! The `writ` binary: wiring only.
fn main() {}
