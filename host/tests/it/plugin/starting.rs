//! Components of a few lines of text: what they do before any function of theirs is called. Each ends in the fault that is its own (that it does so in
//! time, and beside others: `beside`).
use super::{
    births::{component_of, starting},
    guests::limits,
};
use host::plugin::{Fault, Limits, LoadError, Plugins};

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
    let error = Plugins::new().unwrap().load(component_of(parts), limits()).await.expect_err("it was loaded");
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
