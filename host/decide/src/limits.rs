//! How many executions may be at work at once: what the policies say together, and whether that is reached. Owns the order in which claims
//! count, which is the same for whoever looks: so of several that claim at one moment no more go on than may.
use crate::{
    execution::Execution,
    lock::{Counts, Node},
    observed::{AtWork, Claimant, Judgement, Others, Ruling},
};
use crds::{LimitOf, Limits};

/// In this order they are told. That of a node no policy sets: it and what is on it are changed one at a time.
pub const ALL: [LimitOf; 4] = [LimitOf::Node, LimitOf::Namespace, LimitOf::Action, LimitOf::Requester];

/// A limit that is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reached {
    /// Which.
    pub of: LimitOf,
    /// So many may be at work.
    pub most: u32,
    /// The first of those that are served before, where it is in the same namespace: what is elsewhere is not everybody's to know.
    pub behind: String,
    /// So many are served before.
    pub ahead: usize,
}

/// Whether it has to be looked at who else is at work: the policies said a limit when they were asked last, or say one now; or it is about a
/// node, or a pod on one.
#[must_use]
pub fn matter(exec: &Execution, stored: &Limits, judged: Option<&Judgement>) -> bool {
    let now = match judged {
        Some(Judgement::Judged { ruling, .. }) => of(ruling),
        _ => Limits::default(),
    };
    !stored.is_empty() || !now.is_empty() || Counts::of(exec).node.is_some()
}

/// The strictest of what all say that allow it.
pub(crate) fn of(ruling: &Ruling) -> Limits {
    ruling.allowing().map(|(_, o)| o.limits).fold(Limits::default(), |a, b| Limits {
        namespace: least(a.namespace, b.namespace),
        action: least(a.action, b.action),
        requester: least(a.requester, b.requester),
    })
}

fn least(a: Option<u32>, b: Option<u32>) -> Option<u32> {
    a.into_iter().chain(b).min()
}

/// What an execution waits for, as a name: of its limit, and whose.
#[must_use]
pub fn line(of: LimitOf, counts: &Counts) -> String {
    match of {
        LimitOf::Node => format!("node-{}", counts.node.as_ref().map_or_else(String::new, Node::label)),
        LimitOf::Namespace => format!("namespace-{}", counts.namespace),
        LimitOf::Action => format!("action-{}", counts.action),
        LimitOf::Requester => format!("requester-{}", counts.requester),
    }
}

/// The lines whose order it minds: a pod minds that of its node, and not those of other pods; a node minds both.
#[must_use]
pub fn lines(of: LimitOf, counts: &Counts) -> Vec<String> {
    let (LimitOf::Node, Some(own)) = (of, &counts.node) else { return vec![line(of, counts)] };
    let both = [true, false].map(|whole| Node { whole, ..own.clone() });
    let minded = both.into_iter().filter(|other| own.contains(other));
    minded.map(|node| line(of, &Counts { node: Some(node), ..Counts::default() })).collect()
}

fn most(limits: &Limits, own: &Counts, of: LimitOf) -> Option<u32> {
    match of {
        LimitOf::Node => own.node.is_some().then_some(1),
        LimitOf::Namespace => limits.namespace,
        LimitOf::Action => limits.action,
        LimitOf::Requester => limits.requester,
    }
}

/// Whether one counts for the other.
#[must_use]
pub fn same(of: LimitOf, a: &Counts, b: &Counts) -> bool {
    match of {
        LimitOf::Node => a.node.as_ref().zip(b.node.as_ref()).is_some_and(|(a, b)| a.contains(b)),
        LimitOf::Namespace => a.namespace == b.namespace,
        LimitOf::Action => a.action == b.action,
        LimitOf::Requester => a.requester == b.requester,
    }
}

/// None: it may go on. `claim` is the version of its own claim, once it has one: before that everybody at work counts, and everybody who
/// has waited longer.
pub(crate) fn reached(exec: &Execution, limits: &Limits, others: &Others, claim: Option<&str>) -> Option<Reached> {
    let own = Counts::of(exec);
    ALL.into_iter().find_map(|of| {
        let most = most(limits, &own, of)?;
        let busy: Vec<&Claimant> = others.claims.iter().filter(|c| same(of, &c.counts, &own) && counts(c, claim)).collect();
        let has = |place: &(String, String)| busy.iter().any(|c| c.place == *place);
        // Until its next record whoever claimed by now stands among those who wait, too.
        let waiting = others.waiting.iter().filter(|w| claim.is_none() && w.of == of && !has(&w.place)).map(|w| &w.place);
        let before: Vec<&(String, String)> = busy.iter().map(|c| &c.place).chain(waiting).collect();
        if u32::try_from(before.len()).unwrap_or(u32::MAX) < most {
            return None;
        }
        let here = before.iter().find(|(namespace, _)| *namespace == exec.namespace);
        Some(Reached { of, most, behind: here.map(|(_, name)| name.clone()).unwrap_or_default(), ahead: before.len() })
    })
}

/// Whoever runs counts. Of those who may start any moment, those that claimed before: a claim is written once, so its version says when that
/// was, and whoever claims later than another sees him.
fn counts(other: &Claimant, own: Option<&str>) -> bool {
    match (other.at_work, own) {
        (AtWork::No, _) => false,
        (AtWork::Runs, _) | (AtWork::MayStart, None) => true,
        (AtWork::MayStart, Some(own)) => match (other.version.parse::<u64>(), own.parse::<u64>()) {
            (Ok(theirs), Ok(ours)) => theirs < ours,
            _ => true,
        },
    }
}

#[cfg(test)]
mod tests;
