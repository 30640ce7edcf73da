//! The look afterwards in words: `status.review`.
use super::shown;
use crate::observed::Approval;
use crds::{ExecutionStatus, limits};

/// `status.review.state`: nobody looked at it yet.
pub(crate) const DUE: &str = "Due";
/// Somebody did.
pub(crate) const REVIEWED: &str = "Done";

/// Whether one is still to come.
pub(crate) fn is_due(s: &ExecutionStatus) -> bool {
    s.review.as_ref().is_some_and(|r| r.state == DUE)
}

/// Who looked at it, and what he says.
pub(crate) fn settle(s: &mut ExecutionStatus, a: &Approval) {
    if let Some(review) = &mut s.review {
        review.state = REVIEWED.to_owned();
        review.by.clone_from(&a.by.username);
        review.at = a.created.to_string();
        review.comment = shown(&a.comment, limits::REASON);
        review.object.clone_from(&a.name);
    }
}

/// The same in a sentence that follows others.
pub(crate) fn reviewed_by(a: &Approval) -> String {
    let comment = shown(&a.comment, limits::REASON);
    let comment = comment.trim_end_matches('.');
    let said = if comment.is_empty() { String::new() } else { format!(": {comment}") };
    format!(" Reviewed by {}{said}.", shown(&a.by.username, 128))
}
