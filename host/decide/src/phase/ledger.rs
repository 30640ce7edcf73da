//! **Rule 2.** Nothing is recorded or done before the row of what is recorded is durable. Behind by one: the row is a pure function of
//! the stored object, so it is written now. Anything else: nothing happens, and a human is called.
use crate::{
    observed::LedgerSeen,
    row,
    step::{Effect, Step, Waiting, Why},
    story::Pass,
};
use jiff::SignedDuration;

/// A database that is away comes back by itself; asking more often would not help it.
const RETRY: SignedDuration = SignedDuration::from_secs(2);
/// Most often the view is stale and right at the next look; else somebody has to come.
const RECHECK: SignedDuration = SignedDuration::from_secs(10);

pub(super) fn next(pass: &Pass<'_>, ledger: &LedgerSeen) -> Option<Step> {
    let seq = pass.exec.seq;
    match ledger {
        LedgerSeen::At(at) if *at == seq => None,
        LedgerSeen::At(at) if at.checked_add(1) == Some(seq) => Some(row::of(pass.exec).map_or_else(
            |_| Step::Wait(Waiting::lasting(pass.now, RECHECK, Why::Disagreement)),
            |row| Step::Do(Effect::AppendRow(Box::new(row))),
        )),
        LedgerSeen::At(_) | LedgerSeen::Other => Some(Step::Wait(Waiting::lasting(pass.now, RECHECK, Why::Disagreement))),
        LedgerSeen::Unreachable => Some(Step::Wait(Waiting::lasting(pass.now, RETRY, Why::LedgerUnreachable))),
    }
}
