//! The command line from outside: exit codes that scripts rely on. No cluster.
use std::process::{Command, Output, Stdio};

fn writ(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_writ")).args(arguments).stdin(Stdio::null()).output().unwrap()
}

#[test]
fn where_there_is_no_terminal_to_ask_on_nothing_is_run() {
    let out = writ(&["run", "scale_deployment", "web", "replicas=2"]);
    let words = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(1), "{words}");
    assert!(words.contains("nothing was run; -y runs without asking"), "{words}");
}

#[test]
fn a_typing_mistake_is_no_refusal() {
    for mistake in [&["run", "--bogus"][..], &["bogus"], &["watch"], &["run", "a", "b", "--dry-run=server"], &[]] {
        assert_eq!(writ(mistake).status.code(), Some(1), "{mistake:?}");
    }
    assert_eq!(writ(&["--help"]).status.code(), Some(0));
}
