//! Whether a dry run on the server stands before a run: the request wants one, or a policy does.
use crate::{
    model::{DryRunForm, Planned},
    observed::{PolicyRuling, Ruling},
    story::{By, No, Pass, policy_owner},
};
use crds::{DiffStatus, DryRun, Reason};

/// One is wanted, and this plan has had none.
pub(crate) fn needed(pass: &Pass<'_>, ruling: &Ruling) -> bool {
    let wanted = pass.exec.spec.dry_run == DryRun::Server || demanding(ruling).is_some();
    wanted && !pass.exec.dry_ran()
}

/// A policy that allows it only after one.
fn demanding(ruling: &Ruling) -> Option<&PolicyRuling> {
    ruling.allowing().find(|(_, o)| o.dry_run).map(|(r, _)| r)
}

/// The no to one that cannot be had.
pub(crate) fn impossible(planned: &Planned, ruling: &Ruling) -> Option<No> {
    if planned.dry_run == DryRunForm::Server {
        return None;
    }
    let action = &planned.action;
    let what = format!("{action} has no dry run on the server; its component only predicts what it changes.");
    let no = |next: String| No::new(Reason::DryRunImpossible, By::Host, format!("{action} has no dry run"), &what, next);
    Some(match demanding(ruling) {
        Some(r) => no(format!("Policy {} allows it only after one.", r.policy)).who(policy_owner(r)),
        None => no("Ask for dryRun: Plan to see the prediction.".to_owned()),
    })
}

/// What a reader must not miss; empty where the plan announced it all.
pub(crate) fn unannounced(diff: &[DiffStatus]) -> String {
    let names: Vec<String> = diff.iter().filter(|d| !d.announced).map(name).collect();
    if names.is_empty() { String::new() } else { format!("; not announced by the plugin: {}", names.join(", ")) }
}

/// `/spec/replicas`; of another object than the target, that object first.
fn name(d: &DiffStatus) -> String {
    format!("{} {}", d.object, d.pointer).trim().to_owned()
}
