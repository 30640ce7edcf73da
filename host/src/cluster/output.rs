//! What a run printed: read from the kubelet, bounded, redacted. Owns the bounds. Printing is never a reason to fail a run: what cannot
//! be read is said in its place.
use super::{
    client::{CallError, Cluster, within},
    job::JOB_UID,
    redact::redact,
};
use decide::{model::Uid, observed::Output};
use http_body_util::BodyExt;
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use kube::{
    Resource, ResourceExt,
    api::{ListParams, LogParams},
    client::Body,
    core::Request,
};

/// Of all that was printed, bytes: what is kept in the ledger. `kubectl` prints a line or two; more is an accident or an attack.
const WHOLE: usize = 256 * 1024;
/// Where a container printed more than is kept, its last lines are worth as much as its first: that is where the error stands.
const LAST_LINES: i64 = 200;
/// What a kubelet sends in the place of a log, with status 200, when the container is no more.
pub(super) const GONE: &[u8] = b"unable to retrieve container logs for ";
/// Between the two.
const CUT: &str = "\n[… cut: the beginning and the last lines are kept …]\n";

impl Cluster {
    /// The tail for the status, and the whole for the ledger.
    pub async fn output(&self, job: &Uid) -> Result<(Output, Vec<u8>), CallError> {
        let pods = self.pods_of_job(job).await?;
        let Some(pod) = super::pod::newest(&pods) else { return Ok((Output::default(), vec![])) };
        let containers = ran(pod);
        // Each its share, so that the first cannot talk the last one out of the record.
        let share = WHOLE.checked_div(containers.len()).unwrap_or(WHOLE);
        let mut whole = String::new();
        let mut cut = false;
        for container in containers {
            let (text, more) = self.printed(&pod.name_any(), &container.name, share).await;
            whole.push_str(&text);
            if text.is_empty() {
                whole.push_str(&unspoken(container));
            }
            cut |= more;
        }
        Ok(bounded(redact(&whole), cut, crds::limits::OUTPUT_TAIL))
    }

    pub(super) async fn pods_of_job(&self, job: &Uid) -> Result<Vec<Pod>, CallError> {
        let of_the_job = ListParams::default().labels(&format!("{JOB_UID}={job}"));
        Ok(within(self.pods().list(&of_the_job)).await?.items)
    }

    /// What a container printed, and whether there was more.
    async fn printed(&self, pod: &str, container: &str, share: usize) -> (String, bool) {
        let half = share / 2;
        // One byte more than is kept tells that there was more.
        let first = self.log(pod, container, None, share.saturating_add(1)).await;
        if first.len() <= share {
            return (first, false);
        }
        let last = self.log(pod, container, Some(LAST_LINES), share.saturating_sub(half)).await;
        (format!("{}{CUT}{last}", start(&first, half)), true)
    }

    async fn log(&self, pod: &str, container: &str, tail_lines: Option<i64>, limit: usize) -> String {
        let limit_bytes = i64::try_from(limit).ok();
        let params = LogParams { container: Some(container.to_owned()), limit_bytes, tail_lines, ..LogParams::default() };
        match within(self.bytes(pod, &params)).await {
            Ok(bytes) if bytes.starts_with(GONE) => format!("[what {container} printed is gone with its container]\n"),
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) => format!("[what {container} printed could not be read: {error}]\n"),
        }
    }

    /// As bytes: a program may print anything, and the client's own call refuses what is not UTF-8.
    pub(super) async fn bytes(&self, pod: &str, params: &LogParams) -> Result<Vec<u8>, kube::Error> {
        let path = Pod::url_path(&(), Some(&self.settings.runs_namespace));
        let request = Request::new(path).logs(pod, params).map_err(kube::Error::BuildRequest)?;
        let answer = self.client.send(request.map(Body::from)).await?;
        let status = answer.status();
        let bytes = answer.into_body().collect().await?.to_bytes();
        match status.is_success() {
            true => Ok(bytes.to_vec()),
            false => Err(refused(status.as_u16(), &bytes)),
        }
    }
}

fn refused(code: u16, body: &[u8]) -> kube::Error {
    let said = serde_json::from_slice::<kube::core::Status>(body).unwrap_or_default();
    kube::Error::Api(kube::core::Status { code, ..said }.boxed())
}

/// The containers that started, in the order in which they run.
pub(super) fn ran(pod: &Pod) -> Vec<&ContainerStatus> {
    let Some(status) = &pod.status else { return vec![] };
    let all = status.init_container_statuses.iter().chain(&status.container_statuses).flatten();
    all.filter(|s| s.state.as_ref().is_some_and(|s| s.running.is_some() || s.terminated.is_some())).collect()
}

/// What the runtime says of a container that never came to speak: a program that is not in the image, no memory to start.
fn unspoken(container: &ContainerStatus) -> String {
    let end = container.state.as_ref().and_then(|s| s.terminated.as_ref());
    let words = end.and_then(|e| Some(format!("[{}: {}]\n", e.reason.as_ref()?, e.message.as_ref()?)));
    words.unwrap_or_default()
}

fn bounded(whole: String, cut: bool, tail: usize) -> (Output, Vec<u8>) {
    let from = whole.ceil_char_boundary(whole.len().saturating_sub(tail));
    let (before, tail) = whole.split_at(from);
    let output = Output { tail: tail.to_owned(), truncated: cut || !before.is_empty(), digest: None };
    (output, whole.into_bytes())
}

fn start(text: &str, length: usize) -> &str {
    text.split_at(text.floor_char_boundary(length)).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_cut_between_characters_and_says_that_there_was_more() {
        let (output, whole) = bounded("aéb".into(), false, 2);
        assert_eq!((output.tail.as_str(), output.truncated, whole.len()), ("b", true, 4));
        let (output, _) = bounded("ab".into(), false, 2);
        assert_eq!((output.tail.as_str(), output.truncated), ("ab", false));
        assert!(bounded("ab".into(), true, 2).0.truncated);
    }
}
