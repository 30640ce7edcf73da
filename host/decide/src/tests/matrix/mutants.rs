//! One mutant a Rule: the core with exactly that rule taken out, by a wrapper around it. The matrix must catch each: a matrix that
//! catches nothing proves nothing. (That the core itself breaks no rule in the same matrix is tested beside it.)
mod approvals;
mod automatic;
mod deadlines;
mod glass;
mod looks;
mod stopping;
mod turns;
mod undoing;

use super::{
    DEPTH,
    fault::{Fault, Old, singles},
    rules,
    run::{Core, HONEST, run},
    scenario::{Dry, EXPIRES, PLAIN, SHOWN, Scenario, UNDONE},
};
use crate::{
    access,
    execution::{Execution, Progress},
    job, next_step,
    observed::*,
    site::Site,
    step::{Effect, Step, Waiting, Why},
    tests::{seen, stored},
    time,
};
use crds::{Phase, Reason};
use jiff::Timestamp;

/// Whether this rule is broken somewhere in the matrix of single faults.
fn caught(core: Core, scenario: Scenario, rule: &str) -> bool {
    singles(DEPTH, true).into_iter().any(|f| run(core, scenario, &[f]).broken.iter().any(|b| b.rule == rule))
}

fn check(decide: fn(&Site, Timestamp, &Execution, &Observed) -> Step, scenario: Scenario, rule: &str) {
    assert!(caught(Core { decide, ..HONEST }, scenario, rule), "not caught: {rule}");
}

/// What it does with one that asks for something else, or says something else. The row is that of what is stored all the same: with any other, the
/// ledger would disagree, and nothing would be done.
fn taken_for(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed, change: impl FnOnce(&mut Execution)) -> Step {
    let mut other = exec.clone();
    change(&mut other);
    match next_step(site, now, &other, seen) {
        Step::Do(Effect::AppendRow(_)) => next_step(site, now, exec, seen),
        step => step,
    }
}

/// Creates the Job first and records the intent a moment later.
fn deed_before_status(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let step = next_step(site, now, exec, seen);
    let promise = matches!(&step, Step::Record(s) if s.reason == Reason::Prepared);
    let Progress::Preparing(p) = &exec.progress else { return step };
    // Every other pass, as two calls of one pass would do.
    if !promise || now.as_millisecond() / 20 % 2 == 0 {
        return step;
    }
    let access = access::of(exec, &p.planned).unwrap();
    Step::Do(Effect::CreateJob(Box::new(job::manifest(exec, &p.planned, &job::name(exec).unwrap(), &access, site))))
}

#[test]
fn rule_1_a_deed_before_its_status_is_caught() {
    check(deed_before_status, PLAIN, rules::TOLD);
}

/// Takes the ledger for being in order.
fn no_ledger(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let in_order = Observed { ledger: LedgerSeen::At(exec.seq), ..seen.clone() };
    let append = |n: &i64| *n + 1 == exec.seq;
    match (&seen.ledger, next_step(site, now, exec, &in_order)) {
        // Rows are written when there is nothing better to do.
        (LedgerSeen::At(n), Step::Wait(_) | Step::Stop) if append(n) => next_step(site, now, exec, seen),
        (_, step) => step,
    }
}

#[test]
fn rule_2_a_deed_before_its_row_is_caught() {
    check(no_ledger, PLAIN, rules::ROW_FIRST);
    check(no_ledger, PLAIN, rules::ROWS);
}

/// Takes any row of the right number for its own.
fn any_row(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let ledger = if seen.ledger == LedgerSeen::Other { LedgerSeen::At(exec.seq) } else { seen.ledger.clone() };
    next_step(site, now, exec, &Observed { ledger, phase: seen.phase.clone() })
}

#[test]
fn rule_2_a_row_that_tells_of_something_else_is_caught() {
    let late = |n| [Fault::Late(n, n + 1), Fault::LedgerAhead(n + 1)];
    let broken = |core, n| run(core, PLAIN, &late(n)).broken.iter().any(|b| b.rule == rules::ROW_FIRST);
    assert!((0..12).any(|n| broken(Core { decide: any_row, ..HONEST }, n)));
    assert!(!(0..12).any(|n| broken(HONEST, n)));
}

/// Takes a ledger that knows of more for one that is in order.
fn any_longer_ledger(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let ledger = match seen.ledger {
        LedgerSeen::At(n) if n > exec.seq => LedgerSeen::At(exec.seq),
        ref other => other.clone(),
    };
    next_step(site, now, exec, &Observed { ledger, phase: seen.phase.clone() })
}

/// Writes the row that it owes, whatever is missing before it.
fn any_shorter_ledger(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let ledger = match seen.ledger {
        LedgerSeen::At(n) if n < exec.seq => LedgerSeen::At(exec.seq - 1),
        ref other => other.clone(),
    };
    next_step(site, now, exec, &Observed { ledger, phase: seen.phase.clone() })
}

/// Waits, and calls nobody.
fn tells_nobody(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    match next_step(site, now, exec, seen) {
        Step::Wait(w) if w.why == Why::Disagreement => Step::Wait(Waiting { why: Why::ViewMoved, ..w }),
        other => other,
    }
}

/// Whether only this fault shows it, at some pass.
fn caught_by(decide: fn(&Site, Timestamp, &Execution, &Observed) -> Step, fault: fn(usize) -> Fault, rule: &str) -> bool {
    let broken = |n| run(Core { decide, ..HONEST }, PLAIN, &[fault(n)]).broken;
    (0..DEPTH).any(|n| broken(n).iter().any(|b| b.rule == rule))
}

#[test]
fn rule_2_a_row_of_somebody_else_that_is_passed_over_is_caught() {
    assert!(caught_by(any_row, Fault::ForeignRow, rules::AGREED) && caught_by(any_row, Fault::ForeignRow, rules::ROW_FIRST));
    assert!(caught_by(any_longer_ledger, Fault::ForeignRow, rules::AGREED));
    assert!(caught_by(any_row, Fault::Rewritten, rules::AGREED) && !caught_by(next_step, Fault::Rewritten, rules::AGREED));
    assert!(
        !caught_by(next_step, Fault::ForeignRow, rules::AGREED) && !caught_by(next_step, Fault::ForeignRow, rules::ROW_FIRST)
    );
}

#[test]
fn rule_2_a_ledger_that_is_ahead_and_is_passed_over_is_caught() {
    assert!(caught_by(any_longer_ledger, Fault::LedgerAhead, rules::AGREED));
}

#[test]
fn rule_2_a_row_that_is_written_after_a_gap_is_caught() {
    assert!(caught_by(any_shorter_ledger, |n| Fault::LedgerLoses(n, 9), rules::AGREED));
}

#[test]
fn rule_2_a_disagreement_that_nobody_is_told_of_is_caught() {
    assert!(caught_by(tells_nobody, Fault::ForeignRow, rules::AGREED));
}

/// Runs whatever the plan is by now.
fn forgets_what_was_shown(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    taken_for(site, now, exec, seen, |exec| exec.spec.plan_hash = None)
}

#[test]
fn a_plan_that_is_not_the_one_that_was_shown_is_caught() {
    check(forgets_what_was_shown, SHOWN, rules::AS_SHOWN);
}

/// Forgets the Job that it saw, when that is gone.
fn forgets(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let (mut exec, mut seen) = (exec.clone(), seen.clone());
    if let (Progress::Executing(p), PhaseSeen::Executing(s)) = (&mut exec.progress, &mut seen.phase) {
        p.seen = match &s.job {
            JobSeen::Ours { uid, .. } => p.seen.as_ref().filter(|seen| *seen == uid).cloned(),
            JobSeen::Absent | JobSeen::Foreign { .. } => None,
        };
        // It would ask for the identity too, which is there until the run is over.
        s.grants.get_or_insert(Grants::Whole);
    }
    next_step(site, now, &exec, &seen)
}

#[test]
fn rule_3_a_job_created_again_after_it_was_seen_is_caught() {
    check(forgets, PLAIN, rules::ONE_CHANGE);
}

/// Takes a pod without its Job for none.
fn looks_for_the_job_alone(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let mut seen = seen.clone();
    if let (Progress::Executing(p), PhaseSeen::Executing(s)) = (&exec.progress, &mut seen.phase)
        && p.seen.is_none()
        && matches!(s.job, JobSeen::Ours { stopping: true, .. })
    {
        s.job = JobSeen::Absent;
    }
    next_step(site, now, exec, &seen)
}

#[test]
fn rule_3_a_job_created_again_beside_its_orphan_is_caught() {
    assert!(caught_by(looks_for_the_job_alone, Fault::JobOrphaned, rules::ONE_CHANGE));
    assert!(!caught_by(next_step, Fault::JobOrphaned, rules::ONE_CHANGE));
}

/// Takes whatever has the name of its Job for that, and for one that did it.
fn takes_any_job(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let mut seen = seen.clone();
    match &mut seen.phase {
        PhaseSeen::Executing(s) => {
            if let JobSeen::Foreign { uid } = &s.job {
                s.job =
                    JobSeen::Ours { uid: uid.clone(), stopping: false, pod: PodSeen::Running { command: 0 }, failed_by: None };
            }
        }
        PhaseSeen::DryRunning(s) => {
            if let DryJob::Foreign { uid } = &s.job {
                let pod = PodSeen::Ended { command: 0, exit_code: 0, output: Output::default(), at: now };
                s.job = DryJob::Ours { uid: uid.clone(), stopping: false, pod, answer: Some(seen::answer(2, 5)) };
            }
        }
        _ => {}
    }
    next_step(site, now, exec, &seen)
}

#[test]
fn rule_3_a_job_of_somebody_else_that_is_followed_is_caught() {
    for scenario in [PLAIN, Scenario { dry: Dry::Asked, ..PLAIN }] {
        check(takes_any_job, scenario, rules::OWN_JOB);
        assert!(!caught(HONEST, scenario, rules::OWN_JOB));
    }
}

#[test]
fn rule_4_a_status_written_without_its_resource_version_is_caught() {
    let core = Core { honors_rv: false, ..HONEST };
    assert!(caught(core, PLAIN, rules::FORWARD) && caught(core, PLAIN, rules::ONE_END));
    // Also where nothing is wrong but a cache that stood still since the second pass.
    let broken = |n: usize| run(core, PLAIN, &[Fault::Stale(n, n - 1, Old::Both)]).broken;
    assert!((9..DEPTH).any(|n| broken(n).iter().any(|b| b.rule == rules::FORWARD)));
}

/// Records what the clock says.
fn believes_the_clock(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    match next_step(site, now, exec, seen) {
        Step::Record(mut s) => {
            s.at = time::text(now);
            Step::Record(s)
        }
        other => other,
    }
}

#[test]
fn rule_5_a_clock_that_goes_back_is_caught() {
    check(believes_the_clock, PLAIN, rules::TIME);
}

/// Leaves the identity for whoever comes later.
fn no_fence(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let mut seen = seen.clone();
    match &mut seen.phase {
        PhaseSeen::Verifying(s) => {
            s.grants = Grants::None;
            s.checks.get_or_insert(ChecksSeen::Asked(vec![]));
        }
        PhaseSeen::Over(s) => s.grants = Grants::None,
        _ => {}
    }
    next_step(site, now, exec, &seen)
}

#[test]
fn rule_6_an_identity_that_stays_lets_a_late_job_run_and_is_caught() {
    check(no_fence, PLAIN, rules::ONE_CHANGE);
    check(no_fence, PLAIN, rules::NOTHING_LEFT);
}

/// Looks for what is left only where it ended after its run was prepared.
fn looks_too_seldom(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let mut seen = seen.clone();
    if let PhaseSeen::Over(s) = &mut seen.phase
        && !exec.status.timeline.iter().any(|e| e.phase == Phase::Preparing)
    {
        *s = Over::nothing(s.guards.clone(), s.undone_by.clone());
    }
    next_step(site, now, exec, &seen)
}

#[test]
fn what_is_left_of_a_dry_run_that_nobody_looks_for_is_caught() {
    check(looks_too_seldom, Scenario { dry: Dry::Asked, ..PLAIN }, rules::NOTHING_LEFT);
}

/// Has every disrupted pod replaced.
fn always_again(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let mut exec = exec.clone();
    if let Progress::Executing(p) = &mut exec.progress {
        p.planned.idempotent = true;
    }
    next_step(site, now, &exec, seen)
}

#[test]
fn rule_7_a_disrupted_pod_that_runs_again_is_caught() {
    check(always_again, PLAIN, rules::ONE_CHANGE);
}

/// Sees no freeze.
fn never_frozen(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let mut seen = seen.clone();
    if let PhaseSeen::Preparing(s) = &mut seen.phase {
        s.freezes.clear();
    }
    next_step(site, now, exec, &seen)
}

#[test]
fn a_freeze_that_is_not_seen_is_caught() {
    check(never_frozen, PLAIN, rules::FROZEN);
}

/// Says that it was undone without holding the object for the row that it owes then.
fn not_held(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    match next_step(site, now, exec, seen) {
        Step::Do(Effect::AddFinalizer) if exec.phase().is_over() => {
            next_step(site, now, &Execution { finalized: true, ..exec.clone() }, seen)
        }
        other => other,
    }
}

#[test]
fn an_undo_that_is_told_without_a_finalizer_is_caught() {
    check(not_held, UNDONE, rules::ROWS);
}

/// Never hears that it was undone.
fn never_undone(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let mut seen = seen.clone();
    if let PhaseSeen::Over(s) = &mut seen.phase {
        s.undone_by = None;
    }
    next_step(site, now, exec, &seen)
}

#[test]
fn an_undo_that_is_not_told_is_caught() {
    check(never_undone, UNDONE, rules::UNDO_TOLD);
}

/// Deletes what is over at once.
fn impatient(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    match next_step(site, now, exec, seen) {
        Step::Wait(w) if w.why == Why::Expiry => Step::Do(Effect::Delete),
        other => other,
    }
}

#[test]
fn what_is_deleted_before_its_time_is_caught() {
    check(impatient, EXPIRES, rules::KEPT);
}

/// Takes the object away in place of the finalizer.
fn hasty(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    match next_step(site, now, exec, seen) {
        Step::Do(Effect::ReleaseFinalizer { .. }) => Step::Do(Effect::ReleaseFinalizer { last: true }),
        Step::Wait(w) if w.why == Why::Expiry => Step::Stop,
        other => other,
    }
}

#[test]
fn what_is_never_deleted_is_caught() {
    check(hasty, EXPIRES, rules::GOES);
}

/// Takes every yes for one without conditions.
fn forgets_the_condition(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let mut seen = seen.clone();
    match &mut seen.phase {
        PhaseSeen::Validating(s) => unconditional(&mut s.judged),
        PhaseSeen::Preparing(s) => s.judged.iter_mut().for_each(unconditional),
        _ => {}
    }
    next_step(site, now, exec, &seen)
}

fn unconditional(judged: &mut Judgement) {
    let Judgement::Judged { ruling, .. } = judged else { return };
    let yes = ruling.results.iter_mut().filter(|r| matches!(r.verdict, Verdict::Allow(_)));
    yes.for_each(|r| r.verdict = Verdict::Allow(Obligations::default()));
}

#[test]
fn a_run_without_the_dry_run_that_a_policy_wants_is_caught() {
    check(forgets_the_condition, Scenario { dry: Dry::Demanded, ..PLAIN }, rules::TRIED);
}

/// Takes the guard of dry runs for being in force.
fn trusts_the_guard(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let mut seen = seen.clone();
    if let PhaseSeen::DryRunning(s) = &mut seen.phase {
        s.proof.iter_mut().for_each(|proof| *proof = DryGuard::InForce { since: Timestamp::MIN });
    }
    next_step(site, now, exec, &seen)
}

#[test]
fn a_dry_run_without_a_proven_guard_is_caught() {
    check(trusts_the_guard, Scenario { dry: Dry::Demanded, unguarded: true, ..PLAIN }, rules::NO_WRITE);
}

/// Does not listen to what the policies say of the diff.
fn asks_once(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let mut seen = seen.clone();
    if let (Progress::DryRunning(p), PhaseSeen::DryRunning(s)) = (&exec.progress, &mut seen.phase) {
        s.judged.iter_mut().for_each(|judged| *judged = stored::judged(&p.planned));
    }
    next_step(site, now, exec, &seen)
}

#[test]
fn a_diff_that_no_policy_was_asked_about_is_caught() {
    check(asks_once, Scenario { dry: Dry::Asked, denies_diff: true, ..PLAIN }, rules::DIFF_ASKED);
}

/// Obeys what is only recorded.
fn obeys_shadows(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let mut seen = seen.clone();
    let judged = match &mut seen.phase {
        PhaseSeen::Validating(s) => Some(&mut s.judged),
        PhaseSeen::Preparing(s) => s.judged.as_mut(),
        _ => None,
    };
    if let Some(Judgement::Judged { ruling, .. }) = judged {
        ruling.results.iter_mut().for_each(|r| r.shadow = false);
    }
    next_step(site, now, exec, &seen)
}

#[test]
fn the_yes_of_a_shadow_that_is_obeyed_is_caught() {
    let shadow = Scenario { shadow: true, ..PLAIN };
    check(obeys_shadows, shadow, rules::JUDGED);
    assert!(!caught(HONEST, shadow, rules::JUDGED));
}

/// Makes the dry run first and records it a moment later.
fn dry_run_before_its_status(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    let step = next_step(site, now, exec, seen);
    let promise = matches!(&step, Step::Record(s) if s.reason == Reason::DryRunNeeded);
    let PhaseSeen::Validating(s) = &seen.phase else { return step };
    let Judgement::Judged { planned, .. } = &s.judged else { return step };
    if !promise || now.as_millisecond() / 20 % 2 != 0 {
        return step;
    }
    let (name, access) = (job::dry_name(exec).unwrap(), access::dry(exec, planned).unwrap());
    Step::Do(Effect::DryRun(Box::new(job::dry_manifest(exec, planned, &name, &access, site))))
}

#[test]
fn a_dry_run_before_its_status_is_caught() {
    check(dry_run_before_its_status, Scenario { dry: Dry::Asked, ..PLAIN }, rules::DRY_TOLD);
}

/// Ignores what it does not know.
fn ignores(site: &Site, now: Timestamp, exec: &Execution, seen: &Observed) -> Step {
    taken_for(site, now, exec, seen, |exec| exec.spec.rollback = None)
}

#[test]
fn rule_8_a_wish_that_is_ignored_is_caught() {
    check(ignores, Scenario { unsupported: true, ..PLAIN }, rules::HONORED);
}
