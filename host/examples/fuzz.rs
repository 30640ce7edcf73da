//! `make fuzz`: libFuzzer's loop around one target, which `FUZZ_TARGET` names. Its arguments are libFuzzer's.
#![no_main]

use host::untrusted::{Target, target};
use std::sync::LazyLock;

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var_os("FUZZ_TARGET").and_then(|name| name.into_string().ok()).unwrap_or_default();
    target(&name).unwrap_or_else(|| {
        eprintln!("FUZZ_TARGET is {name:?}; host/src/untrusted has the names");
        std::process::exit(2)
    })
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| (*TARGET)(data));
