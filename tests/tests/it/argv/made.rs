//! Commands, made from the table: each verb, with any of its options in any order, and whatever they may hold. The names would mean something
//! else to a careless reader.
use decide::{
    model::{Api, Command, ObjectRef, Operation, Uid, Write},
    text::draws,
    verbs::{self, Kind, Row},
};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Map, Value, json};

/// A kind of objects that the recorder has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Thing {
    pub(super) group: &'static str,
    pub(super) kind: &'static str,
    pub(super) resource: &'static str,
    pub(super) namespace: Option<&'static str>,
    /// As an operand may call it.
    words: &'static [&'static str],
}

const THINGS: [Thing; 4] = [
    Thing {
        group: "apps",
        kind: "Deployment",
        resource: "deployments",
        namespace: Some("shop"),
        words: &["deployment", "deployments", "deployment.apps", "deployments.v1.apps"],
    },
    Thing { group: "", kind: "Pod", resource: "pods", namespace: Some("shop"), words: &["pod", "pods", "pods.v1."] },
    Thing { group: "", kind: "Node", resource: "nodes", namespace: None, words: &["node", "nodes"] },
    // A custom kind with the name of the first: without its group it would be taken for that.
    Thing {
        group: "example.com",
        kind: "Deployment",
        resource: "deployments",
        namespace: Some("shop"),
        words: &["deployment.example.com", "deployments.example.com", "deployments.v1.example.com"],
    },
];

/// One command on one or more objects.
#[derive(Clone, Debug)]
pub(super) struct Case {
    row: Row,
    pub(super) thing: Thing,
    pub(super) names: Vec<String>,
    pub(super) command: Command,
    pub(super) dry: bool,
    /// Nothing in it that kubectl may take for no name, or for no text.
    pub(super) plain: bool,
}

/// What an option holds, with its file where it has one.
#[derive(Clone, Debug)]
struct Said {
    value: String,
    file: Option<(String, String)>,
    plain: bool,
}

impl Case {
    fn new(row: &Row, thing: Thing, named: &[(&'static str, String)], said: Vec<(&'static str, Said)>, dry: bool) -> Self {
        let creates = row.does == Operation::Create;
        let names: Vec<String> = named.iter().map(|(_, name)| name.clone()).collect();
        let operands = named.iter().map(|(word, name)| format!("{word}/{name}"));
        let plain = names.iter().all(|name| creates || is_plain(name)) && said.iter().all(|(_, said)| said.plain);
        let command = Command {
            program: "kubectl".into(),
            verb: row.verb.iter().map(|word| (*word).to_owned()).collect(),
            options: said.iter().map(|(name, said)| ((*name).to_owned(), Some(said.value.clone()))).collect(),
            operands: if creates { vec![] } else { operands.collect() },
            files: said.into_iter().filter_map(|(_, said)| said.file).collect(),
        };
        Self { row: *row, thing, names, command, dry, plain }
    }

    pub(super) fn verb(&self) -> String {
        self.command.verb.join(" ")
    }

    /// The value of this option, where it is said.
    pub(super) fn option(&self, name: &str) -> Option<&str> {
        self.command.options.iter().find(|(known, _)| known == name)?.1.as_deref()
    }

    /// As the plan would list them.
    pub(super) fn writes(&self) -> Vec<Write> {
        let new = self.row.does == Operation::Create;
        let uid = (!new).then(|| Uid::try_from(super::recorder::UID.to_owned()).expect("it is a uid"));
        let write = |name: &String| Write {
            object: object(self.thing, name),
            operation: self.row.does,
            subresource: None,
            uid: uid.clone(),
        };
        self.names.iter().map(write).collect()
    }
}

fn object(thing: Thing, name: &str) -> ObjectRef {
    let api = Api { group: thing.group.into(), version: "v1".into(), kind: thing.kind.into(), resource: thing.resource.into() };
    ObjectRef { api, namespace: thing.namespace.map(str::to_owned), name: name.to_owned() }
}

/// Those that this verb is for: only some are scaled, or have a history.
fn things(row: &Row) -> Vec<Thing> {
    match row.verb {
        ["scale"] | ["rollout", _] => vec![THINGS[0]],
        _ => THINGS.to_vec(),
    }
}

/// What is created is one object of one file.
fn most(row: &Row) -> usize {
    if row.does == Operation::Create { 1 } else { 2 }
}

/// Any of what the table allows.
pub(super) fn of(row: &'static Row) -> impl Strategy<Value = Case> {
    let names = |one: BoxedStrategy<String>| vec(one, 1..=most(row));
    let names = prop_oneof![names(plain().boxed()), names(name().boxed())];
    (select(things(row)), names, proptest::bool::ANY).prop_flat_map(move |(thing, names, dry)| {
        let words = vec(select(thing.words), names.len());
        (words, options(row, thing, names.clone())).prop_map(move |(words, said)| {
            let named: Vec<_> = words.into_iter().zip(names.iter().cloned()).collect();
            Case::new(row, thing, &named, said, dry)
        })
    })
}

/// Each option once, beside what its verb needs, on a plain name: with all its words, dry and not.
pub(super) fn each_option(row: &Row) -> Vec<Case> {
    let mut all = Vec::new();
    for (option, kind) in row.options {
        let words = if let Kind::OneOf(words) = kind { words.to_vec() } else { vec![""] };
        for (thing, word, dry) in
            things(row).into_iter().flat_map(|t| words.iter().flat_map(move |w| [(t, *w, false), (t, *w, true)]))
        {
            let needed = (!row.needs.is_empty() && !row.needs.contains(option)).then(|| row.needs[0]);
            let needed = row.options.iter().filter(|(name, _)| Some(*name) == needed);
            let mut said: Vec<_> = needed.map(|(name, kind)| (*name, good(name, kind, thing))).collect();
            let value = good(option, kind, thing);
            said.push((*option, if word.is_empty() { value } else { Said { value: word.to_owned(), ..value } }));
            all.push(Case::new(row, thing, &[(thing.words[0], "web".to_owned())], said, dry));
        }
    }
    all
}

/// One of those that the verb needs is always there, and no other of these; the rest may be. A version is of one object.
fn options(row: &'static Row, thing: Thing, names: Vec<String>) -> BoxedStrategy<Vec<(&'static str, Said)>> {
    let needs = if row.needs.is_empty() { vec![""] } else { row.needs.to_vec() };
    let chosen = select(needs).prop_flat_map(move |needed| {
        let one = |(option, kind): &'static (&'static str, Kind)| {
            let said = said(option, *kind, thing, &names[0]).prop_map(move |said| (*option, said));
            let excluded = row.needs.contains(option) || (matches!(kind, Kind::ResourceVersion) && names.len() > 1);
            match *option == needed {
                true => said.prop_map(Some).boxed(),
                false if excluded => Just(None).boxed(),
                false => proptest::option::of(said).boxed(),
            }
        };
        row.options.iter().map(one).collect::<Vec<_>>()
    });
    chosen.prop_map(|all| all.into_iter().flatten().collect::<Vec<_>>()).prop_shuffle().boxed()
}

fn said(option: &'static str, kind: Kind, thing: Thing, name: &str) -> BoxedStrategy<Said> {
    let plain = |value: String| Said { value, file: None, plain: true };
    let known = Just(good(option, &kind, thing));
    let number = |least: i64, most: i64| prop_oneof![least..9, least..=most].prop_map(move |n| plain(n.to_string()));
    match kind {
        Kind::Count => prop_oneof![known, number(0, i64::from(i32::MAX))].boxed(),
        Kind::Version | Kind::ResourceVersion => prop_oneof![known, number(1, i64::MAX)].boxed(),
        Kind::OneOf(words) => select(words).prop_map(move |word| plain(word.to_owned())).boxed(),
        Kind::Json => text(patch(), false).prop_map(|(value, plain)| Said { value, file: None, plain }).boxed(),
        Kind::File => filed(option, text(patch(), true)),
        Kind::Manifest => {
            let whole = manifest(thing, name);
            filed(option, text(leaf().prop_map(move |leaf| with(&whole, leaf)), true))
        }
    }
}

/// One that kubectl obeys, of what the recorder has: two replicas, version 7, three revisions.
fn good(option: &str, kind: &Kind, thing: Thing) -> Said {
    let patch = json!({"metadata": {"annotations": {"a": "b"}}}).to_string();
    let file =
        |text: String| (format!("{}/{option}.json", verbs::FILES.trim_end_matches('/')), Some((format!("{option}.json"), text)));
    let (value, file) = match kind {
        Kind::Count => (if option == "current-replicas" { "2" } else { "3" }.to_owned(), None),
        Kind::Version => ("2".to_owned(), None),
        Kind::ResourceVersion => ("7".to_owned(), None),
        Kind::OneOf(words) => (words[0].to_owned(), None),
        Kind::Json => (patch, None),
        Kind::File => file(patch),
        Kind::Manifest => file(manifest(thing, "web").to_string()),
    };
    Said { value, file, plain: true }
}

/// In a file of any name: no two options have the same.
fn filed(option: &'static str, text: impl Strategy<Value = (String, bool)> + 'static) -> BoxedStrategy<Said> {
    let file = "[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?(\\.[a-z0-9]{1,4})?".prop_map(move |name| format!("{name}.{option}"));
    let said = |(file, (text, plain)): (String, (String, bool))| Said {
        value: format!("{}{file}", verbs::FILES),
        file: Some((file, text)),
        plain,
    };
    (file, text).prop_map(said).boxed()
}

fn manifest(thing: Thing, name: &str) -> Value {
    let id = object(thing, name);
    let mut whole = json!({"apiVersion": id.api.api_version(), "kind": thing.kind, "metadata": {"name": name}});
    if let Some(namespace) = thing.namespace {
        whole["metadata"]["namespace"] = json!(namespace);
    }
    whole
}

fn with(manifest: &Value, spec: Value) -> Value {
    let mut whole = manifest.clone();
    whole["spec"] = json!({"said": spec});
    whole
}

/// A JSON text as plugins may write it: in one line or several, and characters of other scripts as they are or escaped. And whether kubectl
/// takes it for sure: it reads what does not begin with a brace as YAML, which has no pairs of surrogates and not all of Unicode.
fn text(value: impl Strategy<Value = Value> + 'static, lines: bool) -> impl Strategy<Value = (String, bool)> {
    (value, proptest::bool::ANY, proptest::bool::ANY).prop_map(move |(value, escape, pretty)| {
        let text = if lines && pretty { serde_json::to_string_pretty(&value).expect("it is JSON") } else { value.to_string() };
        let plain = text.is_ascii();
        (if escape { escaped(&text) } else { text }, plain)
    })
}

/// `\u00e9`.
fn escaped(text: &str) -> String {
    let one = |c: char| match c.is_ascii() {
        true => c.to_string(),
        false => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
    };
    text.chars().map(one).collect()
}

/// Of an object, or a list of operations.
fn patch() -> BoxedStrategy<Value> {
    let pairs = vec((key(), leaf()), 1..4);
    let merge = pairs.prop_map(|pairs| json!({"metadata": {"annotations": pairs.into_iter().collect::<Map<_, _>>()}}));
    let operation = (select(vec!["add", "replace", "test"]), key(), leaf());
    let operation = operation.prop_map(|(op, key, value)| json!({"op": op, "path": format!("/{key}"), "value": value}));
    prop_oneof![merge, vec(operation, 1..4).prop_map(Value::from)].boxed()
}

/// Words that mean something in YAML, and any others.
fn key() -> BoxedStrategy<String> {
    prop_oneof![
        select(vec!["<<", "~", "null", "true", "1", "010", "=", "- a", "a: b", "# a", "---"]).prop_map(str::to_owned),
        "[ -~]{1,12}"
    ]
    .boxed()
}

/// Control characters stand in a JSON text escaped; of the others, those that are not seen are in no plan.
fn leaf() -> BoxedStrategy<Value> {
    let seen = |s: String| s.replace(|c: char| draws(c) && !c.is_ascii_control() || c == '\u{7f}', "");
    let text = prop_oneof![name().boxed(), key(), any::<String>().boxed()].prop_map(seen);
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        // Few digits: these are read by everybody as the same number.
        any::<i32>().prop_map(|n| Value::from(f64::from(n) / 8.0)),
        text.prop_map(Value::from),
    ]
    .boxed()
}

fn plain() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9.-]{0,20}"
}

pub(super) fn is_plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c))
}

/// Names that would mean something else to a careless reader, and any others. None has a NUL: that no program can be given.
fn name() -> impl Strategy<Value = String> {
    let hostile = select(vec![
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
    prop_oneof![2 => hostile.prop_map(str::to_owned), 1 => plain(), 1 => "[^\0]{1,24}"]
}
