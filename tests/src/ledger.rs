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
    // Not to the end of the stream: whoever forwards it holds it open for another second.
    loop {
        if let Some(body) = whole(&answer)? {
            return Ok(body);
        }
        ensure!(stream.read_buf(&mut answer).await? > 0, "the answer ends in the middle: {}", String::from_utf8_lossy(&answer));
    }
}

/// The body, once all of it is there.
fn whole(answer: &[u8]) -> Result<Option<String>> {
    const GAP: &[u8] = b"\r\n\r\n";
    let Some(at) = answer.windows(GAP.len()).position(|bytes| bytes == GAP) else { return Ok(None) };
    let (head, body) = (std::str::from_utf8(&answer[..at])?.to_ascii_lowercase(), &answer[at + GAP.len()..]);
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    if body.len() < length.context("the answer does not say how long it is")? {
        return Ok(None);
    }
    let body = std::str::from_utf8(body)?.to_owned();
    ensure!(head.starts_with("http/1.1 200"), "the operator says no: {head} {body}");
    Ok(Some(body))
}

fn row(line: &str) -> Result<Value> {
    let mut row: Value = serde_json::from_str(line)?;
    row["payload"] = serde_json::from_str(row["payload"].as_str().context("a payload is a text")?)?;
    Ok(row)
}
