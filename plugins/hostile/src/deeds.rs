//! What it does. Each deed is named as in the tests; a name that is not here is no deed.
use std::hint::black_box;
use writ_action::log;

/// Does it. Comes back, if at all, where the deed is in the answer and not on the way.
pub(crate) fn deed(name: &str) {
    match name {
        "loop" => endless(),
        "panic" => panic!("the widget is upside down"),
        "trap" => core::arch::wasm32::unreachable(),
        "recurse" => drop(black_box(recurse(black_box(1)))),
        "grow" => grow(),
        "allocate" => allocate(),
        "fill" => fill(),
        "flood" => flood(),
        "chatter" => (0..500).for_each(|i| log::info(&format!("line {i}"))),
        "long-line" => log::info(&"x".repeat(4 << 20)),
        "think" => think(),
        _ => {}
    }
}

fn endless() {
    let mut n = 0_u64;
    loop {
        n = black_box(n.wrapping_add(1));
    }
}

/// Longer than a few milliseconds on any machine, within the fuel that there is at most: divisions that wait for each other.
fn think() {
    let mut n = 1_u64;
    for i in 0..2_000_000 {
        n = black_box(u64::MAX / (n | 1)).wrapping_add(i);
    }
    black_box(n);
}

#[allow(unconditional_recursion, reason = "it is the deed")]
fn recurse(depth: u64) -> u64 {
    // Not in tail position, or the compiler makes a loop of it.
    black_box(depth) + recurse(black_box(depth + 1))
}

/// Asks for pages as long as there are any, and does not mind being refused.
fn grow() {
    loop {
        black_box(core::arch::wasm32::memory_grow::<0>(1));
    }
}

fn allocate() {
    let mut all: Vec<Vec<u8>> = Vec::new();
    loop {
        all.push(black_box(vec![1; 1 << 20]));
    }
}

/// Much work by few instructions.
fn fill() {
    let mut page = vec![0_u8; 8 << 20];
    let mut n = 0_u8;
    loop {
        page.fill(black_box(n));
        black_box(&mut page);
        n = n.wrapping_add(1);
    }
}

fn flood() {
    loop {
        log::warn("and another thing");
    }
}
