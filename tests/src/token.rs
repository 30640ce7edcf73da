//! The token of a run, as its node holds it: read from the kubelet's folder, as only who owns the node can. Another cluster's node is out of reach.
use crate::{Cluster, PATIENCE, Run, cluster::kubeconfig, within};
use kube::Client;
use serde_json::json;
use std::{fs, path::PathBuf};

impl Cluster {
    /// As whoever holds this token, and nothing else.
    ///
    /// # Panics
    /// Where no client can be made.
    #[must_use]
    pub fn with_token(&self, token: String) -> Client {
        let mut config = self.config.clone();
        config.auth_info = serde_json::from_value(json!({"token": token})).expect("the form of a kubeconfig");
        Client::try_from(config).expect("the same configuration made a client before")
    }
}

impl Run {
    /// The token of its pod in `writ-runs`, or of its dry run in `writ-dryrun`, once the node has it; to be asked while it is held up. None: the
    /// node is another machine, and this is not the local cluster.
    ///
    /// # Panics
    /// Where the cluster is the local one, and there is no token.
    pub async fn token(&self, home: &str) -> Option<String> {
        if !Cluster::is_local() {
            eprintln!("not tested: the tokens of another cluster's nodes are out of reach");
            return None;
        }
        Some(within(PATIENCE, "the node holds the token of its pod", async || self.held(home).await).await)
    }

    async fn held(&self, home: &str) -> Option<String> {
        let pod = self.made("v1", "Pod", home).await.pop()?;
        let uid = pod["metadata"]["uid"].as_str()?;
        let here: PathBuf =
            kubeconfig()?.parent()?.parent()?.join("kubelet/pods").join(uid).join("volumes/kubernetes.io~projected");
        let mut tokens = fs::read_dir(here).ok()?.filter_map(|v| fs::read_to_string(v.ok()?.path().join("token")).ok());
        tokens.next()
    }
}
