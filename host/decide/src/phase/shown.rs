//! `spec.planHash`: the requester looked at a plan, and wants exactly that. Owns what follows where it is another by now.
use super::written;
use crate::{
    model::Planned,
    observed::Writer,
    plan,
    story::{By, No, Pass, summary},
};
use crds::Reason;
use jiff::SignedDuration;

/// People look for so long before they ask.
const LOOKED: SignedDuration = SignedDuration::from_mins(15);

/// What was written longer ago was looked at as it is.
fn lately(pass: &Pass<'_>, writer: &Writer) -> bool {
    writer.at.is_none_or(|at| pass.exec.created.checked_sub(LOOKED).is_ok_and(|from| at >= from))
}

/// None: he asked for no certain plan, or this is it.
pub(super) fn differs(pass: &Pass<'_>, planned: &Planned, writers: &[Writer]) -> Option<No> {
    let shown = pass.exec.spec.plan_hash.as_ref()?;
    let now = plan::request_hash(pass.exec, planned);
    if now.as_ref().is_some_and(|now| now.as_str() == shown) {
        return None;
    }
    let hash = now.map_or_else(|| "none".to_owned(), |now| now.to_string());
    let what = format!(
        "The plan is not the one that spec.planHash was taken from: it is {} now, with the hash {hash}.{}",
        summary(planned),
        written::last(planned, writers, |w| lately(pass, w))
    );
    let next = "Look again (writ run, or dryRun: Plan), and ask for what is shown then.";
    Some(No::new(Reason::PlanChanged, By::Host, "the plan is not the one that was shown", what, next))
}
