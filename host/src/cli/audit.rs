//! `writ audit`: read the audit trail. From the operator's pod, through a port forwarded to its loopback (the right to it is RBAC on
//! `pods/portforward` in the operator's namespace), or from a file.
use super::{
    Where,
    connect::{Connected, said},
    human::{Exit, table},
};
use anyhow::Context;
use http_body_util::{BodyExt, Empty};
use hyper::{Request, body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, api::ListParams};
use serde_json::Value;

/// Read the audit trail.
#[derive(Debug, clap::Subcommand)]
pub enum Audit {
    /// Rows, oldest first.
    Query(Query),
    /// A blob by its digest: a policy's question, the whole output of a Job.
    Blob {
        /// `sha256:…`.
        digest: String,
        #[command(flatten)]
        place: Where,
    },
}

/// Which rows.
#[derive(Debug, clap::Args)]
pub struct Query {
    /// Name of an execution.
    name: Option<String>,
    /// In all namespaces.
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// Only this action.
    #[arg(long)]
    action: Option<String>,
    /// Only this phase.
    #[arg(long)]
    phase: Option<String>,
    /// Only since, RFC 3339.
    #[arg(long)]
    since: Option<String>,
    /// At most this many.
    #[arg(long, default_value_t = 1000)]
    limit: u32,
    #[command(flatten)]
    place: Where,
    /// The rows whole, one JSON a line.
    #[arg(long)]
    json: bool,
}

impl Audit {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<Exit> {
        let (path, cluster) = match &self {
            Self::Query(query) => {
                let cluster = query.place.connect().await?;
                (query.path(&cluster.namespace), cluster)
            }
            Self::Blob { digest, place } => (format!("/blob/{digest}"), place.connect().await?),
        };
        let text = fetch(&cluster, &path).await?;
        match &self {
            Self::Query(query) if !query.json => print!("{}", rows(&text)?),
            _ => print!("{text}"),
        }
        Ok(Exit::Done)
    }
}

/// A line a row, for people.
fn rows(text: &str) -> anyhow::Result<String> {
    let row = |line: &str| {
        let row: Value = serde_json::from_str(line).context("failed to understand a row")?;
        let cell = |key: &str| row.get(key).map(|v| v.as_str().map_or_else(|| v.to_string(), Into::into)).unwrap_or_default();
        Ok(["at", "namespace", "name", "seq", "action", "phase", "reason", "by"].map(cell).to_vec())
    };
    let rows = text.lines().map(row).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(table(&["AT", "NAMESPACE", "NAME", "SEQ", "ACTION", "PHASE", "REASON", "BY"], &rows))
}

impl Query {
    fn path(&self, namespace: &str) -> String {
        let namespace = (!self.all_namespaces).then(|| namespace.to_owned());
        let limit = Some(self.limit.to_string());
        let parts = [
            ("namespace", &namespace),
            ("name", &self.name),
            ("action", &self.action),
            ("phase", &self.phase),
            ("since", &self.since),
            ("limit", &limit),
        ];
        let pairs = parts.iter().filter_map(|(key, value)| value.as_ref().map(|v| format!("{key}={}", v.replace('+', "%2B"))));
        format!("/audit?{}", pairs.collect::<Vec<_>>().join("&"))
    }
}

/// The operator's audit listener is on its loopback only.
const PORT: u16 = 8081;

async fn fetch(cluster: &Connected, path: &str) -> anyhow::Result<String> {
    let pods: Api<Pod> = Api::namespaced(cluster.client.clone(), crds::labels::NAMESPACE_SYSTEM);
    let all = pods.list(&ListParams::default().labels("app.kubernetes.io/name=writ")).await.map_err(said)?;
    let running = |p: &&Pod| p.status.as_ref().and_then(|s| s.phase.as_deref()) == Some("Running");
    let pod = all.items.iter().find(running).and_then(|p| p.metadata.name.as_deref());
    let pod = pod.context("the operator is not running; the ledger's file is on its volume")?;
    let mut forward = pods.portforward(pod, &[PORT]).await.map_err(said)?;
    let stream = forward.take_stream(PORT).context("failed to open the forwarded port")?;
    let (mut send, connection) = http1::handshake(TokioIo::new(stream)).await.context("failed to speak to the operator")?;
    let driven = tokio::spawn(connection);
    let request = Request::get(path).header("host", "localhost").body(Empty::<Bytes>::new())?;
    let response = send.send_request(request).await.context("failed to ask the operator")?;
    let status = response.status();
    let body = response.into_body().collect().await.context("failed to read the answer")?.to_bytes();
    driven.abort();
    let text = String::from_utf8_lossy(&body).into_owned();
    anyhow::ensure!(status.is_success(), "the operator answered {status}: {text}");
    Ok(text)
}
