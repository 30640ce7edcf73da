//! Tests of the gate: every way a policy can go wrong is a word of its own, and none of them is a yes.
mod bundles;
mod default;
mod dry_run;
mod fixtures;
mod memory;
mod refused;
mod verdicts;
