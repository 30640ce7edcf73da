//! Rules that the compiler does not hold: who may know what, sizes, and words that do not belong. Reads every source of the
//! repository, plugins and cluster tests included.
mod source;

use source::{Source, code, dependencies, files, named, uses};
use std::collections::BTreeSet;

const ENGINES: [&str; 4] = ["plugin", "gate", "cluster", "ledger"];

/// What lies above the engines: arrows point down only.
const ABOVE: [&str; 8] = ["observe", "perform", "reconcile", "progress", "catalogue", "cli", "server", "config"];

/// All that breaks a rule, at once.
fn none(broken: impl IntoIterator<Item = String>) {
    let broken: Vec<String> = broken.into_iter().collect();
    assert!(broken.is_empty(), "\n{}\n", broken.join("\n"));
}

fn rust() -> Vec<Source> {
    files(&[".rs"])
}

/// A rule over a folder that is not there holds by itself: so they are listed.
#[test]
fn every_part_is_there_to_be_looked_at() {
    let sources = rust();
    let parts = [
        "crds/src",
        "host/src/plugin",
        "host/src/gate",
        "host/src/cluster",
        "host/src/ledger",
        "host/src/cli",
        "host/decide/src",
    ];
    none(parts.into_iter().filter(|p| !sources.iter().any(|s| s.is_in(p))).map(|p| format!("{p}: no source at all")));
}

#[test]
fn every_file_says_first_what_it_owns() {
    none(rust().iter().filter(|s| !s.text.starts_with("//! ")).map(|s| format!("{}: does not start with `//! `", s.path)));
}

#[test]
fn engines_know_neither_each_other_nor_what_is_above_them() {
    let mut broken = Vec::new();
    for source in rust() {
        let Some(engine) = ENGINES.into_iter().find(|e| source.is_in(&format!("host/src/{e}"))) else { continue };
        let known = named(&source.production(), "crate");
        let may_not: BTreeSet<_> = ENGINES.into_iter().filter(|e| *e != engine).chain(ABOVE).collect();
        broken
            .extend(known.iter().filter(|k| may_not.contains(k.as_str())).map(|k| format!("{}: knows crate::{k}", source.path)));
    }
    none(broken);
}

/// Crate, and where alone it may be named.
const OWNERS: [(&str, &[&str]); 3] = [
    ("wasmtime", &["host/src/plugin", "host/tests/it/plugin", "host/tests/it/plugin.rs"]),
    ("regorus", &["host/src/gate", "host/tests/it/gate", "host/tests/it/gate.rs"]),
    // The torture locks the file, as anybody with a shell could.
    ("sqlx", &["host/src/ledger", "host/tests/it/ledger", "tests/src/bin/torture/disk.rs"]),
];

#[test]
fn each_heavy_dependency_has_one_owner() {
    let mut broken = Vec::new();
    for source in rust() {
        let code = source.production() + &source.tests();
        for (name, owners) in OWNERS {
            if uses(&code, name) && !owners.iter().any(|o| source.is_in(o)) && source.path != "host/tests/it/tidy/source.rs" {
                broken.push(format!("{}: knows {name}, which is for {owners:?} alone", source.path));
            }
        }
    }
    none(broken);
}

/// The types of kube are everywhere; who can make a call is only here (the command line acts as the person who types).
#[test]
fn calls_to_the_cluster_are_made_in_one_place() {
    let calls = ["Client", "Api", "client", "api", "Config", "config", "runtime", "discovery"];
    let owners = ["host/src/cluster", "host/src/cli"];
    let mut broken = Vec::new();
    for source in rust().iter().filter(|s| !owners.iter().any(|o| s.is_in(o))) {
        let known = named(&source.production(), "kube");
        broken.extend(known.iter().filter(|k| calls.contains(&k.as_str())).map(|k| format!("{}: knows kube::{k}", source.path)));
    }
    none(broken);
}

/// By what it may depend on, not by what it may not: a new name has to be put here.
#[test]
fn the_core_depends_on_nothing_that_could_do_anything() {
    let may = ["crds", "jiff", "json-patch", "k8s-openapi", "schemars", "serde", "serde_json", "sha2", "thiserror"];
    let manifests = files(&["Cargo.toml"]);
    let of = |path: &str| dependencies(&manifests.iter().find(|m| m.path == path).unwrap().text);
    none(
        of("host/decide/Cargo.toml")
            .into_iter()
            .filter(|d| !may.contains(&d.as_str()))
            .map(|d| format!("host/decide depends on {d}")),
    );
    let below: BTreeSet<_> = of("crds/Cargo.toml");
    none(["decide", "writ"].into_iter().filter(|d| below.contains(*d)).map(|d| format!("crds depends on {d}")));
}

#[test]
fn the_core_has_no_clock_no_files_and_no_waiting() {
    let words = [
        "std::fs",
        "std::env",
        "std::net",
        "std::process",
        "std::thread",
        "std::time",
        "Timestamp::now",
        "async fn",
        ".await",
        "println!",
    ];
    let core = rust().into_iter().filter(|s| s.is_in("host/decide/src"));
    none(
        core.flat_map(|s| {
            words.into_iter().filter(move |w| s.production().contains(w)).map(|w| w.to_owned()).collect::<Vec<_>>()
        }),
    );
}

/// Types and their comments only, as long as the contract that they mirror.
const AS_LONG_AS_THE_CONTRACT: &str = "host/decide/src/model.rs";

/// 600 with its tests; 400 without.
#[test]
fn no_file_is_too_long_to_be_read_at_once() {
    let mut broken = Vec::new();
    for source in rust() {
        let (shipped, whole) = (source.production().lines().count(), source.text.lines().count());
        if (shipped > 400 && source.path != AS_LONG_AS_THE_CONTRACT) || whole > 600 {
            broken.push(format!("{}: {shipped} lines that ship (400), {whole} in all (600)", source.path));
        }
    }
    none(broken);
}

/// Made of halves, so that this file does not break its own rule.
const UNFINISHED: [&str; 6] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("to", "do!("),
    concat!("unimple", "mented!("),
    concat!("#[ig", "nore"),
    concat!("db", "g!("),
];

#[test]
fn nothing_is_left_for_later_in_the_code() {
    none(rust().iter().flat_map(|s| found(s, &s.text, &UNFINISHED)));
}

#[test]
fn no_lint_is_silenced_without_a_reason() {
    let mut broken = Vec::new();
    for source in rust() {
        for start in ["[allow(", "[expect("] {
            for (at, _) in source.text.match_indices(start) {
                let attribute = source.text[at..].split(']').next().unwrap();
                if !attribute.contains("reason = \"") && ["#", "#!"].iter().any(|mark| source.text[..at].ends_with(mark)) {
                    broken.push(format!("{}: {attribute}] has no reason", source.path));
                }
            }
        }
    }
    none(broken);
}

/// Where `unsafe` is written, each with its reason.
const UNSAFE: [&str; 3] = [
    // An allocator cannot be written without it; ours counts what an evaluation holds.
    "host/meter/src/allocator.rs",
    // Lies that a component tells the host, and an allocator that speaks when it may not. It never ships.
    "plugins/hostile/src/exports.rs",
    "plugins/hostile/src/allocator.rs",
];

/// The lint holds it for each crate; this holds who may set the lint aside.
#[test]
fn unsafe_code_is_in_named_places() {
    let words = [concat!("uns", "afe {"), concat!("uns", "afe fn"), concat!("uns", "afe impl"), concat!("uns", "afe extern")];
    let others = rust().into_iter().filter(|s| !UNSAFE.contains(&s.path.as_str()));
    none(others.flat_map(|s| found(&s, &code(&s.text), &words)));
    let waived = rust().into_iter().filter(|s| code(&s.text).contains(concat!("allow(uns", "afe_code")));
    none(waived.filter(|s| !UNSAFE.contains(&s.path.as_str())).map(|s| format!("{}: sets the lint aside", s.path)));
}

/// The one helper that asks again and again until it sees something: some things (an admission policy in force) nobody announces.
const EVENTUALLY: &str = "tests/src/refusal.rs";

/// They make things late, hurt at random times, and keep a pace: that is their work. What they wait for they wait for, as every test.
const PACED: [&str; 2] = ["tests/src/bin/torture/", "tests/src/bin/flood/"];

/// A test that waits for a time is slow on a good day and fails on a bad one: wait for what you wait for.
#[test]
fn no_test_sleeps() {
    let waits = |s: &Source| s.path == EVENTUALLY || PACED.iter().any(|paced| s.path.starts_with(paced));
    none(rust().iter().filter(|s| !waits(s)).flat_map(|s| found(s, &s.tests(), &[concat!("sle", "ep(")])));
}

#[test]
fn no_file_names_a_place_of_somebodys_machine() {
    let texts = files(&[".rs", ".md", ".toml", ".yaml", ".yml", ".json", ".sh", ".go", ".rego", ".wit", "Makefile", ".ci/run"]);
    let places = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];
    none(texts.iter().flat_map(|s| found(s, &s.text, &places)));
}

/// Where the environment of the process is read: everybody else is told.
#[test]
fn the_environment_is_read_in_one_place() {
    none(strangers(&["std::env::", "use std::env"], &["host/src/main.rs", "host/src/config.rs", "host/examples"]));
}

/// Where a file is opened by its path; everybody else gets a `Dir`, or bytes.
const OPENERS: [&str; 7] = [
    // Wiring: the one place with ambient authority.
    "host/src/main.rs",
    "host/src/config.rs",
    // Files a person names on his own command line.
    "host/src/cli",
    // SQLite wants a path, and the lock lies beside it.
    "host/src/ledger/lock.rs",
    // Tools that are run by hand or by make, and never ship.
    "crds/src/bin",
    "host/examples",
    // For fuzzing and for tests; nothing that ships knows it.
    "host/src/untrusted",
];

#[test]
fn files_are_opened_in_named_places() {
    let ways = ["std::fs", "tokio::fs", "File::open", "File::create", "ambient_authority"];
    none(strangers(&ways, &OPENERS));
}

/// Code that ships, of the host and what it is made of, that has one of these words outside its places.
fn strangers(words: &[&str], places: &[&str]) -> Vec<String> {
    let ours = rust().into_iter().filter(|s| s.is_in("host") || s.is_in("crds"));
    ours.filter(|s| !places.iter().any(|p| s.is_in(p))).flat_map(|s| found(&s, &opened(&s), words)).collect()
}

/// What cap-std opens goes through a `Dir`: that is the rule, not a breach of it.
fn opened(source: &Source) -> String {
    source.production().replace("cap_std::fs", "")
}

fn found(source: &Source, text: &str, words: &[&str]) -> Vec<String> {
    let lines = text.lines().enumerate();
    lines
        .flat_map(|(n, line)| words.iter().filter(move |w| line.contains(**w)).map(move |w| (n + 1, *w)))
        .map(|(n, w)| format!("{}:{n}: {w}", source.path))
        .collect()
}
