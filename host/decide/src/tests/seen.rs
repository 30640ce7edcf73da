//! Everything that can be seen in each phase, each with a name.
use super::fixtures::*;
use crate::{
    model::{Check, CheckVerdict, Object, ObjectRef, PluginFault, Refusal, Violation},
    observed::*,
};

pub type Named<T> = Vec<(String, T)>;

fn named<T>(all: impl IntoIterator<Item = (&'static str, T)>) -> Named<T> {
    all.into_iter().map(|(name, t)| (name.to_owned(), t)).collect()
}

pub fn guards() -> Named<GuardsSeen> {
    named([
        ("guarded", GuardsSeen::InForce { since: at(-1) }),
        ("guards of the same second", GuardsSeen::InForce { since: at(0) }),
        ("guards missing", GuardsSeen::Missing(vec!["writ-stamp-requester".into()])),
        ("guards not read", GuardsSeen::Unknown),
    ])
}

pub fn verdicts() -> Named<Vec<Verdict>> {
    let deny =
        || Verdict::Deny(vec![Denial { message: "namespace kube-system is protected".into(), rule: "default.rego:31".into() }]);
    let demanding =
        Verdict::Allow(Obligations { approvals: 1, approver_groups: vec!["sre-leads".into()], ..Obligations::default() });
    named([
        ("allow", vec![allow()]),
        ("no policy", vec![]),
        ("deny", vec![deny()]),
        ("deny in silence", vec![Verdict::Deny(vec![])]),
        ("undefined", vec![Verdict::Undefined]),
        ("malformed", vec![Verdict::Malformed("allow is a text".into())]),
        ("errored", vec![Verdict::Errored("division by zero".into())]),
        ("timed out", vec![Verdict::TimedOut]),
        ("out of memory", vec![Verdict::OutOfMemory]),
        ("not ready", vec![Verdict::NotReady("mine.rego:3: ParseError: unexpected end".into())]),
        ("one of two denies", vec![allow(), deny()]),
        ("one fails, one denies", vec![Verdict::TimedOut, deny()]),
        ("wants an approval", vec![demanding]),
        (
            "wants an approval, break glass is open",
            vec![Verdict::Allow(Obligations {
                approvals: 1,
                approver_groups: vec!["sre-leads".into()],
                break_glass: true,
                ..Obligations::default()
            })],
        ),
        ("wants a dry run", vec![Verdict::Allow(Obligations { dry_run: true, ..Obligations::default() })]),
        ("wants a review", vec![Verdict::Allow(Obligations { review: "24h".into(), ..Obligations::default() })]),
    ])
}

pub fn judgements() -> Named<Judgement> {
    let violation = |at: &str, rule: &str, message: &str| Violation { at: at.into(), rule: rule.into(), message: message.into() };
    let fault = |kind: &str, message: &str| PluginFault::Broken { kind: kind.into(), message: message.into() };
    let mut all = named([
        ("starting", Judgement::Starting),
        ("action unknown", Judgement::ActionUnknown { nearest: Some(info().name) }),
        (
            "plugin suspended",
            Judgement::Suspended { plugin: "workload".into(), owner: "platform@example.com".into(), since: at(-100) },
        ),
        ("not allowed", Judgement::NotAllowed { why: "no rule of any role covers it".into() }),
        (
            "not to be seen",
            Judgement::NotToBeSeen { why: "maria lacks the verb get on deployments.apps in namespace shop".into() },
        ),
        ("not granted", Judgement::NotGranted { missing: vec!["writ:action:scale-deployment:9999999999".into()] }),
        ("target not allowed", Judgement::TargetNotAllowed { why: "it takes no Pod".into() }),
        ("target missing", Judgement::TargetMissing { what: "Deployment shop/web".into() }),
        ("terminating", Judgement::NamespaceTerminating),
        (
            "invalid",
            Judgement::Invalid {
                by_plugin: false,
                violations: vec![
                    violation("/replicas", "minimum", "0 is below the minimum 1"),
                    violation("/max", "additionalProperties", "is no parameter"),
                ],
                known: vec!["replicas".into()],
            },
        ),
        (
            "plugin refuses",
            Judgement::Refused(Refusal {
                reason: "OwnedByAutoscaler".into(),
                message: "HorizontalPodAutoscaler web owns the replicas".into(),
                remedy: "change the autoscaler instead".into(),
            }),
        ),
        ("plugin broken", Judgement::Faulty(fault("Trapped", "unreachable"))),
        ("plugin busy", Judgement::Faulty(PluginFault::Unavailable { message: "all slots are taken".into() })),
    ]);
    for (name, verdicts) in verdicts() {
        all.push((name, Judgement::Judged { planned: Box::new(planned()), ruling: ruling(&verdicts), writers: vec![] }));
    }
    let mut shadow = ruling(&[allow(), Verdict::TimedOut]);
    shadow.results[1].shadow = true;
    all.push((
        "allow, a shadow fails".into(),
        Judgement::Judged { planned: Box::new(planned()), ruling: shadow.clone(), writers: vec![] },
    ));
    shadow.results.remove(0);
    all.push(("a shadow alone".into(), Judgement::Judged { planned: Box::new(planned()), ruling: shadow, writers: vec![] }));
    let drifted = planned_from(3, false);
    all.push(("drifted".into(), Judgement::Judged { planned: Box::new(drifted), ruling: ruling(&[allow()]), writers: vec![] }));
    let mut wide = planned();
    wide.proposal.writes[0].operation = crate::model::Operation::Connect;
    all.push((
        "connects to its target".into(),
        Judgement::Judged { planned: Box::new(wide), ruling: ruling(&[allow()]), writers: vec![] },
    ));
    all
}

pub fn grants() -> Named<Grants> {
    named([
        ("no grant", Grants::None),
        ("part of the grant", Grants::Partly),
        ("grant pending", Grants::Pending),
        ("granted", Grants::Whole),
        ("grant forbidden", Grants::Forbidden { why: "writ-bindings".into() }),
    ])
}

pub fn freeze() -> Freeze {
    Freeze {
        name: "release-day".into(),
        by: "jonas@example.com".into(),
        reason: "checkout is being released".into(),
        until: None,
        namespaces: None,
        actions: None,
    }
}

pub fn freezes() -> Named<Vec<Freeze>> {
    let of = |f: Freeze| vec![f];
    let names = |name: &str| Some(vec!["other".to_owned(), name.to_owned()]);
    named([
        ("frozen", of(freeze())),
        ("frozen for a while", of(Freeze { until: Some(at(100)), ..freeze() })),
        ("frozen here", of(Freeze { namespaces: names("shop"), actions: names("scale_deployment"), ..freeze() })),
        ("frozen elsewhere", of(Freeze { namespaces: names("bank"), ..freeze() })),
        ("frozen for another action", of(Freeze { actions: names("rollout_restart"), ..freeze() })),
        ("thawed by the clock", of(Freeze { until: Some(at(1)), ..freeze() })),
        ("two freezes", vec![Freeze { name: "a".into(), until: Some(at(100)), ..freeze() }, freeze()]),
    ])
}

pub fn pods() -> Named<PodSeen> {
    let ended = |code| {
        let output = Output { tail: "error: no match\n".into(), truncated: false, digest: Some(digest('0')) };
        PodSeen::Ended { command: 0, exit_code: code, output, at: at(12) }
    };
    named([
        ("no pod", PodSeen::None),
        ("pod rejected", PodSeen::Rejected { why: "exceeded quota".into() }),
        ("pod not started", PodSeen::NotStarted { since: at(10), why: "ImagePullBackOff".into() }),
        ("pod never ran", PodSeen::NeverRan { why: "ImagePullBackOff".into() }),
        ("running", PodSeen::Running { command: 0 }),
        ("exit 0", ended(0)),
        ("exit 1", ended(1)),
        ("exit 143", ended(143)),
        ("disrupted", PodSeen::Disrupted { why: "evicted".into() }),
        ("untrusted", PodSeen::Untrusted { why: "image differs".into() }),
    ])
}

pub fn jobs() -> Named<JobSeen> {
    let mut all = named([("absent", JobSeen::Absent), ("foreign", JobSeen::Foreign { uid: uid("else") })]);
    for (name, pod) in pods() {
        for (end, failed_by) in [("", None), (", deadline", Some(JobEnd::Deadline)), (", failed", Some(JobEnd::BackoffLimit))] {
            for (stop, stopping) in [("", false), (", stopping", true)] {
                let job = JobSeen::Ours { uid: uid("job"), stopping, pod: pod.clone(), failed_by };
                all.push((format!("{name}{end}{stop}"), job));
            }
        }
    }
    let other = JobSeen::Ours { uid: uid("other"), stopping: false, pod: PodSeen::Running { command: 0 }, failed_by: None };
    all.push(("another uid".into(), other));
    all
}

/// `Deployment shop/web` with so many replicas.
pub fn object(replicas: u32) -> Object {
    let body = json(&format!(r#"{{"metadata":{{"resourceVersion":"{replicas}"}},"spec":{{"replicas":{replicas}}}}}"#));
    Object { id: web(), uid: uid(TARGET), body, managers: vec![] }
}

pub fn answer(before: u32, after: u32) -> Answer {
    Answer::Objects { before: vec![object(before)], after: vec![is(object(after))], patches: vec![digest('b')], warnings: vec![] }
}

fn is(object: Object) -> After {
    After::Is(Box::new(object))
}

pub fn answers() -> Named<Answer> {
    let objects = |before: Option<Object>, after: Vec<Object>| Answer::Objects {
        before: before.into_iter().collect(),
        after: after.into_iter().map(is).collect(),
        patches: vec![digest('b')],
        warnings: vec!["spec.old is deprecated".into()],
    };
    let more = |at: &str, text: String| {
        let body = json(&format!(r#"{{"spec":{{"replicas":5,"{at}":"{text}"}}}}"#));
        Object { body, ..object(5) }
    };
    let named_other = Object { id: ObjectRef { name: "api".into(), ..web() }, ..object(5) };
    named([
        ("as announced", answer(2, 5)),
        ("a warning", objects(Some(object(2)), vec![object(5)])),
        ("nothing would change", objects(Some(object(2)), vec![object(2)])),
        ("another value", objects(Some(object(2)), vec![object(50)])),
        ("more than announced", objects(Some(object(2)), vec![more("paused", "yes".into())])),
        ("too much", objects(Some(object(2)), vec![more("text", "x".repeat(33 * 1024))])),
        ("another object", objects(Some(object(2)), vec![named_other])),
        ("made anew", objects(Some(Object { uid: uid("other"), ..object(2) }), vec![object(5)])),
        ("target gone", objects(None, vec![object(5)])),
        ("no object", objects(Some(object(2)), vec![])),
        ("unreadable", Answer::Unreadable { why: "command 1 printed something else than objects".into() }),
        ("too large", Answer::TooLarge),
    ])
}

pub fn dry_jobs() -> Named<DryJob> {
    let ours = |pod, answer, stopping| DryJob::Ours { uid: uid("dry"), stopping, pod, answer };
    let mut all = named([
        ("absent", DryJob::Absent),
        ("foreign", DryJob::Foreign { uid: uid("else") }),
        ("of another plan", DryJob::Stale { uid: uid("old"), stopping: false }),
        ("of another plan, stopping", DryJob::Stale { uid: uid("old"), stopping: true }),
        ("stopping", ours(PodSeen::Running { command: 0 }, None, true)),
    ]);
    all.extend(pods().into_iter().map(|(name, pod)| (name, ours(pod, None, false))));
    let done = || pods().into_iter().find(|(name, _)| name == "exit 0").unwrap().1;
    all.extend(answers().into_iter().map(|(name, answer)| (name, ours(done(), Some(answer), false))));
    all
}

pub fn proofs() -> Named<Option<DryGuard>> {
    named([
        ("proven", Some(DryGuard::InForce { since: at(-100) })),
        ("proven, young", Some(DryGuard::InForce { since: at(-1) })),
        ("open", Some(DryGuard::Open { why: "a write that it must refuse went through".into() })),
        ("not proven", None),
    ])
}

pub fn dry_runs() -> Named<DryRunning> {
    let mut all = Vec::new();
    let seen = |grants: &Grants, job: &DryJob, proof, judged| {
        let guards = GuardsSeen::InForce { since: at(-100) };
        DryRunning { guards, proof, grants: grants.clone(), job: job.clone(), judged, original: None }
    };
    for (granted, grants) in grants() {
        for (name, job) in dry_jobs() {
            let judged = Some(super::stored::judged(&planned()));
            all.push((format!("{name}, {granted}"), seen(&grants, &job, Some(DryGuard::InForce { since: at(-100) }), judged)));
        }
    }
    for (name, proof) in proofs() {
        all.push((format!("absent, granted, {name}"), seen(&Grants::Whole, &DryJob::Absent, proof, None)));
    }
    for (name, guards) in guards() {
        let whole = seen(&Grants::Whole, &DryJob::Absent, Some(DryGuard::InForce { since: at(-100) }), None);
        all.push((format!("absent, granted, {name}"), DryRunning { guards, ..whole }));
    }
    for (name, judged) in judgements() {
        all.push((format!("gone, {name}"), seen(&Grants::None, &DryJob::Absent, None, Some(judged))));
    }
    all
}

pub fn checks() -> Named<ChecksSeen> {
    let check = |verdict| Check { name: "replicas_ready".into(), verdict, object: Some(web()) };
    let holds = || check(CheckVerdict::Holds("5 of 5 replicas ready".into()));
    let pending = || check(CheckVerdict::Pending("3 of 5 replicas ready".into()));
    let failed = || check(CheckVerdict::Failed("quota exceeded".into()));
    let busy = PluginFault::Unavailable { message: "all slots are taken".into() };
    let broken = PluginFault::Broken { kind: "Trapped".into(), message: "unreachable".into() };
    named([
        ("holds", ChecksSeen::Asked(vec![holds()])),
        ("no checks", ChecksSeen::Asked(vec![])),
        ("pending", ChecksSeen::Asked(vec![holds(), pending()])),
        ("failed", ChecksSeen::Asked(vec![pending(), failed()])),
        ("plugin gone", ChecksSeen::PluginGone(digest('9'))),
        ("plugin busy", ChecksSeen::Faulty(busy)),
        ("plugin broken", ChecksSeen::Faulty(broken)),
    ])
}

pub fn left() -> Named<Over> {
    let job = |running, stopping, expires| {
        let name = crate::job::name(&exec()).unwrap();
        Some(LeftJob { name, uid: uid("job"), running, stopping, expires })
    };
    let pods = || vec!["run-1-abcde".to_owned()];
    let mut all = Vec::new();
    for (name, grants) in grants() {
        for (what, job) in [
            ("no Job", None),
            ("Job ended", job(false, false, false)),
            ("Job expires", job(false, false, true)),
            ("Job runs", job(true, false, false)),
            ("Job stopping", job(true, true, false)),
            ("Job stopped", job(false, true, false)),
        ] {
            for (held, held_pods) in [("", vec![]), (", pod held", pods())] {
                for (undo, undone_by) in [("", None), (", undone", Some("back".to_owned()))] {
                    let (grants, job, held_pods) = (grants.clone(), job.clone(), held_pods.clone());
                    let guards = GuardsSeen::InForce { since: at(-1) };
                    let over = Over { grants, job, held_pods, claims: vec![], guards, approvals: vec![], undone_by, undo: None };
                    let claims = vec![("target-1".to_owned(), "7".to_owned())];
                    all.push((format!("{what}{held}{undo}, {name}"), over.clone()));
                    all.push((format!("{what}{held}{undo}, claim left, {name}"), Over { claims, ..over }));
                }
            }
        }
    }
    let quiet = all.iter().find(|(name, _)| name == "no Job, no grant").unwrap().1.clone();
    let undos = [
        ("nothing has the undo's name", UndoSeen::Absent),
        ("its undo is there", UndoSeen::Ours),
        ("its undo is over", UndoSeen::Ended),
        ("taken", UndoSeen::Foreign),
    ];
    for (name, undo) in undos {
        let claims = vec![("target-1".to_owned(), "7".to_owned())];
        all.push((name.to_owned(), Over { undo: Some(undo), ..quiet.clone() }));
        all.push((format!("claim left, {name}"), Over { undo: Some(undo), claims, ..quiet.clone() }));
    }
    for (name, approvals) in super::glass::reviews() {
        all.push((name.clone(), Over { approvals: approvals.clone(), ..quiet.clone() }));
        all.push((format!("{name}, guards not read"), Over { approvals, guards: GuardsSeen::Unknown, ..quiet.clone() }));
    }
    all
}

/// Everything, in every phase.
pub fn all() -> Named<PhaseSeen> {
    let mut all = Vec::new();
    for (name, guards) in guards() {
        for (judged, j) in judgements() {
            let seen = Validating { since: at(0), guards: guards.clone(), judged: j.clone(), left: None, original: None };
            all.push((format!("{name}, {judged}"), PhaseSeen::Validating(Box::new(seen))));
            for (granted, grants) in grants() {
                let seen = Preparing {
                    since: at(0),
                    guards: guards.clone(),
                    judged: Some(j.clone()),
                    grants,
                    lock: super::locking::mine(),
                    ahead: vec![],
                    others: Others::default(),
                    freezes: vec![],
                    approvals: vec![],
                    covering: vec![],
                    original: None,
                };
                all.push((format!("{name}, {judged}, {granted}"), PhaseSeen::Preparing(Box::new(seen))));
            }
        }
        for (granted, grants) in grants() {
            let seen = Preparing {
                since: at(0),
                guards: guards.clone(),
                judged: None,
                grants,
                lock: super::locking::mine(),
                ahead: vec![],
                others: Others::default(),
                freezes: vec![],
                approvals: vec![],
                covering: vec![],
                original: None,
            };
            all.push((format!("{name}, not judged, {granted}"), PhaseSeen::Preparing(Box::new(seen))));
        }
    }
    for (freeze, freezes) in freezes() {
        for (granted, grants) in grants() {
            let judged = Some(super::stored::judged(&planned()));
            let seen = Preparing {
                since: at(0),
                guards: guards().remove(0).1,
                judged,
                grants,
                lock: LockSeen::Free,
                ahead: vec![],
                others: Others::default(),
                freezes: freezes.clone(),
                approvals: vec![],
                covering: vec![],
                original: None,
            };
            all.push((format!("{freeze}, {granted}"), PhaseSeen::Preparing(Box::new(seen))));
        }
    }
    all.extend(dry_runs().into_iter().map(|(name, seen)| (name, PhaseSeen::DryRunning(Box::new(seen)))));
    for (name, left) in grants() {
        let (guards, judged) = (guards().remove(0).1, super::stored::judged(&planned()));
        let seen = Validating { since: at(0), guards, judged, left: Some(left), original: None };
        all.push((format!("drifted before, {name}"), PhaseSeen::Validating(Box::new(seen))));
    }
    for (name, grants) in grants() {
        for (job, seen) in jobs() {
            let seen = Executing { job: seen, grants: Some(grants.clone()) };
            all.push((format!("{job}, {name}"), PhaseSeen::Executing(Box::new(seen))));
        }
        for (check, checks) in checks() {
            let seen = Verifying { grants: grants.clone(), checks: Some(checks) };
            all.push((format!("{check}, {name}"), PhaseSeen::Verifying(Box::new(seen))));
        }
        all.push((format!("not asked, {name}"), PhaseSeen::Verifying(Box::new(Verifying { grants, checks: None }))));
    }
    for (job, seen) in jobs() {
        all.push((format!("{job}, grants not asked"), PhaseSeen::Executing(Box::new(Executing { job: seen, grants: None }))));
    }
    all.extend(super::locking::looks());
    all.extend(super::approving::looks());
    all.extend(left().into_iter().map(|(name, over)| (name, PhaseSeen::Over(over))));
    all
}

/// Some of everything, in every phase: enough that whoever spoils a stored status (`host/src/untrusted`) has a look that fits.
const KEPT: [&str; 48] = [
    "guarded, allow",
    "guarded, starting",
    "guarded, deny",
    "guarded, wants an approval",
    "guarded, wants a dry run",
    "guarded, plugin broken",
    "guards missing, allow",
    "drifted before, granted",
    "waiting, nobody",
    "waiting, one approves",
    "waiting, one rejects",
    "waiting, guarded, drifted",
    "waiting again, granted",
    "absent, no grant",
    "absent, granted",
    "absent, part of the grant",
    "absent, granted, open",
    "as announced, granted",
    "too much, granted",
    "another object, granted",
    "gone, allow",
    "gone, deny",
    "guarded, allow, no grant",
    "guarded, allow, granted",
    "guarded, deny, granted",
    "guarded, drifted, granted",
    "guards not read, allow, granted",
    "frozen, granted",
    "last look, one approves, granted",
    "last look, one rejects, granted",
    "foreign, granted",
    "running, granted",
    "exit 0, granted",
    "exit 1, granted",
    "disrupted, granted",
    "pod not started, granted",
    "exit 0, deadline, stopping, granted",
    "another uid, granted",
    "holds, no grant",
    "failed, no grant",
    "pending, no grant",
    "plugin broken, no grant",
    "not asked, granted",
    "no Job, no grant",
    "Job ended, no grant",
    "Job runs, pod held, granted",
    "no Job, undone, no grant",
    "its undo is there",
];

#[test]
fn some_looks_of_every_phase_are_kept_for_those_who_try_to_break_it() {
    let all = all();
    let missing: Vec<_> = KEPT.iter().filter(|kept| !all.iter().any(|(name, _)| name == *kept)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let kept = all.into_iter().filter(|(name, _)| KEPT.contains(&name.as_str()));
    let lines: Vec<_> = kept.map(|(_, look)| serde_json::to_string(&look).unwrap()).collect();
    expect_test::expect_file!["../../../fuzz/looks.json"].assert_eq(&format!("[\n{}\n]\n", lines.join(",\n")));
}
