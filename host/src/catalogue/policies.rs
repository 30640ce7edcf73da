//! `ExecutionPolicy` objects to the gate: check, swap, keep the last good, say how it went. A policy that should be in force and is not
//! says no to everything: leaving it out would leave out its refusals.
use super::Catalogue;
use crate::{
    cluster::{CallError, Cluster},
    gate::{Checked, Gate, Policy, Problem},
    ledger::Ledger,
};
use crds::{ExecutionPolicy, ExecutionPolicyStatus, PolicyMode};
use decide::observed::{PolicyRuling, Verdict};
use jiff::Timestamp;
use std::{collections::BTreeMap, sync::Arc};

/// What the controller works on.
pub struct PolicyController {
    cluster: Cluster,
    gate: Gate,
    ledger: Ledger,
    catalogue: Arc<Catalogue>,
    last_good: BTreeMap<String, Arc<Checked>>,
    now: fn() -> Timestamp,
}

/// What became of one policy.
enum Looked {
    Good(Arc<Checked>),
    /// The problems, and what is still in force from before.
    Bad(Vec<Problem>, Option<Arc<Checked>>),
}

impl PolicyController {
    /// Nothing is in force before the first `update`.
    #[must_use]
    pub fn new(cluster: Cluster, gate: Gate, ledger: Ledger, catalogue: Arc<Catalogue>, now: fn() -> Timestamp) -> Self {
        Self { cluster, gate, ledger, catalogue, last_good: BTreeMap::new(), now }
    }

    /// Looks at all policies and swaps them whole.
    pub async fn update(&mut self, objects: Vec<ExecutionPolicy>) -> Result<(), CallError> {
        let looked: Vec<(ExecutionPolicy, Looked)> = objects.into_iter().map(|o| (o.clone(), self.look(&o))).collect();
        let mut good = Vec::new();
        let mut broken = Vec::new();
        for (object, one) in &looked {
            match one {
                Looked::Good(checked) | Looked::Bad(_, Some(checked)) => good.push(checked.clone()),
                Looked::Bad(problems, None) => broken.extend(ruling(object, problems)),
            }
        }
        self.keep(&good).await;
        self.last_good = good.iter().map(|c| (c.policy.name.clone(), c.clone())).collect();
        // Broken first: between the two swaps there is more refusal, never less.
        self.catalogue.set_broken(broken);
        self.gate.swap(good);
        for (object, one) in &looked {
            self.say(object, one).await?;
        }
        Ok(())
    }

    fn look(&self, object: &ExecutionPolicy) -> Looked {
        let policy = policy(object);
        if let Some(last) = self.last_good.get(&policy.name).filter(|last| last.policy == policy) {
            return Looked::Good(last.clone());
        }
        match Gate::check(&policy) {
            Ok(checked) => Looked::Good(Arc::new(checked)),
            Err(problems) => Looked::Bad(problems, self.last_good.get(&policy.name).cloned()),
        }
    }

    /// Bundles are blobs in the ledger, so that any decision can be evaluated again. Best effort here: a decision names the digest, and
    /// the object itself holds the text as long as it is in force.
    async fn keep(&self, good: &[Arc<Checked>]) {
        for checked in good {
            if let Err(error) = self.ledger.keep(&checked.bundle).await {
                tracing::warn!(policy = checked.policy.name, %error, "failed to keep the policy's text in the ledger");
            }
        }
    }

    async fn say(&self, object: &ExecutionPolicy, one: &Looked) -> Result<(), CallError> {
        let generation = object.metadata.generation.unwrap_or_default();
        let before = object.status.as_ref().map(|s| s.conditions.as_slice()).unwrap_or_default();
        let (ready, reason, message, checked) = match one {
            Looked::Good(checked) => (true, "Loaded", String::new(), Some(checked)),
            Looked::Bad(problems, last) => {
                let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
                let still = if last.is_some() { "; the last good one is still in force" } else { "; everything is refused until it is mended" };
                (false, problems.first().map_or("Invalid", |p| p.kind()), all.join("; ") + still, last.as_ref())
            }
        };
        let tried = [("Ready", ready, reason, message)];
        let status = ExecutionPolicyStatus {
            observed_generation: generation,
            digest: checked.map(|c| c.digest.to_string()).unwrap_or_default(),
            tests: checked.map(|c| format!("{}/{}", c.tests.0, c.tests.1)).unwrap_or_default(),
            conditions: super::conditions::merged(before, &tried, generation, (self.now)()),
        };
        self.cluster.policy_status(object, status).await
    }
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

/// A broken `Shadow` policy is not obeyed, so it does not refuse either.
fn ruling(object: &ExecutionPolicy, problems: &[Problem]) -> Option<PolicyRuling> {
    let policy = policy(object);
    let why = problems.first().map(ToString::to_string).unwrap_or_default();
    Some(PolicyRuling {
        digest: crate::gate::digest(&policy),
        policy: policy.name,
        owner: policy.owner,
        shadow: policy.shadow,
        verdict: Verdict::Errored(format!("not in force: {why}")),
    })
}
