//! Whether enough people approved: what the policies want of whom. Which approvals count is in `tally`, what is said of each in `tell`;
//! what follows from it is its phases' business. Whatever cannot be told counts for nothing.
//!
//! A policy wants a number of people; where it names groups, each of them must be of one of these, and every group that any policy
//! names has somebody of its own: so two groups are two different people, whatever the number says.
mod cover;
mod review;
mod tally;
mod tell;

use crate::{
    canonical,
    execution::{Execution, Wait},
    model::PlanHash,
    observed::{Obligations, PolicyRuling, Ruling},
};
pub(crate) use cover::{Cover, cover};
use crds::Identity;
use jiff::{SignedDuration, Timestamp};
pub(crate) use review::{Reviews, due as review_due, reviews};
use std::collections::BTreeSet;
pub(crate) use tally::{Case, Tally, tally};
pub(crate) use tell::{tell, too_late, unheard};

/// Where a policy gives no time: nobody wants done tomorrow evening what he asked for this morning.
const SPAN: SignedDuration = SignedDuration::from_hours(24);

/// What one policy wants.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    /// Different people.
    pub count: usize,
    /// Groups that they are of; empty: whoever may approve.
    pub groups: &'a [String],
    /// Programs that count too.
    pub accounts: &'a [String],
}

/// What all of them want.
#[derive(Clone, Debug)]
pub(crate) struct Asked<'a> {
    /// Each by itself.
    pub each: Vec<Wanted<'a>>,
    /// The shortest time that any gives.
    pub span: SignedDuration,
}

/// None: it asks for nobody.
pub(crate) fn wanted(o: &Obligations) -> Option<Wanted<'_>> {
    let count = usize::try_from(o.approvals).unwrap_or(usize::MAX).max(o.approver_groups.len());
    (count > 0).then_some(Wanted { count, groups: &o.approver_groups, accounts: &o.approver_accounts })
}

/// None: no policy asks for anybody.
pub(crate) fn asked(ruling: &Ruling) -> Option<Asked<'_>> {
    let (each, spans): (Vec<_>, Vec<_>) = ruling.allowing().filter_map(|(_, o)| Some((wanted(o)?, span(&o.expires)))).unzip();
    spans.into_iter().min().map(|span| Asked { each, span })
}

/// Those that want approvals also where the requester breaks the glass, and what.
pub(crate) fn unopened(ruling: &Ruling) -> Vec<(&PolicyRuling, Wanted<'_>)> {
    ruling.allowing().filter(|(_, o)| !o.break_glass).filter_map(|(r, o)| Some((r, wanted(o)?))).collect()
}

/// The gate lets spans through and nothing else. Should there ever be another text, the time is over at once.
fn span(text: &str) -> SignedDuration {
    if text.is_empty() { SPAN } else { text.parse().unwrap_or(SignedDuration::ZERO) }
}

/// What is approved: the plan, and what the dry run said that it would change; without a dry run, the plan alone.
pub(crate) fn subject(exec: &Execution, plan: &PlanHash) -> PlanHash {
    if exec.status.diff.is_empty() {
        return plan.clone();
    }
    let diff = serde_json::to_string(&exec.status.diff).unwrap_or_default();
    PlanHash::try_from(canonical::sha256(format!("{plan} {diff}").as_bytes())).unwrap_or_else(|_| plan.clone())
}

impl Asked<'_> {
    /// No policy asks any more.
    pub(crate) const NOBODY: Self = Self { each: Vec::new(), span: SPAN };

    /// People, at least.
    pub(crate) fn needed(&self) -> usize {
        self.each.iter().map(|w| w.count).max().unwrap_or_default().max(self.groups().len())
    }

    /// All groups that are named, each once.
    pub(crate) fn groups(&self) -> Vec<String> {
        self.each.iter().flat_map(|w| w.groups).collect::<BTreeSet<_>>().into_iter().cloned().collect()
    }

    /// Programs that every one of them names.
    pub(crate) fn accounts(&self) -> Vec<String> {
        let first = self.each.first().map(|w| w.accounts).unwrap_or_default();
        first.iter().filter(|a| self.each.iter().all(|w| w.accounts.contains(a))).cloned().collect()
    }

    /// From a moment on.
    pub(crate) fn wait(&self, since: Timestamp) -> Wait {
        Wait { since, until: since.checked_add(self.span).unwrap_or(Timestamp::MAX) }
    }

    /// The groups that somebody counts for; none: for nothing.
    pub(crate) fn counts_for(&self, who: &Identity) -> Option<Vec<String>> {
        let open = self.each.iter().any(|w| w.groups.is_empty() || w.accounts.contains(&who.username));
        let groups: Vec<String> = self.groups().into_iter().filter(|g| who.groups.contains(g)).collect();
        (open || !groups.is_empty()).then_some(groups)
    }
}

#[cfg(test)]
mod tests;
