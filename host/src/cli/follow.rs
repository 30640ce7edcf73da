//! Follows one execution to its end and tells each step as it comes.
use super::{
    automatic, ballot,
    connect::Connected,
    human::{Exit, plain},
    out::{self, Words},
    page, progress,
};
use crds::{ExecutionStatus, JobStatus, KubernetesExecution, Phase, Reason};
use futures::{StreamExt, stream, stream::BoxStream};
use kube::runtime::{WatchStreamExt, watcher};
use std::time::Duration;

/// How long an operator that runs may need to look at what was made.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Said once of an execution without a status.
pub const NOT_LOOKED_AT: &str = "  the operator has not looked at it for 10 s; is it running? kubectl -n writ-system get pods";

/// Until it is over, `--wait` has passed, or Ctrl-C detaches.
pub async fn follow(cluster: &Connected, name: &str, wait: Option<Duration>, words: Words) -> anyhow::Result<Exit> {
    let never = || Duration::from_secs(u64::from(u32::MAX));
    let all = format!("writ get {name} -n {}", cluster.namespace);
    let mut told = Told { steps: 0, waits: String::new(), printed: progress::Shown::default(), all, words };
    tokio::select! {
        end = to_the_end(cluster, name, &mut told) => end,
        () = tokio::time::sleep(wait.unwrap_or_else(never)) => Ok(detached(cluster, name, "--wait has passed", words)),
        _ = tokio::signal::ctrl_c() => Ok(detached(cluster, name, "detached", words)),
    }
}

fn detached(cluster: &Connected, name: &str, why: &str, words: Words) -> Exit {
    let ns = &cluster.namespace;
    words.line(format_args!(
        "{why}; it is still running. Follow it: writ watch {name} -n {ns}   Stop it: writ cancel {name} -n {ns}"
    ));
    Exit::StillRunning
}

/// The object once it is over; says nothing.
pub async fn ended(cluster: &Connected, name: &str) -> anyhow::Result<KubernetesExecution> {
    cluster.execution(name).await?;
    until(cluster, name, |status| status.phase.is_over(), stream::pending().boxed(), |_| {}).await
}

/// Whether its record says so within a moment: some of it is told a little after what it tells of.
pub async fn recorded(cluster: &Connected, name: &str, done: impl Fn(&ExecutionStatus) -> bool) -> bool {
    let told = until(cluster, name, done, stream::pending().boxed(), |_| {});
    tokio::time::timeout(PATIENCE, told).await.is_ok_and(|kx| kx.is_ok())
}

/// Its Job, once there is one; none where it ended without.
pub async fn job(cluster: &Connected, name: &str) -> anyhow::Result<Option<JobStatus>> {
    let there = |status: &ExecutionStatus| status.job.as_ref().is_some_and(|j| j.uid.is_some());
    cluster.execution(name).await?;
    let there_or_over = |status: &ExecutionStatus| there(status) || status.phase.is_over();
    let kx = until(cluster, name, there_or_over, stream::pending().boxed(), |_| {}).await?;
    Ok(kx.status.filter(there).and_then(|s| s.job))
}

async fn to_the_end(cluster: &Connected, name: &str, told: &mut Told) -> anyhow::Result<Exit> {
    let uid = cluster.execution(name).await?.metadata.uid.unwrap_or_default();
    let printed = progress::lines(cluster, &uid);
    let kx = until(cluster, name, |status| status.phase.is_over(), printed, |news| told.tell(news)).await?;
    let undo = automatic::on_its_way(&kx);
    let status = kx.status.unwrap_or_default();
    told.words.text(page::end(&status, undo, told.words.paint()));
    if let Some(due) = ballot::review(&status) {
        told.words.line(format_args!("A review is {due}: writ review {name} -n {}", cluster.namespace));
    }
    Ok(Exit::of(&status))
}

/// What is heard of it.
enum News<'a> {
    /// What the host recorded.
    Status(&'a ExecutionStatus),
    /// What its run printed.
    Printed(String),
}

async fn until(
    cluster: &Connected,
    name: &str,
    done: impl Fn(&ExecutionStatus) -> bool,
    mut printed: BoxStream<'static, String>,
    mut tell: impl FnMut(News<'_>),
) -> anyhow::Result<KubernetesExecution> {
    let config = watcher::Config::default().fields(&format!("metadata.name={name}"));
    let mut changes = watcher(cluster.here::<KubernetesExecution>(), config).default_backoff().applied_objects().boxed();
    // By this machine's own patience, not by the object's age: two clocks seldom agree to ten seconds.
    let mut patience = std::pin::pin!(tokio::time::sleep(PATIENCE));
    let mut waits = true;
    loop {
        let change = tokio::select! {
            change = changes.next() => change,
            Some(line) = printed.next() => {
                tell(News::Printed(line));
                continue;
            }
            () = &mut patience, if waits => {
                waits = false;
                out::note(NOT_LOOKED_AT);
                continue;
            }
        };
        let Some(change) = change else { break };
        // The watch comes back by itself; a lost connection is no end of the execution.
        let Ok(kx) = change else { continue };
        let Some(status) = &kx.status else { continue };
        waits = false;
        tell(News::Status(status));
        if done(status) {
            return Ok(kx);
        }
    }
    anyhow::bail!("the watch ended; `writ watch {name}` takes it up again")
}

/// Lines of what a dry run found: about as many as are read at a glance.
const SHOWN: usize = 8;

/// What was told already: the entries of the timeline, in order; what it waits for; what its run printed. And what tells all of it.
struct Told {
    steps: usize,
    waits: String,
    printed: progress::Shown,
    all: String,
    words: Words,
}

impl Told {
    fn tell(&mut self, news: News<'_>) {
        match news {
            News::Status(status) => {
                self.recorded(status);
                self.printed.status(status, self.words);
            }
            News::Printed(line) => self.printed.line(line, self.words),
        }
    }

    fn recorded(&mut self, status: &ExecutionStatus) {
        let paint = self.words.paint();
        let steps = status.timeline.iter().zip(status.timeline.iter().skip(1)).skip(self.steps);
        for (entry, next) in steps {
            self.steps += 1;
            // Two entries of one phase (the Job was asked for, the Job was seen) are one step to a person.
            let left = entry.phase != next.phase;
            if let Some((word, detail)) = left.then(|| words(entry.phase, status)).flatten() {
                self.words.line(format_args!("  {} {word:<11} {detail:<58} {}", paint.green("✓"), paint.dim(&entry.took)));
                let lines = if entry.phase == Phase::DryRunning { found(status, &self.all) } else { Vec::new() };
                lines.iter().for_each(|line| self.words.line(format_args!("{:16}{line}", "")));
            }
        }
        if let Some(word) = waits_for(status).filter(|_| self.waits != status.message) {
            self.waits.clone_from(&status.message);
            self.words.line(format_args!("  {} {word:<11} {}", paint.red("●"), status.message));
        }
    }
}

/// For people, or for the end of something that people did.
fn waits_for(status: &ExecutionStatus) -> Option<&'static str> {
    match (status.phase, status.reason) {
        (Phase::AwaitingApproval, _) => Some("approval"),
        (Phase::Preparing, Reason::Frozen) => Some("frozen"),
        (Phase::Preparing, Reason::Queued | Reason::LimitReached) => Some("queued"),
        (Phase::Preparing, Reason::BreakGlass) => Some("glass"),
        _ => None,
    }
}

/// What leaving a phase means; nothing where the end itself says it.
fn words(left: Phase, status: &ExecutionStatus) -> Option<(&'static str, String)> {
    if matches!(status.phase, Phase::Refused | Phase::Cancelled) {
        return None;
    }
    match left {
        Phase::Validating => Some(("validated", "parameters, policy, undo".into())),
        Phase::AwaitingApproval => {
            let approval = status.approval.as_ref().filter(|a| a.state == "Approved")?;
            Some(("approval", ballot::sum(approval)))
        }
        Phase::DryRunning => Some(("dry run", dry_run(status))),
        Phase::Preparing => Some(("prepared", "an identity that can write this one object".into())),
        Phase::Executing => {
            let job = status.job.clone().unwrap_or_default();
            let code = job.exit_code.map_or_else(|| "ended".to_owned(), |c| format!("kubectl exited {c}"));
            let said = job.output.lines().next().map_or_else(String::new, |l| format!(": {}", plain(l)));
            (status.phase != Phase::Failed).then(|| ("ran", code + &said))
        }
        Phase::Verifying if status.phase == Phase::Completed => {
            let seen: Vec<&str> = status.checks.iter().map(|c| c.message.as_str()).filter(|m| !m.is_empty()).collect();
            Some(("checked", if seen.is_empty() { "the effect is real".into() } else { seen.join("; ") }))
        }
        _ => None,
    }
}

/// What would change, in the words of its page.
fn found(status: &ExecutionStatus, all: &str) -> Vec<String> {
    if status.diff.is_empty() { Vec::new() } else { page::in_short(status, SHOWN, all) }
}

/// In one line.
fn dry_run(status: &ExecutionStatus) -> String {
    let strange = status.diff.iter().filter(|d| !d.announced).count();
    let more = if strange == 0 { String::new() } else { format!(", {strange} of them NOT ANNOUNCED by the plugin") };
    let fields = if status.diff.len() == 1 { "field changes" } else { "fields change" };
    format!("the API server accepts it; {} {fields}{more}", status.diff.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crds::DiffStatus;
    use expect_test::expect;

    fn field(pointer: String, announced: bool) -> DiffStatus {
        let (before, after) = (Some("2".into()), Some("5".into()));
        DiffStatus { pointer, before, after, announced, ..Default::default() }
    }

    #[test]
    fn who_follows_a_dry_run_sees_what_would_change_and_first_what_nobody_announced() {
        let all = "writ get scale-web-1 -n shop";
        let mut status = ExecutionStatus { diff: vec![field("/spec/replicas".into(), true)], ..Default::default() };
        assert_eq!(dry_run(&status), "the API server accepts it; 1 field changes");
        assert_eq!(found(&status, all), ["spec.replicas   2 -> 5"]);
        status.diff.extend((0..8).map(|n| field(format!("/data/key-{n}"), true)));
        status.diff.push(field("/spec/paused".into(), false));
        expect![[r#"
            spec.paused   2 -> 5   NOT ANNOUNCED by the plugin
            spec.replicas   2 -> 5
            data.key-0   2 -> 5
            data.key-1   2 -> 5
            data.key-2   2 -> 5
            data.key-3   2 -> 5
            data.key-4   2 -> 5
            data.key-5   2 -> 5
            and 2 more: writ get scale-web-1 -n shop"#]]
        .assert_eq(&found(&status, all).join("\n"));
        status.diff.clear();
        assert_eq!(found(&status, all), [""; 0]);
    }
}
