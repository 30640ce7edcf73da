//! Approvals that cover an undo: who approved a plan approved the way back that was shown and hashed with it, unless he said no to that. Owns
//! which approvals of the original these are; whether each counts for the undo, `tally` says as of any other.
//!
//! Believed is only what stands in three places: in the record of the original, which the host alone writes, in the approval itself, as the
//! API server has it now, and in the inverse, which is what this undo does (`undoing`). An approval that is gone covers nothing.
use crate::{
    execution::Execution,
    model::Digest,
    observed::{Approval, OriginalSeen},
    story::APPROVED,
};
use crds::{ApprovalStatus, Decision, ObjectUid};

/// Those that were counted for the original and are meant for its undo.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cover<'a> {
    pub all: Vec<&'a Approval>,
    /// The original.
    pub name: &'a str,
    /// When the offer to undo it ends.
    pub until: &'a str,
}

/// Of all that name the original.
pub(crate) fn cover<'a>(
    exec: &'a Execution,
    component: &Digest,
    original: Option<&'a OriginalSeen>,
    all: &'a [Approval],
) -> Cover<'a> {
    let (Some(of), Some(OriginalSeen::Found(status, _))) = (&exec.spec.rollback_of, original) else { return Cover::default() };
    // What another component makes of the same inverse, nobody has approved.
    if status.plugin.as_ref().is_none_or(|plugin| plugin.digest != component.as_str()) {
        return Cover::default();
    }
    let Some(was) = status.approval.as_ref().filter(|a| a.state == APPROVED) else { return Cover::default() };
    let until = status.rollback.as_ref().and_then(|r| r.expires_at.as_deref()).unwrap_or_default();
    Cover { all: all.iter().filter(|a| covers(of, was, a)).collect(), name: &of.name, until }
}

fn covers(of: &ObjectUid, was: &ApprovalStatus, a: &Approval) -> bool {
    let meant = a.covers_undo && a.decision == Decision::Approve && a.execution == of.uid && a.hash == was.plan_hash;
    // One that was made again under the same name was never counted.
    let counted = was.given.iter().any(|g| g.object == a.name && g.by == a.by.username && g.at == a.created.to_string());
    meant && counted
}
