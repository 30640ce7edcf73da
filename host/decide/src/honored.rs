//! **Rule 8.** What this build does not honor, it refuses: fields of the request, obligations of a policy, plans that it cannot hold a
//! run to. Never ignored. Whoever teaches the host one of these takes its line out here.
use crate::{
    access, duration,
    model::Planned,
    observed::{Obligations, PolicyRuling, Ruling, Verdict},
    story::{By, No, Pass, obligations, policy_owner},
};
use crds::{ExecutionSpec, Limits, OnFailure, Reason, ViolationStatus};

/// The fields of the request.
pub(crate) fn request(pass: &Pass<'_>) -> Option<No> {
    unsupported(&pass.exec.spec).or_else(|| no_time(&pass.exec.spec))
}

fn unsupported(spec: &ExecutionSpec) -> Option<No> {
    let fields = [
        ("spec.breakGlass", spec.break_glass, "leave it out"),
        (
            "spec.rollback.onFailure: Automatic",
            spec.rollback.as_ref().is_some_and(|r| r.on_failure == OnFailure::Automatic),
            "leave it out, and undo it by hand: writ undo",
        ),
    ];
    let found: Vec<_> = fields.into_iter().filter(|(_, asked, _)| *asked).collect();
    if found.is_empty() {
        return None;
    }
    let names = found.iter().map(|(field, ..)| *field).collect::<Vec<_>>().join(", ");
    let next = found.iter().map(|(field, _, next)| format!("{field}: {next}.")).collect::<Vec<_>>().join(" ");
    let what = format!("This build of Writ does not honor {names} yet, and ignores nothing that was asked.");
    let violation = |(field, _, next): (&str, bool, &str)| violation(field, format!("not supported yet; {next}"));
    Some(
        No::new(Reason::NotSupportedYet, By::Host, format!("not supported yet: {names}"), what, next)
            .violations(found.into_iter().map(violation)),
    )
}

/// Times that are none: the API server has a pattern for them, and it is not the only way here.
fn no_time(spec: &ExecutionSpec) -> Option<No> {
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

/// The conditions under which the policies allow, but for those that are seen to (`dry_run`, `approvals`, `limits`).
pub(crate) fn conditions(ruling: &Ruling) -> Option<No> {
    let unmet = |r: &PolicyRuling| match &r.verdict {
        Verdict::Allow(o) if !r.shadow => obligations(&Obligations {
            dry_run: false,
            approvals: 0,
            approver_groups: vec![],
            limits: Limits::default(),
            ..o.clone()
        }),
        _ => vec![],
    };
    let r = ruling.results.iter().find(|r| !unmet(r).is_empty())?;
    let wants = unmet(r).join(", ");
    let what = format!("Policy {} allows it only with: {wants}. This build of Writ cannot see to that yet.", r.policy);
    let next = format!("Have {} allow it without, or wait for a build that honors it.", policy_owner(r));
    let no =
        No::new(Reason::NotSupportedYet, By::Policy, format!("policy {} wants {wants}: not supported yet", r.policy), what, next);
    Some(no.who(policy_owner(r)).violations([violation(&format!("policy {}", r.policy), format!("{wants}: not supported yet"))]))
}

/// A run is held to one existing object, or it is not made.
pub(crate) fn plan(pass: &Pass<'_>, planned: &Planned) -> Option<No> {
    if access::of(pass.exec, planned).is_some() {
        return None;
    }
    let what = "The plan writes more than its one existing target (several objects, a new one, or one of the whole cluster), \
                and this build of Writ cannot yet hold a run to exactly those.";
    let next = "Use an action that changes its own target only.";
    Some(No::new(Reason::NotSupportedYet, By::Host, "not supported yet: a plan that writes more than its target", what, next))
}
