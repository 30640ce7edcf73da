//! While an `ExecutionFreeze` matches, nothing irreversible starts: no identity is made, no Job is promised. It goes on by itself when
//! the freeze ends. What runs already, and every brake, goes on as ever.
use super::{a_day_after, awaiting, no_longer_than_approved, revoke, there};
use crate::{
    execution::Ready,
    lock,
    observed::{Freeze, LockSeen, Preparing},
    step::{Effect, Step, Waiting, Why},
    story::{By, No, Pass, ask_for_turn, shown},
    time,
};
use crds::{Phase, Reason};

pub(super) fn next(pass: &Pass<'_>, p: &Ready, s: &Preparing) -> Option<Step> {
    let frozen = pass.exec.reason == Reason::Frozen;
    match matching(pass, &pass.exec.spec.action, &s.freezes) {
        // What was claimed is given back by the record, before anything else goes: so nobody goes on who looked before it.
        Some(freeze) if matches!(s.lock, LockSeen::Ours { .. }) => Some(hold(pass, p, s, freeze)),
        Some(_) if there(&s.grants) => Some(revoke(pass.exec)),
        Some(freeze) => Some(let_go(pass, p, s).unwrap_or_else(|| hold(pass, p, s, freeze))),
        // With nothing in hand it goes on from its place in the line, which is that of who waits: so nobody who came later comes before it.
        None => (frozen && there(&s.grants)).then(|| {
            pass.record(Phase::Preparing, Reason::Accepted, |s| {
                s.message = "The freeze is over; it goes on where it stood.".into()
            })
        }),
    }
}

/// A claim that counts for nothing any more: whoever waits for the target hears at once that it is gone.
fn let_go(pass: &Pass<'_>, p: &Ready, s: &Preparing) -> Option<Step> {
    let LockSeen::Stale { version } = &s.lock else { return None };
    let claim = lock::object(lock::key(pass.exec, &p.planned));
    Some(Step::Do(Effect::Unclaim { claims: vec![(claim, version.clone())] }))
}

/// Those before it in the line of its target whom no freeze holds. Who waits for a thaw keeps its place, and holds nobody up meanwhile.
pub(super) fn ahead<'a>(pass: &Pass<'_>, s: &'a Preparing) -> Vec<&'a str> {
    let thawed = |action: &String| matching(pass, action, &s.freezes).is_none();
    s.ahead.iter().filter(|a| a.frozen.as_ref().is_none_or(thawed)).map(|a| a.name.as_str()).collect()
}

fn matching<'a>(pass: &Pass<'_>, action: &str, all: &'a [Freeze]) -> Option<&'a Freeze> {
    Freeze::holding(all, pass.now, &pass.exec.namespace, action)
}

fn hold(pass: &Pass<'_>, p: &Ready, seen: &Preparing, freeze: &Freeze) -> Step {
    if let Some(late) = awaiting::late(pass, p.wait) {
        return late;
    }
    let ours = matches!(seen.lock, LockSeen::Ours { .. });
    let why = shown(&freeze.reason, 512);
    let what = format!("{} froze this ({}): {why}.", shown(&freeze.by, 128), freeze.name);
    let until = freeze.until.map_or_else(|| "it is thawed".to_owned(), |until| until.to_string());
    let began = if pass.exec.reason == Reason::Frozen { pass.exec.at } else { pass.now };
    let end = no_longer_than_approved(p, a_day_after(began));
    let message = format!(
        "{what} Nothing starts until {until}; then it goes on by itself, and is refused if that is not by {}. Thaw: writ thaw {}",
        time::words(end),
        freeze.name,
    );
    if ours || pass.exec.reason != Reason::Frozen || pass.exec.status.message != message {
        return pass.record(Phase::Preparing, Reason::Frozen, |s| {
            // The list shows this line and no message.
            s.summary = format!("Frozen until {until} by {}: {why}", shown(&freeze.by, 40));
            s.message = message;
            if ours {
                ask_for_turn(s);
            }
        });
    }
    if pass.now < end {
        return Step::Wait(Waiting::at(freeze.until.unwrap_or(end).min(end), Why::Frozen));
    }
    let next = "When the freeze is over, make a new execution.";
    No::new(Reason::Frozen, By::Host, "frozen for 24 hours", what, next).who(freeze.by.clone()).record(pass, None)
}
