//! What a leader sees of a world, for the phase that it believes in.
use super::{
    dry, neighbor, original, people, rival,
    stuck::{self, Stuck},
    swap,
    world::{FakeJob, FakePod, Pod, World},
};
use crate::{
    automatic_undo,
    execution::{Executing as Run, Execution, Progress},
    model::{Check, CheckVerdict, JobName, Planned, Uid},
    observed::*,
    row::Row,
    tests::{
        fixtures::{self, allow, ruling},
        seen,
    },
};
use std::sync::LazyLock;

static PLANS: LazyLock<[Planned; 4]> =
    LazyLock::new(|| [(2, false), (3, false), (2, true), (3, true)].map(|(from, i)| fixtures::planned_from(from, i)));

static NAME: LazyLock<JobName> = LazyLock::new(|| crate::job::name(&fixtures::exec()).unwrap());

pub fn look(w: &World, exec: &Execution) -> Observed {
    let ledger = if w.ledger_up { ledger(w, exec) } else { LedgerSeen::Unreachable };
    Observed { ledger, phase: phase(w, exec) }
}

fn ledger(w: &World, exec: &Execution) -> LedgerSeen {
    // By its place: a row that does not belong there has a place all the same.
    let seq: i64 = w.rows.len().try_into().unwrap();
    let Some(row) = w.rows.last() else { return LedgerSeen::At(0) };
    // Nearly always it is the one that this very record owes: to make that anew at every look would be most of the time that all this takes.
    let due = (row.seq, row.at, row.phase, row.reason) == (exec.seq, exec.at, exec.phase(), exec.reason)
        && w.due.get(w.rows.len() - 1) == Some(row);
    if seq != exec.seq || due {
        return LedgerSeen::At(seq);
    }
    LedgerSeen::of(exec, Some(&Row { seq, ..row.as_ref().clone() }))
}

fn phase(w: &World, exec: &Execution) -> PhaseSeen {
    let swap = w.swap.or_else(|| stuck::swapped(w, exec));
    let guards = swap::guards(swap);
    match &exec.progress {
        Progress::Validating => {
            let left = (exec.reason == crds::Reason::Drifted).then(|| left_over(w));
            PhaseSeen::Validating(Box::new(Validating {
                since: w.host_clock(),
                guards,
                judged: judged(w, exec),
                left,
                original: original::seen(w),
            }))
        }
        Progress::DryRunning(p) => {
            let (grants, job) = (dry::grants(w, exec), dry::job(w, p));
            let proof = (job == DryJob::Absent && grants == Grants::Whole).then(|| dry::proof(w));
            let last = p.answered && job.gone() && grants == Grants::None;
            let judged = last.then(|| judged(w, exec));
            PhaseSeen::DryRunning(Box::new(DryRunning { guards, proof, grants, job, judged, original: original::seen(w) }))
        }
        Progress::AwaitingApproval(_) => {
            let left = (exec.reason == crds::Reason::ApprovalWithdrawn).then(|| grants(w, exec));
            let (judged, approvals) = (judged(w, exec), people::seen(w));
            PhaseSeen::AwaitingApproval(Box::new(AwaitingApproval {
                guards,
                judged,
                approvals,
                covering: people::covering(w),
                original: original::seen(w),
                left,
            }))
        }
        Progress::Preparing(p) => {
            let judged = w.identity.then(|| judged(w, exec));
            let freezes = if w.frozen || w.is(Stuck::Thaw) || w.is(Stuck::ThawApproved) { vec![seen::freeze()] } else { vec![] };
            let approvals = people::seen(w);
            PhaseSeen::Preparing(Box::new(Preparing {
                since: w.up,
                guards,
                judged,
                grants: grants(w, exec),
                lock: rival::seen(w, exec, p.turn),
                ahead: rival::ahead(w),
                others: neighbor::seen(w),
                freezes,
                approvals,
                covering: people::covering(w),
                original: original::seen(w),
            }))
        }
        Progress::Executing(p) => {
            PhaseSeen::Executing(Box::new(Executing { job: job(w, p), grants: p.seen.is_none().then(|| grants(w, exec)) }))
        }
        Progress::Verifying(_) => {
            PhaseSeen::Verifying(Box::new(Verifying { grants: grants(w, exec), checks: (!w.identity).then(|| checks(w, exec)) }))
        }
        Progress::Over(_) => PhaseSeen::Over(Over {
            approvals: people::seen(w),
            undo: automatic_undo(exec).map(|_| if w.undos.there { UndoSeen::Ended } else { UndoSeen::Absent }),
            ..over(w, exec)
        }),
    }
}

fn over(w: &World, exec: &Execution) -> Over {
    let nothing = Over::nothing(swap::guards(w.swap), w.undone.then(|| "back".to_owned()));
    if !exec.may_have_acted() {
        return nothing;
    }
    Over {
        grants: left_over(w),
        job: w.job.as_ref().filter(|j| !j.foreign).map(|j| left(w, j)),
        held_pods: w.pods.iter().filter(|p| p.held).map(|p| p.name.clone()).collect(),
        claims: rival::ours(w),
        ..nothing
    }
}

/// By label, so of both kinds.
fn left_over(w: &World) -> Grants {
    if w.identity || w.dry.identity { Grants::Partly } else { Grants::None }
}

fn judged(w: &World, exec: &Execution) -> Judgement {
    let mut planned = Box::new(PLANS[usize::from(w.drifted) + 2 * usize::from(w.scenario.idempotent)].clone());
    planned.node = w.scenario.on_node.then(|| neighbor::NODE.to_owned());
    planned.owners = original::owners(w);
    let denied = w.scenario.denied || (w.scenario.denies_diff && exec.dry_ran());
    let yes = match people::verdict(w) {
        Verdict::Allow(o) if !denied && !w.scenario.shadow => Some(o),
        _ => None,
    };
    let swap = w.swap.or_else(|| stuck::swapped(w, exec));
    if let Some(judged) = swap::judged(swap, &planned, yes.as_ref()) {
        return judged;
    }
    if w.scenario.shadow {
        let mut ruling = ruling(&[people::verdict(w)]);
        ruling.results[0].shadow = true;
        return Judgement::Judged { planned, ruling, writers: vec![] };
    }
    match denied {
        false => Judgement::Judged { planned, ruling: ruling(&[people::verdict(w)]), writers: vec![] },
        true => Judgement::Judged { planned, ruling: ruling(&[allow(), Verdict::Deny(vec![])]), writers: vec![] },
    }
}

fn grants(w: &World, exec: &Execution) -> Grants {
    if w.identity { stuck::in_force(w, exec) } else { Grants::None }
}

fn checks(w: &World, exec: &Execution) -> ChecksSeen {
    if let Some(checks) = swap::checks(w.swap.or_else(|| stuck::swapped(w, exec))) {
        return checks;
    }
    let pending = w.is(Stuck::Checks).then(|| CheckVerdict::Pending("4 of 5".into()));
    let verdict = if w.changes > 0 { CheckVerdict::Holds("5 of 5".into()) } else { CheckVerdict::Failed("0 of 5".into()) };
    let verdict = pending.unwrap_or(verdict);
    ChecksSeen::Asked(vec![Check { name: "replicas_ready".into(), verdict, object: None }])
}

pub fn uid(job: u32) -> Uid {
    fixtures::uid(&format!("job-{job}"))
}

fn job(w: &World, run: &Run) -> JobSeen {
    let failed_by = |j: &FakeJob| match (j.failed, j.past_deadline) {
        (false, _) => None,
        (true, true) => Some(JobEnd::Deadline),
        (true, false) => Some(JobEnd::BackoffLimit),
    };
    match &w.job {
        Some(j) if j.foreign => JobSeen::Foreign { uid: uid(j.uid) },
        Some(j) => {
            JobSeen::Ours { uid: uid(j.uid), stopping: j.stopping, pod: pod(w, j.uid, j.rejected), failed_by: failed_by(j) }
        }
        None => without_a_job(w, run),
    }
}

/// Somebody deleted the Job alone: the pod that we hold tells of it. Where it was never seen, any pod does, by the label of its controller; where it
/// was followed, only one that it still owns.
fn without_a_job(w: &World, run: &Run) -> JobSeen {
    let of_the_run = |p: &&FakePod| run.seen.as_ref().is_none_or(|seen| !p.orphaned && uid(p.job) == *seen);
    match w.pods.iter().rfind(of_the_run) {
        Some(p) => JobSeen::Ours { uid: uid(p.job), stopping: true, pod: pod(w, p.job, false), failed_by: None },
        None => JobSeen::Absent,
    }
}

fn pod(w: &World, job: u32, rejected: bool) -> PodSeen {
    let all: Vec<&FakePod> = w.pods.iter().filter(|p| p.job == job).collect();
    let Some(last) = all.last() else {
        return if rejected { PodSeen::Rejected { why: "no account".into() } } else { PodSeen::None };
    };
    let ran_before = all.iter().any(|p| p.state == Pod::Disrupted);
    match last.state {
        Pod::Pending | Pod::NeverRan | Pod::Disrupted if ran_before => PodSeen::Disrupted { why: "evicted".into() },
        Pod::Pending => PodSeen::NotStarted { since: last.since, why: "ImagePullBackOff".into() },
        Pod::NeverRan | Pod::Disrupted => PodSeen::NeverRan { why: "deleted".into() },
        Pod::Started | Pod::Changed => PodSeen::Running { command: 0 },
        Pod::Ended(exit_code) => PodSeen::Ended { command: 0, exit_code, output: Output::default(), at: last.since },
    }
}

fn left(w: &World, j: &FakeJob) -> LeftJob {
    let mut mine = w.pods.iter().filter(|p| p.job == j.uid).peekable();
    let none = mine.peek().is_none();
    LeftJob {
        name: NAME.clone(),
        uid: uid(j.uid),
        running: mine.any(|p| !p.over()) || (none && !j.finished),
        stopping: j.stopping,
        expires: j.expires,
    }
}
