//! `status.timeline`: what happened when. Events are gone after an hour, people come at nine.
use crate::{duration, time};
use crds::{ExecutionStatus, Phase, Reason, TimelineEntry, limits};
use jiff::Timestamp;

/// Closes the last entry and opens one for where the status is now.
pub(super) fn enter(s: &mut ExecutionStatus, began: Timestamp, now: Timestamp) {
    if s.timeline.is_empty() {
        let at = time::text(began);
        s.timeline.push(TimelineEntry { at, phase: Phase::Validating, reason: Reason::Accepted, took: String::new() });
    }
    if let Some(last) = s.timeline.last_mut() {
        last.took = since(&last.at, now);
    }
    // The beginning and the end are what people look for; there are never this many but by drift.
    if s.timeline.len() >= limits::TIMELINE {
        s.timeline.remove(1);
    }
    s.timeline.push(TimelineEntry { at: time::text(now), phase: s.phase, reason: s.reason, took: String::new() });
}

/// From the beginning to now.
pub(super) fn whole(s: &ExecutionStatus, now: Timestamp) -> String {
    s.timeline.first().map(|first| since(&first.at, now)).unwrap_or_default()
}

fn since(at: &str, now: Timestamp) -> String {
    time::read(at).map(|at| duration::words(now.duration_since(at))).unwrap_or_default()
}
