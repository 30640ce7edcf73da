//! Components of a few lines of text, and what ends them at their birth: before any function of theirs is called. Owns no test.
use super::{deeds::by_the_clock, guests::limits};
use host::plugin::{Fault, Limits, LoadError};
use std::sync::Arc;

/// A component that is never loaded.
pub struct Birth {
    /// What it does.
    pub what: &'static str,
    pub bytes: Arc<[u8]>,
    pub limits: Limits,
    /// How it ends.
    pub ends: fn(&LoadError) -> bool,
}

/// Each takes of one thing more than there is.
pub fn births() -> Vec<Birth> {
    let grows = |what: &str| format!("(loop (drop {what}) (br 0))");
    let memory = format!("(memory 1) (func $start {})", grows("(memory.grow (i32.const 1))"));
    let table = format!("(table 1 funcref) (func $start {})", grows("(table.grow (ref.null func) (i32.const 1))"));
    vec![
        born("a loop", endless(), limits(), |e| matches!(e, LoadError::Describe(Fault::OutOfFuel { .. }))),
        born("a loop with fuel", endless(), by_the_clock(), |e| {
            matches!(e, LoadError::Describe(Fault::DeadlineExceeded { millis: 100 }))
        }),
        // 32 MiB of 16.
        born("large memory", starting("(memory 512) (func $start)"), limits(), |e| beyond(e, "memory")),
        born("memory that grows", starting(&memory), limits(), |e| beyond(e, "memory")),
        born("large tables", starting("(table 600 funcref) (table 600 funcref) (func $start)"), limits(), |e| {
            beyond(e, "table elements")
        }),
        born("a table that grows", starting(&table), limits(), |e| beyond(e, "table elements")),
        born("handles", component_of(HANDLES), limits(), |e| beyond(e, "instances or handles")),
        // Counted before it is born.
        born("instances", component_of(&instances(9)), limits(), |e| matches!(e, LoadError::Compile(_))),
    ]
}

fn born(what: &'static str, bytes: Arc<[u8]>, limits: Limits, ends: fn(&LoadError) -> bool) -> Birth {
    Birth { what, bytes, limits, ends }
}

fn beyond(error: &LoadError, what: &str) -> bool {
    matches!(error, LoadError::Describe(Fault::OutOfMemory { what: w, .. }) if *w == what)
}

/// For ever at its start.
fn endless() -> Arc<[u8]> {
    starting("(func $start (loop (br 0)))")
}

/// Nothing at its start, and refused all the same: it has no functions of the contract. What that takes, all others take too.
pub fn harmless() -> Arc<[u8]> {
    starting("(func $start)")
}

/// Seventeen of a resource of its own, each for a few instructions.
const HANDLES: &str = r#"
    (type $r (resource (rep i32)))
    (core func $new (canon resource.new $r))
    (core module $m
        (import "" "new" (func $new (param i32) (result i32)))
        (global $n (mut i32) (i32.const 17))
        (func $start (loop
            (drop (call $new (i32.const 1)))
            (global.set $n (i32.sub (global.get $n) (i32.const 1)))
            (br_if 0 (global.get $n))))
        (start $start))
    (core instance (instantiate $m (with "" (instance (export "new" (func $new))))))"#;

/// So many of an empty module.
fn instances(count: usize) -> String {
    format!("(core module $m) {}", "(core instance (instantiate $m))".repeat(count))
}

/// A component whose module has this start function, and functions named as the contract names them.
pub fn starting(start: &str) -> Arc<[u8]> {
    component_of(&format!("(core module $m {start} (start $start)) (core instance (instantiate $m))"))
}

/// A component of these parts, with functions named as the contract names them.
pub fn component_of(parts: &str) -> Arc<[u8]> {
    let names = ["describe", "validate", "reads", "plan", "rollback", "checks"];
    let exports: String = names.iter().map(|n| format!("(export \"{n}\" (func $f))")).collect();
    let text = format!(
        r#"(component
            {parts}
            (core module $good (func (export "f")))
            (core instance $good (instantiate $good))
            (func $f (canon lift (core func $good "f")))
            (instance $all {exports})
            (export "writ:action/actions@0.1.0" (instance $all)))"#
    );
    wat::parse_str(text).unwrap().into()
}
