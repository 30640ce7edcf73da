//! The plan made again is another: everything is looked at anew. What was granted for the old one goes next (`brake`), and whoever
//! approved it approved nothing of the new one.
use super::written;
use crate::{
    model::Planned,
    observed::Writer,
    plan, planned,
    step::Step,
    story::{By, No, Pass, summary},
};
use crds::{ChangeStatus, Phase, Reason};

/// A target that moved between plan and deed this often does not hold still for anybody.
const DRIFTS: usize = 5;

pub(super) fn next(pass: &Pass<'_>, old: &Planned, new: &Planned, writers: &[Writer]) -> Step {
    let aim = pass.aim();
    let drifts = pass.exec.status.timeline.iter().filter(|e| e.reason == Reason::Drifted).count();
    if drifts >= DRIFTS {
        let what = format!("{aim} changed {drifts} times between the plan and the run.{}", by(old, new, writers));
        let next = "Find out what keeps writing it (an autoscaler, a deployment tool), and make a new execution.";
        return No::new(Reason::Drifted, By::Host, "the target does not hold still", what, next).record(pass, None);
    }
    let (was, is) = (summary(old), summary(new));
    let change = if was == is { differ(pass, old, new) } else { format!(" It was {was}, and would be {is} now.") };
    let by = by(old, new, writers);
    anew(
        pass,
        format!("{aim} moved after the plan was made, so that the plan made again is another.{change}{by} It is looked at anew."),
    )
}

/// Who wrote the fields that were otherwise when the first of the two was made.
fn by(old: &Planned, new: &Planned, writers: &[Writer]) -> String {
    let (old, changes) = (planned::plan(old).changes, planned::plan(new).changes);
    let before = |of: &[ChangeStatus], w: &Writer| {
        of.iter().find(|c| (&c.object, &c.field) == (&w.object, &w.field)).map(|c| c.before.clone())
    };
    written::last(new, writers, |w| before(&old, w) != before(&changes, w))
}

/// Which parts, where the summary says the same of both.
fn differ(pass: &Pass<'_>, old: &Planned, new: &Planned) -> String {
    let parts = plan::differ(pass.exec, old, new);
    if parts.is_empty() { String::new() } else { format!(" What differs: {}.", parts.join(", ")) }
}

/// What was granted for this plan goes next (`brake`), and nobody approved the next.
pub(super) fn anew(pass: &Pass<'_>, message: String) -> Step {
    pass.record(Phase::Validating, Reason::Drifted, |s| {
        planned::forget(s);
        s.message = message;
    })
}
