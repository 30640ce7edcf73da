//! An object that stands as long as a test needs it, where no namespace takes it away at the end: one of cluster scope, or one in a
//! namespace that is not the test's own.
use crate::{Cluster, api, create, eventually, get, is};
use kube::api::DeleteParams;
use serde_json::Value;

/// It goes when this is dropped.
pub struct Standing {
    cluster: Cluster,
    object: Value,
}

impl Cluster {
    /// Makes it.
    ///
    /// # Errors
    /// The API server's.
    pub async fn stand(&self, object: Value) -> kube::Result<Standing> {
        create(&self.admin, &object).await?;
        Ok(Standing::of(self, object))
    }
}

impl Standing {
    /// What is there already, from now on.
    pub(crate) fn of(cluster: &Cluster, object: Value) -> Self {
        Self { cluster: cluster.clone(), object }
    }

    /// Once this condition is true of it.
    ///
    /// # Panics
    /// Where that takes too long.
    pub async fn once(self, condition: &str) -> Self {
        let what = format!("{} is {condition}", self.object["metadata"]["name"]);
        eventually(&what, async || {
            let now = get(&self.cluster.admin, &self.object).await.ok()??;
            is(&now, condition).then_some(())
        })
        .await;
        self
    }
}

impl Drop for Standing {
    fn drop(&mut self) {
        let object = self.object.clone();
        self.cluster.afterwards("delete what a test put up", async move |cluster| {
            let name = object["metadata"]["name"].as_str().unwrap_or_default();
            api(&cluster.admin, &object).delete(name, &DeleteParams::default()).await?;
            Ok(())
        });
    }
}
