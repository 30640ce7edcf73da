//! `Validating`: parameters, plan and policy are looked at. Nothing was touched.
use super::{awaiting, cancelled, chain, dry_running, glass};
use crate::{
    approvals,
    dry_run::{self, unannounced},
    model::Planned,
    observed::{Ruling, Validating},
    planned,
    step::Step,
    story::{Pass, asked_of, policy_status, shown, summary},
};
use crds::{DryRun, ExecutionStatus, Phase, Reason};

pub(super) fn next(pass: &Pass<'_>, s: &Validating) -> Step {
    if let Some(reason) = pass.exec.unwanted() {
        return cancelled(pass, reason, "Nothing was touched.");
    }
    match chain::planned(pass, &s.guards, s.original.as_ref(), &s.judged) {
        Ok((planned, ruling)) => match chain::allowed(pass, s.original.as_ref(), s.judged.writers(), planned, ruling) {
            Ok(()) => accept(pass, planned, ruling),
            Err(no) => no,
        },
        Err(step) => step,
    }
}

/// Everybody said yes, so far as was asked: on to what stands next. Also after the dry run.
pub(super) fn accept(pass: &Pass<'_>, planned: &Planned, ruling: &Ruling) -> Step {
    let asked = approvals::asked(ruling);
    if pass.exec.spec.dry_run == DryRun::Plan {
        let how = if pass.exec.spec.break_glass { "goes without" } else { "waits for" };
        let of = pass.exec.spec.rollback_of.as_ref().map(|of| shown(&of.name, 253));
        let but = of.map_or_else(String::new, |of| format!(", as far as those of {of} do not cover it"));
        let wait = asked.map_or_else(String::new, |a| format!(" It {how} {} then{but}.", asked_of(a.needed(), &a.groups())));
        return pass.record(Phase::Completed, Reason::PlanOnly, |s| {
            store(pass, s, planned, ruling);
            s.summary = would(&s.summary);
            let exactly = s.plan.as_ref().map(|p| format!(", with spec.planHash {}", p.request_hash)).unwrap_or_default();
            s.message = format!(
                "Planned and allowed, as asked. Nothing was touched. To run exactly this, make an execution without dryRun{exactly}.{wait}"
            );
        });
    }
    if dry_run::needed(pass, ruling) {
        return dry_running::begin(pass, planned, ruling);
    }
    if pass.exec.spec.dry_run == DryRun::Server {
        return pass.record(Phase::Completed, Reason::DryRunPassed, |s| {
            store(pass, s, planned, ruling);
            s.summary = would(&s.summary);
            let more = unannounced(&s.diff);
            s.message = format!(
                "The API server would take it, and the policies allow what it would change{more}. Nothing was touched. To run it, make \
                 an execution without dryRun."
            );
        });
    }
    if let Some(asked) = &asked
        && pass.exec.spec.break_glass
    {
        return glass::begin(pass, planned, asked, |s| store(pass, s, planned, ruling));
    }
    if let Some(asked) = asked {
        return awaiting::begin(pass, planned, &asked, |s| store(pass, s, planned, ruling));
    }
    pass.record(Phase::Preparing, Reason::Accepted, |s| {
        store(pass, s, planned, ruling);
        s.message = format!("Parameters, plan and policies say yes; {}", pass.identity_next());
    })
}

/// In a list it stands beside what was done.
fn would(summary: &str) -> String {
    format!("would be: {summary}")
}

fn store(pass: &Pass<'_>, s: &mut ExecutionStatus, plan: &Planned, ruling: &Ruling) {
    planned::store(pass.exec, plan, s);
    s.policy = Some(policy_status(ruling));
    s.summary = summary(plan);
}
