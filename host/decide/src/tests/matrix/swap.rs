//! What is swapped under an execution for some passes: its policies, its component, the off switch, the guards, the requester's right. And the rule: what was
//! seen in the last look said yes, all of it.
use super::rules::{AS_JUDGED, Broken, GRANTED, GUARDED, JUDGED};
use crate::{
    execution::{Execution, Progress},
    model::{PlanHash, Planned, PluginFault},
    observed::*,
    tests::fixtures::{at, digest, ruling},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swap {
    /// A policy that says no.
    Denies,
    /// All policies are deleted.
    NoPolicy,
    /// The policies stay, and none comes to a decision.
    Undecided,
    /// A policy wants it tried first.
    WantsDryRun,
    /// The component is gone, and cannot be loaded again.
    PluginGone,
    /// It traps.
    PluginBroken,
    /// Another one plans the same.
    OtherPlugin,
    /// The operator has not read its catalogue.
    Starting,
    /// The requester may not run it any more.
    NotAllowed,
    /// A guard is taken away.
    Unguarded,
    /// Somebody suspends its plugin.
    Suspended,
}

pub const ALL: [Swap; 11] = [
    Swap::Denies,
    Swap::NoPolicy,
    Swap::Undecided,
    Swap::WantsDryRun,
    Swap::PluginGone,
    Swap::PluginBroken,
    Swap::OtherPlugin,
    Swap::Starting,
    Swap::NotAllowed,
    Swap::Unguarded,
    Swap::Suspended,
];

pub fn guards(swap: Option<Swap>) -> GuardsSeen {
    match swap {
        Some(Swap::Unguarded) => GuardsSeen::Missing(vec!["writ-stamps".into()]),
        Some(Swap::Starting) => GuardsSeen::Unknown,
        _ => GuardsSeen::InForce { since: at(-100) },
    }
}

/// `yes` is that of the policies as they were; none where they say no. None: the swap leaves what was judged as it was.
pub fn judged(swap: Option<Swap>, planned: &Planned, yes: Option<&Obligations>) -> Option<Judgement> {
    let ruled = |results: &[Verdict]| {
        Some(Judgement::Judged { planned: Box::new(planned.clone()), ruling: ruling(results), writers: vec![] })
    };
    match swap? {
        Swap::Denies => ruled(&[Verdict::Deny(vec![])]),
        Swap::NoPolicy => ruled(&[]),
        Swap::Undecided => ruled(&[Verdict::Undefined]),
        Swap::WantsDryRun => ruled(&[Verdict::Allow(Obligations { dry_run: true, ..yes?.clone() })]),
        Swap::PluginGone => Some(Judgement::Faulty(PluginFault::Unavailable { message: "it is not loaded".into() })),
        Swap::PluginBroken => Some(Judgement::Faulty(broken())),
        Swap::OtherPlugin => {
            let mut other = planned.clone();
            other.plugin.digest = digest('f');
            other.hash = PlanHash::try_from(digest('e').to_string()).unwrap();
            Some(Judgement::Judged { planned: Box::new(other), ruling: ruling(&[Verdict::Allow(yes?.clone())]), writers: vec![] })
        }
        Swap::Starting => Some(Judgement::Starting),
        Swap::NotAllowed => Some(Judgement::NotAllowed { why: "run on actions.writ.dev".into() }),
        Swap::Unguarded => None,
        Swap::Suspended => {
            let (plugin, owner) = ("workload".into(), "platform@example.com".into());
            Some(Judgement::Suspended { plugin, owner, since: at(-100) })
        }
    }
}

pub fn checks(swap: Option<Swap>) -> Option<ChecksSeen> {
    match swap? {
        Swap::PluginGone => Some(ChecksSeen::PluginGone(digest('a'))),
        Swap::PluginBroken => Some(ChecksSeen::Faulty(broken())),
        _ => None,
    }
}

fn broken() -> PluginFault {
    PluginFault::Broken { kind: "Trap".into(), message: "unreachable".into() }
}

/// The promise of a Job, held against the look it was made from.
pub fn promised(exec: &Execution, seen: &Preparing, out: &mut Vec<Broken>) {
    let Progress::Preparing(p) = &exec.progress else { return };
    match &seen.judged {
        Some(Judgement::Judged { planned, ruling, .. }) => {
            let obeyed: Vec<_> = ruling.results.iter().filter(|r| !r.shadow).collect();
            if obeyed.is_empty() || obeyed.iter().any(|r| !matches!(r.verdict, Verdict::Allow(_))) {
                out.push(Broken::new(JUDGED, format!("{:?}", ruling.results)));
            }
            if planned.hash != p.planned.hash {
                out.push(Broken::new(AS_JUDGED, format!("{} is not {}", planned.hash, p.planned.hash)));
            }
        }
        other => out.push(Broken::new(JUDGED, format!("{other:?}"))),
    }
    if !matches!(seen.guards, GuardsSeen::InForce { .. }) {
        out.push(Broken::new(GUARDED, format!("{:?}", seen.guards)));
    }
    if seen.grants != Grants::Whole {
        out.push(Broken::new(GRANTED, format!("{:?}", seen.grants)));
    }
}
