//! One bare Job of the same command: the very pod that Writ made (image, hardening, limits), under an account that was made beforehand,
//! in a namespace of its own; done when a watch shows the condition Complete, as `kubectl wait` sees it.
use crate::sight::Sightings;
use anyhow::{Context, Result, ensure};
use k8s_openapi::api::batch::v1::Job;
use kube::{Client, ResourceExt, api::DynamicObject};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const ACCOUNT: &str = "scaler";

/// A Job to be made again and again.
pub(crate) struct Bare {
    namespace: String,
    targets: String,
    spec: Value,
}

impl Bare {
    /// From a Job that Writ made; with an account that may scale all Deployments of the namespace `targets`.
    pub(crate) async fn like(job: &Job, client: &Client, namespace: &str, targets: &str) -> Result<Self> {
        let account =
            json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": ACCOUNT, "namespace": namespace}});
        tests::create(client, &account).await?;
        let rbac = "rbac.authorization.k8s.io";
        let named = json!({"name": "bench-scaler", "namespace": targets});
        let rules = json!([
            {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"]},
            {"apiGroups": ["apps"], "resources": ["deployments/scale"], "verbs": ["get", "update"]},
        ]);
        let (role, binding) = (format!("{rbac}/v1"), format!("{rbac}/v1"));
        tests::create(client, &json!({"apiVersion": role, "kind": "Role", "metadata": named, "rules": rules})).await?;
        let binding = json!({
            "apiVersion": binding, "kind": "RoleBinding", "metadata": named,
            "roleRef": {"apiGroup": rbac, "kind": "Role", "name": "bench-scaler"},
            "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": namespace}],
        });
        tests::create(client, &binding).await?;
        Ok(Self { namespace: namespace.into(), targets: targets.into(), spec: stripped(job)? })
    }

    /// Watches the Jobs.
    pub(crate) async fn follow(&self, sights: &Sightings, client: &Client) {
        let jobs = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"namespace": self.namespace}});
        sights.follow(tests::api(client, &jobs), ended).await;
    }

    /// One run.
    pub(crate) async fn run(&self, sights: &Sightings, client: &Client, name: &str, target: &str) -> Result<Duration> {
        let job = self.job(name, target)?;
        let begun = Instant::now();
        tests::create(client, &job).await?;
        let over = sights.of(&format!("{}/{name} ended", self.namespace)).await?;
        ensure!(over.says == "Complete", "the bare Job {name} failed");
        Ok(over.at.duration_since(begun))
    }

    fn job(&self, name: &str, target: &str) -> Result<Value> {
        let mut spec = self.spec.clone();
        let arguments = spec.pointer_mut("/template/spec/containers/0/args").context("the Job has no arguments")?;
        let command = ["scale", "--current-replicas=2", "--replicas=1"].map(str::to_owned);
        let object = [format!("--namespace={}", self.targets), "--".into(), format!("deployment/{target}")];
        *arguments = json!(command.into_iter().chain(object).collect::<Vec<_>>());
        let metadata = json!({"name": name, "namespace": self.namespace});
        Ok(json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}))
    }
}

/// Without what is Writ's own (finalizer, stamps, account), and what the server wrote.
fn stripped(job: &Job) -> Result<Value> {
    let mut spec = serde_json::to_value(job.spec.as_ref().context("the Job is empty")?)?;
    let whole = spec.as_object_mut().context("the Job is no object")?;
    for key in ["selector", "manualSelector", "ttlSecondsAfterFinished"] {
        whole.remove(key);
    }
    let template = spec.pointer_mut("/template").and_then(Value::as_object_mut).context("the Job has no template")?;
    template.remove("metadata");
    let pod = template.get_mut("spec").and_then(Value::as_object_mut).context("the Job has no pod")?;
    pod.remove("serviceAccount");
    pod.insert("serviceAccountName".into(), ACCOUNT.into());
    Ok(spec)
}

fn ended(job: &DynamicObject) -> Vec<(String, String)> {
    let conditions = job.data.pointer("/status/conditions").and_then(Value::as_array).into_iter().flatten();
    let text = |condition: &Value, key: &str| condition.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let over = conditions.filter(|c| text(c, "status") == "True").map(|c| text(c, "type"));
    let id = format!("{}/{}", job.namespace().unwrap_or_default(), job.name_any());
    over.filter(|is| is == "Complete" || is == "Failed").map(|is| (format!("{id} ended"), is)).collect()
}
