//! When an execution may undo another, and what is said where it may not.
use super::{
    approving::demanding,
    fixtures::*,
    messages::{check, status},
    stored::{self, judged},
};
use crate::{execution::Execution, model::Undo, observed::*, plan, plan::Parts, step::Step};
use crds::{DryRun, ExecutionStatus, KubernetesExecution, ObjectUid, Owner, OwnerKind, Phase, Reason};
use expect_test::expect;
use jiff::Timestamp;

/// From 2 to 5, done a while ago.
fn original() -> ExecutionStatus {
    stored::all().into_iter().find(|(name, _)| name == "completed").unwrap().1.status
}

/// Back from `now` replicas to 2.
fn undo(edit: impl FnOnce(&mut KubernetesExecution)) -> Execution {
    let mut kx = kx();
    kx.spec.parameters = serde_json::from_str(r#"{"replicas":2}"#).unwrap();
    kx.spec.rollback_of = Some(ObjectUid { name: "scale-web-x7k2p".into(), uid: EXECUTION.into() });
    edit(&mut kx);
    parse(&kx)
}

fn judge(exec: &Execution, original: OriginalSeen, now: u32, target: &str) -> Step {
    owned(exec, original, now, target, vec![])
}

fn owned(exec: &Execution, original: OriginalSeen, now: u32, target: &str, owners: Vec<Owner>) -> Step {
    stored::step(exec, at(100), PhaseSeen::Validating(Box::new(look(exec, original, now, target, owners))))
}

fn look(exec: &Execution, original: OriginalSeen, now: u32, target: &str, owners: Vec<Owner>) -> Validating {
    let info = info();
    let mut parts = Parts {
        parameters: json(r#"{"replicas":2}"#),
        proposal: proposal(now, 2),
        undo: Undo::Unneeded("test".into()),
        target: Some((web(), Some(uid(target)))),
        owners,
        ..parts(&info)
    };
    parts.proposal.writes[0].uid = Some(uid(target));
    let planned = plan::assemble(&site(), exec, parts).unwrap();
    let PhaseSeen::Validating(mut seen) = stored::validating(judged(&planned)) else { unreachable!() };
    seen.original = Some(original);
    *seen
}

fn found(edit: impl FnOnce(&mut ExecutionStatus)) -> OriginalSeen {
    let mut status = original();
    edit(&mut status);
    OriginalSeen::Found(Box::new(status), vec![])
}

#[test]
fn the_stored_inverse_undoes_what_is_as_it_was_left() {
    let s = status(judge(&undo(|_| {}), found(|_| {}), 5, TARGET));
    assert_eq!((s.phase, s.reason), (Phase::Preparing, Reason::Accepted));
}

/// Nobody is woken for what was approved with the way there.
#[test]
fn the_plan_of_an_undo_says_whose_approvals_may_do_for_it_too() {
    let exec = undo(|kx| kx.spec.dry_run = DryRun::Plan);
    let mut seen = look(&exec, found(|_| {}), 5, TARGET, vec![]);
    let Judgement::Judged { ruling, .. } = &mut seen.judged else { panic!() };
    *ruling = demanding();
    let s = status(stored::step(&exec, at(100), PhaseSeen::Validating(Box::new(seen))));
    let asks = "It waits for 1 approval of sre-leads then, as far as those of scale-web-x7k2p do not cover it.";
    assert!(s.message.ends_with(asks), "{}", s.message);
}

#[test]
fn what_cannot_be_undone_is_refused_in_words() {
    let as_left = |original| judge(&undo(|_| {}), original, 5, TARGET);
    let state = |state: &str, because: &str| {
        found(|s| {
            let rollback = s.rollback.as_mut().unwrap();
            rollback.state = state.into();
            rollback.because = because.into();
            rollback.undone_by = "scale-web-x7k2p-undo-m4r8q".into();
        })
    };
    let looks = vec![
        ("gone".into(), as_left(OriginalSeen::Missing)),
        ("not over".into(), as_left(found(|s| s.phase = Phase::Executing))),
        ("nothing changed".into(), as_left(found(|s| s.rollback = None))),
        ("undone".into(), as_left(state("Done", ""))),
        ("unneeded".into(), as_left(state("Unneeded", "nothing was changed"))),
        ("impossible".into(), as_left(state("Impossible", "pods cannot be restarted back"))),
        ("only shown".into(), as_left(state("-", ""))),
        ("unknown state".into(), as_left(state("StateOfANewerBuild", ""))),
        ("expired".into(), as_left(found(|s| s.rollback.as_mut().unwrap().expires_at = Some("2026-11-23T03:13:00Z".into())))),
        ("never offered".into(), as_left(found(|s| s.rollback.as_mut().unwrap().expires_at = None))),
    ];
    check(
        looks,
        &expect![[r#"
            gone
              Refused/UndoUnavailable: scale-web-x7k2p cannot be undone
              There is no execution scale-web-x7k2p with the uid 3c1f0a52-94d7-4be1-8a5e-0c1d2e3f4a5b in this namespace. Nothing was touched.
            not over
              Refused/UndoUnavailable: scale-web-x7k2p cannot be undone
              scale-web-x7k2p is not over (Executing). Nothing was touched. To stop it: writ cancel scale-web-x7k2p -n shop
            nothing changed
              Refused/UndoUnavailable: scale-web-x7k2p cannot be undone
              scale-web-x7k2p changed nothing. Nothing was touched.
            undone
              Refused/UndoUnavailable: scale-web-x7k2p cannot be undone
              scale-web-x7k2p was undone already, by scale-web-x7k2p-undo-m4r8q. Nothing was touched.
            unneeded
              Refused/UndoUnavailable: scale-web-x7k2p cannot be undone
              Of scale-web-x7k2p nothing has to be undone: nothing was changed. Nothing was touched.
            impossible
              Refused/UndoUnavailable: scale-web-x7k2p cannot be undone
              scale-web-x7k2p has no way back: pods cannot be restarted back. Nothing was touched.
            only shown
              Refused/UndoUnavailable: scale-web-x7k2p cannot be undone
              scale-web-x7k2p was only planned (a dry run, or what was shown before a run): there is nothing to undo. Nothing was touched.
            unknown state
              Refused/UndoUnavailable: scale-web-x7k2p cannot be undone
              The rollback of scale-web-x7k2p is "StateOfANewerBuild". Nothing was touched.
            expired
              Refused/UndoUnavailable: scale-web-x7k2p cannot be undone
              The inverse of scale-web-x7k2p was on offer until 2026-11-23T03:13:00Z. Nothing was touched. To do it all the same, ask for it anew: writ run scale_deployment web replicas=2 -n shop
            never offered
              Refused/UndoUnavailable: scale-web-x7k2p cannot be undone
              The inverse of scale-web-x7k2p was on offer until it was made. Nothing was touched. To do it all the same, ask for it anew: writ run scale_deployment web replicas=2 -n shop
        "#]],
    );
}

/// What did not go well, and may have done a part: the command failed, time was up, it was stopped, nobody can tell.
fn unwell() -> Vec<(&'static str, ExecutionStatus)> {
    let plan = planned();
    let run = |more: Vec<(i64, PhaseSeen)>| {
        let begun = vec![(1, stored::validating(judged(&plan))), (2, stored::preparing(&plan, Grants::Whole))];
        stored::through(begun.into_iter().chain([(3, stored::ours(PodSeen::None))]).chain(more).collect()).status
    };
    vec![
        ("failed", run(vec![(13, stored::ours(stored::ended(1)))])),
        ("too late", run(vec![(1000, stored::ours(PodSeen::Running { command: 0 }))])),
        ("its Job vanished", run(vec![(13, stored::executing(JobSeen::Absent))])),
        ("its pod was disrupted", run(vec![(13, stored::ours(PodSeen::Disrupted { why: "evicted".into() }))])),
        ("not checked", stored::all().into_iter().find(|(name, _)| name == "not checked").unwrap().1.status),
    ]
}

#[test]
fn of_what_did_not_go_well_the_value_that_is_there_decides() {
    let reasons: Vec<Reason> = unwell().iter().map(|(_, status)| status.reason).collect();
    let unknown = Reason::OutcomeUnknown;
    assert_eq!(reasons, [Reason::JobFailed, Reason::DeadlineExceeded, unknown, unknown, Reason::ChecksUnavailable]);
    for (name, original) in unwell() {
        let judged = |now| status(judge(&undo(|_| {}), OriginalSeen::Found(Box::new(original.clone()), vec![]), now, TARGET));
        let after = judged(5);
        assert_eq!((after.phase, after.reason), (Phase::Preparing, Reason::Accepted), "{name}: {}", after.message);
        let before = judged(2);
        assert_eq!((before.phase, before.reason), (Phase::Refused, Reason::UndoUnavailable), "{name}: {}", before.message);
        let nothing = "Of scale-web-x7k2p nothing is there to take back: /spec/replicas is 2, as before it. Nothing was touched.";
        assert_eq!(before.message, nothing, "{name}");
        let another = judged(8);
        assert_eq!((another.phase, another.reason), (Phase::Refused, Reason::TargetMovedOn), "{name}: {}", another.message);
        assert!(another.message.contains("/spec/replicas is 8, and was left at 5"), "{name}: {}", another.message);
    }
    // What went well and is as before was set back by somebody.
    let well = status(judge(&undo(|_| {}), found(|_| {}), 2, TARGET));
    assert_eq!(well.reason, Reason::TargetMovedOn, "{}", well.message);
}

#[test]
fn what_is_not_the_inverse_is_no_undo() {
    let other = undo(|kx| kx.spec.parameters = serde_json::from_str(r#"{"replicas":3}"#).unwrap());
    let action = found(|s| s.rollback.as_mut().unwrap().action = "rollout_restart".into());
    let looks = vec![
        ("parameters".into(), judge(&other, found(|_| {}), 5, TARGET)),
        ("action".into(), judge(&undo(|_| {}), action, 5, TARGET)),
    ];
    check(
        looks,
        &expect![[r#"
            parameters
              Refused/UndoDiffers: not the inverse of scale-web-x7k2p
              Not as in the inverse that scale-web-x7k2p has stored: spec.parameters. Nothing was touched. Have it filled in: writ undo scale-web-x7k2p. Or leave spec.rollbackOf out: it is no undo then.
            action
              Refused/UndoDiffers: not the inverse of scale-web-x7k2p
              Not as in the inverse that scale-web-x7k2p has stored: spec.action. Nothing was touched. Have it filled in: writ undo scale-web-x7k2p. Or leave spec.rollbackOf out: it is no undo then.
        "#]],
    );
}

#[test]
fn what_moved_on_is_not_undone() {
    let another = "6d1f8e90-1111-4222-8333-999999999999";
    let target = found(|s| s.target.as_mut().unwrap().name = "api".into());
    let elsewhere = found(|s| s.plan.as_mut().unwrap().changes[0].field = "/spec/paused".into());
    let looks = vec![
        ("changed since".into(), judge(&undo(|_| {}), found(|_| {}), 8, TARGET)),
        ("recreated".into(), judge(&undo(|_| {}), found(|_| {}), 5, another)),
        ("another target".into(), judge(&undo(|_| {}), target, 5, TARGET)),
        ("another field".into(), judge(&undo(|_| {}), elsewhere, 5, TARGET)),
    ];
    check(
        looks,
        &expect![[r#"
            changed since
              Refused/TargetMovedOn: the target is not as it was left
              The target is not as scale-web-x7k2p left it: /spec/replicas is 8, and was left at 5. Nothing was touched. To do it all the same, ask for it anew: writ run scale_deployment web replicas=2 -n shop
            recreated
              Refused/TargetMovedOn: the target is not as it was left
              The target is not as scale-web-x7k2p left it: it is another object of that name (uid 6d1f8e90-1111-4222-8333-999999999999, it was 6d1f8e90-1111-4222-8333-444455556666). Nothing was touched. To do it all the same, ask for it anew: writ run scale_deployment web replicas=2 -n shop
            another target
              Refused/TargetMovedOn: the target is not as it was left
              The target is not as scale-web-x7k2p left it: it was Deployment shop/api. Nothing was touched. To do it all the same, ask for it anew: writ run scale_deployment web replicas=2 -n shop
            another field
              Refused/TargetMovedOn: the target is not as it was left
              The target is not as scale-web-x7k2p left it: /spec/replicas is 5, and was not touched by it. Nothing was touched. To do it all the same, ask for it anew: writ run scale_deployment web replicas=2 -n shop
        "#]],
    );
}

/// Somebody wrote the replicas, so many seconds after the execution was created; its run ended at 12 s.
fn written(manager: &str, after: i64) -> OriginalSeen {
    by(manager, Some(at(after)))
}

fn by(manager: &str, at: Option<Timestamp>) -> OriginalSeen {
    let OriginalSeen::Found(status, _) = found(|_| {}) else { unreachable!() };
    OriginalSeen::Found(status, vec![wrote(manager, at)])
}

fn owner(kind: OwnerKind, name: &str, reverts: bool) -> Owner {
    Owner { object: String::new(), field: "/spec/replicas".into(), kind, name: name.into(), evidence: "test".into(), reverts }
}

#[test]
fn what_another_has_taken_is_not_undone_though_its_value_is_as_it_was_left() {
    let hpa = || vec![owner(OwnerKind::HPA, "web", true)];
    let undo = undo(|_| {});
    let mut unknown_end = written("kubectl", 5);
    let OriginalSeen::Found(status, _) = &mut unknown_end else { unreachable!() };
    (status.timeline, status.finished_at) = (vec![], None);
    let looks = vec![
        ("a person".into(), judge(&undo, written("kubectl", 60), 5, TARGET)),
        ("a person, and the value moved".into(), judge(&undo, written("kubectl-edit", 60), 8, TARGET)),
        ("an autoscaler that wrote".into(), owned(&undo, written("kube-controller-manager", 60), 8, TARGET, hpa())),
        ("an autoscaler that wrote nothing yet".into(), owned(&undo, written("kubectl", 5), 5, TARGET, hpa())),
        ("an autoscaler, without a time".into(), owned(&undo, by("kube-controller-manager", None), 5, TARGET, hpa())),
        ("a tool".into(), judge(&undo, written("argocd-controller", 60), 5, TARGET)),
        ("a tool, without a time".into(), judge(&undo, by("deployer", None), 5, TARGET)),
        ("a tool whose clock is late".into(), judge(&undo, written("deployer", 5), 5, TARGET)),
        ("a person with another command".into(), judge(&undo, by("kubectl-edit", None), 5, TARGET)),
        ("a person who looks like the run".into(), judge(&undo, by("kubectl", None), 8, TARGET)),
        ("the end is not known".into(), judge(&undo, unknown_end, 5, TARGET)),
    ];
    check(
        looks,
        &expect![[r#"
            a person
              Refused/TargetMovedOn: the target is not as it was left
              The target is not as scale-web-x7k2p left it: somebody with kubectl owns spec.replicas since 2026-11-23T03:13:07Z (now 5). Nothing was touched. To do it all the same, ask for it anew: writ run scale_deployment web replicas=2 -n shop
            a person, and the value moved
              Refused/TargetMovedOn: the target is not as it was left
              The target is not as scale-web-x7k2p left it: /spec/replicas is 8, and was left at 5; somebody with kubectl-edit owns spec.replicas since 2026-11-23T03:13:07Z (now 8). Nothing was touched. To do it all the same, ask for it anew: writ run scale_deployment web replicas=2 -n shop
            an autoscaler that wrote
              Refused/TargetMovedOn: the target is not as it was left
              The target is not as scale-web-x7k2p left it: /spec/replicas is 8, and was left at 5; horizontalpodautoscaler/web owns spec.replicas since 2026-11-23T03:13:07Z (now 8). Nothing was touched. To do it all the same, ask for it anew: writ run scale_deployment web replicas=2 -n shop
            an autoscaler that wrote nothing yet
              Refused/TargetMovedOn: the target is not as it was left
              The target is not as scale-web-x7k2p left it: horizontalpodautoscaler/web owns spec.replicas (now 5). Nothing was touched. To do it all the same, ask for it anew: writ run scale_deployment web replicas=2 -n shop
            an autoscaler, without a time
              Refused/TargetMovedOn: the target is not as it was left
              The target is not as scale-web-x7k2p left it: horizontalpodautoscaler/web owns spec.replicas (now 5). Nothing was touched. To do it all the same, ask for it anew: writ run scale_deployment web replicas=2 -n shop
            a tool
              Refused/TargetMovedOn: the target is not as it was left
              The target is not as scale-web-x7k2p left it: argocd-controller owns spec.replicas since 2026-11-23T03:13:07Z (now 5). Nothing was touched. To do it all the same, ask for it anew: writ run scale_deployment web replicas=2 -n shop
            a tool, without a time
              Refused/TargetMovedOn: the target is not as it was left
              The target is not as scale-web-x7k2p left it: deployer owns spec.replicas (now 5). Nothing was touched. To do it all the same, ask for it anew: writ run scale_deployment web replicas=2 -n shop
            a tool whose clock is late
              Refused/TargetMovedOn: the target is not as it was left
              The target is not as scale-web-x7k2p left it: deployer owns spec.replicas since 2026-11-23T03:12:12Z (now 5). Nothing was touched. To do it all the same, ask for it anew: writ run scale_deployment web replicas=2 -n shop
            a person with another command
              Refused/TargetMovedOn: the target is not as it was left
              The target is not as scale-web-x7k2p left it: somebody with kubectl-edit owns spec.replicas (now 5). Nothing was touched. To do it all the same, ask for it anew: writ run scale_deployment web replicas=2 -n shop
            a person who looks like the run
              Refused/TargetMovedOn: the target is not as it was left
              The target is not as scale-web-x7k2p left it: /spec/replicas is 8, and was left at 5, written last by somebody with kubectl. Nothing was touched. To do it all the same, ask for it anew: writ run scale_deployment web replicas=2 -n shop
            the end is not known
              Refused/TargetMovedOn: the target is not as it was left
              The target is not as scale-web-x7k2p left it: somebody with kubectl owns spec.replicas since 2026-11-23T03:12:12Z (now 5). Nothing was touched. To do it all the same, ask for it anew: writ run scale_deployment web replicas=2 -n shop
        "#]],
    );
}

#[test]
fn what_nobody_took_since_is_undone() {
    let undo = undo(|_| {});
    let accepted = |step: Step| {
        let s = status(step);
        assert_eq!((s.phase, s.reason), (Phase::Preparing, Reason::Accepted), "{}", s.message);
    };
    accepted(judge(&undo, written("kubectl", 5), 5, TARGET));
    accepted(judge(&undo, by("kubectl", None), 5, TARGET));
    accepted(owned(&undo, written("kubectl", 5), 5, TARGET, vec![owner(OwnerKind::Helm, "shop/web", false)]));
    let OriginalSeen::Found(mut original, writers) = written("kubectl", 5) else { unreachable!() };
    let argo = || vec![owner(OwnerKind::ArgoCD, "shop-web", true)];
    original.plan.as_mut().unwrap().owners = argo();
    accepted(owned(&undo, OriginalSeen::Found(original, writers), 5, TARGET, argo()));
}

#[test]
fn how_it_ended_stays_true_when_it_was_undone() {
    let all = stored::all();
    let of = |name: &str| &all.iter().find(|(n, _)| n == name).unwrap().1.status;
    let (before, after) = (of("completed"), of("undone"));
    assert_eq!((after.phase, after.reason, after.seq), (before.phase, Reason::RolledBack, before.seq + 1));
    assert_eq!((&after.finished_at, &after.duration, &after.summary), (&before.finished_at, &before.duration, &before.summary));
    let ended = before.message.split(" To undo it: ").next().unwrap();
    assert_eq!(after.message, format!("{ended} Undone by back."));
    let rollback = after.rollback.as_ref().unwrap();
    assert_eq!((rollback.state.as_str(), rollback.undone_by.as_str()), ("Done", "back"));
    let conditions = |s: &ExecutionStatus| -> Vec<(String, String, String)> {
        s.conditions.iter().map(|c| (c.type_.clone(), c.status.clone(), c.reason.clone())).collect()
    };
    let (mut was, now) = (conditions(before), conditions(after));
    let ready = was.iter_mut().find(|(kind, ..)| kind == "RollbackReady").unwrap();
    assert_eq!(ready.1, "True");
    *ready = ("RollbackReady".into(), "False".into(), "RolledBack".into());
    assert_eq!(was, now);
}
