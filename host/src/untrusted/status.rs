//! Executions as somebody else could have written them: what does not parse is not acted on; what does is what it was.
use super::dice::Dice;
use crate::config::Operator;
use crds::KubernetesExecution;
use decide::{execution::Execution, model::Uid, observed::LedgerSeen};
use serde_json::{Value, json};
use std::sync::LazyLock;

/// What the host itself stores, from the first record to the last: `decide::tests::stored` keeps it.
static STAGES: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/stages.json");
    let text = std::fs::read_to_string(file).expect("host/fuzz/stages.json can be read");
    serde_json::from_str(&text).expect("it is a list")
});

static CLUSTER: LazyLock<Uid> = LazyLock::new(|| Uid::try_from("cluster".to_owned()).expect("it is a uid"));

fn object(stage: &Value) -> Value {
    json!({
        "apiVersion": "writ.dev/v1alpha1", "kind": "KubernetesExecution",
        "metadata": {
            "name": "scale-web-x7k2p", "namespace": "shop", "uid": "3c1f0a52-94d7-4be1-8a5e-0c1d2e3f4a5b", "resourceVersion": "1",
            "generation": 1, "creationTimestamp": "2026-11-23T03:12:07Z", "finalizers": [decide::execution::FINALIZER],
        },
        "spec": stage["spec"],
        "status": stage["status"],
    })
}

/// One that was just created.
pub(super) fn asked() -> Execution {
    let kx = serde_json::from_value(object(&json!({"spec": STAGES[0]["spec"], "status": null}))).expect("it is an execution");
    Execution::parse(&CLUSTER, &kx).expect("it is new")
}

/// A stored one with up to four places spoiled; or the bytes themselves.
pub(super) fn status(bytes: &[u8]) {
    let mut dice = Dice(bytes);
    let document = if bytes.starts_with(b"{") {
        serde_json::from_slice(bytes).unwrap_or_default()
    } else {
        let mut document = object(&STAGES[usize::from(dice.byte()) % STAGES.len()]);
        dice.spoil(&mut document);
        document
    };
    let Ok(kx) = serde_json::from_value::<KubernetesExecution>(document) else { return };
    let Ok(exec) = Execution::parse(&CLUSTER, &kx) else { return };
    let stored = KubernetesExecution { status: Some(exec.status.clone()), ..kx };
    let again = serde_json::to_value(&stored).and_then(serde_json::from_value).expect("what was read can be stored and read");
    assert_eq!(Execution::parse(&CLUSTER, &again).as_ref(), Ok(&exec), "it is read as it was");
    let site = Operator::offline().site("1.37".to_owned());
    for seen in [LedgerSeen::At(exec.seq), LedgerSeen::At(exec.seq.saturating_sub(1)), LedgerSeen::Other, LedgerSeen::Unreachable]
    {
        let _ = decide::owed(&site, exec.at, &exec, &seen);
    }
}
