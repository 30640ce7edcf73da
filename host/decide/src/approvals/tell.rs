//! What is said of an approval, in its own condition: whether it counts, and why not. An approval that silently does not count is the
//! worst thing an approver can meet.
use super::{Asked, Case, Tally};
use crate::{
    execution::Execution,
    observed::{Approval, Told},
    step::Effect,
};
use crds::{CountedReason as Reason, Decision};

/// What is to be said of each that does not say it yet; none where all do.
pub(crate) fn tell(case: &Case<'_>, asked: &Asked<'_>, tally: &Tally<'_>) -> Option<Effect> {
    told(case, asked, &tally.each)
}

pub(super) fn told(case: &Case<'_>, asked: &Asked<'_>, each: &[(&Approval, Reason)]) -> Option<Effect> {
    let told = each.iter().map(|(a, reason)| (*a, Told { reason: *reason, message: words(case, asked, a, *reason) }));
    let new = told.filter(|(a, told)| a.told.as_ref() != Some(told));
    let all: Vec<_> = new.map(|(a, told)| (a.name.clone(), a.uid.clone(), told)).collect();
    (!all.is_empty()).then(|| Effect::TellApprovals { namespace: case.exec.namespace.clone(), all })
}

/// Of those votes that nobody looked at before it was over.
pub(crate) fn too_late(exec: &Execution, all: &[Approval]) -> Effect {
    let message = format!("{} is over: {:?} ({:?})", exec.name, exec.status.phase, exec.status.reason);
    let told = Told { reason: Reason::AlreadyFinished, message };
    let all = all.iter().filter(|a| unheard(a)).map(|a| (a.name.clone(), a.uid.clone(), told.clone()));
    Effect::TellApprovals { namespace: exec.namespace.clone(), all: all.collect() }
}

/// A vote of which nothing was said. (A review comes after the end.)
pub(crate) fn unheard(a: &Approval) -> bool {
    a.told.is_none() && a.decision != Decision::Review
}

fn words(case: &Case<'_>, asked: &Asked<'_>, a: &Approval, reason: Reason) -> String {
    let (name, action) = (&case.exec.name, case.exec.spec.action.replace('_', "-"));
    let of = asked.groups().join(", ");
    match reason {
        Reason::Counted if a.decision == Decision::Reject => format!("{name} is over: it is rejected"),
        Reason::Counted => match asked.counts_for(&a.by).unwrap_or_default().join(", ") {
            groups if groups.is_empty() => "it counts".to_owned(),
            groups => format!("it counts for {groups}"),
        },
        Reason::AdmissionNotInForce => "the admission policies that stamp its approver were made or changed after it".to_owned(),
        Reason::WrongExecution => {
            format!("this is not {name} as it is now: {} with uid {}", case.exec.spec.action, case.exec.uid)
        }
        Reason::NotAllowed => format!("the verb approve on actions.writ.dev/{action} is missing in {}", case.exec.namespace),
        Reason::WrongPlan if a.decision == Decision::Review => format!("what was done is {}", case.hash),
        Reason::WrongPlan => format!("the plan is {} now; look again: writ approve {name} -n {}", case.hash, case.exec.namespace),
        Reason::TooEarly if a.decision == Decision::Review => {
            format!("it was there before {name} was over, at {}", case.wait.since)
        }
        Reason::TooEarly => format!("it was there before it was asked for, at {}", case.wait.since),
        Reason::Expired => format!("time was up at {}", case.wait.until),
        Reason::SelfApproval => "its giver asked for this himself: somebody else must".to_owned(),
        Reason::ServiceAccount => "a ServiceAccount does not count: a person must".to_owned(),
        Reason::NotInGroup => format!("its giver is of none of these groups: {of}"),
        Reason::SamePersonTwice => "the same person approved it already".to_owned(),
        Reason::Rejected => "somebody rejected it, and that ends it".to_owned(),
        Reason::AlreadyFinished => "it was over".to_owned(),
        Reason::NothingToReview => format!("{name} has no review due"),
    }
}
