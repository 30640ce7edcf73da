//! What a component that was stopped leaves behind: nothing. Looked at in a process of its own, for the other tests of this one take memory too.
use super::guests::{FUNCTIONS, engine, fault, limits, still_good};
use std::process::Command;

/// Set for the process that looks.
const ALONE: &str = "WRIT_TEST_ALONE";
/// Until every place in which components run was used, and the allocator has what it keeps.
const FIRST: u32 = 2;
const ROUNDS: u32 = 6;
/// The kernel counts in pages, and counts each processor's own part of the sum late.
const SLACK: usize = 6 << 20;

#[test]
fn nothing_stays_of_what_any_deed_in_any_function_took() {
    if std::env::var_os(ALONE).is_some() {
        return tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(every_deed_again_and_again());
    }
    let name = "plugin::memory::nothing_stays_of_what_any_deed_in_any_function_took";
    let mut again = Command::new(std::env::current_exe().unwrap());
    let looked = again.args([name, "--exact", "--nocapture"]).env(ALONE, "1").output().unwrap();
    let said = String::from_utf8_lossy(&looked.stdout).into_owned() + &String::from_utf8_lossy(&looked.stderr);
    assert!(looked.status.success() && said.contains("1 passed"), "{said}");
}

/// 16 MiB each, or as much of the output, the log, the stack and the table as there is: 200 times that would not go unseen.
async fn every_deed_again_and_again() {
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
