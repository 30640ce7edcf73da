//! Executions as they are stored on every stage of their life: not made by hand, but by the core's own records.
use super::{approving, fixtures::*, seen::Named};
use crate::{
    execution::Execution,
    model::{Planned, PluginFault},
    next_step,
    observed::*,
    step::Step,
};
use crds::{Cancel, KubernetesExecution};
use jiff::Timestamp;

/// Stores what a step records.
pub fn store(kx: &mut KubernetesExecution, step: &Step) {
    let Step::Record(status) = step else { panic!("no record: {step:?}") };
    kx.status = Some(status.as_ref().clone());
}

/// What comes of one look, when the ledger is in order.
pub fn step(exec: &Execution, now: Timestamp, phase: PhaseSeen) -> Step {
    next_step(&site(), now, exec, &Observed { ledger: LedgerSeen::At(exec.seq), phase })
}

pub fn guarded() -> GuardsSeen {
    GuardsSeen::InForce { since: at(-1) }
}
pub fn judged(planned: &Planned) -> Judgement {
    Judgement::Judged { planned: Box::new(planned.clone()), ruling: ruling(&[allow()]), writers: vec![] }
}
pub fn validating(judged: Judgement) -> PhaseSeen {
    PhaseSeen::Validating(Box::new(Validating { since: at(0), guards: guarded(), judged, left: None, original: None }))
}
pub fn preparing(planned: &Planned, grants: Grants) -> PhaseSeen {
    let judged = Some(judged(planned));
    PhaseSeen::Preparing(Box::new(Preparing {
        since: at(0),
        guards: guarded(),
        judged,
        grants,
        lock: super::locking::mine(),
        ahead: vec![],
        others: Others::default(),
        freezes: vec![],
        approvals: vec![],
        covering: vec![],
        original: None,
    }))
}
/// A policy that allows it only after a dry run.
pub fn demanding(planned: &Planned) -> Judgement {
    let verdict = Verdict::Allow(Obligations { dry_run: true, ..Obligations::default() });
    Judgement::Judged { planned: Box::new(planned.clone()), ruling: ruling(&[verdict]), writers: vec![] }
}
pub fn dry_running(grants: Grants, job: DryJob, judged: Option<Judgement>) -> PhaseSeen {
    let guards = GuardsSeen::InForce { since: at(-100) };
    let proof = (job == DryJob::Absent && grants == Grants::Whole).then_some(DryGuard::InForce { since: at(-100) });
    PhaseSeen::DryRunning(Box::new(DryRunning { guards, proof, grants, job, judged, original: None }))
}
pub fn answered(answer: Answer) -> PhaseSeen {
    let job = DryJob::Ours { uid: uid("dry"), stopping: false, pod: ended(0), answer: Some(answer) };
    dry_running(Grants::Whole, job, None)
}
pub fn executing(job: JobSeen) -> PhaseSeen {
    PhaseSeen::Executing(Box::new(Executing { job, grants: Some(Grants::Whole) }))
}
pub fn ours(pod: PodSeen) -> PhaseSeen {
    executing(JobSeen::Ours { uid: uid("job"), stopping: false, pod, failed_by: None })
}
pub fn ended(exit_code: i32) -> PodSeen {
    PodSeen::Ended { command: 0, exit_code, output: Output { tail: "scaled\n".into(), ..Output::default() }, at: at(12) }
}
pub fn verifying(checks: ChecksSeen) -> PhaseSeen {
    PhaseSeen::Verifying(Box::new(Verifying { grants: Grants::None, checks: Some(checks) }))
}

/// One record after another, ten seconds apart at the most.
pub fn through(looks: Vec<(i64, PhaseSeen)>) -> Execution {
    through_as(kx(), looks)
}

/// The same, of what was asked for so.
pub fn through_as(mut kx: KubernetesExecution, looks: Vec<(i64, PhaseSeen)>) -> Execution {
    for (seconds, look) in looks {
        let exec = parse(&kx);
        let next = step(&exec, at(seconds), approving::heard(&exec, at(seconds), look));
        store(&mut kx, &next);
    }
    parse(&kx)
}

/// Every stage of a life.
pub fn all() -> Named<Execution> {
    let plan = planned();
    let again = planned_from(2, true);
    let accepted = || (1, validating(judged(&plan)));
    let prepared = || (2, preparing(&plan, Grants::Whole));
    let job = || (3, ours(PodSeen::None));
    let drifted = || (2, preparing(&planned_from(3, false), Grants::None));
    let tried = || {
        let after = (3, dry_running(Grants::None, DryJob::Absent, Some(demanding(&plan))));
        vec![(1, validating(demanding(&plan))), (2, answered(super::seen::answer(2, 5))), after]
    };
    let frozen = || {
        let freezes = vec![super::seen::freeze()];
        let seen = Preparing {
            since: at(0),
            guards: guarded(),
            judged: None,
            grants: Grants::None,
            lock: LockSeen::Free,
            ahead: vec![],
            others: Others::default(),
            freezes,
            approvals: vec![],
            covering: vec![],
            original: None,
        };
        (2, PhaseSeen::Preparing(Box::new(seen)))
    };
    let not_started = || PodSeen::NotStarted { since: at(3), why: "ImagePullBackOff".into() };
    let rejected = || PodSeen::Rejected { why: "exceeded quota".into() };
    let idempotent = || vec![(1, validating(judged(&again))), (2, preparing(&again, Grants::Whole)), job()];
    let done = || vec![accepted(), prepared(), job(), (13, ours(ended(0)))];
    let with = |mut looks: Vec<(i64, PhaseSeen)>, last| {
        looks.push(last);
        looks
    };
    let undone = || {
        let over = Over {
            grants: Grants::None,
            job: None,
            held_pods: vec![],
            claims: vec![],
            guards: guarded(),
            approvals: vec![],
            undone_by: Some("back".into()),
            undo: None,
        };
        with(with(done(), (14, verifying(ChecksSeen::Asked(vec![])))), (60, PhaseSeen::Over(over)))
    };
    let gone = || verifying(ChecksSeen::Faulty(PluginFault::Broken { kind: "Trapped".into(), message: "unreachable".into() }));
    let mut all = vec![
        ("fresh".into(), exec()),
        ("drifted".into(), through(vec![accepted(), drifted()])),
        ("preparing".into(), through(vec![accepted()])),
        ("frozen".into(), through(vec![accepted(), frozen()])),
        ("queued".into(), through(super::locking::queued())),
        ("at the limit".into(), through(super::locking::at_the_limit())),
        ("dry running".into(), through(tried()[..1].to_vec())),
        ("dry run answered".into(), through(tried()[..2].to_vec())),
        ("preparing after a dry run".into(), through(tried())),
        ("prepared".into(), through(vec![accepted(), prepared()])),
        ("job seen".into(), through(vec![accepted(), prepared(), job()])),
        ("idempotent job seen".into(), through(idempotent())),
        ("stopping".into(), through(vec![accepted(), prepared(), job(), (130, ours(not_started()))])),
        ("refused by the cluster".into(), through(vec![accepted(), prepared(), job(), (30, ours(rejected()))])),
        ("verifying".into(), through(done())),
        ("completed".into(), through(with(done(), (14, verifying(ChecksSeen::Asked(vec![])))))),
        ("undone".into(), through(undone())),
        ("failed".into(), through(vec![accepted(), prepared(), job(), (13, ours(ended(1)))])),
        ("not checked".into(), through(with(done(), (14, gone())))),
        ("refused".into(), through(vec![(1, validating(Judgement::NamespaceTerminating))])),
    ];
    all.extend(approving::stages());
    all.extend(super::glass::stages());
    all.extend(super::automatic::stages());
    let mut cancelled = kx();
    cancelled.spec.cancel = Some(Cancel { requested: true, reason: "wrong cluster".into(), by: "maria@example.com".into() });
    all.push(("cancelled".into(), through_as(cancelled, vec![accepted()])));
    all
}

/// What is spoiled at random (`host/src/untrusted`) is what this build stores.
#[test]
fn every_stage_is_kept_for_those_who_try_to_break_it() {
    let stage = |(name, exec): (String, Execution)| serde_json::json!({"name": name, "spec": exec.spec, "status": exec.status});
    let all: Vec<_> = all().into_iter().map(stage).collect();
    expect_test::expect_file!["../../../fuzz/stages.json"].assert_eq(&(serde_json::to_string_pretty(&all).unwrap() + "\n"));
}
