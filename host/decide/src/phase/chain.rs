//! The judgements that stand before a Job, in order; asked in `Validating`, and again wherever a plan stands. Owns which no comes first.
use super::{STARTING, a_day_after, drifted, glass, shown, undoing};
use crate::{
    dry_run, honored,
    model::{Planned, PluginFault},
    observed::{GuardsSeen, Judgement, OriginalSeen, Ruling, Writer},
    step::{Step, Waiting, Why},
    story::{By, No, Pass, judge_policies, of_judgement, shown},
    time,
};
use crds::{Phase, Reason};
use jiff::SignedDuration;

/// A busy plugin, or one that is being compiled.
const BUSY: SignedDuration = SignedDuration::from_secs(1);

/// As far as a plan: request, stamps, what it undoes, and everything up to the plugin.
pub(super) fn planned<'a>(
    pass: &Pass<'_>,
    guards: &GuardsSeen,
    original: Option<&OriginalSeen>,
    judged: &'a Judgement,
) -> Result<(&'a Planned, &'a Ruling), Step> {
    if let Some(no) = honored::request(&pass.exec.spec) {
        return Err(no.record(pass, None));
    }
    believable(pass, guards)?;
    if let Some(no) = undoing::asked(pass, original) {
        return Err(no.record(pass, None));
    }
    match judged {
        Judgement::Judged { planned, ruling, .. } => return Ok((planned, ruling)),
        Judgement::Faulty(PluginFault::Unavailable { message }) => return Err(busy(pass, message)),
        _ => {}
    }
    Err(of_judgement(pass, judged).map_or_else(|| starting(pass), |no| no.record(pass, None)))
}

/// Catalogue, policies and guards are read within a second of the start, or something is wrong with the operator.
pub(super) fn starting(pass: &Pass<'_>) -> Step {
    let end = a_day_after(pass.exec.entered());
    if pass.now < end {
        return Step::Wait(Waiting::at(pass.now.checked_add(STARTING).unwrap_or(end).min(end), Why::Starting));
    }
    let what = "For 24 hours the host could not read its catalogue, its policies or the admission policies.".to_owned();
    let next = "Look at the operator's log and at writ doctor, and make a new execution.";
    No::new(Reason::HostNotReady, By::Host, "the host was not ready in time", what, next)
        .who("the platform team")
        .record(pass, None)
}

/// Whoever holds a target and an identity does not hold them long for it.
fn busy(pass: &Pass<'_>, message: &str) -> Step {
    let end = match pass.exec.phase() {
        Phase::Preparing => pass.late(),
        _ => a_day_after(pass.exec.entered()),
    };
    if pass.now < end {
        return Step::Wait(Waiting::at(pass.now.checked_add(BUSY).unwrap_or(end).min(end), Why::PluginBusy));
    }
    let what = format!("The component could not be asked until {}: {}.", time::words(end), shown(message, 512));
    let next = "Look at kubectl describe actionplugin, and make a new execution.";
    No::new(Reason::PluginUnavailable, By::Host, "the plugin could not be asked in time", what, next)
        .who("the platform team")
        .record(pass, None)
}

/// Stamps, records and every other guard, as they were shipped.
pub(super) fn believable(pass: &Pass<'_>, guards: &GuardsSeen) -> Result<(), Step> {
    if *guards == GuardsSeen::Unknown {
        return Err(starting(pass));
    }
    unbelievable(pass, guards).map_or(Ok(()), |no| Err(no.record(pass, None)))
}

/// From a plan to a yes: it is what was shown, what it undoes is as it was left, policies, the glass, and whether a run can be held to it.
pub(super) fn allowed(
    pass: &Pass<'_>,
    original: Option<&OriginalSeen>,
    writers: &[Writer],
    planned: &Planned,
    ruling: &Ruling,
) -> Result<(), Step> {
    let no = shown::differs(pass, planned, writers)
        .or_else(|| undoing::planned(pass, original, planned))
        .or_else(|| judge_policies(ruling))
        .or_else(|| glass::closed(pass, ruling))
        .or_else(|| honored::plan(pass, planned));
    no.map_or(Ok(()), |no| Err(no.record(pass, Some((planned, ruling)))))
}

/// A plan that stands, judged again: made again it is the same, everybody still says yes, and nobody wants it tried first.
pub(super) fn again<'a>(
    pass: &Pass<'_>,
    stands: &Planned,
    guards: &GuardsSeen,
    original: Option<&OriginalSeen>,
    judged: &'a Judgement,
) -> Result<(&'a Planned, &'a Ruling), Step> {
    let (now, ruling) = planned(pass, guards, original, judged)?;
    if now.hash != stands.hash {
        return Err(drifted::next(pass, stands, now, judged.writers()));
    }
    allowed(pass, original, judged.writers(), now, ruling)?;
    if dry_run::needed(pass, ruling) {
        return Err(drifted::anew(pass, "A policy wants a dry run first by now. It is looked at anew.".into()));
    }
    Ok((now, ruling))
}

/// A requester is believed only where the API server stamped it, under guards that were there before the object.
fn unbelievable(pass: &Pass<'_>, guards: &GuardsSeen) -> Option<No> {
    let what = match guards {
        GuardsSeen::Missing(which) => {
            format!("These admission policies are not there as they were shipped: {}.", which.join(", "))
        }
        // Times of the API server are whole seconds: the same second is not before.
        GuardsSeen::InForce { since } if *since >= pass.exec.created => {
            "The admission policies were made or changed after this object, so its requester may be forged.".to_owned()
        }
        GuardsSeen::InForce { .. } if stamped(pass) => return None,
        GuardsSeen::InForce { .. } => "Nobody stamped who asks for this.".to_owned(),
        GuardsSeen::Unknown => return None,
    };
    let next = "Install the guards again (writ install --print | kubectl apply -f -), and make a new execution.";
    Some(
        No::new(Reason::AdmissionNotInForce, By::Host, "the admission policies of Writ are not in force", what, next)
            .who("the platform team"),
    )
}

fn stamped(pass: &Pass<'_>) -> bool {
    pass.exec.spec.requester.as_ref().is_some_and(|r| !r.username.is_empty())
}
