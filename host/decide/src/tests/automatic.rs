//! What failed asks for its own undo, where its request says so.
use super::{
    fixtures::*,
    seen::Named,
    stored::{self, ended, guarded, judged, ours, step, through_as, validating},
};
use crate::{
    execution::Execution,
    observed::*,
    step::{Effect, Step},
};
use crds::{Cancel, ExecutionStatus, KubernetesExecution, OnFailure, Phase, Reason, Rollback};
use expect_test::expect;
use jiff::Timestamp;

fn asked() -> KubernetesExecution {
    let mut kx = kx();
    kx.spec.rollback = Some(Rollback { on_failure: OnFailure::Automatic, keep_for: None });
    kx.spec.ttl_after_finished = Some("1h".into());
    kx
}

/// It ended with this exit code.
fn exited(code: i32) -> Execution {
    let plan = planned();
    let looks = vec![
        (1, validating(judged(&plan))),
        (2, stored::preparing(&plan, Grants::Whole)),
        (3, ours(PodSeen::None)),
        (13, ours(ended(code))),
    ];
    through_as(asked(), looks)
}

fn failed() -> Execution {
    exited(1)
}

pub fn stages() -> Named<Execution> {
    vec![("to be undone".into(), failed())]
}

fn over(undo: Option<UndoSeen>) -> PhaseSeen {
    let (grants, guards) = (Grants::None, guarded());
    let (held_pods, claims, approvals) = (vec![], vec![], vec![]);
    PhaseSeen::Over(Over { grants, job: None, held_pods, claims, guards, approvals, undone_by: None, undo })
}

fn status(exec: &Execution, now: Timestamp, undo: UndoSeen) -> ExecutionStatus {
    let Step::Record(status) = step(exec, now, over(Some(undo))) else { panic!() };
    *status
}

#[test]
fn what_failed_asks_for_the_stored_inverse_in_the_requesters_name() {
    let Step::Do(Effect::Undo(kx)) = step(&failed(), at(14), over(Some(UndoSeen::Absent))) else { panic!() };
    expect![[r#"
        {
          "apiVersion": "writ.dev/v1alpha1",
          "kind": "KubernetesExecution",
          "metadata": {
            "name": "scale-web-x7k2p-undo-3c1f0a52",
            "namespace": "shop"
          },
          "spec": {
            "action": "scale_deployment",
            "target": {
              "name": "web",
              "kind": "Deployment"
            },
            "parameters": {
              "replicas": 2
            },
            "reason": "INC-4312",
            "dryRun": "None",
            "rollbackOf": {
              "name": "scale-web-x7k2p",
              "uid": "3c1f0a52-94d7-4be1-8a5e-0c1d2e3f4a5b"
            },
            "ttlAfterFinished": "1h",
            "requester": {
              "username": "maria@example.com",
              "groups": [
                "oncall"
              ]
            }
          }
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&kx).unwrap());
}

#[test]
fn it_is_told_when_it_is_there_and_never_asked_for_again() {
    let exec = failed();
    let told = status(&exec, at(14), UndoSeen::Ours);
    assert_eq!((told.phase, told.reason), (Phase::Failed, Reason::RollbackStarted));
    assert_eq!(told.rollback.as_ref().unwrap().automatic, "scale-web-x7k2p-undo-3c1f0a52");
    assert_eq!(told.rollback.as_ref().unwrap().state, "Ready", "whether it is undone is another's story");
    expect!["kubectl scale exited 1. It said: scaled. It may have done a part: look at Deployment shop/web before anything else. It is undone by itself, by scale-web-x7k2p-undo-3c1f0a52."]
        .assert_eq(&told.message);
    let kx = KubernetesExecution { status: Some(told), ..asked() };
    let after = parse(&kx);
    assert_eq!(crate::automatic_undo(&after), None);
    for undo in [None, Some(UndoSeen::Absent), Some(UndoSeen::Foreign)] {
        assert!(matches!(step(&after, at(15), over(undo)), Step::Do(Effect::ReleaseFinalizer { .. })));
    }
}

#[test]
fn where_it_cannot_be_made_that_is_told_once() {
    let exec = failed();
    let taken = status(&exec, at(14), UndoSeen::Foreign);
    assert_eq!((taken.phase, taken.reason), (Phase::Failed, Reason::RollbackNotStarted));
    expect!["kubectl scale exited 1. It said: scaled. It may have done a part: look at Deployment shop/web before anything else. The execution that was to undo it could not be made: another execution has the name scale-web-x7k2p-undo-3c1f0a52. To undo it: writ undo scale-web-x7k2p -n shop"].assert_eq(&taken.message);
    assert!(matches!(step(&exec, at(3612), over(Some(UndoSeen::Absent))), Step::Do(Effect::Undo(_))));
    let late = status(&exec, at(3613), UndoSeen::Absent);
    assert_eq!(late.reason, Reason::RollbackNotStarted);
    let after = parse(&KubernetesExecution { status: Some(late), ..asked() });
    assert_eq!(crate::automatic_undo(&after), None);
}

#[test]
fn nothing_else_asks_for_one() {
    let none = |what: &str, exec: &Execution| assert_eq!(crate::automatic_undo(exec), None, "{what}");
    assert!(crate::automatic_undo(&failed()).is_some());
    none("it goes on", &exited(0));
    none("nobody wants it", &{
        let mut exec = failed();
        exec.spec.rollback = None;
        exec
    });
    none("somebody stopped it", &{
        let mut exec = failed();
        exec.spec.cancel = Some(Cancel { requested: true, ..Cancel::default() });
        exec
    });
    none("it is being deleted", &Execution { deleting: true, ..failed() });
    none("it was let go", &Execution { finalized: false, ..failed() });
    none("nothing ran", &{
        let mut exec = failed();
        exec.status.rollback.as_mut().unwrap().state = "Unneeded".into();
        exec
    });
}

#[test]
fn what_has_its_name_is_its_undo_only_where_it_says_so() {
    let exec = failed();
    let Step::Do(Effect::Undo(mut kx)) = step(&exec, at(14), over(Some(UndoSeen::Absent))) else { panic!() };
    assert_eq!((UndoSeen::of(&exec, None), UndoSeen::of(&exec, Some(&kx))), (UndoSeen::Absent, UndoSeen::Ours));
    kx.spec.rollback_of.as_mut().unwrap().uid = "another".into();
    assert_eq!(UndoSeen::of(&exec, Some(&kx)), UndoSeen::Foreign);
    kx.spec.rollback_of = None;
    assert_eq!(UndoSeen::of(&exec, Some(&kx)), UndoSeen::Foreign);
}
