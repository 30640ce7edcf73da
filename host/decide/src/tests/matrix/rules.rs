//! What must hold, each rule by its name: while it goes on, and at the end.
use super::{fault::Fault, people, scenario::Dry, swap, world::World};
use crate::{
    execution::{Execution, Progress},
    observed::{Approval, Grants, Judgement, Observed, PhaseSeen, Preparing, Ruling, Verdict},
    planned::READY,
    step::{Effect, Step},
    tests::{fixtures, table::words},
    time,
};
use crds::{Decision, ExecutionStatus, KubernetesExecution, Phase, Reason};
use jiff::SignedDuration;

/// A rule that was broken.
#[derive(Clone, Debug)]
pub struct Broken {
    pub rule: &'static str,
    pub how: String,
}

impl Broken {
    pub fn new(rule: &'static str, how: impl Into<String>) -> Self {
        Self { rule, how: how.into() }
    }
}

pub const ONE_CHANGE: &str = "the target is changed at most once";
pub const ROW_FIRST: &str = "the row is written before the deed";
pub const ONLY_ONCE_SEEN: &str = "what was seen is never created again";
pub const FORWARD: &str = "the status never moves back";
pub const TIME: &str = "recorded time never goes back";
pub const ONE_END: &str = "there is exactly one terminal transition";
pub const NOTHING_LEFT: &str = "no identity, held pod or finalizer is left";
pub const TRUE_WORDS: &str = "who says that nothing was touched is right";
pub const TOLD: &str = "a Job that was made is told of";
pub const HONORED: &str = "what is not honored is refused";
pub const AS_SHOWN: &str = "what runs is what was shown";
pub const FROZEN: &str = "nothing starts while it is frozen";
pub const APPROVED: &str = "nothing starts that was not approved";
pub const REVIEWED: &str = "what went without approvals is owed a review";
pub const HOLDS_NOTHING: &str = "who waits for approvals holds nothing";
pub const ONE_AT_A_TIME: &str = "one execution at a time changes a target";
pub const AT_ONCE: &str = "no more are at work at once than may be";
pub const NO_WRITE: &str = "a dry run writes nothing";
pub const TRIED: &str = "what wants a dry run is not done without one";
pub const DIFF_ASKED: &str = "what the policies deny of the diff is not done";
pub const JUDGED: &str = "what no policy in force allows is not done";
pub const DRY_TOLD: &str = "a dry run is recorded before it is made";
pub const KEPT: &str = "what is over stays as long as was asked for";
pub const GOES: &str = "what is over goes when its time comes";
pub const UNDO_TOLD: &str = "what was undone says so";
pub const UNDO_ASKED: &str = "what failed asks once for its undo, where that was wanted, and nothing else does";
pub const AS_JUDGED: &str = "what runs is what was looked at";
pub const GUARDED: &str = "nothing starts while its guards are not there";
pub const GRANTED: &str = "nothing is promised without a whole identity";
pub const KEPT_FOR_UNDO: &str = "the target of what is undone by itself is kept until its undo is there";
pub const ROWS: &str = "every record has exactly one row, in order";

pub fn row_before_deed(w: &World, exec: &Execution, effect: &Effect, broken: &mut Vec<Broken>) {
    // Brakes need no ledger; a finalizer changes nothing outside the object.
    let brake = matches!(effect, Effect::EndDryRun { .. }) && exec.unwanted().is_some();
    let free =
        matches!(effect, Effect::AppendRow(_) | Effect::StopJob { .. } | Effect::Revoke { .. } | Effect::AddFinalizer) || brake;
    // A row that a restored backup lost again *was* written.
    if !free && i64::try_from(w.written).unwrap() < exec.seq {
        let effect = words(&Step::Do(effect.clone()));
        broken.push(Broken::new(ROW_FIRST, format!("{effect} at seq {} with {} rows", exec.seq, w.written)));
    }
}

pub fn decided(exec: &Execution, seen: &Observed, step: &Step, broken: &mut Vec<Broken>) {
    let starts = match step {
        Step::Do(Effect::Grant(_)) => true,
        Step::Record(s) => s.phase == Phase::Executing,
        _ => false,
    };
    if starts && matches!(&seen.phase, PhaseSeen::Preparing(s) if !s.freezes.is_empty()) {
        broken.push(Broken::new(FROZEN, format!("{:?}", exec.phase())));
    }
    if let (Step::Wait(_), PhaseSeen::AwaitingApproval(seen)) = (step, &seen.phase)
        && seen.left == Some(Grants::Whole)
    {
        broken.push(Broken::new(HOLDS_NOTHING, format!("{:?}", exec.reason)));
    }
    if let (Step::Record(s), PhaseSeen::Preparing(seen)) = (step, &seen.phase)
        && s.phase == Phase::Executing
    {
        approved(exec, s, seen, broken);
        as_shown(exec, seen, broken);
        swap::promised(exec, seen, broken);
    }
    if matches!(step, Step::Do(Effect::DryRun(_))) && !matches!(&exec.progress, Progress::DryRunning(p) if !p.answered) {
        broken.push(Broken::new(DRY_TOLD, format!("{:?}", exec.phase())));
    }
    if let (Step::Do(Effect::CreateJob(_)), Progress::Executing(p)) = (step, &exec.progress)
        && p.seen.is_some()
    {
        broken.push(Broken::new(ONLY_ONCE_SEEN, format!("{:?}", p.seen)));
    }
}

/// Held against what was really there, not against what the core made of it.
fn approved(exec: &Execution, after: &ExecutionStatus, seen: &Preparing, broken: &mut Vec<Broken>) {
    let Some(Judgement::Judged { planned, ruling }) = &seen.judged else { return };
    let wanted = ruling.results.iter().any(|r| matches!(&r.verdict, Verdict::Allow(o) if o.approvals > 0));
    if !wanted {
        return;
    }
    if exec.spec.break_glass {
        return went_without(exec, after, ruling, broken);
    }
    let subject = crate::approvals::subject(exec, &planned.hash).to_string();
    let yes = |a: &Approval| a.name.starts_with("good") && a.hash == subject && a.may;
    // Of the original: whatever it is for, it is good for this where the world made it so.
    let covered = |a: &Approval| a.name.starts_with("good") && a.may;
    let no = |a: &Approval| a.decision == Decision::Reject && a.may;
    let since = exec.status.approval.as_ref().map(|a| time::read(&a.since).unwrap());
    let in_time = since.is_some_and(|since| time::read(&after.at).unwrap() < since + people::SPAN);
    let yes = seen.approvals.iter().any(yes) || seen.covering.iter().any(covered);
    if !yes || seen.approvals.iter().any(no) || !in_time {
        broken.push(Broken::new(APPROVED, format!("{:?}, in time: {in_time}", seen.approvals)));
    }
}

/// Where the policies open that, and whom it went without was recorded before.
fn went_without(exec: &Execution, after: &ExecutionStatus, ruling: &Ruling, broken: &mut Vec<Broken>) {
    let open = ruling.results.iter().all(|r| matches!(&r.verdict, Verdict::Allow(o) if o.break_glass));
    let told = exec.status.approval.as_ref().is_some_and(|a| a.state == "Skipped" && a.groups == ["sre-leads"]);
    let since = exec.status.approval.as_ref().map(|a| time::read(&a.since).unwrap());
    let in_time = since.is_some_and(|since| time::read(&after.at).unwrap() < since + people::SPAN);
    if !open || !told || !in_time {
        broken.push(Broken::new(APPROVED, format!("without: open {open}, told {told}, in time {in_time}")));
    }
    if after.review.as_ref().is_none_or(|r| r.state != "Due") {
        broken.push(Broken::new(REVIEWED, format!("{:?}", after.review)));
    }
}

/// Held against the plan that was looked at before anything began.
fn as_shown(exec: &Execution, seen: &Preparing, broken: &mut Vec<Broken>) {
    let Some(Judgement::Judged { planned, .. }) = &seen.judged else { return };
    let as_shown = planned.proposal.changes == fixtures::planned().proposal.changes;
    if exec.spec.plan_hash.is_some() && !as_shown {
        broken.push(Broken::new(AS_SHOWN, format!("{:?}", planned.proposal.changes)));
    }
}

/// What is told after the end.
const AFTERWARDS: [Reason; 4] = [Reason::RollbackStarted, Reason::RollbackNotStarted, Reason::RolledBack, Reason::Reviewed];

/// As it is asked for: the stored inverse, in the requester's name, of what is over and holds nothing any more.
pub fn undo(w: &World, exec: &Execution, kx: &KubernetesExecution, broken: &mut Vec<Broken>) {
    let of = kx.spec.rollback_of.as_ref().is_some_and(|of| of.uid == exec.uid.as_str());
    let stored = exec.status.rollback.as_ref().map(|r| r.parameters.clone());
    let inverse = stored == serde_json::to_string(&kx.spec.parameters).ok();
    let ours = of && inverse && kx.spec.requester == exec.spec.requester;
    if !w.scenario.automatic || !ours || exec.phase() != Phase::Failed {
        broken.push(Broken::new(UNDO_ASKED, format!("{:?}/{:?}: {:?}", exec.phase(), exec.reason, kx.spec)));
    }
}

/// Nobody else may come in between.
pub fn let_go(w: &World, exec: &Execution, broken: &mut Vec<Broken>) {
    if exec.phase() == Phase::Failed && crate::automatic_undo(exec).is_some() && !w.undos.there {
        broken.push(Broken::new(KEPT_FOR_UNDO, format!("{:?}", exec.reason)));
    }
}

pub fn record(before: &Execution, after: &ExecutionStatus, broken: &mut Vec<Broken>) {
    // Once each, and it changes nothing of how it ended.
    let once = |reason| after.reason == reason && !before.status.timeline.iter().any(|e| e.reason == reason);
    let afterwards = after.phase == before.phase() && AFTERWARDS.into_iter().any(once);
    if before.phase().is_over() && !afterwards {
        broken.push(Broken::new(ONE_END, format!("{:?} -> {:?}", before.phase(), after.phase)));
    }
    if after.seq != before.seq + 1 || !before.phase().leads_to().contains(&after.phase) {
        let how = format!("{:?} {} -> {:?} {}", before.phase(), before.seq, after.phase, after.seq);
        broken.push(Broken::new(FORWARD, how));
    }
    if time::read(&after.at).unwrap() < before.at {
        broken.push(Broken::new(TIME, format!("{} -> {}", before.at, after.at)));
    }
}

/// Its minute has passed, by the clock of who deletes.
fn is_due(w: &World, exec: &Execution) -> bool {
    let end = exec.status.finished_at.as_deref().map(|at| time::read(at).unwrap());
    end.is_some_and(|end| w.host_clock() >= end + SignedDuration::from_mins(1))
}

pub fn kept(w: &World, exec: &Execution, broken: &mut Vec<Broken>) {
    if !is_due(w, exec) || exec.status.review.as_ref().is_some_and(|r| r.state == "Due") {
        broken.push(Broken::new(
            KEPT,
            format!("{:?}, {:?}, deleted at {}", exec.status.finished_at, exec.status.review, w.host_clock()),
        ));
    }
    if w.identity || w.pods.iter().any(|p| p.held) {
        broken.push(Broken::new(NOTHING_LEFT, "deleted before it was cleaned up"));
    }
}

/// What is promised when everybody has gone home.
pub fn end(w: &World, faults: &[Fault], broken: &mut Vec<Broken>) {
    one_change(w, broken);
    rows(w, broken);
    nothing_left(w, broken);
    let Some(last) = w.due.last() else {
        // Deleted before it had a finalizer: the API server took it away, and nothing was done.
        if w.kx.is_some() || w.jobs_made > 0 {
            broken.push(Broken::new(ONE_END, "nothing was recorded"));
        }
        return;
    };
    let (phase, reason) = (last.phase, last.reason);
    if !phase.is_over() {
        broken.push(Broken::new(ONE_END, format!("still {phase:?}/{reason:?}")));
    }
    true_words(w, phase, reason, faults, broken);
    dry_run(w, phase, last.payload.as_str(), broken);
    if w.jobs_made > 0 && !last.payload.as_str().contains("\"serviceAccount\"") {
        broken.push(Broken::new(TOLD, format!("{phase:?}/{reason:?}, {} Jobs", w.jobs_made)));
    }
    // (Where nobody can tell what was done, or nothing was, there is no way back on offer.)
    let offered = w.exec.as_ref().and_then(|e| e.status.rollback.as_ref()).is_some_and(|r| r.state == READY);
    // A clock that was turned back takes as long to get there again.
    let turned = faults.iter().any(|f| matches!(f, Fault::Clock(..)));
    let waits = |exec: &Execution| {
        let kept = exec.status.review.as_ref().is_some_and(|r| r.state == "Due");
        exec.phase().is_over() && !kept && (is_due(w, exec) || !turned)
    };
    if w.scenario.expires && w.exec.as_ref().is_some_and(|exec| waits(exec)) {
        broken.push(Broken::new(GOES, format!("{phase:?}/{reason:?}")));
    }
    let told = |reason| w.exec.as_ref().is_some_and(|e| e.status.timeline.iter().any(|t| t.reason == reason));
    let asked = told(Reason::RollbackStarted);
    let stopped = w.exec.as_ref().is_none_or(|e| e.unwanted().is_some());
    let wants = w.scenario.automatic && phase == Phase::Failed && offered && !stopped && !told(Reason::RollbackNotStarted);
    if w.undos.made > 1 || (wants && !asked) || (asked && w.undos.made != 1) {
        broken.push(Broken::new(UNDO_ASKED, format!("{phase:?}/{reason:?}, told {asked}, made {}", w.undos.made)));
    }
    if w.undone && offered {
        broken.push(Broken::new(UNDO_TOLD, format!("{phase:?}/{reason:?}")));
    }
    if w.scenario.unsupported && (phase == Phase::Completed || w.jobs_made > 0) {
        broken.push(Broken::new(HONORED, format!("{phase:?}/{reason:?}")));
    }
}

fn dry_run(w: &World, phase: Phase, told: &str, broken: &mut Vec<Broken>) {
    let (done, how) = (phase == Phase::Completed || w.changes > 0, || format!("{phase:?}, {} changes", w.changes));
    if w.dry.writes > 0 {
        broken.push(Broken::new(NO_WRITE, format!("{} writes", w.dry.writes)));
    }
    if w.scenario.dry != Dry::No && done && !told.contains("\"answeredAt\"") {
        broken.push(Broken::new(TRIED, how()));
    }
    if w.scenario.dry == Dry::Asked && w.jobs_made > 0 {
        broken.push(Broken::new(HONORED, how()));
    }
    if (w.scenario.denied || w.scenario.shadow) && done {
        broken.push(Broken::new(JUDGED, format!("{} changes", w.changes)));
    }
    if w.scenario.denies_diff && done {
        broken.push(Broken::new(DIFF_ASKED, how()));
    }
}

fn one_change(w: &World, broken: &mut Vec<Broken>) {
    let may = if w.scenario.idempotent { 1 + w.disruptions } else { 1 };
    if w.changes > may {
        broken.push(Broken::new(ONE_CHANGE, format!("{} times, {} Jobs", w.changes, w.jobs_made)));
    }
}

fn rows(w: &World, broken: &mut Vec<Broken>) {
    if w.rows != w.due {
        let seqs: Vec<i64> = w.rows.iter().map(|r| r.seq).collect();
        broken.push(Broken::new(ROWS, format!("{} records, rows {seqs:?}", w.due.len())));
    }
    let numbered = w.due.iter().zip(1..).all(|(row, n)| row.seq == n);
    if !numbered {
        broken.push(Broken::new(FORWARD, "two records of one seq"));
    }
}

fn nothing_left(w: &World, broken: &mut Vec<Broken>) {
    let finalized = w.exec.as_ref().is_some_and(|e| e.finalized);
    let held = w.pods.iter().filter(|p| p.held).count();
    let claim = w.claim.is_some_and(|c| c.turn.is_some());
    if w.identity || w.dry.identity || claim || finalized || held > 0 {
        let how = format!(
            "identity {}, of the dry run {}, claim {claim}, finalizer {finalized}, held pods {held}",
            w.identity, w.dry.identity
        );
        broken.push(Broken::new(NOTHING_LEFT, how));
    }
}

fn true_words(w: &World, phase: Phase, reason: Reason, faults: &[Fault], broken: &mut Vec<Broken>) {
    // A pod or Job that somebody tears out by force, finalizer and all, takes its story with it.
    let torn = faults.iter().any(|f| matches!(f, Fault::JobVanishes(_) | Fault::PodVanishes(_)));
    let untouched = matches!(
        reason,
        Reason::CancelRequested
            | Reason::Deleted
            | Reason::NeverStarted
            | Reason::JobRefused
            | Reason::PlanOnly
            | Reason::DryRunPassed
            | Reason::JobNameTaken
    );
    let lies = (untouched && w.changes > 0 && !torn)
        || (phase == Phase::Refused && w.jobs_made > 0)
        || (reason == Reason::ChecksPassed && w.changes == 0);
    if lies {
        broken.push(Broken::new(TRUE_WORDS, format!("{phase:?}/{reason:?}, {} changes, {} Jobs", w.changes, w.jobs_made)));
    }
}
