//! What a run prints while it runs: which executions are at work, the line that was printed last, and its Event. Owns what of a log is told.
//! Best effort, as everything that is only for people to read.
use super::{
    client::{CallError, Cluster, within},
    events,
    output::{GONE, ran},
    pod,
    redact::redact,
};
use crds::labels::EVENT_PROGRESS;
use decide::model::Uid;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use kube::{ResourceExt, api::LogParams};
use std::collections::HashSet;

/// Lines that are read for the last of them. A private key has a hundred at most: so where the last one is a part of a key, the beginning of
/// that key is read, too, and all of it taken out.
const LINES: i64 = 200;
/// Of these lines, bytes.
const BYTES: i64 = 64 * 1024;

/// An execution whose Job runs, as far as the watch has told.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AtWork {
    /// Its uid.
    pub uid: Uid,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// What a pod that still runs printed last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printed {
    /// uid of the pod.
    pub pod: String,
    /// When the first of its containers started.
    pub since: Timestamp,
    /// The line.
    pub line: String,
}

impl Cluster {
    /// From memory.
    #[must_use]
    pub fn at_work(&self) -> HashSet<AtWork> {
        self.history.at_work()
    }

    /// None: nothing runs, or it printed nothing yet.
    pub async fn printed_last(&self, who: &AtWork) -> Result<Option<Printed>, CallError> {
        let pods = self.pods_of(&who.uid).await?;
        let Some(pod) = pod::newest(&pods) else { return Ok(None) };
        let containers = ran(pod);
        let (true, Some(since)) = (containers.iter().any(|c| runs(c)), containers.first().and_then(|c| started(c))) else {
            return Ok(None);
        };
        // The last one may be silent yet; then what was printed last is of an earlier one.
        for container in containers.iter().rev() {
            if let Some(line) = self.last_line(pod, container).await? {
                return Ok(Some(Printed { pod: pod.uid().unwrap_or_default(), since, line }));
            }
        }
        Ok(None)
    }

    async fn last_line(&self, pod: &Pod, container: &ContainerStatus) -> Result<Option<String>, CallError> {
        let params = LogParams {
            container: Some(container.name.clone()),
            tail_lines: Some(LINES),
            limit_bytes: Some(BYTES),
            ..LogParams::default()
        };
        let bytes = within(self.bytes(&pod.name_any(), &params)).await?;
        Ok(if bytes.starts_with(GONE) { None } else { last_line(&String::from_utf8_lossy(&bytes)) })
    }

    /// One Event for a line. Its name follows from the pod and the number, so that telling it again tells it once, whoever does.
    pub async fn progress(&self, who: &AtWork, printed: &Printed, number: i64) -> Result<(), CallError> {
        self.publish(events::Told {
            regarding: who.into(),
            told_by: &printed.pod,
            number,
            reason: EVENT_PROGRESS.to_owned(),
            action: EVENT_PROGRESS.to_owned(),
            note: &printed.line,
            warning: false,
        })
        .await
    }
}

fn runs(container: &ContainerStatus) -> bool {
    container.state.as_ref().is_some_and(|s| s.running.is_some())
}

fn started(container: &ContainerStatus) -> Option<Timestamp> {
    let state = container.state.as_ref()?;
    let running = state.running.as_ref().and_then(|r| r.started_at.as_ref());
    running.or_else(|| state.terminated.as_ref().and_then(|t| t.started_at.as_ref())).map(|t| t.0)
}

/// The last one that has an end and says something: without secrets, and without what would draw on a terminal.
fn last_line(text: &str) -> Option<String> {
    let (complete, _) = text.rsplit_once('\n')?;
    let lines = redact(complete);
    let said = lines.lines().rev().find(|l| !l.trim().is_empty())?;
    Some(said.chars().map(|c| if decide::text::draws(c) { ' ' } else { c }).collect::<String>().trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::last_line;

    #[test]
    fn the_last_complete_line_that_says_something_is_told() {
        assert_eq!(last_line(""), None);
        assert_eq!(last_line("evicted 1 of"), None, "it has no end yet");
        assert_eq!(last_line("\n \n"), None);
        assert_eq!(last_line("evicted 1 of 3\nevicted 2 of 3\nevic").as_deref(), Some("evicted 2 of 3"));
        assert_eq!(last_line("evicted 1 of 3\n\n\t\n").as_deref(), Some("evicted 1 of 3"));
    }

    #[test]
    fn no_secret_is_told_and_nothing_that_would_draw_on_a_terminal() {
        assert_eq!(last_line("x\ntoken: abc.def\n").as_deref(), Some("token: [redacted]"));
        let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nMIIF\n";
        assert_eq!(last_line(key).as_deref(), Some("[redacted]"), "in the middle of a key");
        assert_eq!(last_line("a\u{1b}[2Jb\rc\n").as_deref(), Some("a [2Jb c"));
    }
}
