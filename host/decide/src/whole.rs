//! An execution from the text that is stored, with all that stands in its status, or not at all. Owns what a type may leave out. A part that this
//! build does not know would be gone with the next record: whoever wrote it is asked to go on.
use crds::KubernetesExecution;
use serde::Deserialize;
use serde_json::Value;

/// What is stored says more than this build can.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotKnown {
    /// This field, such as `status.plan.stdin`.
    #[error("{0} is not known to this version of the operator; it is of a newer one: upgrade the operator again")]
    Field(String),
    /// It is not even of this form: a word of an enum, mostly.
    #[error("this version of the operator cannot read it: {0}; if it was written by a newer one, upgrade the operator again")]
    Form(String),
}

/// All of it.
///
/// # Errors
/// Where a part of its spec or of its status would be lost.
pub fn read(object: &Value) -> Result<KubernetesExecution, NotKnown> {
    let form = |e: serde_json::Error| NotKnown::Form(e.to_string());
    let kx = KubernetesExecution::deserialize(object).map_err(form)?;
    let spec = serde_json::to_value(&kx.spec).map_err(form)?;
    if let Some(field) = object.get("spec").and_then(|said| lost(said, Some(&spec))) {
        return Err(NotKnown::Field(format!("spec{field}")));
    }
    let Some(said) = object.get("status") else { return Ok(kx) };
    let mut kept = serde_json::to_value(&kx.status).map_err(form)?;
    // They repeat the status, and a time may be written in several ways.
    if let (Some(kept), Some(conditions)) = (kept.as_object_mut(), said.get("conditions")) {
        kept.insert("conditions".to_owned(), conditions.clone());
    }
    match lost(said, Some(&kept)) {
        Some(field) => Err(NotKnown::Field(format!("status{field}"))),
        None => Ok(kx),
    }
}

/// The first place of what was said that was not kept as it is, such as `.plan.commands[0].stdin`. What says nothing may be left out.
pub(crate) fn lost(said: &Value, kept: Option<&Value>) -> Option<String> {
    match (said, kept) {
        (said, None) => (!says_nothing(said)).then(String::new),
        (Value::Object(said), Some(Value::Object(kept))) => {
            said.iter().find_map(|(key, value)| Some(format!(".{key}{}", lost(value, kept.get(key))?)))
        }
        (Value::Array(said), Some(Value::Array(kept))) if said.len() == kept.len() => {
            let mut pairs = said.iter().zip(kept).enumerate();
            pairs.find_map(|(n, (said, kept))| Some(format!("[{n}]{}", lost(said, Some(kept))?)))
        }
        (said, Some(kept)) => (said != kept).then(String::new),
    }
}

/// What a field that is left out means.
fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) | Value::Number(_) => false,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(says_nothing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{fixtures::kx, stored};
    use serde_json::json;

    fn object(exec: &crate::execution::Execution) -> Value {
        let kx = KubernetesExecution { spec: exec.spec.clone(), status: Some(exec.status.clone()), ..kx() };
        serde_json::to_value(kx).unwrap()
    }

    #[test]
    fn whatever_this_build_stores_it_reads() {
        for (stage, exec) in stored::all() {
            let read = read(&object(&exec)).unwrap_or_else(|e| panic!("{stage}: {e}"));
            assert_eq!(read.status.as_ref(), Some(&exec.status), "{stage}");
        }
        assert!(read(&json!({"apiVersion": "writ.dev/v1alpha1", "kind": "KubernetesExecution", "metadata": {}, "spec": {"action": "a"}})).is_ok(), "a new one has no status");
        assert!(read(&json!({"apiVersion": "writ.dev/v1alpha1", "kind": "KubernetesExecution", "metadata": {}, "spec": {"action": "a"}, "status": null})).is_ok());
    }

    /// At each depth, and in a list.
    #[test]
    fn what_a_newer_build_stored_is_not_read_without_what_it_says_more() {
        let stages = stored::all();
        let (_, exec) = stages.iter().find(|(name, _)| name == "completed").unwrap();
        for (part, field) in [
            ("/spec", "spec.stdin"),
            ("/status", "status.stdin"),
            ("/status/plan", "status.plan.stdin"),
            ("/status/plan/commands/0", "status.plan.commands[0].stdin"),
            ("/status/timeline/1", "status.timeline[1].stdin"),
            ("/status/job", "status.job.stdin"),
        ] {
            let with = |value: Value| {
                let mut object = object(exec);
                object.pointer_mut(part).unwrap()["stdin"] = value;
                read(&object)
            };
            for more in [json!("x"), json!(true), json!(0), json!(["x"]), json!({"from": {"file": "x"}})] {
                assert_eq!(with(more), Err(NotKnown::Field(field.to_owned())));
            }
            for nothing in [json!(null), json!(""), json!(false), json!([]), json!({"from": {}})] {
                assert!(with(nothing).is_ok(), "{field}");
            }
        }
    }

    #[test]
    fn what_says_nothing_may_be_written_or_left_out() {
        let (_, exec) = stored::all().into_iter().find(|(name, _)| name == "completed").unwrap();
        let mut object = object(&exec);
        object["status"]["plan"]["irreversible"] = json!("");
        object["status"]["plan"]["owners"] = json!([]);
        object["status"]["review"] = json!(null);
        object["status"]["conditions"] = json!([]);
        assert!(read(&object).is_ok());
    }

    #[test]
    fn a_word_of_a_newer_build_is_told_by_itself() {
        let (_, exec) = stored::all().into_iter().find(|(name, _)| name == "completed").unwrap();
        for place in ["/status/phase", "/status/reason", "/status/timeline/0/reason"] {
            let mut object = object(&exec);
            *object.pointer_mut(place).unwrap() = json!("OfANewerBuild");
            let told = read(&object).unwrap_err().to_string();
            assert!(told.contains("OfANewerBuild") && told.contains("upgrade the operator again"), "{place}: {told}");
        }
    }
}
