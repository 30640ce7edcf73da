//! The audit trail as an auditor reads it: from the operator's pod, through a port forwarded to its loopback. Owns the few lines of HTTP
//! for it, so that these tests share no code with what they test.
use crate::{Cluster, Operator};
use anyhow::{Context, Result, ensure};
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};

/// Where the operator serves the trail.
const PORT: u16 = 8081;

impl Cluster {
    /// All rows of an execution, oldest first. The payload of a row is a text, the same byte for byte for ever; here it is what it says.
    ///
    /// # Errors
    /// Where the operator does not answer.
    pub async fn rows(&self, uid: &str) -> Result<Vec<Value>> {
        rows(&self.ask_ledger(&rows_of(uid)).await?)
    }

    /// A blob, by its digest.
    ///
    /// # Errors
    /// Where the operator does not answer, or has none.
    pub async fn blob(&self, digest: &str) -> Result<String> {
        self.ask_ledger(&format!("/blob/{digest}")).await
    }

    async fn ask_ledger(&self, path: &str) -> Result<String> {
        self.ask_operator(PORT, path).await
    }

    /// What the operator that is ready answers on one of its ports.
    pub(crate) async fn ask_operator(&self, port: u16, path: &str) -> Result<String> {
        let pod = Operator::ready(self).await?.context("no operator is ready")?;
        let pods: Api<Pod> = Api::namespaced(self.admin.clone(), crds::labels::NAMESPACE_SYSTEM);
        let mut forward = pods.portforward(&pod, &[port]).await?;
        ask(forward.take_stream(port).context("the forwarded port does not open")?, path).await
    }
}

/// All rows of an execution, from an operator that runs on this machine and serves its trail on this port.
///
/// # Errors
/// Where it does not answer.
pub async fn rows_at(port: u16, uid: &str) -> Result<Vec<Value>> {
    rows(&ask(TcpStream::connect(("127.0.0.1", port)).await?, &rows_of(uid)).await?)
}

fn rows_of(uid: &str) -> String {
    format!("/audit?uid={uid}&limit=1000")
}

fn rows(text: &str) -> Result<Vec<Value>> {
    text.lines().map(row).collect()
}

async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin, path: &str) -> Result<String> {
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let answer = String::from_utf8(answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("the answer is no HTTP")?;
    ensure!(head.starts_with("HTTP/1.1 200"), "the operator says no: {answer}");
    ensure!(!head.to_ascii_lowercase().contains("chunked"), "the answer is in chunks");
    Ok(body.to_owned())
}

fn row(line: &str) -> Result<Value> {
    let mut row: Value = serde_json::from_str(line)?;
    row["payload"] = serde_json::from_str(row["payload"].as_str().context("a payload is a text")?)?;
    Ok(row)
}
