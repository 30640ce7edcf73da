//! Every stage of a life with everything that can be seen there, in every state of the ledger: what may happen, and what must not.
use super::{fixtures::*, seen, stored};
use crate::{
    execution::{Execution, Progress},
    next_step,
    observed::*,
    step::{Effect, Step},
};
use crds::{Cancel, KubernetesExecution, Phase, limits};
use jiff::Timestamp;

/// A step in a few words.
pub fn words(step: &Step) -> String {
    match step {
        Step::Record(s) => format!("record {:?}/{:?}", s.phase, s.reason),
        Step::Do(Effect::AppendRow(row)) => format!("append row {}", row.seq),
        Step::Do(effect) => {
            let text = format!("{effect:?}");
            format!("do {}", text.split(['(', ' ']).next().unwrap())
        }
        Step::Wait(w) => format!("wait for {:?}", w.why),
        Step::Stop => "stop".into(),
    }
}

/// One case of the table.
struct Case<'a> {
    exec: &'a Execution,
    seen: &'a Observed,
    now: Timestamp,
    name: String,
}

impl Case<'_> {
    fn check(&self) -> Step {
        let step = next_step(&site(), self.now, self.exec, self.seen);
        let in_order = self.seen.ledger == LedgerSeen::At(self.exec.seq);
        match &step {
            Step::Record(_) => {
                assert!(in_order, "{}: recorded while the ledger is not in order", self.name);
                self.record(&step);
            }
            Step::Do(Effect::AppendRow(row)) => {
                let behind = (row.seq, &self.seen.ledger) == (self.exec.seq, &LedgerSeen::At(self.exec.seq - 1));
                assert!(behind, "{}: a row that is not the next", self.name);
            }
            Step::Do(effect) => self.effect(effect, in_order),
            Step::Wait(_) | Step::Stop => {}
        }
        step
    }

    fn record(&self, step: &Step) {
        let Step::Record(s) = step else { return };
        let (exec, name) = (self.exec, &self.name);
        assert!(exec.phase().leads_to().contains(&s.phase), "{name}: {:?} -> {:?}", exec.phase(), s.phase);
        assert_eq!(s.seq, exec.seq + 1, "{name}");
        assert!(s.timeline.len() <= limits::TIMELINE, "{name}");
        assert!(!s.message.is_empty(), "{name}: says nothing");
        let kx = KubernetesExecution { status: Some(s.as_ref().clone()), ..kx() };
        let read = Execution::parse(&exec.cluster, &kx).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(read.at >= exec.at, "{name}: time went back");
        assert_eq!(s.finished_at.is_some(), s.phase.is_over(), "{name}");
        let condition = |kind: &str| s.conditions.iter().find(|c| c.type_ == kind).map(|c| c.status.as_str());
        assert_eq!(condition("Finished"), Some(if s.phase.is_over() { "True" } else { "False" }), "{name}");
        assert_eq!(condition("Succeeded") == Some("True"), s.phase == Phase::Completed, "{name}");
        if s.phase == Phase::Refused {
            assert!(s.message.contains("Nothing was touched."), "{name}: {}", s.message);
            assert!(s.job.is_none() && s.refusal.is_some(), "{name}");
        }
    }

    fn effect(&self, effect: &Effect, in_order: bool) {
        let (exec, name) = (self.exec, &self.name);
        match effect {
            Effect::CreateJob(_) => {
                let Progress::Executing(p) = &exec.progress else { panic!("{name}: a Job in {:?}", exec.phase()) };
                let PhaseSeen::Executing(s) = &self.seen.phase else { panic!("{name}") };
                assert!(p.seen.is_none() && s.job == JobSeen::Absent && s.grants == Some(Grants::Whole), "{name}");
                assert!(in_order && exec.finalized && exec.unwanted().is_none(), "{name}");
            }
            Effect::DryRun(_) => {
                let Progress::DryRunning(p) = &exec.progress else { panic!("{name}: a dry run in {:?}", exec.phase()) };
                let PhaseSeen::DryRunning(s) = &self.seen.phase else { panic!("{name}") };
                assert!(!p.answered && s.job == DryJob::Absent && s.grants == Grants::Whole, "{name}");
                assert!(
                    matches!(s.proof, Some(DryGuard::InForce { .. })) && matches!(s.guards, GuardsSeen::InForce { .. }),
                    "{name}"
                );
                assert!(in_order && exec.finalized && exec.unwanted().is_none(), "{name}");
            }
            Effect::EndDryRun { .. } => {
                assert!((in_order || exec.unwanted().is_some()) && exec.phase() == Phase::DryRunning, "{name}")
            }
            Effect::Grant(access) => {
                let home = match &exec.progress {
                    Progress::DryRunning(p) if !p.answered => "writ-dryrun",
                    Progress::Preparing(_) => "writ-runs",
                    _ => panic!("{name}: a grant in {:?}", exec.phase()),
                };
                assert!(in_order && exec.unwanted().is_none() && access.home == home, "{name}");
                let mine = !matches!(&self.seen.phase, PhaseSeen::Preparing(s) if !matches!(s.lock, LockSeen::Ours { .. }));
                assert!(mine, "{name}: granted before the turn");
            }
            Effect::Claim { claim, .. } => {
                let PhaseSeen::Preparing(s) = &self.seen.phase else { panic!("{name}: a claim in {:?}", exec.phase()) };
                let free = matches!(s.lock, LockSeen::Free | LockSeen::Stale { .. }) && s.ahead.is_empty();
                assert!(in_order && exec.unwanted().is_none() && free && claim.holder == exec.uid, "{name}");
            }
            Effect::Unclaim { .. } => {
                let frozen = matches!(&self.seen.phase, PhaseSeen::Preparing(s) if !s.freezes.is_empty());
                let kept = matches!(&self.seen.phase, PhaseSeen::Over(s) if crate::keeps_target(exec, s.undo));
                assert!(in_order && !kept && (frozen || exec.phase().is_over()), "{name}");
            }
            Effect::AddFinalizer => {
                let told = matches!(&self.seen.phase, PhaseSeen::Over(s) if s.undone_by.is_some() || !s.approvals.is_empty());
                assert!(in_order && !exec.finalized && !exec.deleting && (told || !exec.phase().is_over()), "{name}");
            }
            Effect::ReleasePods { .. } | Effect::ExpireJob { .. } | Effect::ReleaseFinalizer { .. } | Effect::Delete => {
                let PhaseSeen::Over(s) = &self.seen.phase else { panic!("{name}") };
                assert!(in_order && exec.phase().is_over(), "{name}");
                assert!(matches!(s.grants, Grants::None | Grants::Forbidden { .. }), "{name}: before the identity is gone");
                let held = !s.held_pods.is_empty();
                assert_eq!(held, matches!(effect, Effect::ReleasePods { .. }), "{name}: pods first");
            }
            Effect::Undo(kx) => {
                let PhaseSeen::Over(s) = &self.seen.phase else { panic!("{name}: an undo in {:?}", exec.phase()) };
                assert!(in_order && exec.finalized && exec.phase() == Phase::Failed && exec.unwanted().is_none(), "{name}");
                assert!(s.undo == Some(UndoSeen::Absent) && s.grants == Grants::None, "{name}: too early");
                assert_eq!(kx.spec.requester, exec.spec.requester, "{name}");
            }
            Effect::TellApprovals { all, .. } => {
                let asked = matches!(exec.phase(), Phase::AwaitingApproval | Phase::Preparing) || exec.phase().is_over();
                assert!(in_order && !all.is_empty() && asked, "{name}");
            }
            Effect::StopJob { .. } | Effect::Revoke { .. } | Effect::AppendRow(_) => {}
        }
    }
}

/// The same object, wanted no more.
pub fn wishes(exec: &Execution) -> Vec<(&'static str, Execution)> {
    let cancel = Some(Cancel { requested: true, reason: "wrong cluster".into(), by: "maria@example.com".into() });
    let mut cancelled = exec.clone();
    cancelled.spec.cancel = cancel;
    let deleted = Execution { deleting: true, ..exec.clone() };
    vec![("", exec.clone()), (" cancelled", cancelled), (" deleted", deleted)]
}

pub fn fits(exec: &Execution, phase: &PhaseSeen) -> bool {
    matches!(
        (&exec.progress, phase),
        (Progress::Validating, PhaseSeen::Validating(_))
            | (Progress::AwaitingApproval(_), PhaseSeen::AwaitingApproval(_))
            | (Progress::DryRunning(_), PhaseSeen::DryRunning(_))
            | (Progress::Preparing(_), PhaseSeen::Preparing(_))
            | (Progress::Executing(_), PhaseSeen::Executing(_))
            | (Progress::Verifying(_), PhaseSeen::Verifying(_))
            | (Progress::Over(_), PhaseSeen::Over(_))
    )
}

/// The ledger in every state at an ordinary time, and in order at unusual ones.
fn moments(seq: i64) -> Vec<(LedgerSeen, Timestamp)> {
    let ledgers = [0, -1, -2, 1].map(|n| LedgerSeen::At(seq + n)).into_iter().chain([LedgerSeen::Other, LedgerSeen::Unreachable]);
    let times = [at(-60), at(1_000_000)].map(|now| (LedgerSeen::At(seq), now));
    ledgers.map(|ledger| (ledger, at(14))).chain(times).collect()
}

#[test]
fn every_stage_with_everything_seen_keeps_to_the_rules() {
    let looks = seen::all();
    let mut cases = 0_u32;
    for (stage, exec) in stored::all() {
        for (wish, exec) in wishes(&exec) {
            for finalized in [true, false] {
                let exec = Execution { finalized, ..exec.clone() };
                for (look, phase) in looks.iter().filter(|(_, phase)| fits(&exec, phase)) {
                    for (ledger, now) in moments(exec.seq) {
                        let name = format!("{stage}{wish}: {look}, {ledger:?}, {now}");
                        let seen = Observed { ledger, phase: phase.clone() };
                        Case { exec: &exec, seen: &seen, now, name }.check();
                        cases += 1;
                    }
                }
            }
        }
    }
    assert!(cases > 50_000, "{cases}");
}
