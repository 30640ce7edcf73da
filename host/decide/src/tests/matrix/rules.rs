//! What must hold, each rule by its name: while it goes on, and at the end.
use super::{
    fault::Fault,
    original, people,
    scenario::Dry,
    swap,
    world::{FakeJob, World},
};
use crate::{
    execution::{Execution, Progress},
    observed::{Approval, DryJob, Grants, JobSeen, Judgement, LedgerSeen, Observed, PhaseSeen, Preparing, Ruling, Verdict},
    planned::READY,
    step::{Effect, Step, Why},
    tests::{fixtures, table::words},
    time,
};
use crds::{Decision, ExecutionStatus, KubernetesExecution, OnConflict, Phase, Reason};
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
pub const REVIEWED: &str = "what went without approvals is owed a review, and one that counts";
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
pub const IN_ORDER: &str = "who asked first for a target gets it first";
pub const NOT_TO_WAIT: &str = "who is not to wait for another does not";
pub const AGREED: &str = "while ledger and object disagree, nothing is done but what stops, and it is said";
pub const STOPPED: &str = "nothing starts that somebody wants stopped";
pub const HEARD: &str = "what runs and is to stop is told so at once";
pub const FENCED: &str = "who says that nothing of it can run holds no identity any more";
pub const IN_TIME: &str = "no command runs on when its time is up";
pub const OWN_JOB: &str = "only a Job of its own is followed";
pub const UNDOES: &str = "an undo takes back what was left, word for word, and from nobody else";
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
    let makes = matches!(step, Step::Do(Effect::Claim { .. } | Effect::DryRun(_) | Effect::CreateJob(_)));
    let promises = starts && exec.phase() != Phase::Executing;
    if exec.unwanted().is_some() && (makes || promises) {
        broken.push(Broken::new(STOPPED, words(step)));
    }
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
        original::promised(exec, seen, broken);
    }
    own_job(exec, seen, step, broken);
    fenced(seen, step, broken);
    reviewed(seen, step, broken);
    agreed(exec, seen, step, broken);
    in_line(exec, seen, step, broken);
    if matches!(step, Step::Do(Effect::DryRun(_))) && !matches!(&exec.progress, Progress::DryRunning(p) if !p.answered) {
        broken.push(Broken::new(DRY_TOLD, format!("{:?}", exec.phase())));
    }
    if let (Step::Do(Effect::CreateJob(_)), Progress::Executing(p)) = (step, &exec.progress)
        && p.seen.is_some()
    {
        broken.push(Broken::new(ONLY_ONCE_SEEN, format!("{:?}", p.seen)));
    }
}

/// The uid of a Job, or what a dry run says, is recorded from a look that showed our own.
fn own_job(exec: &Execution, seen: &Observed, step: &Step, broken: &mut Vec<Broken>) {
    let Step::Record(after) = step else { return };
    let uid = |s: &ExecutionStatus| s.job.as_ref().and_then(|job| job.uid.clone());
    let answer = |s: &ExecutionStatus| s.dry_run.as_ref().and_then(|d| d.answered_at.clone());
    let other = match &seen.phase {
        PhaseSeen::Executing(s) => uid(after) != uid(&exec.status) && !matches!(s.job, JobSeen::Ours { .. }),
        PhaseSeen::DryRunning(s) => {
            answer(after).is_some_and(|_| answer(&exec.status).is_none()) && !matches!(s.job, DryJob::Ours { .. })
        }
        _ => false,
    };
    if other {
        broken.push(Broken::new(OWN_JOB, words(step)));
    }
}

/// Stopped, and nothing was touched: of a Job that is under way in the network that is true only without an identity.
fn fenced(seen: &Observed, step: &Step, broken: &mut Vec<Broken>) {
    let Step::Record(after) = step else { return };
    let grants = match &seen.phase {
        PhaseSeen::DryRunning(s) => Some(&s.grants),
        PhaseSeen::Preparing(s) => Some(&s.grants),
        PhaseSeen::Executing(s) if s.job == JobSeen::Absent => s.grants.as_ref(),
        _ => None,
    };
    let untouched = matches!(after.reason, Reason::CancelRequested | Reason::Deleted);
    if untouched && grants.is_some_and(|grants| *grants != Grants::None) {
        broken.push(Broken::new(FENCED, format!("{:?}/{:?}: {grants:?}", after.phase, after.reason)));
    }
}

/// Moments from the wish until the Job is told: what a leader needs that is paused or looks at an old view, twice, and some more.
const TO_HEAR: u32 = 8;

/// It is to stop, and a command of it runs or may start.
pub fn runs_on(w: &World) -> bool {
    let live = |job: &FakeJob| !job.foreign && !job.stopping && !job.finished;
    let told = |job: &FakeJob| w.pods.iter().any(|p| p.job == job.uid && (p.deleting || p.over()));
    w.exec.as_ref().is_some_and(|e| e.unwanted().is_some()) && w.job.as_ref().is_some_and(|job| live(job) && !told(job))
}

/// Whoever waits for `Disagreement` is told of by readiness.
fn agreed(exec: &Execution, seen: &Observed, step: &Step, broken: &mut Vec<Broken>) {
    let stops = match step {
        Step::Do(Effect::StopJob { .. } | Effect::Revoke { .. }) => true,
        Step::Do(Effect::EndDryRun { .. }) => exec.unwanted().is_some(),
        _ => false,
    };
    let waits = |why| matches!(step, Step::Wait(w) if w.why == why);
    let good = match seen.ledger {
        LedgerSeen::At(n) if n == exec.seq => true,
        LedgerSeen::At(n) if n + 1 == exec.seq => stops || matches!(step, Step::Do(Effect::AppendRow(_))),
        LedgerSeen::At(_) | LedgerSeen::Other => stops || waits(Why::Disagreement),
        LedgerSeen::Unreachable => stops || waits(Why::LedgerUnreachable),
    };
    if !good {
        broken.push(Broken::new(AGREED, format!("{:?} at seq {}: {}", seen.ledger, exec.seq, words(step))));
    }
}

/// The order of those who wait, as far as it was seen.
fn in_line(exec: &Execution, seen: &Observed, step: &Step, broken: &mut Vec<Broken>) {
    let PhaseSeen::Preparing(seen) = &seen.phase else { return };
    // Here every freeze holds everything.
    let before = seen.ahead.iter().any(|a| a.frozen.is_none() || seen.freezes.is_empty());
    if matches!(step, Step::Do(Effect::Claim { .. })) && before {
        broken.push(Broken::new(IN_ORDER, format!("before {:?}", seen.ahead)));
    }
    let waits = match step {
        Step::Wait(w) => matches!(w.why, Why::Locked | Why::Limit),
        Step::Record(s) => s.phase == Phase::Preparing && matches!(s.reason, Reason::Queued | Reason::LimitReached),
        _ => false,
    };
    if waits && exec.spec.on_conflict == Some(OnConflict::Refuse) {
        broken.push(Broken::new(NOT_TO_WAIT, format!("{:?}", seen.lock)));
    }
}

/// Held against what was really there, not against what the core made of it.
fn approved(exec: &Execution, after: &ExecutionStatus, seen: &Preparing, broken: &mut Vec<Broken>) {
    let Some(Judgement::Judged { planned, ruling, .. }) = &seen.judged else { return };
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

/// Held against what was really there: whose review counts, the world made so.
fn reviewed(seen: &Observed, step: &Step, broken: &mut Vec<Broken>) {
    let (Step::Record(after), PhaseSeen::Over(seen)) = (step, &seen.phase) else { return };
    let of = |a: &Approval| after.review.as_ref().is_some_and(|r| r.object == a.name);
    let good = |a: &Approval| of(a) && a.name.starts_with("good") && a.decision == Decision::Review && a.may;
    if after.reason == Reason::Reviewed && !seen.approvals.iter().any(good) {
        broken.push(Broken::new(REVIEWED, format!("{:?} of {:?}", after.review, seen.approvals)));
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
    if w.unheard > TO_HEAR {
        broken.push(Broken::new(HEARD, format!("{} moments", w.unheard)));
    }
    if w.overtime > 0 {
        broken.push(Broken::new(IN_TIME, format!("{} moments", w.overtime)));
    }
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
    // `Failed`, because somebody asked to stop it: the commands had ended, and only the wait for their effect was stopped.
    let stopped = phase == Phase::Cancelled && matches!(reason, Reason::CancelRequested | Reason::Deleted);
    let untouched = matches!(
        reason,
        Reason::NeverStarted | Reason::JobRefused | Reason::PlanOnly | Reason::DryRunPassed | Reason::JobNameTaken
    );
    let lies = ((untouched || stopped) && w.changes > 0 && !torn)
        || (phase == Phase::Refused && w.jobs_made > 0)
        || (reason == Reason::ChecksPassed && w.changes == 0);
    if lies {
        broken.push(Broken::new(TRUE_WORDS, format!("{phase:?}/{reason:?}, {} changes, {} Jobs", w.changes, w.jobs_made)));
    }
}
