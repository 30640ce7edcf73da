//! A source file as text, for the rules: what is code, what is a test, which paths it names.
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// One file of the repository.
pub struct Source {
    /// Relative to the repository, with slashes.
    pub path: String,
    /// As it stands there.
    pub text: String,
}

/// Folders that hold nothing of ours.
const NOT_OURS: [&str; 3] = ["target", "node_modules", ".git"];

/// Every file with one of these endings.
pub fn files(endings: &[&str]) -> Vec<Source> {
    let root = Path::new("..");
    let mut found = Vec::new();
    walk(root, &mut |path: &Path| {
        let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        if endings.iter().any(|e| name.ends_with(e)) {
            found.push(Source { path: name, text: fs::read_to_string(path).unwrap() });
        }
    });
    assert!(!found.is_empty(), "the rules looked at nothing: {root:?}");
    found
}

fn walk(folder: &Path, each: &mut dyn FnMut(&Path)) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_symlink() || NOT_OURS.contains(&name) {
            continue;
        }
        if path.is_dir() { walk(&path, each) } else { each(&path) }
    }
}

impl Source {
    /// Whether it lies in this folder (or is this file).
    pub fn is_in(&self, place: &str) -> bool {
        self.path == place || self.path.starts_with(&format!("{}/", place.trim_end_matches('/')))
    }

    /// Whether all of it is tests.
    pub fn is_test(&self) -> bool {
        self.path.starts_with("tests/") || self.path.contains("/tests/") || self.path.ends_with("/tests.rs")
    }

    /// What ships: no comments, no module of tests.
    pub fn production(&self) -> String {
        if self.is_test() { String::new() } else { code(self.text.split("#[cfg(test)]").next().unwrap()) }
    }

    /// What is run by `cargo test` only.
    pub fn tests(&self) -> String {
        if self.is_test() { code(&self.text) } else { code(self.text.split_once("#[cfg(test)]").map_or("", |(_, t)| t)) }
    }
}

/// Without comments. (A `//` in a text is taken for one: no rule below needs what follows it.)
pub fn code(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap().to_owned() + "\n").collect()
}

/// What follows `root::` anywhere, also in groups: `a::b`, `a::{b::c, d}` -> b, d.
pub fn named(code: &str, root: &str) -> BTreeSet<String> {
    let path = format!("{root}::");
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices(&path) {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + path.len()..];
        match rest.strip_prefix('{') {
            Some(group) => found.extend(members(group)),
            None => found.extend(word(rest)),
        }
    }
    found
}

/// Whether a crate is named at all.
pub fn uses(code: &str, name: &str) -> bool {
    !named(code, name).is_empty() || code.contains(&format!("use {name};")) || code.contains(&format!("use {name} as"))
}

fn members(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut found = Vec::new();
    let mut fresh = true;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            c if fresh && !c.is_whitespace() => {
                found.extend(word(&group[at..]));
                fresh = false;
            }
            _ => {}
        }
    }
    found
}

fn word(text: &str) -> Option<String> {
    let word: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    Some(word).filter(|w| !w.is_empty())
}

/// The names under `[dependencies]` of a manifest.
pub fn dependencies(manifest: &str) -> BTreeSet<String> {
    let part = manifest.split("[dependencies]\n").nth(1).expect("it has dependencies").split("\n[").next().unwrap();
    part.lines().filter(|l| !l.starts_with('#')).filter_map(word_of_key).collect()
}

fn word_of_key(line: &str) -> Option<String> {
    let name: String = line.chars().take_while(|c| c.is_alphanumeric() || "_-".contains(*c)).collect();
    Some(name).filter(|n| !n.is_empty())
}

#[test]
fn a_path_is_found_alone_in_a_group_and_nested() {
    let code =
        "use crate::{\n  cluster::{Api, gate::X},\n  gate::Gate, plugin,\n};\ncrate::ledger::open(); xcrate::no::y; mycrate::no";
    assert_eq!(named(code, "crate").into_iter().collect::<Vec<_>>(), ["cluster", "gate", "ledger", "plugin"]);
    assert!(uses("use sqlx;", "sqlx") && uses("x(sqlx::query)", "sqlx") && !uses("use sqlx_core::x;", "sqlx"));
}

#[test]
fn comments_are_no_code_and_tests_are_no_production() {
    let source = Source {
        path: "host/src/x.rs".into(),
        text: "//! sqlx::x\nfn a() {} // kube::Api\n#[cfg(test)]\nmod tests { nap() }".into(),
    };
    assert_eq!(source.production(), "\nfn a() {} \n");
    assert!(source.tests().contains("nap("));
}

#[test]
fn dependencies_are_read_up_to_the_next_part() {
    let manifest =
        "[package]\nname = \"x\"\n\n[dependencies]\n# why\na.workspace = true\nb-c = \"1\"\n\n[dev-dependencies]\nd = \"1\"\n";
    assert_eq!(dependencies(manifest).into_iter().collect::<Vec<_>>(), ["a", "b-c"]);
}
