//! What the real kubectl makes of command lines as the host renders them: a made-up API server tells what it was asked for. Whatever stands in
//! a name or a value, it is that name and that value: no option, no other object, no other namespace, nobody else's name.
mod recorder;

use decide::{argv, model::Command};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};
use recorder::{Asked, Recorder};
use serde_json::{Value, json};
use std::{path::PathBuf, process::Output};

const NAMESPACE: &str = "shop";

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

/// Names that would mean something else to a careless reader, and any others. None has a NUL: that no program can be given.
fn name() -> impl Strategy<Value = String> {
    let hostile = prop::sample::select(vec![
        "--as=admin",
        "--namespace=other",
        "-n",
        "-nother",
        "--all",
        "--replicas=9",
        "--kubeconfig=/etc/passwd",
        "--",
        "-",
        "web --all",
        "web -n other",
        "web,api",
        "web\n--all",
        "../../secrets",
        "..",
        "%2e%2e",
        "web%2Fscale",
        "web?dryRun=All",
        "web#api",
        "web;api",
        "$(api)",
        "`api`",
        "'web'",
        "\"web\"",
        "wéb",
        "web*",
        "*",
    ]);
    prop_oneof![2 => hostile.prop_map(str::to_owned), 1 => "[a-z][a-z0-9.-]{0,20}", 1 => "[^\0]{1,24}"]
}

/// JSON with strings that look like options.
fn patch() -> impl Strategy<Value = Value> {
    let text = prop_oneof![name(), any::<String>().prop_map(|s| s.replace('\0', ""))];
    let leaf = prop_oneof![any::<bool>().prop_map(Value::from), any::<u32>().prop_map(Value::from), text.prop_map(Value::from)];
    vec(("[ -~]{1,12}", leaf), 1..4)
        .prop_map(|pairs| json!({"metadata": {"annotations": pairs.into_iter().collect::<serde_json::Map<_, _>>()}}))
}

fn command(verb: &str, options: &[(&str, String)], name: &str) -> Command {
    Command {
        program: "kubectl".into(),
        verb: verb.split(' ').map(str::to_owned).collect(),
        options: options.iter().map(|(name, value)| ((*name).to_owned(), Some(value.clone()))).collect(),
        operands: vec![format!("deployment/{name}")],
        files: vec![],
    }
}

/// All that was asked of the one object, in the one namespace, in nobody's name; what was written, if anything was.
fn held(asked: &[Asked], name: &str) -> Result<Option<Asked>, TestCaseError> {
    let place = ["apis", "apps", "v1", "namespaces", NAMESPACE, "deployments"];
    for one in asked {
        prop_assert!(one.impersonated.is_none(), "in the name of {:?}: {one:?}", one.impersonated);
        let (start, rest) = one.path.split_at_checked(place.len()).unwrap_or((&one.path, &[]));
        prop_assert_eq!(start, place, "{:?}", one);
        prop_assert!(rest == [name] || rest == [name, "scale"], "{rest:?} is not {name:?}: {one:?}");
    }
    let written: Vec<&Asked> = asked.iter().filter(|one| one.method != "GET").collect();
    prop_assert!(written.len() <= 1, "{written:?}");
    Ok(written.first().map(|one| (*one).clone()))
}

/// The same. Where nothing was written, kubectl did not take it for a name at all, and said so; a plain one it always takes.
fn taken(asked: &[Asked], name: &str, output: &Output) -> Result<Option<Asked>, TestCaseError> {
    let written = held(asked, name)?;
    prop_assert!(written.is_some() || !(is_plain(name) || output.status.success()), "{output:?}");
    Ok(written)
}

fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c))
}

fn words(command: &Command, dry: bool) -> Vec<String> {
    if dry { argv::dry(command, Some(NAMESPACE)) } else { argv::render(command, Some(NAMESPACE)) }
}

fn each<S: Strategy>(strategy: &S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    // A process each: as many as a test suite can bear. More: PROPTEST_CASES.
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(60);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    if let Err(error) = TestRunner::new(config).run(strategy, test) {
        panic!("{error}");
    }
}

#[test]
fn kubectl_scale_sees_the_name_and_the_numbers_that_were_meant() {
    let server = Recorder::start();
    each(&(name(), 0..1000_u32, any::<bool>()), |(name, replicas, dry)| {
        let command = command("scale", &[("current-replicas", "2".into()), ("replicas", replicas.to_string())], &name);
        let (output, asked) = run(&server, &words(&command, dry));
        let Some(written) = taken(&asked, &name, &output)? else { return Ok(()) };
        prop_assert_eq!(&written.body["spec"]["replicas"], replicas);
        prop_assert_eq!(written.query.contains("dryRun=All"), dry, "{:?}", written);
        prop_assert!(output.status.success(), "{output:?}");
        Ok(())
    });
}

#[test]
fn kubectl_patch_sees_the_patch_that_was_meant() {
    let server = Recorder::start();
    each(&(name(), patch(), any::<bool>()), |(name, patch, dry)| {
        let command = command("patch", &[("type", "merge".into()), ("patch", patch.to_string())], &name);
        let (output, asked) = run(&server, &words(&command, dry));
        let Some(written) = taken(&asked, &name, &output)? else { return Ok(()) };
        prop_assert_eq!((written.method.as_str(), &written.body), ("PATCH", &patch));
        prop_assert_eq!(written.query.contains("dryRun=All"), dry, "{:?}", written);
        Ok(())
    });
}

/// It asks for more than the object before it writes; that nothing else is written is held to here, and that it is ours.
#[test]
fn kubectl_rollout_undo_sees_the_name_that_was_meant() {
    let server = Recorder::start();
    each(&(name(), 1..99_u32), |(name, revision)| {
        let command = command("rollout undo", &[("to-revision", revision.to_string())], &name);
        let (_, asked) = run(&server, &argv::render(&command, Some(NAMESPACE)));
        let of_deployments: Vec<Asked> = asked.into_iter().filter(|a| !a.path.iter().any(|p| p == "replicasets")).collect();
        prop_assert!(!of_deployments.is_empty() || !is_plain(&name), "nothing was asked");
        held(&of_deployments, &name).map(drop)
    });
}
