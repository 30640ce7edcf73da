//! The cluster, as the person who types.
use super::Where;
use anyhow::Context;
use crds::KubernetesExecution;
use kube::{
    Api, Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};

/// A client, the namespace meant, and words for where this is.
pub struct Connected {
    /// As the person who types.
    pub client: Client,
    /// `--namespace`, or the context's.
    pub namespace: String,
    /// It was named, by `--namespace` or a file.
    pub named: bool,
    /// Name of the kube context.
    pub context: String,
}

impl Where {
    /// Reads the kubeconfig; does not call the cluster yet.
    pub async fn connect(&self) -> anyhow::Result<Connected> {
        let options = KubeConfigOptions { context: self.context.clone(), ..Default::default() };
        let context = match &self.context {
            Some(name) => name.clone(),
            None => Kubeconfig::read().ok().and_then(|k| k.current_context).unwrap_or_default(),
        };
        let config = match Config::from_kubeconfig(&options).await {
            Ok(config) => config,
            Err(error) if self.context.is_none() => Config::incluster().map_err(|_| error).context(NO_CLUSTER)?,
            Err(error) => return Err(error).context(NO_CLUSTER),
        };
        let namespace = self.namespace.clone().unwrap_or_else(|| config.default_namespace.clone());
        let client = Client::try_from(config).context("failed to make a client from the kubeconfig")?;
        Ok(Connected { client, namespace, named: self.namespace.is_some(), context })
    }
}

const NO_CLUSTER: &str = "failed to read a kubeconfig; set KUBECONFIG or --context";

impl Connected {
    /// Objects of the namespace meant.
    #[must_use]
    pub fn here<K>(&self) -> Api<K>
    where
        K: kube::Resource<Scope = k8s_openapi::NamespaceResourceScope>,
        K::DynamicType: Default,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// The execution of this name in the namespace meant.
    pub async fn execution(&self, name: &str) -> anyhow::Result<KubernetesExecution> {
        self.sought(name).await?.with_context(|| self.missing(name))
    }

    /// The same, if it is there.
    pub async fn sought(&self, name: &str) -> anyhow::Result<Option<KubernetesExecution>> {
        if let Some((_, bare)) = name.split_once('/') {
            anyhow::bail!("{name} is no name of an execution; give the name alone: {bare}");
        }
        self.here().get_opt(name).await.map_err(said)
    }

    /// That it is not there, and where to look.
    #[must_use]
    pub fn missing(&self, name: &str) -> String {
        let here = &self.namespace;
        match self.named {
            true => format!("no execution {name} in namespace {here}; `writ get -n {here}` lists those there are"),
            // Mostly it is there, in another one.
            false => format!("no execution {name} in namespace {here}, and no other was named: -n NAMESPACE, or writ get -A"),
        }
    }

    /// Objects of the cluster, or of all namespaces.
    #[must_use]
    pub fn all<K: kube::Resource>(&self) -> Api<K>
    where
        K::DynamicType: Default,
    {
        Api::all(self.client.clone())
    }
}

/// What the API server said, without the client's wrapping; and what to do about it.
#[must_use]
pub fn said(error: kube::Error) -> anyhow::Error {
    match error {
        kube::Error::Api(status) => anyhow::anyhow!("{}", status.message),
        other => anyhow::Error::new(other).context("failed to reach the cluster; is it up, and is your kubeconfig right?"),
    }
}
