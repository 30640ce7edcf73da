//! While an `ExecutionFreeze` matches, nothing irreversible starts: no identity is made, no Job is promised. It goes on by itself when
//! the freeze ends. What runs already, and every brake, goes on as ever.
use super::{a_day_after, revoke, there};
use crate::{
    execution::Ready,
    lock,
    observed::{Freeze, LockSeen, Preparing},
    step::{Effect, Step, Waiting, Why},
    story::{By, No, Pass, ask_for_turn, shown, summary},
    time,
};
use crds::{Phase, Reason};
use jiff::Timestamp;

pub(super) fn next(pass: &Pass<'_>, p: &Ready, s: &Preparing) -> Option<Step> {
    let frozen = pass.exec.reason == Reason::Frozen;
    match matching(pass, &s.freezes) {
        // What was claimed is given back by the record, before anything else goes: so nobody goes on who looked before it.
        Some(freeze) if matches!(s.lock, LockSeen::Ours { .. }) => Some(hold(pass, s, freeze)),
        Some(_) if there(&s.grants) => Some(revoke(pass.exec)),
        Some(freeze) => Some(let_go(pass, p, s).unwrap_or_else(|| hold(pass, s, freeze))),
        None => frozen.then(|| {
            pass.record(Phase::Preparing, Reason::Accepted, |s| {
                s.summary = summary(&p.planned);
                s.message = "The freeze is over; it goes on where it stood.".into();
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

/// Of several, the one that lasts longest.
fn matching<'a>(pass: &Pass<'_>, all: &'a [Freeze]) -> Option<&'a Freeze> {
    let spec = &pass.exec.spec;
    let means = |list: &Option<Vec<String>>, it: &String| list.as_ref().is_none_or(|all| all.contains(it));
    let matches = |f: &&Freeze| {
        f.until.is_none_or(|until| pass.now < until)
            && means(&f.namespaces, &pass.exec.namespace)
            && means(&f.actions, &spec.action)
    };
    all.iter().filter(matches).max_by_key(|f| (f.until.unwrap_or(Timestamp::MAX), &f.name))
}

fn hold(pass: &Pass<'_>, seen: &Preparing, freeze: &Freeze) -> Step {
    let ours = matches!(seen.lock, LockSeen::Ours { .. });
    let why = shown(&freeze.reason, 512);
    let what = format!("{} froze this ({}): {why}.", shown(&freeze.by, 128), freeze.name);
    let until = freeze.until.map_or_else(|| "it is thawed".to_owned(), |until| until.to_string());
    let began = if pass.exec.reason == Reason::Frozen { pass.exec.at } else { pass.now };
    let end = a_day_after(began);
    let message = format!(
        "{what} Nothing starts until {until}; then it goes on by itself, and is refused if that is not by {}. Thaw: writ thaw {}",
        time::words(end),
        freeze.name,
    );
    if ours || pass.exec.reason != Reason::Frozen || pass.exec.status.message != message {
        return pass.record(Phase::Preparing, Reason::Frozen, |s| {
            // The list shows this line and no message.
            s.summary = format!("Frozen by {} until {until}: {why}", freeze.name);
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
