//! `writ audit`: read the audit trail. From the operator's pod, through a port forwarded to its loopback (the right to it is RBAC on
//! `pods/portforward` in the operator's namespace), or from a file.
use super::{
    Where,
    connect::{Connected, said},
    human::{Exit, table},
    out, span,
};
use anyhow::Context;
use http_body_util::{BodyExt, Empty};
use hyper::{Request, body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, api::ListParams};
use serde_json::Value;
use tokio::task::AbortHandle;

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
    /// Only since: so long ago (10m, 1h30m), or a moment (RFC 3339).
    #[arg(long, value_name = "TIME", value_parser = span::since)]
    since: Option<Timestamp>,
    /// Only the newest so many, 1 to 1000.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=1000))]
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
        let text = Trail::open(&cluster).await?.ask(&path).await?;
        match &self {
            Self::Query(query) if text.is_empty() => out::note(query.none(&cluster.namespace)),
            Self::Query(query) if !query.json => out::text(rows(&text)?),
            _ => out::text(format_args!("{text}")),
        }
        Ok(Exit::Done)
    }
}

/// A line a row, for people.
fn rows(text: &str) -> anyhow::Result<String> {
    let row = |line: &str| {
        let row: Value = serde_json::from_str(line).context("failed to understand a row")?;
        let cell = |key: &str| row.get(key).map(|v| v.as_str().map_or_else(|| v.to_string(), Into::into)).unwrap_or_default();
        let mut cells = vec![at(&cell("at"))];
        cells.extend(["namespace", "name", "seq", "action", "phase", "reason"].map(cell));
        cells.push(by(&row));
        Ok(cells)
    };
    let rows = text.lines().map(row).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(table(&["AT", "NAMESPACE", "NAME", "SEQ", "ACTION", "PHASE", "REASON", "BY"], &rows))
}

/// Whose deed it was: that of who asked, voted, stopped it or looked at it; the operator's, where it decided by itself. (Who wrote the row
/// stands in the row.)
fn by(row: &Value) -> String {
    let cell = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default();
    let payload: Value = serde_json::from_str(cell("payload")).unwrap_or_default();
    let told = |at: &str| payload.pointer(at).and_then(Value::as_str).map(str::to_owned);
    let first = row.get("seq").and_then(Value::as_i64) == Some(1);
    let person = match (cell("reason"), cell("phase")) {
        ("Approved" | "Rejected", _) => voters(&payload),
        ("Reviewed", _) => told("/status/review/by"),
        ("BreakGlass", _) => told("/requester/username"),
        // Who stopped it is who the row says.
        (_, "Refused" | "Cancelled") => None,
        _ => told("/requester/username").filter(|_| first && !automatic(&payload, cell("name"))),
    };
    person.filter(|name| !name.is_empty()).unwrap_or_else(|| cell("by").to_owned())
}

/// What failed asked for it, in the name of whoever had asked for that.
fn automatic(payload: &Value, name: &str) -> bool {
    let of = |part| payload.pointer("/spec/rollbackOf")?.get(part)?.as_str();
    of("name").zip(of("uid")).is_some_and(|(original, uid)| decide::automatic_undo_name(original, uid) == name)
}

/// Who approved it, or the one whose no ended it.
fn voters(payload: &Value) -> Option<String> {
    let given = payload.pointer("/status/approval/given")?.as_array()?;
    Some(given.iter().filter_map(|one| one.get("by")?.as_str()).collect::<Vec<_>>().join(", "))
}

/// As wide as any other, and as exact as the row, so that it can be given to `--since`.
fn at(text: &str) -> String {
    text.parse::<Timestamp>().map_or_else(|_| text.to_owned(), |at| format!("{at:.6}"))
}

impl Query {
    fn none(&self, namespace: &str) -> String {
        let place = if self.all_namespaces { String::new() } else { format!(" in {namespace}; -A asks for all namespaces") };
        format!("No rows{place}.")
    }

    fn path(&self, namespace: &str) -> String {
        rows_path(&[
            ("namespace", Some(namespace).filter(|_| !self.all_namespaces)),
            ("name", self.name.as_deref()),
            ("action", self.action.as_deref()),
            ("phase", self.phase.as_deref()),
            ("since", self.since.map(|at| at.to_string()).as_deref()),
            ("limit", Some(&self.limit.to_string())),
        ])
    }
}

/// Where the rows are that all of these are true of.
pub(super) fn rows_path(parts: &[(&str, Option<&str>)]) -> String {
    let pairs = parts.iter().filter_map(|(key, value)| value.map(|v| format!("{key}={}", v.replace('+', "%2B"))));
    format!("/audit?{}", pairs.collect::<Vec<_>>().join("&"))
}

/// The operator's audit listener is on its loopback only.
const PORT: u16 = 8081;

/// The operator's audit listener, through one forwarded port, for any number of questions.
pub(super) struct Trail {
    send: http1::SendRequest<Empty<Bytes>>,
    driven: AbortHandle,
}

impl Drop for Trail {
    fn drop(&mut self) {
        self.driven.abort();
    }
}

impl Trail {
    pub(super) async fn open(cluster: &Connected) -> anyhow::Result<Self> {
        let pods: Api<Pod> = Api::namespaced(cluster.client.clone(), crds::labels::NAMESPACE_SYSTEM);
        let all = pods.list(&ListParams::default().labels("app.kubernetes.io/name=writ")).await.map_err(said)?;
        let running = |p: &&Pod| p.status.as_ref().and_then(|s| s.phase.as_deref()) == Some("Running");
        let pod = all.items.iter().find(running).and_then(|p| p.metadata.name.as_deref());
        let pod = pod.context("the operator is not running; the ledger's file is on its volume")?;
        let mut forward = pods.portforward(pod, &[PORT]).await.map_err(said)?;
        let stream = forward.take_stream(PORT).context("failed to open the forwarded port")?;
        let (send, connection) = http1::handshake(TokioIo::new(stream)).await.context("failed to speak to the operator")?;
        // The stream ends with its forwarder.
        let driven = tokio::spawn(async move {
            let _forward = forward;
            connection.await
        });
        Ok(Self { send, driven: driven.abort_handle() })
    }

    pub(super) async fn ask(&mut self, path: &str) -> anyhow::Result<String> {
        self.send.ready().await.context("failed to speak to the operator")?;
        let request = Request::get(path).header("host", "localhost").body(Empty::<Bytes>::new())?;
        let response = self.send.send_request(request).await.context("failed to ask the operator")?;
        let status = response.status();
        let body = response.into_body().collect().await.context("failed to read the answer")?.to_bytes();
        let text = String::from_utf8_lossy(&body).into_owned();
        anyhow::ensure!(status.is_success(), "the operator answered {status}: {}", sentence(&text));
        Ok(text)
    }
}

/// What went wrong and what to do, of the operator's `{"error", "fix"}`.
fn sentence(text: &str) -> String {
    let answer: Value = serde_json::from_str(text).unwrap_or_default();
    let part = |key: &str| answer.get(key).and_then(Value::as_str);
    match (part("error"), part("fix")) {
        (Some(error), Some(fix)) => format!("{error}; {fix}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rows_line_up_whatever_their_time() {
        let row = |at: &str| format!(r#"{{"at":"{at}","name":"x","seq":1}}"#);
        let text = rows(&[row("2026-11-24T03:12:23Z"), row("2026-11-24T03:12:23.5Z")].join("\n")).unwrap();
        let times: Vec<&str> = text.lines().skip(1).filter_map(|l| l.split(' ').next()).collect();
        assert_eq!(times, ["2026-11-24T03:12:23.000000Z", "2026-11-24T03:12:23.500000Z"]);
    }

    #[test]
    fn a_row_of_what_a_person_did_names_that_person() {
        let status = json!({"approval": {"given": [{"by": "jonas"}, {"by": "lena"}]}, "review": {"by": "ida"}});
        let payload = json!({"requester": {"username": "maria"}, "status": status}).to_string();
        let said = |seq: i64, phase: &str, reason: &str, by: &str| {
            super::by(&json!({"seq": seq, "phase": phase, "reason": reason, "by": by, "payload": payload}))
        };
        assert_eq!(said(1, "AwaitingApproval", "ApprovalNeeded", "writ-0"), "maria");
        assert_eq!(said(2, "Preparing", "Approved", "writ-0"), "jonas, lena");
        assert_eq!(said(2, "Preparing", "BreakGlass", "writ-0"), "maria");
        assert_eq!(said(2, "Refused", "Rejected", "writ-0"), "jonas, lena");
        assert_eq!(said(9, "Completed", "Reviewed", "writ-0"), "ida");
        assert_eq!(said(1, "Cancelled", "CancelRequested", "deniz"), "deniz");
        for (seq, phase, reason) in
            [(1, "Refused", "PolicyDenied"), (3, "Executing", "Prepared"), (5, "Completed", "ChecksPassed")]
        {
            assert_eq!(said(seq, phase, reason, "writ-0"), "writ-0", "{reason}");
        }
        let undo = |name: &str| {
            let spec = json!({"rollbackOf": {"name": "a", "uid": "3c1f0000-1"}});
            let payload = json!({"requester": {"username": "maria"}, "spec": spec}).to_string();
            super::by(
                &json!({"seq": 1, "phase": "Preparing", "reason": "Accepted", "by": "writ-0", "name": name, "payload": payload}),
            )
        };
        assert_eq!(
            (undo("undo-a-1"), undo("a-undo-3c1f0000")),
            ("maria".to_owned(), "writ-0".to_owned()),
            "nobody asked for that one"
        );
        assert_eq!(super::by(&json!({"seq": 2, "reason": "Approved", "by": "writ-0", "payload": "{}"})), "writ-0");
    }

    #[test]
    fn an_error_is_told_in_words() {
        assert_eq!(
            sentence(r#"{"error":"phase=x is not a phase","fix":"use Completed"}"#),
            "phase=x is not a phase; use Completed"
        );
        assert_eq!(sentence("gone"), "gone");
    }
}
