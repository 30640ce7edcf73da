//! What the question takes from an object: its labels and the priority of its pods. Values in, values out.
use serde_json::Value;
use std::collections::BTreeMap;

/// `metadata.labels` of an object or a namespace.
#[must_use]
pub fn labels(body: &Value) -> BTreeMap<String, String> {
    let labels = body.pointer("/metadata/labels").and_then(Value::as_object);
    labels.into_iter().flatten().filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned()))).collect()
}

/// Where kinds keep the pod they make: workloads, CronJobs, pods themselves.
const POD_SPECS: [&str; 3] = ["/spec/template/spec", "/spec/jobTemplate/spec/template/spec", "/spec"];

/// The priority class of an object's pods; empty for none.
#[must_use]
pub fn priority_class(body: &Value) -> String {
    let named = |at: &&str| body.pointer(at)?.get("priorityClassName")?.as_str().map(str::to_owned);
    POD_SPECS.iter().find_map(named).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_priority_class_is_found_wherever_a_kind_keeps_its_pod() {
        let class = json!({"priorityClassName": "system-cluster-critical"});
        for body in [
            json!({"spec": class}),
            json!({"spec": {"template": {"spec": class}}}),
            json!({"spec": {"jobTemplate": {"spec": {"template": {"spec": class}}}}}),
        ] {
            assert_eq!(priority_class(&body), "system-cluster-critical", "{body}");
        }
        assert_eq!(priority_class(&json!({"spec": {}})), "");
    }

    #[test]
    fn labels_are_read_and_an_object_without_has_none() {
        assert_eq!(labels(&json!({"metadata": {"labels": {"a": "b"}}})), BTreeMap::from([("a".into(), "b".into())]));
        assert!(labels(&json!({"metadata": {}})).is_empty());
    }
}
