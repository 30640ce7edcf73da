//! The dearest components that are admitted: each just below what `admit` takes, in a shape on which the compiler spends the most. Nothing ends a
//! compilation, so what it takes is what these take; and calls of a good plugin go on beside it. In a process of its own: memory is looked at.
use super::{
    beside::Good,
    guests::{alone, limits},
};
use host::plugin::Plugins;
use std::time::{Duration, Instant};

/// For one of them, with the compiler of a test build, on two cores that have other work too. A shipped plugin takes one.
const LONGEST: Duration = Duration::from_secs(60);
/// All that the process ever held beside what it held before.
const LARGEST: usize = 512 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn the_dearest_component_that_is_admitted_takes_bounded_time_and_memory_and_nobody_notices() {
    if !alone("plugin::dearest::the_dearest_component_that_is_admitted_takes_bounded_time_and_memory_and_nobody_notices") {
        return;
    }
    let plugins = Plugins::new().unwrap();
    let good = Good::beside(&plugins).await;
    let before = memory("VmRSS");
    for (name, component) in shapes() {
        let begin = Instant::now();
        let error = plugins.load(component.into(), limits()).await.expect_err("it has no function of the contract");
        // It was admitted, and compiled to the end.
        assert_eq!(error.reason(), "LinkFailed", "{name}: {error}");
        let took = begin.elapsed();
        println!("{name}: {took:?}, {} MiB at most", memory("VmHWM") >> 20);
        assert!(took < LONGEST, "{name} took {took:?}");
    }
    let most = memory("VmHWM").saturating_sub(before);
    assert!(most < LARGEST, "{} MiB were held", most >> 20);
    good.end(1_000).await;
}

/// Bytes of this process, from the kernel's own account.
fn memory(of: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with(of)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() << 10
}

fn shapes() -> Vec<(&'static str, Vec<u8>)> {
    let whole = (1 << 20) - 1;
    let many = |function: Vec<u8>, most: usize| vec![function.clone(); (whole / function.len()).min(most)];
    // Parts that fold into one another, one after another: as much work a byte as is known.
    let sums = body(0, &[get(0), b"\x41\x07\x6a".repeat(42_000), b"\x1a".to_vec()].concat());
    // Sixteen loops in each other, all of which change 200 locals; twenty of these in a function.
    let changed: Vec<u8> = (1..=200).flat_map(|n| [get(n), b"\x41\x01\x6a\x21".to_vec(), leb(n)].concat()).collect();
    let loops = [b"\x03\x40".repeat(16), changed, [get(0), b"\x0d\x00\x0b".to_vec()].concat().repeat(16)].concat();
    let loops = body(200, &loops.repeat(20));
    // Blocks in each other, as deep as there may be joints, each left in its middle.
    let blocks = body(0, &[b"\x02\x40".repeat(1_900), [get(0), b"\x0d\x00\x0b".to_vec()].concat().repeat(1_900)].concat());
    // One jump to all of them.
    let targets: Vec<u8> = [leb(1_900), (0..1_900).flat_map(|n| leb(n % 1_000)).collect(), leb(0)].concat();
    let table = body(0, &[b"\x02\x40".repeat(1_000), get(0), b"\x0e".to_vec(), targets, b"\x0b".repeat(1_000)].concat());
    // Calls, each of which puts away what the fuel is.
    let calls = body(0, &[get(0), b"\x10\x00".to_vec()].concat().repeat(30_000));
    vec![
        ("sums", component(&[module(&many(sums, 20_000))])),
        ("loops", component(&[module(&many(loops, 14))])),
        ("blocks", component(&[module(&many(blocks, 10))])),
        ("a table", component(&[module(&many(table, 13))])),
        ("calls", component(&[module(&many(calls, 20_000))])),
        ("functions", component(&[module(&vec![body(25, b""); 19_999])])),
        ("modules", component(&vec![module(&vec![body(25, b""); 1_300]); 15])),
    ]
}

/// Number in the encoding of WebAssembly.
fn leb(mut n: usize) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let low = u8::try_from(n & 0x7f).unwrap();
        n >>= 7;
        if n == 0 {
            out.push(low);
            return out;
        }
        out.push(low | 0x80);
    }
}

fn get(local: usize) -> Vec<u8> {
    [b"\x20".to_vec(), leb(local)].concat()
}

fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [vec![id], leb(content.len()), content.to_vec()].concat()
}

/// A function of one `i32`, with so many locals beside it.
fn body(locals: usize, code: &[u8]) -> Vec<u8> {
    let locals = if locals == 0 { leb(0) } else { [leb(1), leb(locals), b"\x7f".to_vec()].concat() };
    let whole = [locals, code.to_vec(), b"\x0b".to_vec()].concat();
    [leb(whole.len()), whole].concat()
}

fn module(functions: &[Vec<u8>]) -> Vec<u8> {
    let types = section(1, b"\x01\x60\x01\x7f\x00");
    let declared = section(3, &[leb(functions.len()), vec![0; functions.len()]].concat());
    let code = section(10, &[leb(functions.len()), functions.concat()].concat());
    [b"\0asm\x01\0\0\0".to_vec(), types, declared, code].concat()
}

/// Enough of a component to be admitted: it exports the contract's interface, and nothing in it.
fn component(modules: &[Vec<u8>]) -> Vec<u8> {
    let name = b"writ:action/actions@0.1.0";
    let modules: Vec<u8> = modules.iter().flat_map(|m| section(1, m)).collect();
    let export = section(11, &[leb(1), b"\x00".to_vec(), leb(name.len()), name.to_vec(), b"\x05\x00\x00".to_vec()].concat());
    [b"\0asm\x0d\0\x01\0".to_vec(), modules, section(5, b"\x01\x01\x00"), export].concat()
}
