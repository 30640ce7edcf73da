//! The revisions of a Deployment: its own ReplicaSets, each with the template it keeps.
use writ_action::prelude::*;

const KEY: &str = "revisions";
const REVISION: &str = "/metadata/annotations/deployment.kubernetes.io~1revision";
const CAUSE: &str = "/metadata/annotations/kubernetes.io~1change-cause";

/// One kept revision.
pub(super) struct Revision {
    pub(super) number: u64,
    /// of its ReplicaSet
    pub(super) name: String,
    pub(super) uid: String,
    /// as the Deployment had it
    pub(super) template: Value,
    /// `Null` where nobody said why
    pub(super) cause: Value,
}

/// The ReplicaSets the Deployment's selector selects.
pub(super) fn look(t: &Target, seen: &Seen) -> Vec<Look> {
    let parts = [REVISION, CAUSE, "/metadata/ownerReferences", "/spec/template"];
    // ten are kept where nobody says otherwise; a template may be 10 KiB, and each call gets a copy
    let look = Look::around(KEY, kind::REPLICA_SET, t).labels(selector(seen.at("/spec/selector"))).at_most(100);
    vec![look.pick(&parts)]
}

/// Oldest first. Only those the Deployment owns: a selector may reach farther than it should.
pub(super) fn revisions(t: &Target, seen: &Seen) -> Result<Vec<Revision>, Refusal> {
    let mut kept: Vec<Revision> = seen.objects(KEY)?.iter().filter(|rs| is_owned(rs, t)).filter_map(revision).collect();
    kept.sort_by_key(|r| r.number);
    Ok(kept)
}

fn is_owned(rs: &Object, t: &Target) -> bool {
    let owners = rs.at("/metadata/ownerReferences").as_array();
    owners.is_some_and(|owners| owners.iter().any(|o| o.get("uid") == Some(&json!(t.uid()))))
}

fn revision(rs: &Object) -> Option<Revision> {
    let mut template = rs.at("/spec/template").clone();
    // the controller's own mark, which the Deployment's template does not have
    if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
        labels.remove("pod-template-hash");
    }
    let number = rs.at(REVISION).as_str()?.parse().ok()?;
    Some(Revision { number, name: rs.name.clone(), uid: rs.uid.clone(), template, cause: rs.at(CAUSE).clone() })
}

/// Equal as Kubernetes sees it: a null is nothing.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            a.keys().chain(b.keys()).all(|k| same(a.get(k).unwrap_or(&Value::Null), b.get(k).unwrap_or(&Value::Null)))
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        _ => a == b,
    }
}

/// A selector as `kubectl -l` takes it.
fn selector(selector: &Value) -> String {
    let labels = selector.get("matchLabels").and_then(Value::as_object).into_iter().flatten();
    let labels = labels.map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or("")));
    let expressions = selector.get("matchExpressions").and_then(Value::as_array).into_iter().flatten();
    labels.chain(expressions.map(expression)).collect::<Vec<_>>().join(",")
}

fn expression(expression: &Value) -> String {
    let text = |part: &str| expression.get(part).and_then(Value::as_str).unwrap_or("");
    let values = expression.get("values").and_then(Value::as_array).into_iter().flatten();
    let values = values.filter_map(Value::as_str).collect::<Vec<_>>().join(",");
    let key = text("key");
    match text("operator") {
        "In" => format!("{key} in ({values})"),
        "NotIn" => format!("{key} notin ({values})"),
        "DoesNotExist" => format!("!{key}"),
        _ => key.to_owned(),
    }
}
