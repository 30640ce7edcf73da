//! **Rule 8.** What this build does not honor, it refuses: plans that it cannot hold a run to, times that are none. (Every field of a request is
//! honored; of an obligation of a policy that means nothing here, the gate says so.) Never ignored. Whoever teaches the host one of these takes its line out here.
use crate::{
    access, duration,
    model::Planned,
    story::{By, No, Pass},
};
use crds::{ExecutionSpec, Reason, ViolationStatus};

/// Times that are none: the API server has a pattern for them, and it is not the only way here.
pub(crate) fn request(spec: &ExecutionSpec) -> Option<No> {
    let fields = [
        ("spec.timeout", spec.timeout.as_deref()),
        ("spec.ttlAfterFinished", spec.ttl_after_finished.as_deref()),
        ("spec.rollback.keepFor", spec.rollback.as_ref().and_then(|r| r.keep_for.as_deref())),
    ];
    let (field, text) =
        fields.into_iter().find_map(|(field, text)| Some((field, text.filter(|t| duration::parse(t).is_none())?)))?;
    let message = format!("{text:?} is no time such as 90s, 5m or 1h30m");
    let no = No::new(
        Reason::ParametersInvalid,
        By::Host,
        format!("invalid {field}"),
        format!("{field}: {message}."),
        "Correct it in a new execution.",
    );
    Some(no.violations([violation(field, message)]))
}

fn violation(rule: &str, message: String) -> ViolationStatus {
    ViolationStatus { pointer: String::new(), rule: rule.to_owned(), message }
}

/// A run is held to exactly the objects that it says it writes, or it is not made.
pub(crate) fn plan(pass: &Pass<'_>, planned: &Planned) -> Option<No> {
    if access::of(pass.exec, planned).is_some() {
        return None;
    }
    let what = "The plan connects to an object, creates a part of one (such as an eviction), or writes more objects than the name of a \
                run's identity can hold (five, fewer where some are new), and this build of Writ cannot hold a run to exactly those.";
    let next = "Use an action that changes less at once.";
    Some(No::new(Reason::NotSupportedYet, By::Host, "not supported yet: a plan that a run cannot be held to", what, next))
}
