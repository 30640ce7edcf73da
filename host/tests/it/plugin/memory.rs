//! What a component that was stopped leaves behind: nothing. Looked at in a process of its own, for the other tests of this one take memory too.
use super::{
    births::{Birth, births},
    deeds::DEEDS,
    guests::{FUNCTIONS, alone, engine, fault, hostile, limits, still_good},
};
use host::plugin::Plugins;

/// Until every place in which components run was used, and the allocator has what it keeps.
const FIRST: u32 = 2;
const ROUNDS: u32 = 6;
/// The kernel counts in pages, and counts each processor's own part of the sum late.
const SLACK: usize = 6 << 20;

/// 16 MiB each, or as much of the output, the log and the stack as there is: 200 times that would not go unseen. Tables and handles are too small for
/// that; but who stays with them stays in one of the places in which components run, and after a few (eight, on a small machine) there is none.
#[tokio::test]
async fn nothing_stays_of_what_any_deed_in_any_function_or_any_birth_took() {
    if !alone("plugin::memory::nothing_stays_of_what_any_deed_in_any_function_or_any_birth_took") {
        return;
    }
    let (plugins, _) = engine(limits()).await;
    let mut before = 0;
    for round in 0..FIRST + ROUNDS {
        if round == FIRST {
            before = resident();
        }
        deeds(&plugins).await;
        stillbirths(&plugins).await;
        let on = plugins.load(hostile(""), limits()).await.unwrap().digest;
        still_good(&plugins, &on).await;
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < SLACK, "{} KiB stayed", grown >> 10);
}

async fn deeds(plugins: &Plugins) {
    for (deed, within, ends) in DEEDS {
        let on = plugins.load(hostile(""), within()).await.unwrap().digest;
        for function in FUNCTIONS {
            let fault = fault(plugins, &on, function, deed).await;
            assert!(ends(&fault), "{deed} in {function}: {fault:?}");
        }
    }
}

async fn stillbirths(plugins: &Plugins) {
    for Birth { what, bytes, limits, ends } in births() {
        let error = plugins.load(bytes, limits).await.expect_err("it was loaded");
        assert!(ends(&error), "{what}: {error:?}");
    }
}

/// Bytes of memory this program has now.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}
