//! The token of a run, as its node holds it: read from the kubelet's folder, as only who owns the node can. Another cluster's node is out of reach.
use crate::{Cluster, Run, cluster::kubeconfig};
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
    /// The token of its pod, while it runs on this machine. None: the node is another machine.
    ///
    /// # Panics
    /// Where the pod is here, and its token is not.
    pub async fn token(&self) -> Option<String> {
        let pod = self.pods().await.pop().expect("a pod");
        let uid = pod["metadata"]["uid"].as_str().expect("a uid");
        let here: PathBuf =
            kubeconfig()?.parent()?.parent()?.join("kubelet/pods").join(uid).join("volumes/kubernetes.io~projected");
        let volumes = fs::read_dir(here).ok()?;
        let mut tokens = volumes.filter_map(|v| fs::read_to_string(v.ok()?.path().join("token")).ok());
        Some(tokens.next().expect("a pod of a run has a token"))
    }
}
