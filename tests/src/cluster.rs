//! The cluster under test: one connection as its administrator, and from it connections as anybody, by impersonation.
use anyhow::{Context, Result, ensure};
use k8s_openapi::{
    api::authorization::v1::{ResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec},
    apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
};
use kube::{
    Api, Client, Config,
    api::PostParams,
    config::{KubeConfigOptions, Kubeconfig},
};
use std::path::PathBuf;

/// Where the kubeconfig is looked for, in this order.
const VARIABLES: [&str; 2] = ["WRIT_TEST_KUBECONFIG", "KUBECONFIG"];

/// Whose cluster is tested.
pub(crate) fn kubeconfig() -> Option<PathBuf> {
    VARIABLES.iter().find_map(|v| std::env::var_os(v).filter(|v| !v.is_empty())).map(PathBuf::from)
}

/// The cluster under test.
#[derive(Clone)]
pub struct Cluster {
    /// As its administrator.
    pub admin: Client,
    pub(crate) config: Config,
}

impl Cluster {
    /// Connects as the administrator, to a cluster in which Writ is installed.
    ///
    /// # Errors
    /// Where there is no cluster, or no Writ in it: a test that did not run has not passed.
    pub async fn connect() -> Result<Self> {
        let path = kubeconfig().context(
            "no cluster to test on: neither WRIT_TEST_KUBECONFIG nor KUBECONFIG is set. Run `make test`, which brings one up",
        )?;
        let file = Kubeconfig::read_from(&path).with_context(|| format!("failed to read the kubeconfig {}", path.display()))?;
        let config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await?;
        let admin = Client::try_from(config.clone())?;
        let kinds: Api<CustomResourceDefinition> = Api::all(admin.clone());
        let installed =
            kinds.get_opt("kubernetesexecutions.writ.dev").await.context("the cluster does not answer. Run `make test`")?;
        ensure!(installed.is_some(), "Writ is not installed in this cluster. Run `make test`, which installs it");
        Ok(Self { admin, config })
    }

    /// Whether it is the one of `deploy/local`, on this machine: its API server is configured by us, and its node's files are here. Elsewhere
    /// `CLUSTER=current` says so, as it does to every script of `deploy`.
    #[must_use]
    pub fn is_local() -> bool {
        std::env::var("CLUSTER").map_or(true, |cluster| cluster == "local")
    }

    /// As a made-up user. The API server adds `system:authenticated`.
    ///
    /// # Panics
    /// Where no client can be made, which it could a moment ago.
    #[must_use]
    pub fn as_user(&self, name: &str, groups: &[&str]) -> Client {
        let mut config = self.config.clone();
        config.auth_info.impersonate = Some(name.to_owned());
        config.auth_info.impersonate_groups = Some(groups.iter().map(|g| (*g).to_owned()).collect());
        Client::try_from(config).expect("the same configuration made a client before")
    }

    /// As somebody to whom RBAC allows everything, so that what refuses is admission.
    #[must_use]
    pub fn almighty(&self, name: &str) -> Client {
        self.as_user(name, &["system:masters"])
    }

    /// Whether RBAC allows it.
    ///
    /// # Errors
    /// Where the cluster does not answer.
    pub async fn allows(&self, user: &str, groups: &[&str], what: ResourceAttributes) -> Result<bool> {
        let spec = SubjectAccessReviewSpec {
            user: Some(user.to_owned()),
            groups: Some(groups.iter().map(|g| (*g).to_owned()).collect()),
            resource_attributes: Some(what),
            ..SubjectAccessReviewSpec::default()
        };
        let review = SubjectAccessReview { spec, ..SubjectAccessReview::default() };
        let api: Api<SubjectAccessReview> = Api::all(self.admin.clone());
        Ok(api.create(&PostParams::default(), &review).await?.status.is_some_and(|s| s.allowed))
    }
}
