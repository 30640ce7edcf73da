//! What the host does not believe, one line each; and that a hash is over everything that a deed is.
mod deed;

use super::*;
use crate::{
    model::{Api, Change, ChangeEffect, Command, Field, Operation, Planned, Write},
    observed::{Approval, Judgement},
    tests::{approving, fixtures::*, stored, table},
};
use expect_test::{Expect, expect};

fn assembled(spoil: impl FnOnce(&mut Parts<'_>)) -> Result<Planned, BadProposal> {
    let info = info();
    let mut parts = parts(&info);
    spoil(&mut parts);
    assemble(&site(), &exec(), parts)
}

fn check(spoil: impl FnOnce(&mut Parts<'_>), expect: &Expect) {
    expect.assert_eq(&assembled(spoil).map_or_else(|bad| bad.to_string(), |_| "believed".to_owned()));
}

fn first(spoil: impl FnOnce(&mut Command), expect: &Expect) {
    check(|p| spoil(&mut p.proposal.commands[0]), expect);
}

fn write(spoil: impl FnOnce(&mut Write), expect: &Expect) {
    check(|p| spoil(&mut p.proposal.writes[0]), expect);
}

fn option(name: &str, value: Option<&str>) -> (String, Option<String>) {
    (name.to_owned(), value.map(ToOwned::to_owned))
}

#[test]
fn an_honest_proposal_is_believed() {
    check(|_| {}, &expect!["believed"]);
}

#[test]
fn only_kubectl_runs_and_only_verbs_on_the_list() {
    first(|c| c.program = "sh".into(), &expect![[r#"command 1: its program is "sh"; only kubectl is there"#]]);
    first(
        |c| c.verb = vec!["apply".into()],
        &expect![
            "command 1: kubectl apply is not on the list of verbs (scale, patch, rollout undo, create, delete); a restart is planned as a patch"
        ],
    );
    first(
        |c| c.verb = vec!["scale".into(), "--as=admin".into()],
        &expect![
            "command 1: kubectl scale --as=admin is not on the list of verbs (scale, patch, rollout undo, create, delete); a restart is planned as a patch"
        ],
    );
    first(
        |c| c.verb = vec!["rollout".into(), "restart".into()],
        &expect![
            "command 1: kubectl rollout restart is not on the list of verbs (scale, patch, rollout undo, create, delete); a restart is planned as a patch"
        ],
    );
    first(
        |c| c.verb.clear(),
        &expect![
            "command 1: kubectl  is not on the list of verbs (scale, patch, rollout undo, create, delete); a restart is planned as a patch"
        ],
    );
}

#[test]
fn no_option_changes_identity_cluster_output_or_namespace() {
    for name in [
        "as",
        "as-group",
        "as-uid",
        "server",
        "kubeconfig",
        "token",
        "user",
        "context",
        "cluster",
        "namespace",
        "n",
        "all",
        "all-namespaces",
        "output",
        "o",
        "filename",
        "f",
        "kustomize",
        "raw",
        "dry-run",
        "cache-dir",
        "v",
        "selector",
        "template",
    ] {
        let bad = assembled(|p| p.proposal.commands[0].options.push(option(name, Some("x")))).unwrap_err();
        assert!(bad.to_string().contains("is not on the list of kubectl scale"), "{name}: {bad}");
    }
}

#[test]
fn options_hold_what_they_take() {
    first(|c| c.options.push(option("replicas", Some("7"))), &expect![[r#"command 1: option "replicas" is given twice"#]]);
    first(
        |c| c.options = vec![option("replicas", Some("-1"))],
        &expect![[
            r#"command 1: option replicas has the value "-1"; it takes a number from 0 to 2147483647, with no zero before it"#
        ]],
    );
    first(
        |c| c.options = vec![option("replicas", None)],
        &expect![[
            r#"command 1: option replicas has the value ""; it takes a number from 0 to 2147483647, with no zero before it"#
        ]],
    );
    first(
        |c| c.options = vec![option("replicas", Some("5 --as=admin"))],
        &expect![[
            r#"command 1: option replicas has the value "5 --as=admin"; it takes a number from 0 to 2147483647, with no zero before it"#
        ]],
    );
    // As many as kubectl reads in it: eight; one, because it is cut.
    for (replicas, good) in [("0", true), ("2147483647", true), ("010", false), ("+1", false), ("4294967297", false)] {
        let said = assembled(|p| p.proposal.commands[0].options = vec![option("replicas", Some(replicas))]);
        assert_eq!(said.is_ok(), good, "{replicas}");
    }
    first(|c| c.options.clear(), &expect!["command 1: kubectl scale needs one of the options replicas"]);
    let patch = |options: Vec<(String, Option<String>)>| {
        move |c: &mut Command| {
            c.verb = vec!["patch".into()];
            c.options = options;
            c.files = vec![("p.json".into(), "{}".into())];
        }
    };
    first(patch(vec![option("patch-file", Some("/writ/in/p.json"))]), &expect!["believed"]);
    first(
        |c| {
            patch(vec![option("patch-file", Some("/writ/in/p.json"))])(c);
            c.files[0].1 = "spec: {replicas: 010}".into();
        },
        &expect![[
            r#"command 1: option patch-file has the value "/writ/in/p.json"; it takes /writ/in/NAME of a file of the same command, which is JSON"#
        ]],
    );
    let undo = |revision: &'static str| {
        move |c: &mut Command| {
            c.verb = vec!["rollout".into(), "undo".into()];
            c.options = vec![option("to-revision", Some(revision))];
        }
    };
    first(undo("9223372036854775807"), &expect!["believed"]);
    first(
        undo("0"),
        &expect![[
            r#"command 1: option to-revision has the value "0"; it takes a number from 1 to 9223372036854775807, with no zero before it"#
        ]],
    );
    first(
        patch(vec![option("patch-file", Some("/writ/in/../../etc/passwd"))]),
        &expect![[
            r#"command 1: option patch-file has the value "/writ/in/../../etc/passwd"; it takes /writ/in/NAME of a file of the same command, which is JSON"#
        ]],
    );
    first(
        patch(vec![option("patch-file", Some("/var/run/secrets/kubernetes.io/serviceaccount/token"))]),
        &expect![[
            r#"command 1: option patch-file has the value "/var/run/secrets/kubernetes.io/serviceaccount/token"; it takes /writ/in/NAME of a file of the same command, which is JSON"#
        ]],
    );
    first(
        patch(vec![option("patch", Some("{}")), option("type", Some("apply"))]),
        &expect![[r#"command 1: option type has the value "apply"; it takes one of json, merge, strategic"#]],
    );
    first(
        patch(vec![option("patch", Some("not json"))]),
        &expect![[r#"command 1: option patch has the value "not json"; it takes JSON in one line, no key twice"#]],
    );
    first(
        patch(vec![option("type", Some("json"))]),
        &expect!["command 1: kubectl patch needs one of the options patch, patch-file"],
    );
}

/// Kubectl refuses each of these when it runs: after people approved it.
#[test]
fn options_that_exclude_one_another_are_not_said_together() {
    first(
        |c| {
            c.verb = vec!["patch".into()];
            c.options = vec![option("patch", Some("{}")), option("patch-file", Some("/writ/in/p.json"))];
            c.files = vec![("p.json".into(), "{}".into())];
        },
        &expect!["command 1: kubectl patch takes only one of the options patch, patch-file"],
    );
    let versioned = |c: &mut Command| c.options.push(option("resource-version", Some("7")));
    first(versioned, &expect!["believed"]);
    first(
        |c| {
            versioned(c);
            c.operands.push("deployment/web".into());
        },
        &expect![[
            r#"command 1: option resource-version has the value "7"; it takes a number from 1 to 9223372036854775807, with no zero before it, in a command on one object"#
        ]],
    );
}

#[test]
fn operands_are_names_of_what_is_written() {
    for good in ["deployment/web", "deployments/web", "deployment.apps/web", "deployments.v1.apps/web"] {
        assert!(assembled(|p| p.proposal.commands[0].operands = vec![good.into()]).is_ok(), "{good}");
    }
    first(|c| c.operands.clear(), &expect!["command 1: it names no object"]);
    first(|c| c.operands = vec!["web".into()], &expect![[r#"command 1: "web" names no object; write kind/name"#]]);
    first(|c| c.operands = vec!["--all".into()], &expect![[r#"command 1: "--all" names no object; write kind/name"#]]);
    first(
        |c| c.operands = vec!["deployment/api".into()],
        &expect![[r#"command 1: "deployment/api" is not among the objects that the plan lists as written so"#]],
    );
    first(
        |c| c.operands = vec!["statefulset/web".into()],
        &expect![[r#"command 1: "statefulset/web" is not among the objects that the plan lists as written so"#]],
    );
    first(
        |c| c.operands = vec!["deployment.other.io/web".into()],
        &expect![[r#"command 1: "deployment.other.io/web" is not among the objects that the plan lists as written so"#]],
    );
    first(
        |c| c.operands.push("deployment/-web".into()),
        &expect![[r#"command 1: "deployment/-web" names no object; write kind/name"#]],
    );
}

/// Without it kubectl would scale the Deployment of `apps` that has the same name.
#[test]
fn a_kind_that_another_group_could_have_is_named_with_its_group() {
    let said = |group: &str, operand: &str| {
        let mut write = policy("web", Some("u"));
        write.object.api = Api { group: group.into(), ..web().api };
        let command = Command { operands: vec![operand.into()], ..command(2, 5) };
        verbs::check(&command, &[write]).map_or_else(|bad| bad.to_string(), |()| "fine".into())
    };
    // Groups without a dot are Kubernetes' own.
    assert_eq!([said("apps", "deployment/web"), said("", "deployments/web")], ["fine", "fine"]);
    for group in ["example.com", "events.k8s.io", "gateway.networking.k8s.io"] {
        for name in ["deployment.G", "deployments.G", "deployment.v1.G", "deployments.v1.G"] {
            assert_eq!(said(group, &format!("{}/web", name.replace('G', group))), "fine", "{group} {name}");
        }
        for name in ["deployment", "deployments"] {
            let instead =
                format!("\"{name}/web\" says no group, and kubectl may take it for a kind of another; write {name}.{group}/web");
            assert_eq!(said(group, &format!("{name}/web")), instead);
            assert_eq!(
                said(group, &format!("{name}/api")),
                format!("\"{name}/api\" is not among the objects that the plan lists as written so")
            );
        }
        let other = "deployment.apps/web";
        assert_eq!(said(group, other), format!("{other:?} is not among the objects that the plan lists as written so"));
    }
}

#[test]
fn files_have_names_and_a_bound() {
    let file = |name: &str, content: &str| vec![(name.to_owned(), content.to_owned())];
    first(
        |c| c.files = file("../x", ""),
        &expect![[r#"file "../x": names are RFC 1123 subdomains of at most 63 characters, each once in a plan"#]],
    );
    first(
        |c| c.files = file("X", ""),
        &expect![[r#"file "X": names are RFC 1123 subdomains of at most 63 characters, each once in a plan"#]],
    );
    first(
        |c| c.files = [file("a", ""), file("a", "")].concat(),
        &expect![[r#"file "a": names are RFC 1123 subdomains of at most 63 characters, each once in a plan"#]],
    );
    first(|c| c.files = file("a", "\0"), &expect!["a file: a control character in it"]);
    first(|c| c.files = file("a", &"x".repeat(64 * 1024 + 1)), &expect!["its files: 65537 bytes, at most 65536"]);
}

#[test]
fn writes_stay_in_the_namespace_and_within_what_is_declared() {
    check(|p| p.proposal.writes.clear(), &expect!["its commands write, and it lists no write"]);
    write(
        |w| w.object.namespace = Some("kube-system".into()),
        &expect!["it writes Deployment kube-system/web, which is not in the execution's own namespace shop"],
    );
    write(
        |w| w.object.namespace = None,
        &expect!["it writes Deployment web, which is not in the execution's own namespace shop"],
    );
    write(
        |w| w.subresource = Some("status".into()),
        &expect!["it writes Deployment shop/web (update deployments/status), which its declared needs do not cover"],
    );
    write(
        |w| w.operation = Operation::Delete,
        &expect!["it writes Deployment shop/web (delete deployments/scale), which its declared needs do not cover"],
    );
    write(
        |w| w.object.api.group = String::new(),
        &expect!["it writes Deployment shop/web, whose kind is neither a target of the action nor among what it observes"],
    );
    write(|w| w.object.name = "web?x=y".into(), &expect![[r#""Deployment shop/web?x=y" is no name of an object"#]]);
    check(
        |p| p.target = Some((ObjectRef { namespace: Some("other".into()), ..web() }, None)),
        &expect!["it writes Deployment other/web, which is not in the execution's own namespace shop"],
    );
}

#[test]
fn what_exists_is_written_by_the_uid_that_was_read() {
    write(|w| w.uid = None, &expect!["it writes Deployment shop/web and does not say the uid it saw"]);
    write(
        |w| w.uid = Some(uid("other")),
        &expect!["it writes Deployment shop/web with uid other; the uid of that is 6d1f8e90-1111-4222-8333-444455556666"],
    );
}

/// A network policy of this name that a plan creates, or changes where it has a uid.
fn policy(name: &str, uid: Option<&str>) -> Write {
    let api = Api {
        group: "networking.k8s.io".into(),
        version: "v1".into(),
        kind: "NetworkPolicy".into(),
        resource: "networkpolicies".into(),
    };
    let object = ObjectRef { api, namespace: Some("shop".into()), name: name.into() };
    let operation = if uid.is_some() { Operation::Update } else { Operation::Create };
    Write { object, operation, subresource: None, uid: uid.map(crate::tests::fixtures::uid) }
}

fn with_policy(write: Write, there: Option<&str>, looked_at: bool) -> Result<Planned, BadProposal> {
    let mut info = info();
    let mut needs = info.needs[0].clone();
    (needs.groups, needs.resources) = (vec!["networking.k8s.io".into()], vec!["networkpolicies".into()]);
    needs.verbs.push("create".into());
    info.needs.push(needs);
    if looked_at {
        info.observes.push(crate::model::Observation { api: write.object.api.clone(), scope: crate::model::Scope::Namespaced });
    }
    let body = || json("{}");
    let seen = there.map(|it| Object { id: write.object.clone(), uid: uid(it), body: body(), managers: vec![] });
    let others: Vec<Object> = seen.into_iter().collect();
    let mut parts = Parts { others: &others, ..parts(&info) };
    parts.proposal.writes.push(write);
    assemble(&site(), &exec(), parts)
}

#[test]
fn another_object_is_what_the_host_saw_there_and_a_new_one_is_not_there() {
    let said = |write, there| with_policy(write, there, true).map_or_else(|bad| bad.to_string(), |_| "believed".into());
    let unseen = with_policy(policy("deny", None), None, false).unwrap_err().to_string();
    assert_eq!(
        unseen,
        "it writes NetworkPolicy shop/deny, whose kind is neither a target of the action nor among what it observes"
    );
    let is = |write, there, expect: Expect| expect.assert_eq(&said(write, there));
    is(policy("deny", None), None, expect!["believed"]);
    is(policy("deny", Some("u1")), Some("u1"), expect!["believed"]);
    is(policy("deny", None), Some("u1"), expect!["it creates NetworkPolicy shop/deny, which is there already"]);
    is(policy("deny", Some("u1")), None, expect!["it writes NetworkPolicy shop/deny, which is not there"]);
    is(policy("deny", Some("u1")), Some("u2"), expect!["it writes NetworkPolicy shop/deny with uid u1; the uid of that is u2"]);
}

#[test]
fn the_host_looks_at_each_object_beside_the_target_once_and_only_here() {
    let mut proposal = proposal(2, 5);
    proposal.writes.extend([policy("a", Some("u")), policy("b", None), policy("a", Some("u"))]);
    let mut elsewhere = policy("c", None);
    elsewhere.object.namespace = Some("kube-system".into());
    proposal.writes.push(elsewhere);
    let mut info = info();
    let names = |info: &crate::model::ActionInfo| -> Vec<String> {
        others(&exec(), info, Some(&web()), &proposal).iter().map(|o| o.name.clone()).collect()
    };
    assert!(names(&info).is_empty(), "what was not declared");
    info.observes.push(crate::model::Observation { api: policy("a", None).object.api, scope: crate::model::Scope::Namespaced });
    assert_eq!(names(&info), ["a", "b"]);
}

fn created(spoil: impl FnOnce(&mut Command)) -> String {
    let manifest =
        r#"{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"deny","namespace":"shop"}}"#;
    let mut command = Command {
        program: "kubectl".into(),
        verb: vec!["create".into()],
        options: vec![option("filename", Some("/writ/in/deny.json"))],
        operands: vec![],
        files: vec![("deny.json".into(), manifest.into())],
    };
    spoil(&mut command);
    verbs::check(&command, &[policy("deny", None), policy("old", Some("u"))])
        .map_or_else(|bad| bad.to_string(), |()| "fine".into())
}

#[test]
fn only_an_object_that_is_listed_as_new_is_created_from_a_file_of_the_plan() {
    let file = |from: &'static str, to: &'static str| move |c: &mut Command| c.files[0].1 = c.files[0].1.replacen(from, to, 1);
    assert_eq!(created(|_| {}), "fine");
    let bad = "option filename has the value \"/writ/in/deny.json\"; it takes /writ/in/NAME of a file of the same command: one object as JSON, \
               which the plan lists as created";
    for (from, to) in [
        ("\"deny\"", "\"other\""),
        ("\"deny\"", "\"old\""),
        ("\"shop\"", "\"kube-system\""),
        (",\"namespace\":\"shop\"", ""),
        ("networking.k8s.io/v1", "v1"),
        ("\"NetworkPolicy\"", "\"List\""),
        ("{\"apiVersion\"", "{\"items\":[],\"apiVersion\""),
        ("}}", "}}\n---\n{}"),
    ] {
        assert_eq!(created(file(from, to)), bad, "{from} {to}");
    }
    assert_eq!(created(|c| c.files.clear()), bad);
    let mut secret = policy("deny", None);
    (secret.object.api.group, secret.object.api.kind) = (String::new(), "Secret".into());
    let command =
        Command { program: "kubectl".into(), verb: vec!["create".into()], options: vec![], operands: vec![], files: vec![] };
    let options = vec![option("filename", Some("/writ/in/deny.json"))];
    let manifest =
        r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"deny","namespace":"shop"},"data":{"a":"aHVudGVyMg=="}}"#;
    let command = Command { options, files: vec![("deny.json".into(), manifest.into())], ..command };
    secret.object.api.version = "v1".into();
    assert_eq!(
        verbs::check(&command, &[secret]).unwrap_err().to_string(),
        "it creates a Secret: values of Secrets are in no plan"
    );
    assert!(created(|c| c.options[0].1 = Some("https://example.com/x.json".into())).contains("it takes /writ/in/NAME"));
    assert_eq!(created(|c| c.options.clear()), "kubectl create needs one of the options filename");
    assert_eq!(created(|c| c.operands.push("pod/x".into())), "kubectl create takes its object from its file, and names none");
    assert_eq!(
        created(|c| c.options.push(option("save-config", None))),
        r#"option "save-config" is not on the list of kubectl create"#
    );
}

#[test]
fn a_deletion_names_what_is_listed_and_waits_for_nothing() {
    let said = |options: Vec<(String, Option<String>)>, operand: &str| {
        let command = Command {
            program: "kubectl".into(),
            verb: vec!["delete".into()],
            options,
            operands: vec![operand.into()],
            files: vec![],
        };
        let gone = Write { operation: Operation::Delete, ..policy("old", Some("u")) };
        verbs::check(&command, &[gone, policy("kept", Some("u"))]).map_or_else(|bad| bad.to_string(), |()| "fine".into())
    };
    let now = || vec![option("wait", Some("false"))];
    let old = "networkpolicies.networking.k8s.io/old";
    assert_eq!(said(now(), old), "fine");
    for other in ["networkpolicy.networking.k8s.io/other", "networkpolicy.networking.k8s.io/kept"] {
        assert_eq!(said(now(), other), format!("{other:?} is not among the objects that the plan lists as written so"));
    }
    assert_eq!(said(vec![], old), "kubectl delete needs one of the options wait");
    for name in ["all", "selector", "force", "now", "filename", "cascade", "field-selector", "raw"] {
        let options = [now(), vec![option(name, Some("x"))]].concat();
        assert_eq!(said(options, old), format!("option {name:?} is not on the list of kubectl delete"));
    }
}

#[test]
fn changes_are_of_what_is_written_and_say_something() {
    let change = |effect| vec![Change { object: web(), effect }];
    check(
        |p| p.proposal.changes[0].object.name = "api".into(),
        &expect!["it says that Deployment shop/api changes, and does not list it as written"],
    );
    check(
        |p| p.proposal.changes = change(ChangeEffect::Set(vec![])),
        &expect!["the change of Deployment shop/web says nothing: name fields, or say in words what happens"],
    );
    check(
        |p| p.proposal.changes = change(ChangeEffect::Other("created".into())),
        &expect!["the change of Deployment shop/web says nothing: name fields, or say in words what happens"],
    );
    check(
        |p| p.proposal.changes = change(ChangeEffect::Other("\u{1b}[2J".into())),
        &expect!["a change: a control character in it"],
    );
    let field = |after: &str| Field { at: "/a".into(), before: None, after: Some(json(after)) };
    check(|p| p.proposal.changes = change(ChangeEffect::Set(vec![field("{")])), &expect!["a value of a change: not JSON"]);
    check(
        |p| {
            let mut twin = p.proposal.writes[0].clone();
            twin.object.api.version = "v2".into();
            p.proposal.writes.push(twin);
        },
        &expect!["it writes two kinds of Deployment shop/web; an approver could not tell them apart"],
    );
}

#[test]
fn everything_has_a_bound() {
    check(
        |p| p.proposal.commands = vec![p.proposal.commands[0].clone(); 9],
        &expect!["it proposes 9 commands; at least 1, at most 8"],
    );
    check(|p| p.proposal.commands.clear(), &expect!["it proposes 0 commands; at least 1, at most 8"]);
    check(|p| p.proposal.writes = vec![p.proposal.writes[0].clone(); 65], &expect!["its writes: 65, at most 64"]);
    check(|p| p.proposal.memo = json(&format!("\"{}\"", "x".repeat(5000))), &expect!["its memo: 5002 bytes, at most 4096"]);
    check(|p| p.proposal.memo = json("{"), &expect!["its memo: not JSON"]);
    check(|p| p.parameters = json("[]"), &expect!["the parameters: not a JSON object"]);
    check(
        |p| p.parameters = json(&format!("{{\"a\":\"{}\"}}", "x".repeat(17_000))),
        &expect!["the parameters: 17008 bytes, at most 16384"],
    );
    check(|p| p.proposal.warnings = vec!["a\nb".into()], &expect!["its warnings: a control character in it"]);
    check(|p| p.proposal.warnings = vec!["safe\u{202e}ton".into()], &expect!["its warnings: a control character in it"]);
    check(|p| p.proposal.warnings = vec!["we\u{200b}b".into()], &expect!["its warnings: a control character in it"]);
    check(|p| p.proposal.warnings = vec!["x".repeat(600)], &expect!["its warnings: 600 bytes, at most 512"]);
    let value = json(&format!("\"{}\"", "x".repeat(4000)));
    let fields = (0..9).map(|n| Field { at: format!("/{n}"), before: None, after: Some(value.clone()) }).collect();
    check(|p| p.proposal.changes[0].effect = ChangeEffect::Set(fields), &expect!["the plan: 37340 bytes, at most 32768"]);
}

#[test]
fn the_way_back_is_what_was_declared() {
    check(
        |p| p.undo = Undo::Impossible("no".into()),
        &expect!["the action is declared as always reversible, and now it says that it cannot be undone"],
    );
    check(
        |p| p.undo = Undo::By { action: p.info.name.clone(), parameters: json("7"), loses: vec![] },
        &expect!["the parameters of its undo: not a JSON object"],
    );
    check(|p| p.undo = Undo::Unneeded("same".into()), &expect!["believed"]);
}

#[test]
fn the_deadline_is_the_shortest_of_what_is_wanted_and_allowed() {
    let deadline = |timeout: Option<&str>, longest| {
        let mut exec = exec();
        exec.spec.timeout = timeout.map(ToOwned::to_owned);
        let info = info();
        let site = Site { longest, ..site() };
        assemble(&site, &exec, parts(&info)).map(|p| p.deadline)
    };
    assert_eq!(deadline(None, 3600), Ok(60));
    assert_eq!(deadline(Some("1m30s"), 3600), Ok(90));
    assert_eq!(deadline(Some("1h"), 3600), Ok(600));
    assert_eq!(deadline(Some("1h"), 300), Ok(300));
    assert_eq!(deadline(Some("1ms"), 300), Ok(1));
    let bad = deadline(Some("soon"), 300).unwrap_err();
    expect![[r#"Invalid { by_plugin: false, violations: [Violation { at: "", rule: "spec.timeout", message: "spec.timeout: \"soon\" is no time such as 90s, 5m or 1h30m" }], known: [] }"#]].assert_eq(&format!("{:?}", bad.into_judgement()));
}
