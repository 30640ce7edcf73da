//! One execution at a time changes a target. Nothing is granted before the turn is ours; who waits for it holds nothing. Owns the order of those
//! who wait only so far that whoever sees others before it does not claim: that two do not hold it at once is the claim's own doing.
use super::{LONGEST, awaiting, revoke, there};
use crate::{
    execution::Ready,
    lock,
    observed::{LockSeen, Preparing},
    step::{Effect, Step, Waiting, Why},
    story::{By, No, Pass, QUEUED, count},
    time::{self, second},
};
use crds::{LockStatus, OnConflict, Phase, Reason};
use jiff::{SignedDuration, Timestamp};

/// The end of another wakes us; this is for what no watch tells of.
const AGAIN: SignedDuration = SignedDuration::from_secs(5);

/// None: it is our turn.
pub(super) fn next(pass: &Pass<'_>, p: &Ready, s: &Preparing) -> Option<Step> {
    let over = match &s.lock {
        LockSeen::Ours { .. } => return None,
        LockSeen::Held { by } => {
            // Until its next record whoever has it stands among those who wait, too.
            let others = s.ahead.iter().filter(|name| *name != by).count();
            return Some(wait(pass, p, s, by, others.saturating_add(1)));
        }
        LockSeen::Free => None,
        LockSeen::Stale { version } => Some(version.clone()),
    };
    Some(match (s.ahead.first(), lock::of(pass.exec, &p.planned, p.turn)) {
        (Some(first), _) => wait(pass, p, s, first, s.ahead.len()),
        (None, Some(claim)) => Step::Do(Effect::Claim { claim: Box::new(claim), over }),
        // `allowed` said in `Validating` that there is a target.
        (None, None) => Step::Wait(Waiting::change(Why::Disagreement)),
    })
}

fn wait(pass: &Pass<'_>, p: &Ready, s: &Preparing, behind: &str, ahead: usize) -> Step {
    if there(&s.grants) {
        return revoke(pass.exec);
    }
    if pass.exec.spec.on_conflict == Some(OnConflict::Refuse) {
        return refuse(pass, behind);
    }
    if p.wait.is_some_and(|wait| pass.now >= wait.until) {
        return awaiting::late(pass);
    }
    let end = p.since.checked_add(LONGEST).unwrap_or(Timestamp::MAX);
    if pass.now >= end {
        return too_long(pass, behind);
    }
    let queued = LockStatus {
        state: QUEUED.to_owned(),
        seq: p.turn,
        behind: behind.to_owned(),
        ahead: Some(i64::try_from(ahead).unwrap_or(i64::MAX)),
    };
    if pass.exec.reason == Reason::Queued && pass.exec.status.lock.as_ref() == Some(&queued) {
        let last = p.wait.map_or(end, |wait| wait.until.min(end));
        return Step::Wait(Waiting::at(pass.now.checked_add(AGAIN).unwrap_or(last).min(last), Why::Locked));
    }
    let held = matches!(s.lock, LockSeen::Held { .. });
    pass.record(Phase::Preparing, Reason::Queued, |s| {
        let (name, ns) = (&pass.exec.name, &pass.exec.namespace);
        let others = match ahead {
            0 | 1 => String::new(),
            more => format!(" {} served before this one.", count(more, "execution is", "executions are")),
        };
        s.message = format!(
            "{behind} {} {}.{others} This one goes on by itself when it is its turn, and is refused if that is not by {}. To wait no longer: \
             writ cancel {name} -n {ns}",
            if held { "has" } else { "comes first on" },
            pass.aim(),
            second(&time::text(end)),
        );
        s.lock = Some(queued);
    })
}

fn refuse(pass: &Pass<'_>, behind: &str) -> Step {
    let what = format!("{behind} has {}, and spec.onConflict says not to wait.", pass.aim());
    let next = format!(
        "When it is over (writ watch {behind} -n {}), make a new execution; or leave spec.onConflict out: it waits for its turn then.",
        pass.exec.namespace
    );
    No::new(Reason::TargetLocked, By::Lock, format!("{behind} has the target"), what, next).record(pass, None)
}

fn too_long(pass: &Pass<'_>, behind: &str) -> Step {
    let what = format!("{behind} had {}, and for 24 hours it was not this one's turn.", pass.aim());
    let next =
        format!("Find out what {behind} waits for (writ get {behind} -n {}), and make a new execution.", pass.exec.namespace);
    No::new(Reason::Queued, By::Lock, "waited 24 hours for its turn", what, next).record(pass, None)
}
