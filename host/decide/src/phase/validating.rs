//! `Validating`: parameters, plan and policy are looked at. Nothing was touched.
use super::{awaiting, cancelled, chain};
use crate::{
    approvals,
    model::Planned,
    observed::{Ruling, Validating},
    planned,
    step::Step,
    story::{Pass, asked_of, policy_status, summary},
};
use crds::{DryRun, ExecutionStatus, Phase, Reason};

pub(super) fn next(pass: &Pass<'_>, s: &Validating) -> Step {
    if let Some(reason) = pass.exec.unwanted() {
        return cancelled(pass, reason, "Nothing was touched.");
    }
    match chain::planned(pass, &s.guards, s.original.as_ref(), &s.judged) {
        Ok((planned, ruling)) => match chain::allowed(pass, s.original.as_ref(), planned, ruling) {
            Ok(()) => accept(pass, planned, ruling),
            Err(no) => no,
        },
        Err(step) => step,
    }
}

fn accept(pass: &Pass<'_>, planned: &Planned, ruling: &Ruling) -> Step {
    let asked = approvals::asked(ruling);
    if pass.exec.spec.dry_run == DryRun::Plan {
        let wait = asked.map_or_else(String::new, |a| format!(" It waits for {} then.", asked_of(a.needed(), &a.groups())));
        return pass.record(Phase::Completed, Reason::PlanOnly, |s| {
            store(s, planned, ruling);
            s.message =
                format!("Planned and allowed, as asked. Nothing was touched. To run it, make an execution without dryRun.{wait}");
        });
    }
    if let Some(asked) = asked {
        return awaiting::begin(pass, planned, &asked, |s| store(s, planned, ruling));
    }
    pass.record(Phase::Preparing, Reason::Accepted, |s| {
        store(s, planned, ruling);
        s.message = "Parameters, plan and policies say yes; the run's identity is made next.".into();
    })
}

fn store(s: &mut ExecutionStatus, plan: &Planned, ruling: &Ruling) {
    planned::store(plan, s);
    s.policy = Some(policy_status(ruling));
    s.summary = summary(plan);
}
