//! What a component that was stopped leaves behind: nothing. Looked at in a process of its own, for the other tests of this one take memory too.
use super::guests::{FUNCTIONS, alone, engine, fault, limits, still_good};

/// Until every place in which components run was used, and the allocator has what it keeps.
const FIRST: u32 = 2;
const ROUNDS: u32 = 6;
/// The kernel counts in pages, and counts each processor's own part of the sum late.
const SLACK: usize = 6 << 20;

/// 16 MiB each, or as much of the output, the log, the stack and the table as there is: 200 times that would not go unseen.
#[tokio::test]
async fn nothing_stays_of_what_any_deed_in_any_function_took() {
    if !alone("plugin::memory::nothing_stays_of_what_any_deed_in_any_function_took") {
        return;
    }
    const DEEDS: [&str; 8] = ["trap", "panic", "loop", "grow", "allocate", "recurse", "flood", "long-line"];
    let (plugins, on) = engine(limits()).await;
    let mut before = 0;
    for round in 0..FIRST + ROUNDS {
        if round == FIRST {
            before = resident();
        }
        for function in FUNCTIONS {
            for deed in DEEDS {
                fault(&plugins, &on, function, deed).await;
            }
        }
        still_good(&plugins, &on).await;
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < SLACK, "{} KiB stayed", grown >> 10);
}

/// Bytes of memory this program has now.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}
