//! Components of a few lines of text: what they do before any function of theirs is called. Each ends in the fault that is its own.
use super::guests::{ENOUGH, LATE, in_time, limits};
use host::plugin::{Fault, Limits, LoadError, Plugins};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// An engine of its own each time: what was refused is nowhere kept, but what it cost may be.
async fn refused(bytes: Arc<[u8]>, limits: Limits) -> LoadError {
    Plugins::new().unwrap().load(bytes, limits).await.expect_err("it was loaded")
}

/// How long the same takes that does nothing at its start: an engine, compiling, and a refusal, for it has no functions of the contract.
async fn around() -> Duration {
    let begin = Instant::now();
    refused(starting("(func $start)"), limits()).await;
    begin.elapsed()
}

/// Before any function is called: the start function of the module inside.
#[tokio::test]
async fn a_loop_at_the_start_is_never_loaded() {
    let looping = || starting("(func $start (loop (br 0)))");
    let most = around().await + limits().wall + LATE;
    let error = in_time(most, "a loop", async || refused(looping(), limits()).await).await;
    assert!(matches!(error, LoadError::Describe(Fault::OutOfFuel { .. })), "{error:?}");
    // Its time too runs from before it is instantiated.
    let limits = Limits { fuel: ENOUGH, wall: Duration::from_millis(50), ..limits() };
    let most = around().await + limits.wall + LATE;
    let error = in_time(most, "a loop with fuel", async || refused(looping(), limits).await).await;
    assert!(matches!(error, LoadError::Describe(Fault::DeadlineExceeded { millis: 50 })), "{error:?}");
}

/// A component whose module has this start function, and functions named as the contract names them.
fn starting(start: &str) -> Arc<[u8]> {
    component_of(&format!("(core module $m {start} (start $start)) (core instance (instantiate $m))"))
}

/// A component of these parts, with functions named as the contract names them.
fn component_of(parts: &str) -> Arc<[u8]> {
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

#[tokio::test]
async fn memory_and_tables_are_bounded_at_birth_too() {
    let plugins = Plugins::new().unwrap();
    let born = |parts: &str| starting(&format!("{parts} (func $start)"));
    // 32 MiB of 16, and two of 12.
    for memory in ["(memory 512)", "(memory 192) (table 1 funcref)"] {
        let limits = Limits { memory: 8 << 20, ..limits() };
        let error = plugins.load(born(memory), limits).await.expect_err("it was loaded");
        assert!(matches!(&error, LoadError::Describe(Fault::OutOfMemory { what: "memory", .. })), "{memory}: {error:?}");
    }
    for table in ["(table 1001 funcref)", "(table 600 funcref) (table 600 funcref)"] {
        let error = plugins.load(born(table), limits()).await.expect_err("it was loaded");
        assert!(matches!(&error, LoadError::Describe(Fault::OutOfMemory { what: "table elements", .. })), "{table}: {error:?}");
    }
}

/// Not a -1 that the component may take for anything: the call is over, whoever said how much there may be.
#[tokio::test]
async fn growing_beyond_what_it_declared_itself_is_out_of_memory() {
    let plugins = Plugins::new().unwrap();
    for (what, grows) in [
        ("memory", "(memory 1 2) (func $start (drop (memory.grow (i32.const 2))))"),
        ("table elements", "(table 1 2 funcref) (func $start (drop (table.grow (ref.null func) (i32.const 2))))"),
    ] {
        let error = plugins.load(starting(grows), limits()).await.expect_err("it was loaded");
        assert!(matches!(&error, LoadError::Describe(Fault::OutOfMemory { what: w, .. }) if *w == what), "{what}: {error:?}");
    }
}

/// Handles are memory of the host's, and cost the component a few instructions each.
#[tokio::test]
async fn handles_that_no_plugin_needs_are_out_of_memory() {
    let parts = r#"
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
    let error = Plugins::new().unwrap().load(component_of(parts), limits()).await.expect_err("it was loaded");
    assert!(matches!(&error, LoadError::Describe(Fault::OutOfMemory { what: "instances or handles", .. })), "{error:?}");
}

/// A component is not entered while it runs: it calls what it exports itself, by a detour over the component's own types.
#[tokio::test]
async fn who_calls_an_export_of_his_own_traps() {
    let parts = r#"
        (core module $own (func (export "f")))
        (core instance $own (instantiate $own))
        (func $export (canon lift (core func $own "f")))
        (core func $again (canon lower (func $export)))
        (core module $m (import "" "f" (func $f)) (func $start (call $f)) (start $start))
        (core instance (instantiate $m (with "" (instance (export "f" (func $again))))))"#;
    let error = refused(component_of(parts), limits()).await;
    let LoadError::Describe(Fault::Trapped { message }) = error else { panic!("{error:?}") };
    assert!(message.contains("cannot enter component instance"), "{message}");
}

/// NaN payloads differ between processors, and with them what is computed from them.
#[tokio::test]
async fn a_nan_is_the_same_on_every_machine() {
    let sum = "(i32.reinterpret_f32 (f32.add (global.get $nan) (f32.const 1)))";
    let start = format!(
        "(global $nan (mut f32) (f32.const nan:0x600001))
         (func $start (if (i32.ne {sum} (i32.const 0x7fc00000)) (then unreachable)))"
    );
    let error = Plugins::new().unwrap().load(starting(&start), limits()).await.expect_err("it has no functions of the contract");
    assert!(matches!(&error, LoadError::Describe(Fault::BadOutput { .. })), "{error:?}");
}
