//! The table of refusals: what is wrong, how an honest plugin is spoiled so, and what its author does instead.
use super::{
    Row,
    said::{OTHER, file, option, reads, target},
};
use crate::plugin::v0_1::{self, types as wit};

/// In the order in which the host asks.
pub(super) const PARTS: &[(&str, &[Row])] = &[
    ("What it declares", DECLARED),
    ("Rights that no role may hold", ROLES),
    ("Parameters, and what it looks at", LOOKS),
    ("Commands", COMMANDS),
    ("Files", FILES),
    ("What it writes", WRITES),
    ("What it says of its plan", SAID),
    ("The way back, and the checks", AFTER),
];

const DECLARED: &[Row] = &[
    ("A plugin without actions", |s| s.description.actions.clear(), "Export one"),
    ("Two actions of one name", |s| s.description.actions.push(s.description.actions[0].clone()), "Give each its own name"),
    ("An action's name of another form", |s| s.description.actions[0].name = "scale-deployment".into(), "Use snake_case"),
    ("A version that is none", |s| s.description.version = "v1".into(), "Take the one of `Cargo.toml`"),
    (
        "A summary that is longer than a line",
        |s| s.description.actions[0].summary = "a".repeat(161),
        "Say the rest in the other texts",
    ),
    (
        "A schema that takes what it does not name",
        |s| s.description.actions[0].parameters = "{}".into(),
        "Name all parameters; the SDK does",
    ),
    ("No example", |s| s.description.actions[0].examples.clear(), "Give one that a person could run"),
    (
        "An example that its own schema does not take",
        |s| s.description.actions[0].examples = vec![r#"{"replicas":5}"#.into()],
        "Correct the example, or the schema",
    ),
    (
        "A time that is none, or is over a day",
        |s| s.description.actions[0].timeouts.longest = 86_401,
        "Bound what it takes; split what takes longer",
    ),
];

const ROLES: &[Row] = &[
    ("A wildcard", |s| s.description.actions[0].needs[0].resources[0] = "*".into(), "Name the groups and resources"),
    ("A verb with which rights are got", |s| s.description.actions[0].needs[0].verbs[0] = "escalate".into(), "Take it out"),
    (
        "A verb that names no object",
        |s| s.description.actions[0].needs[0].verbs[0] = "deletecollection".into(),
        "Delete each object by its name",
    ),
    (
        "A group that holds rights, records or rules",
        |s| s.description.actions[0].needs[0].groups[0] = "rbac.authorization.k8s.io".into(),
        "Take it out; such a change is not for a plugin",
    ),
    (
        "A way into a container",
        |s| {
            s.description.actions[0].needs[0].groups[0] = String::new();
            s.description.actions[0].needs[0].resources[0] = "pods/exec".into();
        },
        "Take it out; such a change is not for a plugin",
    ),
    (
        "Rules of a namespace and of the cluster in one action",
        |s| {
            let rule = wit::Rule { scope: wit::Scope::Cluster, ..s.description.actions[0].needs[0].clone() };
            s.description.actions[0].needs.push(rule);
        },
        "Split the action in two",
    ),
];

const LOOKS: &[Row] = &[
    (
        "Parameters that come back other than the schema takes them",
        |s| s.validated = Ok(r#"{"more":1}"#.into()),
        "Return what was given, with its defaults",
    ),
    ("Wrong parameters, and no word what is wrong", |s| s.validated = Err(vec![]), "List every violation"),
    ("More than 32 reads", |s| s.reads = vec![s.reads[0].clone(); 33], "Read lists instead of single objects"),
    ("Two reads under one key", |s| s.reads.push(reads("pods")), "Give each its own key"),
    ("A read without a bound, or of more than 500 objects", |s| s.reads[0].limit = 501, "Narrow it by labels or fields"),
];

const COMMANDS: &[Row] = &[
    ("No command", |s| s.plan.commands.clear(), "Refuse, where there is nothing to do (`refuse_if!`)"),
    ("More than 8 commands", |s| s.plan.commands = vec![s.plan.commands[0].clone(); 9], "Do less in one action"),
    ("Another program", |s| s.plan.commands[0].program = "/bin/sh".into(), "Say it with `kubectl`"),
    ("A verb that is several words in one", |s| s.plan.commands[0].verb[0] = "scale --all".into(), "Give each word by itself"),
    (
        "A verb that is not in the table",
        |s| s.plan.commands[0].verb = vec!["apply".into()],
        "Use one that is; a restart is a patch",
    ),
    (
        "An option that is not in the verb's row",
        |s| s.plan.commands[0].options.push(option("as", "admin")),
        "Leave it out; the host adds its own",
    ),
    ("An option twice", |s| s.plan.commands[0].options.push(option("replicas", "7")), "Say it once: kubectl obeys the last"),
    ("No option of those that the verb needs", |s| s.plan.commands[0].options.truncate(1), "Say what the verb is to do"),
    (
        "Two options of which each excludes the other",
        |s| {
            patch(s, &[("patch", "{}"), ("patch-file", "/writ/in/patch.json")]);
            s.plan.commands[0].files = vec![file("patch.json", "{}")];
        },
        "Say it once: kubectl takes one of them",
    ),
    (
        "One version for several objects",
        |s| {
            s.plan.commands[0].options.push(option("resource-version", "7"));
            s.plan.commands[0].operands.push("deployment/web".into());
        },
        "Use a command for each",
    ),
    (
        "A number that is not written as it is counted",
        |s| s.plan.commands[0].options[1] = option("replicas", "010"),
        "Write it without zeros before it: kubectl reads this one as eight",
    ),
    ("A value that is none of the option's words", |s| patch(s, &[("type", "apply"), ("patch", "{}")]), "Use one of them"),
    ("A value that is no JSON where JSON is meant", |s| patch(s, &[("patch", "spec: {}")]), "Let the SDK write it"),
    ("A control character in a word", |s| patch(s, &[("patch", "{}\n")]), "Write JSON in one line, or put it into a file"),
    (
        "Another control character, or one that is not seen",
        |s| s.plan.commands[0].operands[0] = "deployment/web\u{202e}".into(),
        "Name the object as the API server does",
    ),
    ("No object", |s| s.plan.commands[0].operands.clear(), "Name it: for some verbs none means all"),
    ("An operand that is no name", |s| s.plan.commands[0].operands[0] = "--all".into(), "Write kind/name"),
    (
        "An object that the plan does not list as written",
        |s| s.plan.commands[0].operands[0] = "deployment/api".into(),
        "List the write (`.writes…`), or take the operand out",
    ),
    ("A kind that other groups could have, without its group", custom, "Write kind.group/name; `Target::operand` does"),
    ("More than 32 words", |s| s.plan.commands[0].operands = vec!["deployment/web".into(); 33], "Use several commands"),
];

const FILES: &[Row] = &[
    ("A file's name that is none", |s| s.plan.commands[0].files = vec![file("../patch", "{}")], "Let the SDK name it"),
    (
        "Two files of one name in a plan",
        |s| s.plan.commands[0].files = vec![file("a.json", "{}"), file("a.json", "{}")],
        "Give each its own name",
    ),
    ("An escape sequence in a file", |s| s.plan.commands[0].files = vec![file("a.json", "\u{1b}[2J")], "Escape it, as JSON does"),
    (
        "More than 64 KiB of files",
        |s| s.plan.commands[0].files = vec![file("a.json", &"1".repeat(40 << 10)), file("b.json", &"1".repeat(40 << 10))],
        "Change less at once",
    ),
    (
        "A file that is not the command's own",
        |s| patch(s, &[("patch-file", "/var/run/secrets/kubernetes.io/serviceaccount/token")]),
        "Give the command the file; it is at /writ/in/NAME",
    ),
    (
        "A patch in a file that is no JSON",
        |s| {
            patch(s, &[("patch-file", "/writ/in/patch.yaml")]);
            s.plan.commands[0].files = vec![file("patch.yaml", "spec: {replicas: 010}")];
        },
        "Write JSON: kubectl reads this number as eight",
    ),
    (
        "A new object that is not the one in the file",
        |s| {
            create(s);
            s.plan.commands[0].files[0].content = s.plan.commands[0].files[0].content.replace("\"new\"", "\"other\"");
        },
        "List it as it is in the file, its namespace included (`.creates`)",
    ),
    (
        "An object beside the file of a new one",
        |s| {
            create(s);
            s.plan.commands[0].operands = vec!["deployment/web".into()];
        },
        "Use a command for each",
    ),
    (
        "A new Secret",
        |s| {
            create(s);
            let api = wit::Api { group: String::new(), kind: "Secret".into(), resource: "secrets".into(), ..target().api };
            let info = &mut s.description.actions[0];
            info.observes.push(wit::Observation { api: api.clone(), scope: wit::Scope::Namespaced });
            info.needs.push(wit::Rule {
                groups: vec![String::new()],
                resources: vec!["secrets".into()],
                ..info.needs[0].clone()
            });
            s.plan.writes[0].object.api = api;
            s.plan.commands[0].files[0].content =
                r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"new","namespace":"shop"}}"#.into();
        },
        "Let people make it; values of Secrets are in no plan",
    ),
];

const WRITES: &[Row] = &[
    ("No write", |s| s.plan.writes.clear(), "List what the commands write (`.writes…`)"),
    ("A name that no API server would take", |s| s.plan.writes[0].object.name = "Web".into(), "Take it from what was read"),
    ("A name that is none", |s| s.plan.writes[0].object.name = "--all".into(), "Take it from what was read"),
    (
        "An object of another namespace",
        |s| s.plan.writes[0].object.namespace = Some("kube-system".into()),
        "Write only where the execution is; what is of the cluster, from `writ-cluster`",
    ),
    (
        "An object of a kind that is not declared",
        |s| {
            s.plan.writes[0].object.api.kind = "StatefulSet".into();
            s.plan.writes[0].object.api.resource = "statefulsets".into();
        },
        "Put the kind into `observes`: the host looks at what is written",
    ),
    (
        "A write that the action's rules do not cover",
        |s| s.plan.writes[0].subresource = Some("status".into()),
        "Declare it in `rbac`, for people to grant",
    ),
    ("A write of what is there without its uid", |s| s.plan.writes[0].uid = None, "Say the uid that was read; the SDK does"),
    ("A write by the uid of something else", |s| s.plan.writes[0].uid = Some(OTHER.into()), "Say the uid that was read"),
    ("A write of what is not there", |s| s.plan.writes[0].object.name = "api".into(), "Read it first; what is new is created"),
    (
        "A new object that is there already",
        |s| {
            create(s);
            s.there = vec![("apps", "new")];
        },
        "Read whether it is there, and refuse or change it",
    ),
    (
        "Two objects that read the same",
        |s| {
            let mut twin = s.plan.writes[0].clone();
            twin.object.api.version = "v2".into();
            s.plan.writes.push(twin);
        },
        "Use a plan for each: an approver could not tell them apart",
    ),
    ("More than 64 writes", |s| s.plan.writes = vec![s.plan.writes[0].clone(); 65], "Change less at once"),
];

const SAID: &[Row] = &[
    (
        "A change of what is not written",
        |s| s.plan.changes[0].object.name = "api".into(),
        "List the write, or take the change out",
    ),
    (
        "A change that says nothing",
        |s| s.plan.changes[0].effect = wit::Effect::Set(vec![]),
        "Name fields (`.change`), or say in words what happens",
    ),
    (
        "A field that is no place in an object",
        |s| s.plan.changes[0].effect = wit::Effect::Set(vec![field("spec.replicas", "5")]),
        "Write a JSON Pointer: /spec/replicas",
    ),
    (
        "A value that is no JSON",
        |s| s.plan.changes[0].effect = wit::Effect::Set(vec![field("/spec/replicas", "five")]),
        "Let the SDK write it",
    ),
    (
        "A value that nobody would read",
        |s| s.plan.changes[0].effect = wit::Effect::Set(vec![field("/metadata/annotations", &format!("{:?}", "a".repeat(5000)))]),
        "Show the fields of it that change",
    ),
    ("A warning of two lines", |s| s.plan.warnings[0] = "Pods\nstart.".into(), "Give two warnings"),
    ("A warning that is longer than a line or three", |s| s.plan.warnings[0] = "a".repeat(600), "Say what matters"),
    ("More than 16 warnings", |s| s.plan.warnings = vec!["Pods start.".into(); 17], "Say what matters"),
    (
        "A memo of more than 4 KiB",
        |s| s.plan.memo = format!("{:?}", "a".repeat(5000)),
        "Keep what the checks need, and nothing else",
    ),
    (
        "A plan of more than 32 KiB, without its files",
        |s| s.plan.commands[0].operands = vec!["x".repeat(4096); 8],
        "Change less at once; put a long patch into a file",
    ),
    (
        "A refusal whose reason is no word",
        |s| {
            let (message, remedy) = ("An autoscaler owns it.".into(), String::new());
            s.refusal = Some(v0_1::Refusal { reason: "owned by".into(), message, remedy });
        },
        "Use UpperCamelCase: programs compare it",
    ),
];

const AFTER: &[Row] = &[
    (
        "An inverse that is no action of the plugin",
        |s| s.undo = inverse("delete_everything", "{}"),
        "Undo by an action of the same plugin",
    ),
    (
        "An inverse with parameters that its action does not take",
        |s| s.undo = inverse("scale_deployment", r#"{"more":1}"#),
        "Take them from the type of the inverse; the SDK does",
    ),
    (
        "No way back where one was declared",
        |s| s.undo = wit::Undo::Impossible("Nobody remembers.".into()),
        "Declare `reversible` as it is, or keep what the undo needs",
    ),
    ("No way back, and no word why", |s| s.undo = wit::Undo::Unneeded(String::new()), "Say why"),
    ("Two checks of one name", |s| s.checks.push(s.checks[0].clone()), "Give each its own name"),
    ("A check that fails without a word", |s| s.checks[0].verdict = wit::Verdict::Failed(String::new()), "Say what was seen"),
];

fn patch(s: &mut super::Said, options: &[(&str, &str)]) {
    s.plan.commands[0].verb = vec!["patch".into()];
    s.plan.commands[0].options = options.iter().map(|(name, value)| option(name, value)).collect();
}

/// The Deployment of that name in another group, instead of the one in `apps`.
fn custom(s: &mut super::Said) {
    let api = wit::Api { group: "example.com".into(), ..target().api };
    let info = &mut s.description.actions[0];
    info.observes.push(wit::Observation { api: api.clone(), scope: wit::Scope::Namespaced });
    info.needs.push(wit::Rule { groups: vec![api.group.clone()], ..info.needs[0].clone() });
    s.there = vec![("example.com", "web")];
    s.plan.writes[0].object.api = api;
    s.plan.writes[0].uid = Some(OTHER.into());
}

/// Of a Deployment `shop/new`, instead of the scale.
fn create(s: &mut super::Said) {
    let manifest = r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"new","namespace":"shop"}}"#;
    s.plan.commands[0] = wit::Command {
        program: "kubectl".into(),
        verb: vec!["create".into()],
        options: vec![option("filename", "/writ/in/object.json")],
        operands: vec![],
        files: vec![file("object.json", manifest)],
    };
    let object = wit::ObjectRef { name: "new".into(), ..target() };
    s.plan.writes = vec![wit::Write { object, operation: wit::Operation::Create, subresource: None, uid: None }];
    s.plan.changes.clear();
}

fn field(at: &str, after: &str) -> wit::Field {
    wit::Field { at: at.into(), before: None, after: Some(after.into()) }
}

fn inverse(action: &str, parameters: &str) -> wit::Undo {
    wit::Undo::By(wit::Inverse { action: action.into(), parameters: parameters.into(), loses: vec![] })
}
