//! `ExecutionPolicy` objects to the gate: check, put in force, say how it went. What stands in for a policy that is broken is the gate's
//! business: its last good version, or a refusal of everything.
use super::{
    conditions,
    follow::{Controller, UpdateError},
};
use crate::{
    cluster::{CallError, Cluster},
    gate::{Applied, Gate, Kind, Policy},
    ledger::Ledger,
};
use crds::{ExecutionPolicy, ExecutionPolicyStatus, PolicyMode};
use jiff::Timestamp;

/// What the controller works on.
pub struct PolicyController {
    cluster: Cluster,
    gate: Gate,
    ledger: Ledger,
    now: fn() -> Timestamp,
    /// What the gate had to say when it was asked last.
    heard: (usize, usize),
}

impl PolicyController {
    /// Nothing is in force before the first `update`.
    #[must_use]
    pub const fn new(cluster: Cluster, gate: Gate, ledger: Ledger, now: fn() -> Timestamp) -> Self {
        Self { cluster, gate, ledger, now, heard: (0, 0) }
    }

    /// Bundles are blobs in the ledger, so that any decision can be made again. Best effort: the object holds the text while it is in force.
    async fn keep(&self, one: &Applied) {
        if let Err(error) = self.ledger.keep(&one.in_force.bundle).await {
            tracing::warn!(policy = one.name, %error, "failed to keep the policy's text in the ledger");
        }
    }

    async fn say(&self, object: &ExecutionPolicy, one: &Applied) -> Result<(), CallError> {
        let generation = object.metadata.generation.unwrap_or_default();
        let before = object.status.as_ref().map(|s| s.conditions.as_slice()).unwrap_or_default();
        let tried = [("Ready", one.problems.is_empty(), reason(one), message(one))];
        let (passed, all) = one.in_force.tests;
        let digest = one.in_force.digest.as_str().trim_start_matches("sha256:");
        let status = ExecutionPolicyStatus {
            observed_generation: generation,
            digest: digest.get(..10).unwrap_or_default().to_owned(),
            tests: format!("{passed}/{all}"),
            conditions: conditions::merged(before, &tried, generation, (self.now)()),
        };
        self.cluster.policy_status(object, status).await
    }
}

impl Controller for PolicyController {
    type Object = ExecutionPolicy;

    /// Looks at all policies and puts them in force, whole.
    async fn update(&mut self, objects: Vec<ExecutionPolicy>) -> Result<(), UpdateError> {
        let wanted: Vec<Policy> = objects.iter().map(policy).collect();
        let gate = self.gate.clone();
        self.heard = gate.news();
        // Runs the tests of every new bundle: milliseconds, at worst seconds; not for a thread that others wait on.
        let applied = tokio::task::spawn_blocking(move || gate.apply(&wanted)).await.unwrap_or_default();
        for one in &applied {
            self.keep(one).await;
        }
        for (object, one) in objects.iter().zip(&applied) {
            self.say(object, one).await?;
        }
        let again = applied.iter().find(|one| one.passes());
        again.map_or(Ok(()), |one| Err(UpdateError::Check { policy: one.name.clone(), why: message(one) }))
    }

    /// A check that was not waited for is over, or will never be.
    fn moved(&self) -> bool {
        self.gate.news() != self.heard
    }
}

fn reason(one: &Applied) -> &'static str {
    one.problems.first().map_or("Loaded", |problem| problem.kind.as_str())
}

fn message(one: &Applied) -> String {
    if one.problems.is_empty() {
        return String::new();
    }
    let all: Vec<String> = one.problems.iter().map(ToString::to_string).collect();
    let checking = one.problems.iter().all(|problem| problem.kind == Kind::Checking);
    let still = match (one.in_force.is_ready(), checking, one.passes()) {
        (true, ..) => "its last good version is still in force",
        (false, true, _) => "everything is refused until it is over",
        (false, _, true) => "nothing is allowed until it passes; it is tried again",
        (false, ..) => "everything is refused until it is corrected or deleted",
    };
    format!("{}; {still}", all.join("; "))
}

fn policy(object: &ExecutionPolicy) -> Policy {
    Policy {
        name: object.metadata.name.clone().unwrap_or_default(),
        owner: object.spec.owner.clone(),
        shadow: object.spec.mode == PolicyMode::Shadow,
        modules: object.spec.modules.clone(),
        data: serde_json::Value::Object(object.spec.data.clone()),
    }
}
