//! Executions that nobody runs alone: a policy wants two people for each. Owns what is said of each of them, by whom, and when; and so what
//! may have been done: nothing without both.
use crate::dice::Dice;
use anyhow::Result;
use kube::Client;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tests::{Cluster, Run, Standing, Story, create, get, is, within};

/// By which the policy knows them.
pub(crate) const REASON: &str = "torture, if two say yes";
/// Whoever waits longer is not helped by another word.
const PATIENCE: Duration = Duration::from_secs(300);
const LOOK: Duration = Duration::from_millis(150);
/// What was said of an earlier plan, or before an operator's clock was there, does not count: it is said again.
const AGAIN: Duration = Duration::from_secs(5);

/// What is said of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// Yes, by both.
    Yes,
    /// Yes by one; then nobody waits any longer.
    Half,
    /// Yes by one, and no by the other.
    No,
}

/// The two.
pub(crate) struct Voters {
    first: Client,
    second: Client,
    _policy: Standing,
}

impl Voters {
    /// With the policy that asks for them, once it is in force.
    ///
    /// # Errors
    /// Where it cannot be made.
    pub(crate) async fn called(cluster: &Cluster) -> Result<Self> {
        let policy = policy();
        let standing = cluster.stand(policy.clone()).await?;
        within(tests::PATIENCE, "the policy is in force", async || {
            let now = get(&cluster.admin, &policy).await.ok()??;
            is(&now, "Ready").then_some(())
        })
        .await;
        let as_one = |name: &str| cluster.as_user(name, &["system:masters", "torture"]);
        Ok(Self { first: as_one("jonas"), second: as_one("mia"), _policy: standing })
    }

    /// As often as it waits, until it is over.
    pub(crate) async fn say(&self, run: &Run, said: Said, dice: &Dice) {
        let (began, mut wait) = (Instant::now(), dice.millis(0, 2500));
        while began.elapsed() < PATIENCE {
            let Some(now) = run.now().await else { return };
            if Story::is_end(&now["status"]) {
                return;
            }
            if now["status"]["phase"] != "AwaitingApproval" {
                tokio::time::sleep(LOOK).await;
                continue;
            }
            tokio::time::sleep(wait).await;
            wait = AGAIN;
            let ballot = |decision| ballot(run, &now["status"]["approval"]["planHash"], decision);
            // It may be over by now, or another plan.
            drop(create(&self.first, &ballot("Approve")).await);
            tokio::time::sleep(dice.millis(0, 1500)).await;
            match said {
                Said::Yes => drop(create(&self.second, &ballot("Approve")).await),
                Said::No => drop(create(&self.second, &ballot("Reject")).await),
                Said::Half => drop(run.cancel(&self.second, "the torture").await),
            }
        }
    }
}

impl Said {
    pub(crate) fn rolled(dice: &Dice) -> Self {
        match dice.roll(4) {
            0 => Self::No,
            1 => Self::Half,
            _ => Self::Yes,
        }
    }

    /// Whether it ended as if something else had been said.
    pub(crate) fn is_unheard(self, end: &Value) -> bool {
        let (phase, reason) = (&end["status"]["phase"], &end["status"]["reason"]);
        match self {
            Self::Yes => reason == "Rejected" || reason == "ApprovalExpired",
            Self::Half | Self::No => phase == "Completed" || phase == "Failed",
        }
    }
}

fn ballot(run: &Run, hash: &Value, decision: &str) -> Value {
    json!({
        "apiVersion": "writ.dev/v1alpha1", "kind": "ExecutionApproval",
        "metadata": {"generateName": "torture-", "namespace": run.namespace},
        "spec": {
            "execution": {"name": run.name, "uid": run.uid}, "action": "scale_deployment", "planHash": hash, "decision": decision,
            "comment": "torture",
        },
    })
}

fn policy() -> Value {
    let two = r#"{"approvals": 2, "approver_groups": ["torture"], "expires": "10m"}"#;
    let module = format!(
        "package writ\n\ndefault decision := {{\"allow\": true, \"deny\": [], \"require\": {{}}}}\n\n\
         decision := {{\"allow\": true, \"deny\": [], \"require\": {two}}} if input.execution.reason == \"{REASON}\"\n"
    );
    let test = "package writ_test\n\nimport data.writ\n\n\
                test_of_others_nothing_is_asked if writ.decision.require == {} with input as {\"execution\": {\"reason\": \"x\"}}\n";
    json!({
        "apiVersion": "writ.dev/v1alpha1", "kind": "ExecutionPolicy", "metadata": {"name": "torture"},
        "spec": {"owner": "torture", "modules": {"a.rego": module, "a_test.rego": test}},
    })
}
