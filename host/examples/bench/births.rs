//! How soon a component that asks for too much before it is ever called is refused: from its bytes to the error, compiling included.
use super::{millis, number, rank};
use anyhow::{Context, Result, bail};
use host::plugin::{Fault, Limits, LoadError, Plugins};
use serde_json::Value;
use std::{sync::Arc, time::Instant};

/// Enough for a hundredth of them to be more than chance.
const BIRTHS: usize = 200;

struct Birth {
    name: &'static str,
    /// Text of the component.
    parts: String,
    is: fn(&LoadError) -> bool,
}

fn all() -> [Birth; 5] {
    let module = |inside: &str| format!("(core module $m {inside}) (core instance (instantiate $m))");
    let handles = r#"
        (type $r (resource (rep i32)))
        (core func $new (canon resource.new $r))
        (core module $m
            (import "" "new" (func $new (param i32) (result i32)))
            (func $start (loop (drop (call $new (i32.const 1))) (br 0)))
            (start $start))
        (core instance (instantiate $m (with "" (instance (export "new" (func $new))))))"#;
    [
        Birth {
            name: "tables (10,000 elements)",
            parts: module("(table 1 funcref) (func $start (drop (table.grow (ref.null func) (i32.const 10000)))) (start $start)"),
            is: |e| matches!(e, LoadError::Describe(Fault::OutOfMemory { what: "table elements", .. })),
        },
        Birth {
            name: "handles",
            parts: handles.into(),
            is: |e| matches!(e, LoadError::Describe(Fault::OutOfMemory { what: "instances or handles", .. })),
        },
        Birth {
            name: "instances",
            parts: format!("(core module $m) {}", "(core instance (instantiate $m))".repeat(9)),
            is: |e| matches!(e, LoadError::Compile(_)),
        },
        Birth {
            name: "code of one function, before the compiler sees it",
            parts: module(&format!("(func {})", "(drop (i32.const 1))".repeat(50_000))),
            is: |e| matches!(e, LoadError::NotAdmitted { .. }),
        },
        Birth {
            name: "a loop at the start (fuel, 3 M)",
            parts: module("(func $start (loop (br 0))) (start $start)"),
            is: |e| matches!(e, LoadError::Describe(Fault::OutOfFuel { .. })),
        },
    ]
}

/// A component of these parts, with functions named as the contract names them.
fn component(parts: &str) -> Result<Arc<[u8]>> {
    let names = ["describe", "validate", "reads", "plan", "rollback", "checks"];
    let exports: String = names.iter().map(|n| format!("(export \"{n}\" (func $f))")).collect();
    let text = format!(
        r#"(component {parts}
            (core module $good (func (export "f")))
            (core instance $good (instantiate $good))
            (func $f (canon lift (core func $good "f")))
            (instance $all {exports})
            (export "writ:action/actions@0.1.0" (instance $all)))"#
    );
    Ok(wat::parse_str(text).context("failed to parse a component of the benchmark")?.into())
}

/// The 99th of a hundred, for each.
pub async fn measure() -> Result<Vec<Value>> {
    let limits = Limits { fuel: 3_000_000, ..Limits::ceiling() };
    let plugins = Plugins::new().context("failed to start the plugin engine")?;
    let mut numbers = Vec::new();
    for birth in all() {
        let bytes = component(&birth.parts)?;
        let mut took = Vec::with_capacity(BIRTHS);
        for _ in 0..BIRTHS {
            let begun = Instant::now();
            let ended = plugins.load(bytes.clone(), limits).await;
            took.push(begun.elapsed());
            match ended {
                Err(error) if (birth.is)(&error) => {}
                other => bail!("{}: {:?}", birth.name, other.map(|loaded| loaded.digest)),
            }
        }
        let name = format!("refused before it is called, compiling included: {}, p99", birth.name);
        numbers.push(number(name, millis(rank(&mut took, 0.99)), "ms", None));
    }
    Ok(numbers)
}
