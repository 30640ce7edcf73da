//! Which approvals count, and whether they are enough. Pure: the same approvals, the same sum, in whatever order they were read.
use super::{Asked, Cover, Wanted};
use crate::{
    execution::{Execution, Wait},
    observed::Approval,
};
use crds::{CountedReason as Reason, Decision, Identity};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeSet;

/// The API server's times are whole seconds, and its clock is not the host's. What it lets in is an approval of the very same plan, of
/// moments before.
const CLOCKS: SignedDuration = SignedDuration::from_secs(10);

/// What approvals are held against.
#[derive(Clone, Debug)]
pub(crate) struct Case<'a> {
    pub exec: &'a Execution,
    /// What would be done now.
    pub hash: &'a str,
    /// Since when approvers are stamped.
    pub guards: Timestamp,
    pub wait: Wait,
    /// What was said of the way back when this was the way back.
    pub cover: Cover<'a>,
}

/// The sum.
#[derive(Clone, Debug)]
pub(crate) struct Tally<'a> {
    /// Every one, the oldest first, and whether it counts.
    pub each: Vec<(&'a Approval, Reason)>,
    /// Those of what this undoes that count for this too. They are told nothing: what was said of them is about the other.
    pub covering: Vec<&'a Approval>,
    /// Somebody said no.
    pub rejected: Option<&'a Approval>,
}

/// The oldest first: so of two by one person, the first counts.
pub(crate) fn tally<'a>(case: &Case<'a>, asked: &Asked<'_>, all: &'a [Approval]) -> Tally<'a> {
    let mut sorted: Vec<&Approval> = all.iter().collect();
    sorted.sort_by_key(|a| (a.created, &a.name));
    let no = |a: &&&Approval| a.decision == Decision::Reject && void(case, a).is_none();
    let rejected = sorted.iter().find(no).copied();
    let covering = covering(case, asked);
    let mut people: Vec<&Identity> = covering.iter().map(|a| &a.by).collect();
    let mut verdict = |a: &'a Approval| match void(case, a) {
        _ if a.decision == Decision::Review => Reason::NothingToReview,
        Some(reason) => reason,
        None if a.decision == Decision::Reject => Reason::Counted,
        None if rejected.is_some() => Reason::Rejected,
        None => match no_yes(case, asked, a) {
            Some(reason) => reason,
            None if people.iter().any(|p| same(p, &a.by)) => Reason::SamePersonTwice,
            None => {
                people.push(&a.by);
                Reason::Counted
            }
        },
    };
    let each = sorted.into_iter().map(|a| (a, verdict(a))).collect();
    Tally { each, covering, rejected }
}

/// Each person once. Neither time nor hash are asked: both are those of the original, where they counted.
fn covering<'a>(case: &Case<'a>, asked: &Asked<'_>) -> Vec<&'a Approval> {
    let mut all = case.cover.all.clone();
    all.sort_by_key(|a| (a.created, &a.name));
    let mut found: Vec<&Approval> = Vec::new();
    for a in all {
        let counts = unstamped(case, a).is_none() && a.may && nobody_for_it(case, asked, a).is_none();
        if counts && !found.iter().any(|p| same(&p.by, &a.by)) {
            found.push(a);
        }
    }
    found
}

/// Why it is neither a yes nor a no to this execution.
pub(super) fn void(case: &Case<'_>, a: &Approval) -> Option<Reason> {
    if let Some(reason) = unstamped(case, a) {
        return Some(reason);
    }
    // The right was asked for the action that it names.
    if a.execution != case.exec.uid.as_str() || a.action != case.exec.spec.action {
        return Some(Reason::WrongExecution);
    }
    (!a.may).then_some(Reason::NotAllowed)
}

fn unstamped(case: &Case<'_>, a: &Approval) -> Option<Reason> {
    (a.by.username.is_empty() || case.guards >= a.created).then_some(Reason::AdmissionNotInForce)
}

/// Why it is no yes.
pub(super) fn no_yes(case: &Case<'_>, asked: &Asked<'_>, a: &Approval) -> Option<Reason> {
    let early = case.wait.since.checked_sub(CLOCKS).unwrap_or(Timestamp::MIN);
    [
        (a.hash != case.hash, Reason::WrongPlan),
        (a.created < early, Reason::TooEarly),
        (a.created >= case.wait.until, Reason::Expired),
    ]
    .into_iter()
    .find_map(|(is, reason)| is.then_some(reason))
    .or_else(|| nobody_for_it(case, asked, a))
}

/// Why its giver cannot say yes to this.
fn nobody_for_it(case: &Case<'_>, asked: &Asked<'_>, a: &Approval) -> Option<Reason> {
    let requester = case.exec.spec.requester.as_ref();
    [
        (requester.is_none_or(|r| same(r, &a.by)), Reason::SelfApproval),
        (is_program(&a.by) && !asked.accounts().contains(&a.by.username), Reason::ServiceAccount),
        (asked.counts_for(&a.by).is_none(), Reason::NotInGroup),
    ]
    .into_iter()
    .find_map(|(is, reason)| is.then_some(reason))
}

/// By name, or by the id that an authenticator gives a person whatever his name.
fn same(a: &Identity, b: &Identity) -> bool {
    a.username == b.username || (!a.uid.is_empty() && a.uid == b.uid)
}

fn is_program(who: &Identity) -> bool {
    who.username.starts_with("system:serviceaccount:") || who.groups.iter().any(|g| g == "system:serviceaccounts")
}

impl<'a> Tally<'a> {
    /// Those that say yes and count.
    pub(crate) fn given(&self) -> Vec<&'a Approval> {
        let counts = |(a, reason): &(&'a Approval, Reason)| *reason == Reason::Counted && a.decision == Decision::Approve;
        let own = self.each.iter().filter(|one| counts(one)).map(|(a, _)| *a);
        self.covering.iter().copied().chain(own).collect()
    }

    /// Nobody said no, and every policy has whom it wants.
    pub(crate) fn is_enough(&self, asked: &Asked<'_>) -> bool {
        let given = self.given();
        let people: Vec<&Identity> = given.iter().map(|a| &a.by).collect();
        let groups = asked.groups();
        self.rejected.is_none() && asked.each.iter().all(|w| has(w, &people)) && one_of_each(&groups, &people)
    }
}

fn has(wanted: &Wanted<'_>, people: &[&Identity]) -> bool {
    let named = |p: &Identity| wanted.accounts.contains(&p.username);
    let fits = |p: &&&Identity| wanted.groups.is_empty() || wanted.groups.iter().any(|g| p.groups.contains(g)) || named(p);
    people.iter().filter(fits).count() >= wanted.count
}

/// A different person for each group: found by making room, one group after the other.
fn one_of_each(groups: &[String], people: &[&Identity]) -> bool {
    let mut stands_for: Vec<Option<&String>> = vec![None; people.len()];
    groups.iter().all(|group| place(group, people, &mut stands_for, &mut BTreeSet::new()))
}

fn place<'a>(
    group: &'a String,
    people: &[&Identity],
    stands_for: &mut [Option<&'a String>],
    tried: &mut BTreeSet<usize>,
) -> bool {
    for (n, person) in people.iter().enumerate() {
        if !person.groups.contains(group) || !tried.insert(n) {
            continue;
        }
        let taken = stands_for.get(n).copied().flatten();
        if taken.is_none_or(|other| place(other, people, stands_for, tried)) {
            if let Some(slot) = stands_for.get_mut(n) {
                *slot = Some(group);
            }
            return true;
        }
    }
    false
}
