//! `Preparing`: the turn on the target; the identity; then everything that can still say no is asked again; then the promise to create the Job. The Job has
//! certainly not been asked for.
use super::{approved, cancelled, chain, frozen, locked, view_moved};
use crate::{
    access::{self, Access},
    approvals,
    execution::Ready,
    job,
    observed::{Grants, Judgement, Preparing, Ruling},
    step::{Effect, Step, Waiting, Why},
    story::{By, No, Pass, policy_status},
};
use crds::{ApprovalStatus, JobStatus, Phase, Reason};
use jiff::SignedDuration;

/// The authorizer hears of a new binding within some milliseconds.
const GRANT: SignedDuration = SignedDuration::from_millis(50);

pub(super) fn next(pass: &Pass<'_>, p: &Ready, s: &Preparing) -> Step {
    if let Some(reason) = pass.exec.unwanted() {
        return cancelled(pass, reason, "Nothing was touched.");
    }
    if let Some(step) = frozen::next(pass, p, s) {
        return step;
    }
    let Some(access) = access::of(pass.exec, &p.planned) else {
        // `allowed` said in `Validating` that there is one.
        return Step::Wait(Waiting::change(Why::Disagreement));
    };
    if let Some(step) = locked::next(pass, p, s) {
        return step;
    }
    match (&s.judged, &s.grants) {
        (Some(judged), _) => last_look(pass, p, access, s, judged),
        (None, Grants::None) => Step::Do(Effect::Grant(Box::new(access))),
        (None, _) => view_moved(pass),
    }
}

/// Asked after the identity was made, so that nothing but the promise comes between a yes and the Job.
fn last_look(pass: &Pass<'_>, p: &Ready, access: Access, s: &Preparing, judged: &Judgement) -> Step {
    let again = chain::again(pass, &p.planned, &s.guards, s.original.as_ref(), judged);
    let still = |ruling| {
        let approval = approved::still(pass, p, ruling, s)?;
        locked::still(pass, p, s, ruling)?;
        Ok((ruling, approval))
    };
    match again.and_then(|(_, ruling)| still(ruling)) {
        Ok((ruling, approval)) => granted(pass, p, access, &s.grants, ruling, approval),
        Err(step) => step,
    }
}

fn granted(
    pass: &Pass<'_>,
    p: &Ready,
    access: Access,
    grants: &Grants,
    ruling: &Ruling,
    approval: Option<ApprovalStatus>,
) -> Step {
    // Not since the phase began: a freeze may have come in between.
    let late = pass.now >= pass.late();
    match grants {
        Grants::Whole => promise(pass, p, access.name, ruling, approval),
        Grants::Forbidden { why } => not_granted(pass, format!("The API server refuses the run's identity: {why}.")),
        Grants::None => Step::Do(Effect::Grant(Box::new(access))),
        Grants::Partly | Grants::Pending if late => {
            let what = format!("What was granted to the run is not in force after {} s.", pass.site.start_grace);
            let next = "Look whether the API server hears of new bindings (kubectl auth can-i), and make a new execution.";
            No::new(Reason::GrantTimedOut, By::Api, "what was granted to the run did not come into force", what, next)
                .who("a cluster administrator")
                .record(pass, None)
        }
        Grants::Partly => Step::Do(Effect::Grant(Box::new(access))),
        Grants::Pending => Step::Wait(Waiting::lasting(pass.now, GRANT, Why::Grant)),
    }
}

pub(super) fn not_granted(pass: &Pass<'_>, what: String) -> Step {
    let next = "A cluster administrator compares the roles with what the component declares: writ plugin rbac";
    No::new(Reason::ActionNotGranted, By::Api, "the run's identity could not be granted", what, next)
        .who("a cluster administrator")
        .record(pass, None)
}

/// **Rule 1.** Names and intent are stored now; the Job is created in a later pass, from what is stored.
fn promise(pass: &Pass<'_>, p: &Ready, service_account: String, ruling: &Ruling, approval: Option<ApprovalStatus>) -> Step {
    let Some(name) = job::name(pass.exec) else {
        return Step::Wait(Waiting::change(Why::Disagreement));
    };
    let start = pass.moment(pass.now, pass.site.start_grace);
    pass.record(Phase::Executing, Reason::Prepared, |s| {
        s.job = Some(JobStatus {
            namespace: pass.site.runs_namespace.clone(),
            name: name.to_string(),
            service_account,
            ..JobStatus::default()
        });
        s.policy = Some(policy_status(ruling));
        s.approval = approval.or(s.approval.take());
        s.review = approvals::review_due(pass.exec, pass.now, &p.planned.hash, ruling, s.approval.as_ref());
        s.message = format!("Everything asked for is in place; the Job is created next, or given up at {start}.");
    })
}
