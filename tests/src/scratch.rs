//! A namespace of one test's own, gone when the test is over, however it ends.
use crate::{Cluster, create, eventually};
use anyhow::Result;
use k8s_openapi::api::{authorization::v1::ResourceAttributes, core::v1::Namespace};
use kube::{
    Api, Client,
    api::{DeleteParams, PostParams},
};
use serde_json::{Value, json};
use std::future::Future;

/// A namespace of one test's own.
pub struct Scratch {
    /// Its name.
    pub name: String,
    cluster: Cluster,
}

impl Cluster {
    /// A new namespace whose name begins so.
    ///
    /// # Errors
    /// The API server's.
    pub async fn scratch(&self, prefix: &str) -> Result<Scratch> {
        self.labeled_scratch(prefix, json!({})).await
    }

    /// The same, with labels of its own: a policy may look at them.
    ///
    /// # Errors
    /// The API server's.
    pub async fn labeled_scratch(&self, prefix: &str, mut labels: Value) -> Result<Scratch> {
        labels["writ.dev/test"] = json!("true");
        let namespace = json!({"metadata": {"generateName": format!("{prefix}-"), "labels": labels}});
        let api: Api<Namespace> = Api::all(self.admin.clone());
        let made = api.create(&PostParams::default(), &serde_json::from_value(namespace)?).await?;
        Ok(Scratch { name: made.metadata.name.unwrap_or_default(), cluster: self.clone() })
    }

    /// Runs it to its end on a thread of its own: for `Drop`, where the test's runtime may be the one that ends.
    pub fn afterwards<F>(&self, what: &str, work: impl FnOnce(Cluster) -> F + Send + 'static)
    where
        F: Future<Output = Result<()>>,
    {
        let config = self.config.clone();
        let done = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async { work(Cluster { admin: Client::try_from(config.clone())?, config }).await })
        });
        if let Ok(Err(error)) = done.join() {
            eprintln!("failed to {what}: {error:#}");
        }
    }
}

impl Scratch {
    /// As a user who holds this ClusterRole in this namespace and nothing elsewhere; returns when that is in force.
    ///
    /// # Errors
    /// The API server's.
    pub async fn user(&self, name: &str, role: &str) -> Result<Client> {
        let user = format!("{name}-{}", self.name);
        self.bind(&user, role).await?;
        Ok(self.cluster.as_user(&user, &[]))
    }

    async fn bind(&self, user: &str, role: &str) -> Result<()> {
        let rbac = "rbac.authorization.k8s.io";
        let binding = json!({
            "apiVersion": format!("{rbac}/v1"), "kind": "RoleBinding",
            "metadata": {"name": user, "namespace": self.name},
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": rbac, "kind": "User", "name": user}],
        });
        create(&self.cluster.admin, &binding).await?;
        let read = ResourceAttributes {
            verb: Some("get".to_owned()),
            group: Some("writ.dev".to_owned()),
            resource: Some("kubernetesexecutions".to_owned()),
            namespace: Some(self.name.clone()),
            ..ResourceAttributes::default()
        };
        let allowed = async || self.cluster.allows(user, &[], read.clone()).await.is_ok_and(|a| a).then_some(());
        eventually("the binding is in force", allowed).await;
        Ok(())
    }
}

/// Asked for and not waited for.
impl Drop for Scratch {
    fn drop(&mut self) {
        let name = self.name.clone();
        self.cluster.afterwards("delete a scratch namespace", async move |cluster| {
            let api: Api<Namespace> = Api::all(cluster.admin);
            api.delete(&name, &DeleteParams::default()).await?;
            Ok(())
        });
    }
}
