//! Executions as somebody else could have written them: what does not parse is not acted on; what does is what it was.
use super::dice::Dice;
use crate::config::Operator;
use crds::{KubernetesExecution, Phase};
use decide::{
    execution::{Execution, Progress},
    model::Uid,
    observed::{LedgerSeen, Observed, PhaseSeen},
    step::Step,
    whole,
};
use serde_json::{Value, json};
use std::sync::LazyLock;

/// What the host itself stores, from the first record to the last: `decide::tests::stored` keeps it.
static STAGES: LazyLock<Vec<Value>> = LazyLock::new(|| kept("stages.json"));

/// What can be seen, in each phase: `decide::tests::seen` keeps it.
static LOOKS: LazyLock<Vec<PhaseSeen>> = LazyLock::new(|| kept("looks.json"));

fn kept<T: serde::de::DeserializeOwned>(name: &str) -> Vec<T> {
    let file = format!("{}/fuzz/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{file}: {e}"));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{file}: {e}"))
}

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

/// As the host stores it on this stage.
#[cfg(test)]
pub(crate) fn stage(name: &str) -> Execution {
    let stage = STAGES.iter().find(|stage| stage["name"] == name).expect("it is a stage");
    let kx = whole::read(&object(stage)).expect("it is stored so");
    Execution::parse(&CLUSTER, &kx).expect("it is stored so")
}

/// A stored one with up to four places spoiled; or the bytes themselves.
pub(super) fn status(bytes: &[u8]) {
    // Nothing follows from one that is not read.
    let _ = read(bytes);
}

/// Which phase was read, if one was: then it was read as it was stored, and led to one step whatever was seen.
fn read(bytes: &[u8]) -> Option<Phase> {
    let mut dice = Dice(bytes);
    let document = if bytes.starts_with(b"{") {
        serde_json::from_slice(bytes).unwrap_or_default()
    } else {
        let mut document = object(&STAGES[usize::from(dice.byte()) % STAGES.len()]);
        dice.spoil(&mut document);
        document
    };
    let kx = whole::read(&document).ok()?;
    let exec = Execution::parse(&CLUSTER, &kx).ok()?;
    let stored = KubernetesExecution { status: Some(exec.status.clone()), ..kx };
    let again = serde_json::to_value(&stored).expect("what was read can be stored");
    let again = whole::read(&again).expect("what this build stores it knows");
    assert_eq!(Execution::parse(&CLUSTER, &again).as_ref(), Ok(&exec), "it is read as it was");
    one_step(&mut dice, &exec);
    Some(exec.phase())
}

/// What is recorded is legal, and only where the ledger stands where the status says; what is owed is owed whatever is seen.
fn one_step(dice: &mut Dice<'_>, exec: &Execution) {
    let site = Operator::offline().site("1.37".to_owned());
    let looks: Vec<&PhaseSeen> = LOOKS.iter().filter(|look| fits(&exec.progress, look)).collect();
    let phase = dice.one(&looks);
    for ledger in
        [LedgerSeen::At(exec.seq), LedgerSeen::At(exec.seq.saturating_sub(1)), LedgerSeen::Other, LedgerSeen::Unreachable]
    {
        let seen = Observed { ledger, phase: phase.clone() };
        let step = decide::next_step(&site, exec.at, exec, &seen);
        if let Step::Record(status) = &step {
            assert!(exec.phase().leads_to().contains(&status.phase), "{:?} -> {:?}", exec.phase(), status.phase);
            assert_eq!(seen.ledger, LedgerSeen::At(exec.seq), "{:?}", status.reason);
        }
        if let Some(owed) = decide::owed(&site, exec.at, exec, &seen.ledger) {
            assert_eq!(owed, step, "what is owed is done whatever is seen");
        }
        assert_eq!(decide::next_step(&site, exec.at, exec, &seen), step, "the same look, another step");
    }
}

/// Looked at by who is there.
const fn fits(progress: &Progress, look: &PhaseSeen) -> bool {
    matches!(
        (progress, look),
        (Progress::Validating, PhaseSeen::Validating(_))
            | (Progress::AwaitingApproval(_), PhaseSeen::AwaitingApproval(_))
            | (Progress::DryRunning(_), PhaseSeen::DryRunning(_))
            | (Progress::Preparing(_), PhaseSeen::Preparing(_))
            | (Progress::Executing(_), PhaseSeen::Executing(_))
            | (Progress::Verifying(_), PhaseSeen::Verifying(_))
            | (Progress::Over(_), PhaseSeen::Over(_))
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// From any phase, which leads to others: all there are. A new one is in a stage, or this fails.
    fn phases() -> BTreeSet<Phase> {
        let mut all = BTreeSet::from([Phase::Validating]);
        loop {
            let next: BTreeSet<Phase> = all.iter().flat_map(|p| p.leads_to()).copied().chain(all.clone()).collect();
            if next == all {
                return all;
            }
            all = next;
        }
    }

    /// Where no phase is read, nothing of what is promised of one was ever looked at.
    #[test]
    fn each_phase_is_read_from_something_and_each_has_looks() {
        let stages = u8::try_from(STAGES.len()).unwrap();
        let read: BTreeSet<Phase> = (0..stages).filter_map(|stage| read(&[stage])).collect();
        assert_eq!(read, phases());
        for stage in 0..stages {
            let kx = serde_json::from_value(object(&STAGES[usize::from(stage)])).unwrap();
            let exec = Execution::parse(&CLUSTER, &kx).unwrap();
            assert!(LOOKS.iter().filter(|look| fits(&exec.progress, look)).count() >= 4, "{:?}", exec.phase());
        }
    }

    #[test]
    fn what_a_newer_build_stored_is_not_read() {
        let mut document = object(&STAGES[0]);
        assert_eq!(read(document.to_string().as_bytes()), Some(Phase::Validating));
        document["status"]["stdin"] = json!("x");
        assert_eq!(read(document.to_string().as_bytes()), None);
    }

    #[test]
    fn what_is_not_as_it_was_stored_is_not_read() {
        let mut document = object(&STAGES[0]);
        document["status"] = json!({"phase": "Executing", "reason": "JobSeen", "seq": -1});
        assert_eq!(read(document.to_string().as_bytes()), None);
    }
}
