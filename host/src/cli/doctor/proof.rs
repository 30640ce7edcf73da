//! What only a policy itself can answer, asked in somebody else's name: two guards refuse whoever types, and which of them speaks is
//! chance. That takes the right to impersonate; who has it not is told what is not known.
use super::{Bad, Finding, Good, MEND, Note, Unknown};
use crate::cli::{causes, connect::said};
use crds::labels::{DRY_RUN_ONLY, DRY_RUN_PROBE, NAMESPACE_DRYRUN, OPERATOR_USER};
use http::{Request, header::CONTENT_TYPE, request::Builder};
use kube::{Client, Error};
use serde_json::{Value, json};

/// The groups that the API server gives the operator.
const OPERATOR_GROUPS: &[&str] = &["system:serviceaccounts", "system:serviceaccounts:writ-system", "system:authenticated"];
/// What the static lock says (`deploy/local/static-admission`).
const LOCK: &str = "changed by the group writ:policy-admins only";

async fn ask(client: &Client, builder: Builder, who: &str, groups: &[&str], body: Value) -> Result<Value, Error> {
    let named = builder.header(CONTENT_TYPE, "application/json").header("Impersonate-User", who);
    let grouped = groups.iter().fold(named, |request, group| request.header("Impersonate-Group", *group));
    client.request(grouped.body(body.to_string().into_bytes()).map_err(Error::HttpError)?).await
}

/// The guard of dry runs, by its own words, as the operator hears them before each dry run. Where it does not bite, what went through is
/// taken away again: an account without any right.
pub(super) async fn dry_runs(client: &Client) -> Finding {
    let accounts = format!("/api/v1/namespaces/{NAMESPACE_DRYRUN}/serviceaccounts");
    let metadata = json!({"name": DRY_RUN_PROBE, "namespace": NAMESPACE_DRYRUN});
    let probe =
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata, "automountServiceAccountToken": false});
    match ask(client, Request::post(&accounts), OPERATOR_USER, OPERATOR_GROUPS, probe).await {
        Ok(_) => {
            let made = Request::delete(format!("{accounts}/{DRY_RUN_PROBE}"));
            let left = match ask(client, made, OPERATOR_USER, OPERATOR_GROUPS, json!({})).await {
                Ok(_) => "",
                Err(_) => "; it is still there",
            };
            Bad(
                format!("the guard of dry runs let a write through (account {DRY_RUN_PROBE} of {NAMESPACE_DRYRUN}{left})"),
                MEND.into(),
            )
        }
        Err(Error::Api(no)) if no.message.contains(DRY_RUN_ONLY) => {
            Good("the guard of dry runs refuses what would be written, in its own words".into())
        }
        Err(Error::Api(no)) if no.message.contains("impersonate") => Unknown(
            "not known: whether the guard of dry runs refuses; it was not tried, you may not act as the operator".into(),
            "ask as an administrator; the operator tries it before each dry run, and refuses with DryRunNotGuarded".into(),
        ),
        Err(Error::Api(no)) => {
            Bad(format!("what would be written in a dry run was refused, but not by its guard: {}", no.message), MEND.into())
        }
        Err(error) => {
            Unknown(format!("not known: whether the guard of dry runs refuses: {}", causes(&said(error))), "try again".into())
        }
    }
}

/// Whether Writ's own policies are locked: an administrator of everything, who is no policy admin, asks whether he could add one.
pub(super) async fn lock(client: &Client) -> Finding {
    let policies = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies?dryRun=All";
    let rule = json!({"apiGroups": ["writ.dev"], "apiVersions": ["*"], "resources": ["nothing"], "operations": ["CREATE"]});
    let spec = json!({"matchConstraints": {"resourceRules": [rule]}, "validations": [{"expression": "true"}]});
    let policy = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "writ-doctor"}, "spec": spec});
    match ask(client, Request::post(policies), "writ-doctor", &["system:masters"], policy).await {
        Ok(_) => Note(
            "Writ's own policies are not locked: whoever may write admission policies may change them".into(),
            "give the API server deploy/local/static-admission (--admission-control-config-file, Kubernetes 1.37 or later)"
                .into(),
        ),
        Err(Error::Api(no)) if no.message.contains(LOCK) => {
            Good("Writ's own policies are locked: only the group writ:policy-admins changes them".into())
        }
        Err(Error::Api(no)) if no.message.contains("impersonate") => Unknown(
            "not known: whether Writ's own policies are locked; it was not tried, you may not act as another".into(),
            "ask as an administrator, or look for --admission-control-config-file among the API server's flags".into(),
        ),
        Err(error) => Unknown(
            format!("not known: whether Writ's own policies are locked: {}", causes(&said(error))),
            "look for --admission-control-config-file among the API server's flags".into(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_that_ships_says_what_is_listened_for() {
        let lock = include_str!("../../../../deploy/local/static-admission/41-static-lock.yaml");
        assert!(lock.contains(LOCK));
    }
}
