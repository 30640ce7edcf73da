//! What was recorded of the policies' decision about an execution: in the object, or, once that is gone, in its last row in the ledger. Owns
//! that a record which stands for an object that is gone is never shown without saying so.
use crate::cli::{
    audit::{Trail, rows_path},
    connect::Connected,
    human::plain,
    out,
};
use anyhow::Context;
use crds::PolicyStatus;
use serde_json::Value;

/// The decision, and where its question is to be had.
pub(super) struct Recorded {
    pub(super) policy: PolicyStatus,
    /// Or why whoever asks may not look there.
    pub(super) trail: anyhow::Result<Trail>,
}

/// Of the execution of this name in the namespace meant; of the last one, where it is gone.
pub(super) async fn of(cluster: &Connected, name: &str) -> anyhow::Result<Recorded> {
    let Some(kx) = cluster.sought(name).await? else { return gone(cluster, name).await };
    let status = kx.status.unwrap_or_default();
    let policy = status.policy.with_context(|| format!("no policy was asked about {name} ({:?})", status.reason))?;
    Ok(Recorded { policy, trail: Trail::open(cluster).await })
}

async fn gone(cluster: &Connected, name: &str) -> anyhow::Result<Recorded> {
    let missing = cluster.missing(name);
    let opened = Trail::open(cluster).await;
    let mut trail = opened.with_context(|| format!("{missing}. The ledger could not be asked whether there was one"))?;
    let path = rows_path(&[("namespace", Some(cluster.namespace.as_str())), ("name", Some(name)), ("limit", Some("1"))]);
    let rows = trail.ask(&path).await?;
    let Some(row) = rows.lines().next_back() else { anyhow::bail!("{missing}. The ledger knows of none that was there, either") };
    let (told, policy) = last(row)?;
    out::note(told);
    Ok(Recorded { policy, trail: Ok(trail) })
}

/// What the last row of an execution says of its policies; and for people, which execution that was.
fn last(row: &str) -> anyhow::Result<(String, PolicyStatus)> {
    let row: Value = serde_json::from_str(row).context("failed to understand a row")?;
    let at = |key: &str| plain(row.get(key).and_then(Value::as_str).unwrap_or_default());
    let (name, reason) = (format!("{}/{}", at("namespace"), at("name")), at("reason"));
    let payload = row.get("payload").and_then(Value::as_str).unwrap_or_default();
    let payload: Value = serde_json::from_str(payload).context("failed to understand what a row holds")?;
    let policy = payload.pointer("/status/policy").cloned();
    let policy = policy.with_context(|| format!("{name} is gone, and no policy was asked about it ({reason})"))?;
    let policy: PolicyStatus = serde_json::from_value(policy).context("failed to understand a decision")?;
    let told = format!(
        "{name} is gone. This is what the ledger has of the last one of that name: {} ({reason}) at {}, uid {}.",
        at("phase"),
        at("at"),
        at("uid")
    );
    Ok((told, policy))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use serde_json::json;

    fn row(status: &Value) -> String {
        let payload = json!({"requester": {"username": "maria"}, "status": status}).to_string();
        json!({
            "namespace": "shop", "name": "scale-web-x7k2p", "uid": "3c1f", "seq": 1, "at": "2026-11-29T03:12:07Z",
            "phase": "Completed", "reason": "PlanOnly", "payload": payload,
        })
        .to_string()
    }

    #[test]
    fn what_is_gone_is_said_to_be_gone_and_its_decision_is_that_of_its_last_row() {
        let policy = json!({"decision": "Allow", "inputDigest": "sha256:1", "results": []});
        let (told, policy) = last(&row(&json!({"policy": policy}))).unwrap();
        expect!["shop/scale-web-x7k2p is gone. This is what the ledger has of the last one of that name: Completed (PlanOnly) at 2026-11-29T03:12:07Z, uid 3c1f."]
            .assert_eq(&told);
        assert_eq!((policy.decision.as_str(), policy.input_digest.as_str()), ("Allow", "sha256:1"));
    }

    #[test]
    fn of_what_no_policy_was_asked_about_there_is_nothing_to_show() {
        let error = last(&row(&json!({}))).unwrap_err();
        assert_eq!(error.to_string(), "shop/scale-web-x7k2p is gone, and no policy was asked about it (PlanOnly)");
        assert!(last("").is_err() && last("{}").is_err());
    }
}
