//! The undo that what failed asks for by itself, in words. Which one it is the core says; nothing is decided here.
use crds::KubernetesExecution;
use decide::{execution::Execution, model::Uid};

/// What is said of it at the end; none where none is to come, or where the message tells of it already.
#[must_use]
pub fn on_its_way(kx: &KubernetesExecution) -> Option<String> {
    // Of which cluster it is changes nothing here.
    let cluster = Uid::try_from("any".to_owned()).ok()?;
    let exec = Execution::parse(&cluster, kx).ok()?;
    let undo = decide::automatic_undo(&exec)?;
    Some(format!("Its undo is on its way, as {undo}. Follow that: writ watch {undo} -n {}", exec.namespace))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn failed(change: impl FnOnce(&mut Value)) -> KubernetesExecution {
        let mut kx = json!({
            "apiVersion": "writ.dev/v1alpha1", "kind": "KubernetesExecution",
            "metadata": {
                "name": "rollback-web-x7k2p", "namespace": "shop", "uid": "3c1f0000-0000-4000-8000-000000000001", "resourceVersion": "1",
                "creationTimestamp": "2026-11-23T03:12:07Z", "finalizers": [crds::labels::FINALIZER_RECORD],
            },
            "spec": {"action": "rollback_deployment", "target": {"name": "web"}, "rollback": {"onFailure": "Automatic"}},
            "status": {"phase": "Failed", "reason": "ChecksFailed", "seq": 9, "at": "2026-11-23T03:12:09.000000Z", "rollback": {"state": "Ready"}},
        });
        change(&mut kx);
        serde_json::from_value(kx).unwrap()
    }

    #[test]
    fn what_failed_says_that_its_undo_is_on_its_way_and_under_which_name() {
        let undo = "rollback-web-x7k2p-undo-3c1f0000";
        let said = format!("Its undo is on its way, as {undo}. Follow that: writ watch {undo} -n shop");
        assert_eq!(on_its_way(&failed(|_| {})), Some(said));
    }

    #[test]
    fn where_none_is_to_come_none_is_promised() {
        assert_eq!(on_its_way(&failed(|kx| kx["spec"]["rollback"]["onFailure"] = json!("Never"))), None);
        assert_eq!(on_its_way(&failed(|kx| kx["spec"]["cancel"] = json!({"requested": true}))), None);
        assert_eq!(on_its_way(&failed(|kx| kx["status"]["rollback"]["state"] = json!("Unneeded"))), None);
        assert_eq!(on_its_way(&failed(|kx| kx["status"]["phase"] = json!("Completed"))), None);
        // It was made, and the message says so.
        assert_eq!(on_its_way(&failed(|kx| kx["status"]["rollback"]["automatic"] = json!("undo"))), None);
    }
}
