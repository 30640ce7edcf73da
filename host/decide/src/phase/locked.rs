//! One execution at a time changes a target, and no more at once than the policies allow. Nothing is granted before the turn is ours; who
//! waits for it holds nothing. Owns the order of those who wait only so far that whoever sees others before it does not claim: that two do
//! not hold a target at once is the claim's own doing, that no more are at work than may be is that of the order of claims (`limits`).
mod line;

use super::{a_day_after, awaiting, frozen, no_longer_than_approved, revoke, there};
use crate::{
    execution::Ready,
    limits, lock,
    observed::{LockSeen, Preparing, Ruling},
    step::{Effect, Step, Waiting},
    story::{Pass, QUEUED, WANTED, policy_status},
    time,
};
use crds::{LockStatus, OnConflict, Phase, Reason};
use jiff::{SignedDuration, Timestamp};
use line::Line;

/// The end of another wakes us; this is for what no watch tells of, and for whoever is too far back to be woken.
const AGAIN: SignedDuration = SignedDuration::from_secs(5);
/// However far.
const SELDOM: SignedDuration = SignedDuration::from_secs(60);

/// None: it is our turn.
pub(super) fn next(pass: &Pass<'_>, p: &Ready, s: &Preparing) -> Option<Step> {
    let ahead = frozen::ahead(pass, s);
    let over = match &s.lock {
        // In the last look the policies say first what the limits are.
        LockSeen::Ours { .. } if s.judged.is_some() => return None,
        LockSeen::Ours { version, .. } => {
            return match limits::reached(pass.exec, &p.limits, &s.others, Some(version)) {
                Some(reached) => Some(wait(pass, p, s, &Line::Limit(&reached), None)),
                None => turn(pass),
            };
        }
        LockSeen::Held { by } => {
            // Until its next record whoever has it stands among those who wait, too.
            let others = ahead.iter().filter(|name| **name != by).count();
            let line = Line::Target { behind: by, ahead: others.saturating_add(1), has: true };
            return Some(wait(pass, p, s, &line, None));
        }
        LockSeen::Free => None,
        LockSeen::Stale { version } => Some(version.clone()),
    };
    if let Some(first) = ahead.first() {
        return Some(wait(pass, p, s, &Line::Target { behind: first, ahead: ahead.len(), has: false }, None));
    }
    if let Some(reached) = limits::reached(pass.exec, &p.limits, &s.others, None) {
        return Some(wait(pass, p, s, &Line::Limit(&reached), None));
    }
    Some(Step::Do(Effect::Claim { claim: Box::new(lock::of(pass.exec, &p.planned, p.turn)), over }))
}

/// Who waited is told that it waits no more; and what comes now is held to the time from here on, not from when it began to wait.
fn turn(pass: &Pass<'_>) -> Option<Step> {
    let why = match pass.exec.reason {
        Reason::Queued | Reason::LimitReached => "It is its turn",
        Reason::Frozen => "The freeze is over, and it is its turn",
        _ => return None,
    };
    Some(pass.record(Phase::Preparing, Reason::Accepted, |s| {
        s.message = format!("{why}; {}", pass.identity_next());
        s.lock = s.lock.take().map(|lock| LockStatus { state: WANTED.into(), seq: lock.seq, ..LockStatus::default() });
    }))
}

/// The last look, with the limits as the policies want them now.
pub(super) fn still(pass: &Pass<'_>, p: &Ready, s: &Preparing, ruling: &Ruling) -> Result<(), Step> {
    let LockSeen::Ours { version, .. } = &s.lock else { return Ok(()) };
    let reached = limits::reached(pass.exec, &limits::of(ruling), &s.others, Some(version));
    reached.map_or(Ok(()), |reached| Err(wait(pass, p, s, &Line::Limit(&reached), Some(ruling))))
}

fn wait(pass: &Pass<'_>, p: &Ready, s: &Preparing, line: &Line<'_>, ruling: Option<&Ruling>) -> Step {
    // What was claimed is given back by the record: it asks for another turn. So nobody goes on who looked before it.
    let ours = matches!(s.lock, LockSeen::Ours { .. });
    if there(&s.grants) && !ours {
        return revoke(pass.exec);
    }
    if pass.exec.spec.on_conflict == Some(OnConflict::Refuse) {
        return line.refused(pass).record(pass, None);
    }
    if let Some(late) = awaiting::late(pass, p.wait) {
        return late;
    }
    let end = no_longer_than_approved(p, a_day_after(in_line_since(pass, p)));
    if pass.now >= end {
        return line.too_long(pass).record(pass, None);
    }
    let queued = queued(p.turn, line);
    if !ours && pass.exec.reason == line.reason() && pass.exec.status.lock.as_ref().is_some_and(|told| says(told, &queued)) {
        return Step::Wait(Waiting::at(pass.now.checked_add(again(line.ahead())).unwrap_or(end).min(end), line.why()));
    }
    pass.record(Phase::Preparing, line.reason(), |s| {
        s.message = line.message(pass, end);
        s.policy = ruling.map(policy_status).or(s.policy.take());
        s.lock = Some(LockStatus { seq: if ours { s.seq } else { queued.seq }, ..queued });
    })
}

/// Nobody's turn comes while he is frozen: the day begins when that is over.
fn in_line_since(pass: &Pass<'_>, p: &Ready) -> Timestamp {
    let entries = &pass.exec.status.timeline;
    let Some(frozen) = entries.iter().rposition(|entry| entry.reason == Reason::Frozen) else { return p.since };
    entries.get(frozen.saturating_add(1)).map_or(pass.now, |next| time::read(&next.at).unwrap_or(p.since)).max(p.since)
}

/// What was told is still so. For whom somebody far back waits first is not worth a record each time.
fn says(told: &LockStatus, now: &LockStatus) -> bool {
    let far = now.ahead.is_some_and(|ahead| usize::try_from(ahead).is_ok_and(|ahead| ahead > lock::NEAR));
    match far {
        true => *told == LockStatus { behind: told.behind.clone(), ..now.clone() },
        false => told == now,
    }
}

fn again(ahead: usize) -> SignedDuration {
    let places = i32::try_from(ahead.max(1)).unwrap_or(i32::MAX);
    AGAIN.checked_mul(places).unwrap_or(SELDOM).min(SELDOM)
}

fn queued(turn: i64, line: &Line<'_>) -> LockStatus {
    LockStatus {
        state: QUEUED.to_owned(),
        seq: turn,
        behind: line.behind().to_owned(),
        ahead: Some(i64::try_from(lock::about(line.ahead())).unwrap_or(i64::MAX)),
        limit: line.limit(),
    }
}
