//! What each verb and each option of it means, as a request to the API server: by hand, and not from the table that is looked at. Where
//! the table has more than this, a test fails that says which.
use super::{
    made::Case,
    recorder::{Asked, UID},
};
use serde_json::{Value, json};

/// One write.
#[derive(Debug)]
pub(super) struct Meant {
    pub(super) method: &'static str,
    pub(super) path: Vec<String>,
    pub(super) query: String,
    /// Of a patch, whose kind it is.
    pub(super) content_type: Option<&'static str>,
    /// Where in the body `body` stands.
    pub(super) at: &'static str,
    pub(super) body: Value,
}

/// What is written under this name.
pub(super) fn of(case: &Case, name: &str) -> Meant {
    let mut meant = bare(case, name);
    for (option, value) in &case.command.options {
        say(&mut meant, case, option, value.as_deref().unwrap_or_default());
    }
    // An object of Kubernetes' own is written whole without what is zero.
    if meant.method == "PUT" && meant.body["spec"]["replicas"] == 0 {
        meant.body["spec"] = json!({});
    }
    if case.dry {
        dry(&mut meant);
    }
    meant
}

/// What the commands look at before they write: the objects themselves, and for an undo the history. What is new is not there, and what is
/// to be gone is not watched until it is.
pub(super) fn is_read(case: &Case, asked: &Asked) -> bool {
    let all = place(case);
    let object = |name: &String| [all.as_slice(), std::slice::from_ref(name)].concat();
    let scale = |name: &String| [object(name), vec!["scale".to_owned()]].concat();
    let history = ["apis", "apps", "v1", "namespaces", "shop", "replicasets"];
    let itself = case.names.iter().any(|name| asked.path == object(name) || asked.path == scale(name));
    match case.verb().as_str() {
        "create" | "delete" => false,
        "rollout undo" => itself || asked.path == history,
        _ => itself,
    }
}

/// What kubectl must not write: the recorder has two replicas, in version 7, and three revisions.
pub(super) fn refuses(case: &Case) -> bool {
    let other = |name: &str, there: &str| case.option(name).is_some_and(|said| said != there);
    match case.verb().as_str() {
        "scale" => other("current-replicas", "2") || other("resource-version", "7"),
        "rollout undo" => !matches!(case.option("to-revision"), Some("1" | "2" | "3")),
        _ => false,
    }
}

/// All objects of the kind.
fn place(case: &Case) -> Vec<String> {
    let start = if case.thing.group.is_empty() { vec!["api", "v1"] } else { vec!["apis", case.thing.group, "v1"] };
    let namespace = case.thing.namespace.map(|namespace| ["namespaces", namespace]);
    start.into_iter().chain(namespace.into_iter().flatten()).chain([case.thing.resource]).map(str::to_owned).collect()
}

/// The verb, with no option yet.
fn bare(case: &Case, name: &str) -> Meant {
    let mut path = place(case);
    if case.verb() != "create" {
        path.push(name.to_owned());
    }
    let meant = Meant { method: "PATCH", path, query: String::new(), content_type: None, at: "", body: Value::Null };
    match case.verb().as_str() {
        "scale" => {
            let path = [meant.path.as_slice(), &["scale".to_owned()]].concat();
            Meant { path, content_type: Some("application/merge-patch+json"), body: json!({"spec": {}}), ..meant }
        }
        "patch" => Meant {
            query: "fieldManager=kubectl-patch".into(),
            content_type: Some("application/strategic-merge-patch+json"),
            ..meant
        },
        // The image stands for the template of the revision.
        "rollout undo" => {
            Meant { content_type: Some("application/json-patch+json"), at: "/0/value/spec/containers/0/image", ..meant }
        }
        "create" => Meant { method: "POST", query: "fieldManager=kubectl-create&fieldValidation=Strict".into(), ..meant },
        "delete" => Meant { method: "DELETE", body: json!({"propagationPolicy": "Background"}), ..meant },
        other => panic!("kubectl {other} is in the table, and nobody said here what it writes"),
    }
}

fn say(meant: &mut Meant, case: &Case, option: &str, value: &str) {
    let number = || value.parse::<i64>().map(Value::from).expect("it is a number");
    let read = |text: &str| serde_json::from_str::<Value>(text).expect("it is JSON");
    match (case.verb().as_str(), option) {
        ("scale", "replicas") => meant.body["spec"]["replicas"] = number(),
        ("scale", "current-replicas" | "resource-version") => conditional(meant),
        ("patch", "type") => meant.content_type = Some(kind(value)),
        ("patch", "patch") => meant.body = read(value),
        ("patch", "patch-file") | ("create", "filename") => meant.body = read(file(case, value)),
        ("patch", "subresource") => meant.path.push(value.to_owned()),
        ("rollout undo", "to-revision") => meant.body = json!(format!("web:{value}")),
        // It reads nothing (`is_read`).
        ("delete", "wait") => {}
        // kubectl makes a second of none: to delete at once it wants another option, which is not in the table.
        ("delete", "grace-period") => meant.body["gracePeriodSeconds"] = number().as_i64().map(|n| n.max(1)).into(),
        (verb, other) => panic!("kubectl {verb} has the option {other} in the table, and nobody said here what it does"),
    }
}

/// Written whole, as it was read: so the API server refuses it when somebody else wrote meanwhile.
fn conditional(meant: &mut Meant) {
    let replicas = meant.body["spec"].clone();
    let name = meant.path[meant.path.len() - 2].clone();
    meant.method = "PUT";
    meant.content_type = None;
    meant.body = json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1",
        "metadata": {"name": name, "namespace": "shop", "uid": UID, "resourceVersion": "7"},
        "spec": replicas, "status": {"replicas": 2},
    });
}

fn kind(of: &str) -> &'static str {
    match of {
        "json" => "application/json-patch+json",
        "merge" => "application/merge-patch+json",
        "strategic" => "application/strategic-merge-patch+json",
        other => panic!("patches are of the type {other} in the table, and nobody said here what that is"),
    }
}

/// The text of the file that is named so.
fn file<'a>(case: &'a Case, value: &str) -> &'a str {
    let name = value.strip_prefix("/writ/in/").expect("it is a file of the command");
    let (_, text) = case.command.files.iter().find(|(file, _)| file == name).expect("its file is there");
    text
}

/// The API server takes it as a dry run of what was meant: for a deletion that stands in the body, for all else in the query.
fn dry(meant: &mut Meant) {
    if meant.method == "DELETE" {
        meant.body["dryRun"] = json!(["All"]);
    } else {
        let rest = if meant.query.is_empty() { String::new() } else { format!("&{}", meant.query) };
        meant.query = format!("dryRun=All{rest}");
    }
}
