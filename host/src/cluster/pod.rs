//! What became of a run's pod, from the objects as they were read. Pure: the table of everything a pod can look like.
//!
//! Owns when an exit code is believed. The end is seen in the container's own status, a second or two before the pod's phase moves.
use decide::observed::{JobEnd, Output, PodSeen};
use k8s_openapi::api::{
    batch::v1::Job,
    core::v1::{Container, ContainerStateTerminated, ContainerStatus, Pod, PodCondition, PodSpec},
};

/// What a pod is held against.
pub(super) struct Asked<'a> {
    /// The pod that the Job asks for; none where the Job is gone and only its pod is left.
    pub(super) template: Option<&'a PodSpec>,
    /// The image that was planned, by digest.
    pub(super) image: &'a str,
    /// The Job is being stopped, by us or by its deadline: a killed container is then no disruption.
    pub(super) stopped: bool,
}

impl<'a> Asked<'a> {
    /// By a Job.
    pub(super) fn by(job: &'a Job, image: &'a str) -> Self {
        let template = job.spec.as_ref().and_then(|s| s.template.spec.as_ref());
        Self { template, image, stopped: job.metadata.deletion_timestamp.is_some() || given_up(job).is_some() }
    }
}

/// Why the Job controller gave a Job up; none while pods of it may still run. Once its command has ended, the decision is enough: the
/// condition that says it for good comes a second later.
pub(super) fn failed_by(job: &Job, pod: &PodSeen) -> Option<JobEnd> {
    if matches!(pod, PodSeen::Ended { .. }) { given_up(job) } else { condition(job, "Failed") }
}

/// The same as soon as it is decided, while the pods are being ended.
fn given_up(job: &Job) -> Option<JobEnd> {
    condition(job, "FailureTarget").or_else(|| condition(job, "Failed"))
}

fn condition(job: &Job, type_: &str) -> Option<JobEnd> {
    let conditions = job.status.as_ref()?.conditions.as_ref()?;
    let failed = conditions.iter().find(|c| c.type_ == type_ && c.status == "True")?;
    Some(match failed.reason.as_deref() {
        Some("DeadlineExceeded") => JobEnd::Deadline,
        Some("BackoffLimitExceeded") => JobEnd::BackoffLimit,
        _ => JobEnd::Other,
    })
}

/// The newest of the pods: an older one was replaced.
pub(super) fn newest(pods: &[Pod]) -> Option<&Pod> {
    pods.iter().max_by_key(|p| created(p))
}

/// What became of the pods of one Job: the newest one's story. But as long as it has not started, what an earlier one did is what
/// is known: something may have been touched.
pub(super) fn of_all(asked: &Asked<'_>, pods: &[Pod]) -> PodSeen {
    let Some(newest) = newest(pods) else { return PodSeen::None };
    let now = seen(asked, newest);
    if !matches!(now, PodSeen::NotStarted { .. } | PodSeen::NeverRan { .. }) {
        return now;
    }
    let mut earlier: Vec<&Pod> = pods.iter().filter(|p| p.metadata.uid != newest.metadata.uid).collect();
    earlier.sort_by_key(|p| std::cmp::Reverse(created(p)));
    let touched = earlier.into_iter().map(|p| seen(asked, p));
    touched.into_iter().find(|p| !matches!(p, PodSeen::NotStarted { .. } | PodSeen::NeverRan { .. })).unwrap_or(now)
}

fn created(pod: &Pod) -> Option<jiff::Timestamp> {
    pod.metadata.creation_timestamp.as_ref().map(|t| t.0)
}

/// What became of one pod.
fn seen(asked: &Asked<'_>, pod: &Pod) -> PodSeen {
    if let Some(why) = distrust(asked, pod) {
        return PodSeen::Untrusted { why };
    }
    let commands = commands(pod);
    if let Some((at, ended)) = ended(&commands) {
        return finished(asked, pod, at, ended);
    }
    if let Some(why) = lost(pod) {
        return PodSeen::Disrupted { why };
    }
    match commands.iter().position(|c| !done(c)) {
        Some(at) if at > 0 || started(&commands) => PodSeen::Running { command: index(at) },
        _ => not_started(pod, &commands),
    }
}

/// One command of the run: its container, and what the kubelet says of it.
struct Command<'a> {
    status: Option<&'a ContainerStatus>,
}

/// In the order in which they run: the init containers, then the container.
fn commands(pod: &Pod) -> Vec<Command<'_>> {
    let Some(spec) = &pod.spec else { return vec![] };
    let status = |c: &Container| Command { status: statuses(pod).find(|s| s.name == c.name) };
    spec.init_containers.iter().flatten().chain(&spec.containers).map(status).collect()
}

fn statuses(pod: &Pod) -> impl Iterator<Item = &ContainerStatus> {
    pod.status.iter().flat_map(|s| s.init_container_statuses.iter().chain(&s.container_statuses)).flatten()
}

fn terminated<'a>(command: &Command<'a>) -> Option<&'a ContainerStateTerminated> {
    command.status.and_then(end_of)
}

/// How a container ended. Of one that it never made (its image did not pull), a kubelet that ends the pod says that it was lost; but one
/// that was made has an id, and one that started has a time.
fn end_of(status: &ContainerStatus) -> Option<&ContainerStateTerminated> {
    let end = status.state.as_ref()?.terminated.as_ref()?;
    let lost = end.reason.as_deref() == Some("ContainerStatusUnknown");
    let made =
        status.container_id.is_some() || !status.image_id.is_empty() || end.container_id.is_some() || end.started_at.is_some();
    (made || !lost).then_some(end)
}

fn done(command: &Command<'_>) -> bool {
    terminated(command).is_some_and(|t| t.exit_code == 0)
}

fn started(commands: &[Command<'_>]) -> bool {
    let ran = |s: &ContainerStatus| {
        s.started == Some(true) || s.state.as_ref().is_some_and(|s| s.running.is_some()) || end_of(s).is_some()
    };
    commands.iter().filter_map(|c| c.status).any(ran)
}

/// The first command that failed, else the last one once it has ended.
fn ended<'a>(commands: &[Command<'a>]) -> Option<(usize, &'a ContainerStateTerminated)> {
    let mut ends = commands.iter().enumerate().filter_map(|(i, c)| Some((i, terminated(c)?)));
    let failed = ends.clone().find(|(_, t)| t.exit_code != 0);
    failed.or_else(|| ends.rfind(|_| commands.iter().all(done)))
}

/// An exit code says what the command did, unless something outside ended it.
fn finished(asked: &Asked<'_>, pod: &Pod, at: usize, end: &ContainerStateTerminated) -> PodSeen {
    if end.exit_code != 0 {
        if end.reason.as_deref() == Some("ContainerStatusUnknown") {
            return PodSeen::Disrupted { why: "the kubelet lost sight of the container".into() };
        }
        if let Some(why) = disruption(pod).or_else(|| killed(asked, pod, end)) {
            return PodSeen::Disrupted { why };
        }
    }
    let since = pod.metadata.creation_timestamp.as_ref();
    let when = end.finished_at.as_ref().or(since).map(|t| t.0).unwrap_or_default();
    PodSeen::Ended { command: index(at), exit_code: end.exit_code, output: Output::default(), at: when }
}

/// The pod was deleted by somebody, and the container ended afterwards.
fn killed(asked: &Asked<'_>, pod: &Pod, end: &ContainerStateTerminated) -> Option<String> {
    let until = pod.metadata.deletion_timestamp.as_ref()?.0;
    let grace = jiff::SignedDuration::from_secs(pod.metadata.deletion_grace_period_seconds.unwrap_or_default());
    let asked_at = until.checked_sub(grace).ok()?;
    let after = end.finished_at.as_ref().is_none_or(|t| t.0 >= asked_at);
    (!asked.stopped && after).then(|| "its pod was deleted while it ran".into())
}

/// The pod is over and no container says how it ended, or it was disrupted: a node that was lost may not have told all.
fn lost(pod: &Pod) -> Option<String> {
    let unsaid = || "the pod is over, and nothing says how its container ended".to_owned();
    let ran = started(&commands(pod)).then(unsaid);
    disruption(pod).or(ran).filter(|_| over(pod))
}

fn disruption(pod: &Pod) -> Option<String> {
    let target = conditions(pod).find(|c| c.type_ == "DisruptionTarget" && c.status == "True")?;
    let (reason, message) =
        (target.reason.as_deref().unwrap_or("DisruptionTarget"), target.message.as_deref().unwrap_or_default());
    Some(format!("{reason}: {message}"))
}

fn conditions(pod: &Pod) -> impl Iterator<Item = &PodCondition> {
    pod.status.iter().flat_map(|s| s.conditions.iter()).flatten()
}

/// Nothing has run yet: it waits for a node, an image, a volume, or it never will.
fn not_started(pod: &Pod, commands: &[Command<'_>]) -> PodSeen {
    if let Some(why) = never(pod) {
        return PodSeen::NeverRan { why };
    }
    let since = created(pod).unwrap_or_default();
    let why = waiting(commands).or_else(|| unscheduled(pod)).unwrap_or_else(|| "waiting for a node".into());
    PodSeen::NotStarted { since, why }
}

/// The kubelet refused the pod or gave it up; or it was deleted before it had a node, and then none will take it.
fn never(pod: &Pod) -> Option<String> {
    if over(pod) {
        let status = pod.status.as_ref();
        let reason = status.and_then(|s| s.reason.as_deref()).unwrap_or("the node gave the pod up");
        let message = status.and_then(|s| s.message.as_deref()).unwrap_or_default();
        return Some(if message.is_empty() { reason.to_owned() } else { format!("{reason}: {message}") });
    }
    let deleted = pod.metadata.deletion_timestamp.is_some() && pod.spec.as_ref().is_none_or(|s| s.node_name.is_none());
    deleted.then(|| "its pod was deleted before it had a node".into())
}

/// No container of it runs or will run: known from its containers, seconds before its phase says so.
pub(super) fn has_ended(pod: &Pod) -> bool {
    ended(&commands(pod)).is_some() || never(pod).is_some()
}

/// It is to make place, or was lost: the Job controller may put another in its stead.
pub(super) fn is_disrupted(pod: &Pod) -> bool {
    disruption(pod).is_some()
}

fn over(pod: &Pod) -> bool {
    matches!(pod.status.as_ref().and_then(|s| s.phase.as_deref()), Some("Failed" | "Succeeded"))
}

fn waiting(commands: &[Command<'_>]) -> Option<String> {
    let waits = commands.iter().filter_map(|c| c.status?.state.as_ref()?.waiting.as_ref());
    // The first container that has more to say than that it waits for the one before it.
    let speaks = waits.clone().find(|w| w.reason.as_deref().is_some_and(|r| r != "PodInitializing"));
    let waits = speaks.or_else(|| waits.clone().next())?;
    let reason = waits.reason.clone().unwrap_or_else(|| "Waiting".into());
    Some(waits.message.as_ref().map_or_else(|| reason.clone(), |message| format!("{reason}: {message}")))
}

fn unscheduled(pod: &Pod) -> Option<String> {
    let no = conditions(pod).find(|c| c.type_ == "PodScheduled" && c.status == "False")?;
    Some(format!("{}: {}", no.reason.as_deref().unwrap_or("Unschedulable"), no.message.as_deref().unwrap_or_default()))
}

/// What about the pod is not what was asked for.
fn distrust(asked: &Asked<'_>, pod: &Pod) -> Option<String> {
    let spec = pod.spec.as_ref()?;
    if spec.ephemeral_containers.iter().flatten().next().is_some() {
        return Some("somebody attached a container to the pod".into());
    }
    let there: Vec<&Container> = spec.init_containers.iter().flatten().chain(&spec.containers).collect();
    if let Some(other) = there.iter().find(|c| c.image.as_deref() != Some(asked.image)) {
        return Some(format!(
            "container {} has image {}, planned was {}",
            other.name,
            other.image.as_deref().unwrap_or("none"),
            asked.image
        ));
    }
    asked.template.and_then(|template| differs(template, spec, &there)).or_else(|| ran_another_image(asked, pod))
}

fn differs(template: &PodSpec, spec: &PodSpec, there: &[&Container]) -> Option<String> {
    let wanted: Vec<&Container> = template.init_containers.iter().flatten().chain(&template.containers).collect();
    if wanted.len() != there.len() {
        return Some(format!("the pod has {} containers, its Job asks for {}", there.len(), wanted.len()));
    }
    if spec.service_account_name != template.service_account_name {
        return Some("the pod runs under another account than its Job asks for".into());
    }
    let same =
        |(w, t): (&&Container, &&Container)| w.name == t.name && w.command == t.command && w.args == t.args && w.env == t.env;
    let other = wanted.iter().zip(there).find(|pair| !same(*pair))?;
    Some(format!("container {} does not run the command that its Job asks for", other.1.name))
}

/// The runtime's own word for what it ran. Where an image has no digest of a registry, the runtime says `sha256:` of its
/// configuration, which nothing here can be compared with.
fn ran_another_image(asked: &Asked<'_>, pod: &Pod) -> Option<String> {
    let (_, planned) = asked.image.rsplit_once('@')?;
    let reported = |s: &ContainerStatus| s.image_id.rsplit_once('@').map(|(_, digest)| (s.name.clone(), digest.to_owned()));
    let (name, digest) = statuses(pod).filter_map(reported).find(|(_, digest)| digest != planned)?;
    Some(format!("container {name} ran image {digest}, planned was {planned}"))
}

fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
