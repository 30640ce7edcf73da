//! What the real kubectl makes of command lines as the host renders them: a made-up API server tells what it was asked for. The commands are
//! made from the table (`verbs::ROWS`), what they mean is said by hand (`meant`). Whatever stands in a name, a value or a file, it is that
//! name, that value and that file: no option, no other object, no other namespace, nobody else's name.
mod made;
mod meant;
mod recorder;

use decide::{
    argv, canonical,
    verbs::{self, Row},
};
use made::Case;
use meant::Meant;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use recorder::{Asked, Recorder};
use serde_json::Value;
use std::{path::PathBuf, process::Output};

/// The one that runs execute, where the cluster is the local one; else the one on the PATH.
fn kubectl() -> PathBuf {
    let beside = std::env::var_os("KUBECONFIG").map(PathBuf::from);
    let beside = beside.and_then(|file| Some(file.parent()?.parent()?.join("bin/kubectl")));
    beside.filter(|file| file.is_file()).unwrap_or_else(|| "kubectl".into())
}

fn run(server: &Recorder, arguments: &[String]) -> (Output, Vec<Asked>) {
    let output = std::process::Command::new(kubectl())
        .env_clear()
        .env("HOME", server.home())
        .env("KUBECONFIG", server.kubeconfig())
        .args(arguments)
        .output()
        .expect("kubectl runs");
    (output, server.asked())
}

/// The words that a Job runs. In its pod the files are a volume at `/writ/in`, here they are in a folder: of the words, nothing else is
/// another.
fn words(server: &Recorder, case: &Case) -> Vec<String> {
    let mut command = case.command.clone();
    for (name, text) in &command.files {
        std::fs::write(server.home().join(name), text).expect("a file");
    }
    for (_, value) in &mut command.options {
        let name = value.as_deref().and_then(|v| v.strip_prefix(verbs::FILES));
        let here = name.map(|name| server.home().join(name).display().to_string());
        *value = here.or_else(|| value.take());
    }
    let namespace = case.thing.namespace;
    if case.dry { argv::dry(&command, namespace) } else { argv::render(&command, namespace) }
}

/// What was asked of the API server is what was meant and nothing else; true where all of it was written.
fn held(server: &Recorder, case: &Case) -> Result<bool, TestCaseError> {
    let (output, asked) = run(server, &words(server, case));
    let left = left(case, &asked)?;
    let whole = left.is_empty();
    prop_assert_eq!(output.status.success(), whole, "{:?}: {:?}", output, asked);
    if meant::refuses(case) {
        prop_assert_eq!(left.len(), case.names.len(), "it was written: {:?}", asked);
    } else {
        // kubectl may take a name for none, or a text, and says so; a plain one it takes.
        prop_assert!(whole || !case.plain, "nothing of it was written, or a part: {:?}: {:?}", output, asked);
    }
    Ok(whole)
}

/// The names under which nothing was written, when every request has its place.
fn left<'a>(case: &'a Case, asked: &[Asked]) -> Result<Vec<&'a String>, TestCaseError> {
    let mut left: Vec<&String> = case.names.iter().collect();
    for one in asked {
        prop_assert!(one.impersonated.is_none(), "in the name of {:?}: {:?}", one.impersonated, one);
        if one.method == "GET" {
            prop_assert!(meant::is_read(case, one), "{:?} has no place in {:?}", one, case);
            continue;
        }
        let Some(place) = left.iter().position(|name| is(&meant::of(case, name), one)) else {
            let all: Vec<_> = left.iter().map(|name| meant::of(case, name)).collect();
            return Err(TestCaseError::fail(format!("{one:?} is none of {all:?}")));
        };
        left.remove(place);
    }
    Ok(left)
}

/// Numbers are the same however they are written.
fn is(meant: &Meant, asked: &Asked) -> bool {
    let text = |value: &Value| canonical::json(value).ok();
    let kind = asked.content_type.as_deref();
    (meant.method, &meant.path, &meant.query) == (asked.method.as_str(), &asked.path, &asked.query)
        && (meant.content_type.is_none() || meant.content_type == kind)
        && asked.body.pointer(meant.at).is_some_and(|there| text(there) == text(&meant.body))
}

/// What is made here is what the host would run: else nothing is proved of what it runs.
fn admitted(case: &Case) -> Result<(), TestCaseError> {
    let checked = verbs::check(&case.command, &case.writes());
    prop_assert!(checked.is_ok() || !case.names.iter().all(|name| made::is_plain(name)), "{:?}: {:?}", checked, case.command);
    Ok(())
}

fn each<S: Strategy>(what: &str, strategy: &S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    // A process each: as many as a test suite can bear. More: PROPTEST_CASES.
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(40);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    if let Err(error) = TestRunner::new(config).run(strategy, test) {
        panic!("{what}: {error}");
    }
}

fn verb(row: &Row) -> String {
    format!("kubectl {}", row.verb.join(" "))
}

#[test]
fn kubectl_sees_of_every_verb_the_options_the_names_and_the_files_that_were_meant() {
    let server = Recorder::start();
    for row in verbs::ROWS {
        each(&verb(row), &made::of(row), |case| {
            admitted(&case)?;
            held(&server, &case).map(drop)
        });
    }
}

/// The one above could pass while nothing is ever written: here everything is.
#[test]
fn kubectl_writes_with_each_option_of_the_table_dry_and_not() {
    let server = Recorder::start();
    for row in verbs::ROWS {
        for case in made::each_option(row) {
            let whole = admitted(&case).and_then(|()| held(&server, &case));
            assert!(matches!(whole, Ok(true)), "{}: {whole:?}: {case:?}", verb(row));
        }
    }
}
