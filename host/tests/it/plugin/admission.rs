//! What is refused before the compiler sees it.
use super::guests::{component, hostile, limits};
use host::plugin::{LoadError, Plugins};
use std::{fmt::Write as _, sync::Arc};

async fn refused(bytes: &[u8]) -> LoadError {
    Plugins::new().unwrap().load(Arc::from(bytes), limits()).await.expect_err("it was loaded")
}

async fn refused_text(wat: &str) -> LoadError {
    refused(&wat::parse_str(wat).unwrap()).await
}

/// Why the compiler refused it, with all that is behind it.
fn because(error: &LoadError) -> String {
    assert_eq!(error.reason(), "CompileFailed", "{error}");
    let chain = std::iter::successors(std::error::Error::source(error), |e| e.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Refused before compiling, and the message says this.
fn says(error: &LoadError, what: &str) {
    assert_eq!(error.reason(), "NotAdmitted", "{error}");
    assert!(error.to_string().contains(what), "{error}");
}

#[tokio::test]
async fn what_is_no_component_is_refused_and_told_what_it_is() {
    says(&refused(b"").await, "no WebAssembly component");
    says(&refused(b"#!/bin/sh\n").await, "no WebAssembly component");
    says(&refused(b"\x7fELF\x02\x01\x01").await, "native code");
    says(&refused_text("(module)").await, "core module");
    says(&refused_text("(component)").await, "does not export writ:action/actions@0.1");
    let inside = format!("(component {})", around(""));
    says(&refused_text(&inside).await, "does not export writ:action/actions@0.1");
    says(&refused(&vec![0; (4 << 20) + 1]).await, "at most 4096 KiB");
}

/// As `Engine::precompile_component` makes it: machine code that this engine would run unchecked, if it ever loaded it.
#[tokio::test]
async fn precompiled_code_is_never_loaded() {
    let engine = wasmtime::Engine::new(wasmtime::Config::new().gc_support(false)).unwrap();
    let native = engine.precompile_component(&component("workload")).unwrap();
    says(&refused(&native).await, "native code");
}

#[tokio::test]
async fn an_import_of_anything_but_the_log_is_refused_by_its_name() {
    let importing = |name: &str| format!("(component (import \"{name}\" (instance (export \"f\" (func)))))");
    for foreign in ["wasi:cli/environment@0.2.0", "writ:action/actions@0.1.0", "writ:action/secrets@0.1.0", "evil:corp/exec"] {
        says(&refused_text(&importing(foreign)).await, &format!("imports {foreign}"));
    }
    says(&refused_text(&importing("wasi:io/streams@0.2.0")).await, "built for WASI?");
    says(&refused_text(r#"(component (import "f" (func)))"#).await, "imports f");
    let newer = refused_text(&importing("writ:action/log@0.2.0")).await;
    assert_eq!(newer.reason(), "ContractNotServed", "{newer}");
}

#[tokio::test]
async fn another_version_of_the_contract_is_told_from_no_contract() {
    let newer = refused_text(r#"(component (instance $i) (export "writ:action/actions@0.2.0" (instance $i)))"#).await;
    assert_eq!(newer.reason(), "ContractNotServed");
    assert!(newer.to_string().contains("writ:action/actions@0.2.0"), "{newer}");
}

/// `log` under its own name, but with more in it than the contract has: admitted by name, and found out when it is linked.
#[tokio::test]
async fn more_functions_than_the_contract_has_are_not_linked() {
    let error = refused_text(
        r#"(component
            (import "writ:action/log@0.1.0" (instance (export "read-everything" (func))))
            (instance $i) (export "writ:action/actions@0.1.0" (instance $i)))"#,
    )
    .await;
    assert_eq!(error.reason(), "LinkFailed", "{error}");
}

#[tokio::test]
async fn an_interface_without_its_functions_is_not_linked() {
    let error = refused_text(r#"(component (instance $i) (export "writ:action/actions@0.1.0" (instance $i)))"#).await;
    assert_eq!(error.reason(), "LinkFailed", "{error}");
}

/// Around a core module: enough of a component to be looked into.
fn around(module: &str) -> String {
    format!(r#"(component (core module {module}) (instance $i) (export "writ:action/actions@0.1.0" (instance $i)))"#)
}

#[tokio::test]
async fn what_would_take_the_compiler_too_long_is_refused_by_its_size() {
    let mut large = String::from("(func (param i32) (result i32) local.get 0 ");
    (0..50_000).for_each(|n| write!(large, "i32.const {n} i32.add ").unwrap());
    says(&refused_text(&around(&format!("{large})"))).await, "at most 128 KiB are compiled");

    let locals = |n: usize| format!("(func (local {}))", "i64 ".repeat(n));
    says(&refused_text(&around(&locals(501))).await, "locals");
    says(&refused_text(&around(&locals(500).repeat(1_001))).await, "locals");
    // Two hundred locals over two thousand branches; and a little less of it, a dozen times.
    let joints =
        |n: usize| format!("(func (param i32) (local {}) {})", "i64 ".repeat(200), "block local.get 0 br_if 0 end ".repeat(n));
    says(&refused_text(&around(&joints(1_000))).await, "2000 blocks and branches over 264 values");
    says(&refused_text(&around(&joints(450).repeat(12))).await, "900 blocks and branches over 264 values");
    let targets = format!("(func (param i32) block local.get 0 br_table {} end)", "0 ".repeat(4_000));
    says(&refused_text(&around(&targets)).await, "blocks and branches over 64 values");
    let loops = |n: usize| format!("(func {} {})", "loop ".repeat(n), "end ".repeat(n));
    says(&refused_text(&around(&loops(17))).await, "more than the 16 loops in each other");
    let mut whole = String::from("(func (param i32) (result i32) local.get 0 ");
    (0..16_000).for_each(|_| whole.push_str("i32.const 7 i32.add "));
    says(&refused_text(&around(&format!("{whole})").repeat(23))).await, "more than the 1024 KiB together");
    // Cheap to write and dear to compile: one type of many parameters, and functions that do nothing else than have it.
    let wide = |parts: &str| around(&format!("(type {parts}) (func (type 0) unreachable)"));
    says(&refused_text(&wide(&format!("(func (param {}))", "i64 ".repeat(65)))).await, "65 parameters and results");
    says(&refused_text(&wide(&format!("(func (result {}))", "i64 ".repeat(65)))).await, "65 parameters and results");
    says(&refused_text(&around(&"(func)".repeat(20_001))).await, "more than 20000 functions");
    says(&refused_text(&format!("(component {})", "(core module)".repeat(17))).await, "more than 16 modules");
}

/// A small component may ask for many instances of what is in it, and for large ones.
#[tokio::test]
async fn a_component_that_holds_more_than_there_is_room_for_is_not_loaded() {
    let many = [
        ("", 9, "9 core module instances"),
        ("(memory 1)", 3, "3 Wasm linear memories"),
        ("(table 1 funcref) (table 1 funcref) (table 1 funcref)", 3, "9 tables"),
        ("(memory 1025)", 1, "minimum byte size"),
        ("(table 10001 funcref)", 1, "minimum element size"),
    ];
    for (module, instances, what) in many {
        let instances = "(core instance (instantiate $m))".repeat(instances);
        let export = r#"(instance $i) (export "writ:action/actions@0.1.0" (instance $i))"#;
        let error = refused_text(&format!("(component (core module $m {module}) {instances} {export})")).await;
        assert!(because(&error).contains(what), "{module}: {}", because(&error));
    }
}

/// What the engine has switched off is not compiled, whoever sends it.
#[tokio::test]
async fn a_feature_that_no_plugin_needs_does_not_compile() {
    let features = [
        "(memory i64 1)",
        "(type (struct))",
        "(rec (type (func)))",
        "(func (param (ref func)))",
        "(func (result v128) v128.const i64x2 0 0)",
        "(func $f return_call $f)",
        "(tag)",
    ];
    for feature in features {
        let error = refused_text(&around(feature)).await;
        assert_eq!(error.reason(), "CompileFailed", "{feature}: {error}");
    }
    // Without their switches it is the pool that refuses these, and a machine without a pool does not.
    for (feature, why) in [("(memory 1) (memory 1)", "multi"), ("(memory 1 1 shared)", "threads")] {
        let said = because(&refused_text(&around(feature)).await);
        assert!(said.contains(why), "{said}");
    }
}

/// What the component model may have one day.
#[tokio::test]
async fn a_start_function_or_more_than_a_name_does_not_compile() {
    let started = r#"(component
        (core module $m (func (export "f"))) (core instance $m (instantiate $m))
        (func $f (canon lift (core func $m "f"))) (start $f)
        (instance $i) (export "writ:action/actions@0.1.0" (instance $i)))"#;
    assert!(because(&refused_text(started).await).contains("value"));
    let named = r#"(component
        (import "writ:action/log@0.1.0" (external-id "x") (instance))
        (instance $i) (export "writ:action/actions@0.1.0" (instance $i)))"#;
    assert!(because(&refused_text(named).await).contains("cm-implements"));
}

/// Cut off anywhere, it is refused, and never a panic of ours.
#[tokio::test]
async fn a_component_that_is_cut_off_is_refused() {
    let plugins = Plugins::new().unwrap();
    let whole = hostile("");
    for part in 1..64 {
        let cut = &whole[..whole.len() * part / 64];
        let error = plugins.load(Arc::from(cut), limits()).await.expect_err("a part of it was loaded");
        says(&error, "");
    }
    says(&refused(&whole[..whole.len() / 2]).await, "cut off or damaged");
}

/// One bit in another place is another component: it may load or not, it may trap or lie, but it ends, and is no panic of ours.
#[tokio::test]
async fn a_component_with_a_flipped_bit_loads_or_is_refused_and_nothing_else() {
    let plugins = Plugins::new().unwrap();
    let whole = hostile("");
    let mut refused = 0;
    // Most bits are in code and data; the first two kilobytes are the parts the parser reads.
    let places = (0..64).map(|i| i * 32).chain((1..32).map(|i| whole.len() * i / 32));
    for place in places {
        let mut bytes = whole.to_vec();
        bytes[place] ^= 1 << (place % 8);
        match plugins.load(bytes.into(), limits()).await {
            Ok(_) => {}
            Err(LoadError::Compiler) => panic!("the compiler panicked on a flipped bit at {place}"),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 32, "only {refused} were refused");
}
