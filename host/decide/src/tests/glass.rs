//! Going without approvals, and the look afterwards.
use super::{
    approving::{approval, by, judged, rejection},
    fixtures::*,
    messages::check,
    seen::Named,
    stored::{self, ended, guarded, ours, preparing, step, through_as, validating, verifying},
};
use crate::{
    approvals,
    execution::Execution,
    observed::*,
    row,
    step::{Effect, Step},
    time,
};
use crds::{CountedReason, CountedReason::*, Decision, ExecutionStatus, KubernetesExecution, Phase, Reason};
use expect_test::expect;
use jiff::Timestamp;

/// One of these groups; open to whoever breaks the glass, or not.
fn wants(groups: &[&str], break_glass: bool, review: &str) -> Ruling {
    let approver_groups = groups.iter().map(|g| (*g).to_owned()).collect();
    let (expires, review) = ("15m".into(), review.into());
    ruling(&[Verdict::Allow(Obligations {
        approvals: 1,
        approver_groups,
        expires,
        break_glass,
        review,
        ..Obligations::default()
    })])
}

fn open() -> Ruling {
    wants(&["sre-leads"], true, "24h")
}

fn asked() -> KubernetesExecution {
    let mut kx = kx();
    kx.spec.break_glass = true;
    kx
}

fn last_look(ruling: Ruling, approvals: Vec<Approval>) -> PhaseSeen {
    let PhaseSeen::Preparing(mut s) = preparing(&planned(), Grants::Whole) else { unreachable!() };
    (s.judged, s.approvals) = (Some(judged(ruling)), approvals);
    PhaseSeen::Preparing(s)
}

fn broken() -> Execution {
    through_as(asked(), vec![(1, validating(judged(open())))])
}

fn done() -> Vec<(i64, PhaseSeen)> {
    vec![
        (1, validating(judged(open()))),
        (2, last_look(open(), vec![])),
        (3, ours(PodSeen::None)),
        (13, ours(ended(0))),
        (14, verifying(ChecksSeen::Asked(vec![]))),
    ]
}

fn over(guards: GuardsSeen, approvals: Vec<Approval>) -> PhaseSeen {
    let (grants, job, held_pods, claims, undone_by) = (Grants::None, None, vec![], vec![], None);
    PhaseSeen::Over(Over { grants, job, held_pods, claims, guards, approvals, undone_by, undo: None })
}

fn review() -> Approval {
    Approval {
        name: "review-jonas".into(),
        decision: Decision::Review,
        created: at(60),
        comment: "it was right".into(),
        ..approval()
    }
}

fn heard(a: Approval) -> Approval {
    Approval { told: Some(Told { reason: Counted, message: "it counts for sre-leads".into() }), ..a }
}

/// What may be said of what is over.
pub fn reviews() -> Named<Vec<Approval>> {
    let named = |name: &str, all| (name.to_owned(), all);
    vec![
        named("reviewed", vec![review()]),
        named("reviewed, and told", vec![heard(review())]),
        named("approved", vec![approval()]),
    ]
}

pub fn stages() -> Named<Execution> {
    let after = |last| {
        let mut looks = done();
        looks.extend(last);
        through_as(asked(), looks)
    };
    vec![
        ("glass broken".into(), broken()),
        ("review due".into(), after(None)),
        ("reviewed".into(), after(Some((61, over(guarded(), vec![heard(review())]))))),
    ]
}

fn stage(name: &str) -> Execution {
    stages().into_iter().find(|(n, _)| n == name).unwrap().1
}

fn status(step: Step) -> ExecutionStatus {
    let Step::Record(status) = step else { panic!("{step:?}") };
    *status
}

fn at_once(exec: &Execution, when: Timestamp, look: PhaseSeen) -> ExecutionStatus {
    status(step(exec, when, look))
}

#[test]
fn it_is_open_only_where_every_policy_that_wants_approvals_opens_it() {
    let exec = parse(&asked());
    let of = |results: &[&Ruling]| {
        let verdicts: Vec<Verdict> = results.iter().flat_map(|r| &r.results).map(|r| r.verdict.clone()).collect();
        ruling(&verdicts)
    };
    let (open, closed, nobody) = (open(), wants(&[], false, ""), ruling(&[allow()]));
    let mut shadow = of(&[&open, &closed]);
    shadow.results[1].shadow = true;
    let steps = [
        ("open", open.clone()),
        ("closed", closed.clone()),
        ("one of two closed", of(&[&open, &closed])),
        ("closed in a shadow", shadow),
        ("nobody is asked", nobody.clone()),
        ("one of two asks nobody", of(&[&open, &nobody])),
    ]
    .map(|(name, ruling)| (name.to_owned(), step(&exec, at(1), validating(judged(ruling)))));
    check(
        steps.into(),
        &expect![[r#"
            open
              Preparing/BreakGlass: replicas 2 -> 5
              maria@example.com broke the glass: it goes without 1 approval of sre-leads. It must have started by 2026-11-23T03:27:08Z; a review is due when it is over.
            closed
              Refused/BreakGlassClosed: policy default: break glass is closed
              Policy default wants 1 approval and does not open break glass to you for this. Nothing was touched. Ask for it without spec.breakGlass: it waits for the approvals then.
            one of two closed
              Refused/BreakGlassClosed: policy p1: break glass is closed
              Policy p1 wants 1 approval and does not open break glass to you for this. Nothing was touched. Ask for it without spec.breakGlass: it waits for the approvals then.
            closed in a shadow
              Preparing/BreakGlass: replicas 2 -> 5
              maria@example.com broke the glass: it goes without 1 approval of sre-leads. It must have started by 2026-11-23T03:27:08Z; a review is due when it is over.
            nobody is asked
              Preparing/Accepted: replicas 2 -> 5
              Parameters, plan and policies say yes; the run's identity is made next, or given up at 2026-11-23T03:14:08Z.
            one of two asks nobody
              Preparing/BreakGlass: replicas 2 -> 5
              maria@example.com broke the glass: it goes without 1 approval of sre-leads. It must have started by 2026-11-23T03:27:08Z; a review is due when it is over.
        "#]],
    );
}

#[test]
fn what_is_skipped_stands_in_a_row_of_its_own_before_a_job_is_promised() {
    let exec = broken();
    let row = row::of(&exec).unwrap();
    assert_eq!((row.phase, row.reason), (Phase::Preparing, Reason::BreakGlass));
    let payload: serde_json::Value = serde_json::from_str(row.payload.as_str()).unwrap();
    let told = &payload["status"]["approval"];
    assert_eq!(
        (&told["state"], &told["groups"], &told["count"]),
        (&"Skipped".into(), &["sre-leads"][..].into(), &"0 of 1".into())
    );

    let promised = at_once(&exec, at(2), last_look(open(), vec![]));
    assert_eq!(promised.reason, Reason::Prepared);
    // A policy that names another group by now is skipped by name, too.
    let other = || wants(&["dba", "sre-leads"], true, "24h");
    let again = at_once(&exec, at(2), last_look(other(), vec![]));
    assert_eq!((again.phase, again.reason), (Phase::Preparing, Reason::BreakGlass));
    assert_eq!(again.approval.as_ref().unwrap().groups, ["dba", "sre-leads"]);
    let looks = vec![(1, validating(judged(open()))), (2, last_look(other(), vec![]))];
    assert_eq!(at_once(&through_as(asked(), looks), at(3), last_look(other(), vec![])).reason, Reason::Prepared);
    // And one that does not open it any more closes it.
    let closed = at_once(&exec, at(2), last_look(wants(&["sre-leads"], false, ""), vec![]));
    assert_eq!((closed.phase, closed.reason), (Phase::Refused, Reason::BreakGlassClosed));
}

#[test]
fn who_says_no_is_heard_who_says_yes_makes_it_an_approved_one_and_time_runs_out() {
    let exec = broken();
    let told = |a: Approval| match step(&exec, at(6), last_look(open(), vec![a.clone()])) {
        Step::Do(Effect::TellApprovals { all, .. }) => Approval { told: Some(all[0].2.clone()), ..a },
        other => panic!("{other:?}"),
    };
    let no = at_once(&exec, at(6), last_look(open(), vec![told(rejection())]));
    assert_eq!((no.phase, no.reason), (Phase::Refused, Reason::Rejected));
    let yes = at_once(&exec, at(6), last_look(open(), vec![approval()]));
    assert_eq!((yes.reason, yes.approval.unwrap().state.as_str()), (Reason::Prepared, "Approved"));
    // The policy of this one wants a review of whatever it allows.
    assert!(yes.review.is_some());
    let of_no_review = at_once(&exec, at(6), last_look(wants(&["sre-leads"], true, ""), vec![approval()]));
    assert_eq!(of_no_review.review, None);
    let late = at_once(&exec, at(1 + 15 * 60), last_look(open(), vec![]));
    assert_eq!((late.phase, late.reason), (Phase::Refused, Reason::ApprovalExpired));
    assert!(late.message.contains("It was to go without 1 approval of sre-leads, and had not started by"), "{}", late.message);
}

#[test]
fn a_review_is_due_when_the_policies_say_and_tomorrow_where_they_do_not() {
    let exec = broken();
    let due = |review: &str| at_once(&exec, at(2), last_look(wants(&["sre-leads"], true, review), vec![])).review.unwrap();
    assert_eq!((due("2h").state.as_str(), due("2h").due_at), ("Due", time::text(at(2 + 2 * 3600))));
    assert_eq!(due("").due_at, time::text(at(2 + 24 * 3600)));
    assert_eq!((due("").plan_hash, due("").groups), (planned().hash.to_string(), vec!["sre-leads".to_owned()]));
    expect![[r#"echo '{"apiVersion":"writ.dev/v1alpha1","kind":"ExecutionApproval","metadata":{"generateName":"review-"},"spec":{"execution":{"name":"scale-web-x7k2p","uid":"3c1f0a52-94d7-4be1-8a5e-0c1d2e3f4a5b"},"action":"scale_deployment","planHash":"sha256:3ab184b38af36db984057acd4d80f27290326c96e85f44481d59a4342cd72277","decision":"Review","comment":"ok","coversUndo":true}}' | kubectl create -n shop -f -"#]].assert_eq(&due("").how);
    // Nobody is asked, nothing is skipped, and a policy wants it looked at all the same.
    let verdict = Verdict::Allow(Obligations { review: "1h".into(), ..Obligations::default() });
    let plain = stored::all().into_iter().find(|(n, _)| n == "preparing").unwrap().1;
    let review = at_once(&plain, at(2), last_look(ruling(&[verdict]), vec![])).review.unwrap();
    assert_eq!((review.due_at, review.groups), (time::text(at(2 + 3600)), vec![]));
}

#[test]
fn which_reviews_count() {
    let due = stage("review due");
    let but = |change: fn(&mut Approval)| {
        let mut a = review();
        change(&mut a);
        a
    };
    let table: [(&str, Approval, CountedReason); 12] = [
        ("as it should be", review(), Counted),
        ("weeks later", but(|a| a.created = at(10_000_000)), Counted),
        ("nobody stamped it", but(|a| a.by.username.clear()), AdmissionNotInForce),
        ("older than the guards", but(|a| a.created = at(-101)), AdmissionNotInForce),
        ("of a deleted one of this name", but(|a| a.execution = "other".into()), WrongExecution),
        ("with the right on another action", but(|a| a.action = "rollout_restart".into()), WrongExecution),
        ("the right is gone", but(|a| a.may = false), NotAllowed),
        ("of another plan", but(|a| a.hash = planned_from(3, false).hash.to_string()), WrongPlan),
        ("before it was over", but(|a| a.created = at(3)), TooEarly),
        (
            "by the requester",
            Approval { decision: Decision::Review, created: at(60), ..by("maria", &["sre-leads"]) },
            SelfApproval,
        ),
        ("by a program", but(|a| a.by.username = "system:serviceaccount:ci:bot".into()), ServiceAccount),
        ("of another group", but(|a| a.by.groups.clear()), NotInGroup),
    ];
    let told = |exec: &Execution, all: &[Approval]| -> Vec<CountedReason> {
        let sum = approvals::reviews(exec, at(-100), all);
        assert_eq!(sum.by.is_some(), sum.tell.iter().any(|e| format!("{e:?}").contains("reason: Counted")));
        match sum.tell {
            Some(Effect::TellApprovals { all, .. }) => all.into_iter().map(|(_, _, told)| told.reason).collect(),
            _ => vec![],
        }
    };
    for (name, review, reason) in table {
        assert_eq!(told(&due, std::slice::from_ref(&review)), [reason], "{name}");
        let undue = stored::all().into_iter().find(|(n, _)| n == "completed").unwrap().1;
        assert_eq!(told(&undue, std::slice::from_ref(&review)), [NothingToReview], "{name}");
    }
    let second = Approval { name: "review-lena".into(), created: at(61), ..review() };
    assert_eq!(told(&due, &[second.clone(), review()]), [Counted, NothingToReview], "the older one counts");
    // An approval is no review, whenever it comes.
    assert_eq!(told(&due, &[approval()]), []);
    let all = [heard(review()), second];
    assert!(approvals::reviews(&stage("reviewed"), at(-100), &all).by.is_none());
}

#[test]
fn who_reviews_hears_first_whether_it_counts_and_then_it_is_told_in_a_row_of_its_own() {
    let mut due = stage("review due");
    due.finalized = false;
    let Step::Do(Effect::TellApprovals { all, .. }) = step(&due, at(61), over(guarded(), vec![review()])) else { panic!() };
    assert_eq!((all.len(), all[0].2.reason), (1, Counted));
    // Nothing is said of it while the guards are not read.
    assert!(matches!(step(&due, at(61), over(GuardsSeen::Unknown, vec![review()])), Step::Wait(_)));
    let look = || over(guarded(), vec![heard(review())]);
    assert_eq!(step(&due, at(61), look()), Step::Do(Effect::AddFinalizer));
    due.finalized = true;
    let s = at_once(&due, at(61), look());
    assert_eq!((s.phase, s.reason), (Phase::Completed, Reason::Reviewed));
    let ended = "Deployment shop/web: replicas 2 -> 5. Seen: the commands exited 0, and the action has no checks.";
    let way_back = " To undo it: writ undo scale-web-x7k2p -n shop";
    assert_eq!(due.status.message, format!("{ended}{way_back}"));
    assert_eq!(s.message, format!("{ended} Reviewed by jonas@example.com: it was right.{way_back}"));
    // Nobody is sent on a way back that is not open any more.
    let late = at_once(&due, at(100_000), look());
    assert_eq!(late.message, format!("{ended} Reviewed by jonas@example.com: it was right."));
    let review = s.review.as_ref().unwrap();
    assert_eq!(
        (review.state.as_str(), review.by.as_str(), review.object.as_str()),
        ("Done", "jonas@example.com", "review-jonas")
    );
    let value = |s: &ExecutionStatus, kind: &str| s.conditions.iter().find(|c| c.type_ == kind).map(|c| c.status.clone());
    assert_eq!((value(&due.status, "Reviewed"), value(&s, "Reviewed")), (Some("False".into()), Some("True".into())));
    assert_eq!((value(&s, "Succeeded"), value(&s, "Approved")), (Some("True".into()), Some("False".into())));
    assert_eq!((&s.finished_at, &s.summary), (&due.status.finished_at, &due.status.summary));
    // Both are told of what was reviewed and then undone.
    let PhaseSeen::Over(mut undone) = over(guarded(), vec![]) else { unreachable!() };
    undone.undone_by = Some("back".into());
    let s = at_once(&Execution { finalized: true, ..stage("reviewed") }, at(70), PhaseSeen::Over(undone));
    assert_eq!(s.message, format!("{ended} Reviewed by jonas@example.com: it was right. Undone by back."));
}

#[test]
fn what_nobody_reviewed_is_not_deleted_and_what_somebody_did_is() {
    let expires = |exec: &mut Execution| {
        exec.spec.ttl_after_finished = Some("1m".into());
        exec.finalized = false;
    };
    let (mut due, mut reviewed) = (stage("review due"), stage("reviewed"));
    expires(&mut due);
    expires(&mut reviewed);
    assert_eq!(step(&due, at(10_000), over(guarded(), vec![])), Step::Stop);
    assert_eq!(step(&reviewed, at(10_000), over(guarded(), vec![heard(review())])), Step::Do(Effect::Delete));
}
