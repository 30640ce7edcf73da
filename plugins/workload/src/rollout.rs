//! Is what was asked for really there? Reads the counts of a Deployment, StatefulSet or DaemonSet as one thing.
use writ_action::prelude::*;

/// What the controller must have done before a check holds.
#[derive(Clone, Copy)]
pub(crate) enum Wanted<'a> {
    /// this many pods, ready, and no more
    Replicas(i64),
    /// all pods run the newest template
    NewTemplate,
    /// all pods run the template of this ReplicaSet
    TemplateOf(&'a str),
}

/// What a plan must remember for `check`.
pub(crate) fn memo(t: &Target) -> Value {
    json!({"uid": t.uid()})
}

/// The check `replicas_ready`. `uid` is of the object that was planned for.
pub(crate) fn check(t: &Target, after: &Seen, wanted: Wanted<'_>) -> Check {
    const NAME: &str = "replicas_ready";
    if after.memo("/uid") != t.uid() {
        return Check::failed(NAME, format!("{t} was deleted and made again meanwhile"));
    }
    let is = Counts::of(t, after);
    let done = match wanted {
        Wanted::Replicas(n) => is.specified == n && is.all_there(),
        Wanted::NewTemplate | Wanted::TemplateOf(_) => is.all_there() && is.updated >= is.to_update,
    };
    let seen = is.shown(wanted);
    match (is.observed, done, other_replicas(&is, wanted)) {
        (_, _, Some(moved)) => Check::failed(NAME, moved),
        (false, ..) => Check::pending(NAME, format!("{seen}, the controller has not seen the change yet")),
        (true, true, None) => Check::holds(NAME, seen),
        (true, false, None) => match (late(after, wanted), failure(after)) {
            (Some(late), why) => Check::failed(NAME, format!("{seen}: {}", why.unwrap_or(late))),
            (None, Some(why)) => Check::pending(NAME, format!("{seen}: {why}")),
            (None, None) => Check::pending(NAME, seen),
        },
    }
}

/// Somebody changed the very number that was set.
fn other_replicas(is: &Counts, wanted: Wanted<'_>) -> Option<String> {
    match wanted {
        Wanted::Replicas(n) if is.specified != n => {
            Some(format!("spec.replicas is {}, not {n}: somebody else changed it", is.specified))
        }
        _ => None,
    }
}

struct Counts {
    observed: bool,
    specified: i64,
    exist: i64,
    updated: i64,
    to_update: i64,
    ready: i64,
    available: i64,
}

impl Counts {
    fn of(t: &Target, seen: &Seen) -> Self {
        let status = |name: &str| seen.count(&format!("/status/{name}"));
        let observed = status("observedGeneration") >= seen.count("/metadata/generation");
        if t.kind() == "DaemonSet" {
            let specified = status("desiredNumberScheduled");
            return Self {
                observed,
                specified,
                exist: status("currentNumberScheduled"),
                updated: status("updatedNumberScheduled"),
                to_update: specified,
                ready: status("numberReady"),
                available: status("numberAvailable"),
            };
        }
        let specified = replicas(seen);
        Self {
            observed,
            specified,
            exist: status("replicas"),
            updated: status("updatedReplicas"),
            // a StatefulSet updates only what is not below its partition
            to_update: updatable(seen),
            ready: status("readyReplicas"),
            available: status("availableReplicas"),
        }
    }

    fn all_there(&self) -> bool {
        [self.exist, self.ready, self.available].iter().all(|n| *n == self.specified)
    }

    fn shown(&self, wanted: Wanted<'_>) -> String {
        let Self { ready, specified, updated, to_update, exist, .. } = self;
        let mut shown = format!("{} of {} ready", ready.min(specified), counted(*specified));
        if !matches!(wanted, Wanted::Replicas(_)) {
            shown += &format!(", {} of {to_update} updated", updated.min(to_update));
        }
        if exist > specified {
            shown += &format!(", {} to go", exist - specified);
        }
        shown
    }
}

/// What is asked for now. Kubernetes itself fills in 1 where nothing is said.
pub(crate) fn replicas(seen: &Seen) -> i64 {
    seen.at("/spec/replicas").as_i64().unwrap_or(1)
}

/// `1 replica`, `3 replicas`.
pub(crate) fn counted(replicas: i64) -> String {
    format!("{replicas} {}", if replicas == 1 { "replica" } else { "replicas" })
}

/// How many pods an update reaches: a StatefulSet leaves those below its partition alone.
pub(crate) fn updatable(seen: &Seen) -> i64 {
    let partition = seen.count("/spec/updateStrategy/rollingUpdate/partition");
    let (start, replicas) = (seen.count("/spec/ordinals/start"), replicas(seen));
    (start + replicas - partition).clamp(0, replicas)
}

/// The rollout passed its deadline: waiting does not help.
///
/// Kubernetes leaves this condition standing until the next rollout gets somewhere, so right after a stuck release was rolled
/// back it still tells of that release. What is older than the execution, or tells of another ReplicaSet, does not count.
fn late(after: &Seen, wanted: Wanted<'_>) -> Option<String> {
    let condition = condition(after, "Progressing", "False")?;
    let is_ours = match wanted {
        Wanted::TemplateOf(name) => text(condition, "message").contains(&format!("\"{name}\"")),
        _ => true,
    };
    // both are RFC 3339 in UTC with whole seconds, so their texts compare as the times do
    let is_new = text(condition, "lastUpdateTime") > after.created_at();
    let passed = text(condition, "reason") == "ProgressDeadlineExceeded";
    (passed && is_ours && is_new).then(|| text(condition, "message").to_owned())
}

/// Pods cannot be created, for example because a quota is used up. That may pass.
fn failure(after: &Seen) -> Option<String> {
    let condition = condition(after, "ReplicaFailure", "True")?;
    Some(format!("{}: {}", text(condition, "reason"), text(condition, "message")))
}

fn condition<'a>(seen: &'a Seen, kind: &str, status: &str) -> Option<&'a Value> {
    let conditions = seen.at("/status/conditions").as_array()?;
    conditions.iter().find(|c| text(c, "type") == kind && text(c, "status") == status)
}

fn text<'a>(value: &'a Value, part: &str) -> &'a str {
    value.get(part).and_then(Value::as_str).unwrap_or("")
}
