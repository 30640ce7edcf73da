//! The one table of what counts.
use super::*;
use crate::{
    execution::Execution,
    model::PlanHash,
    observed::{Approval, Obligations, Verdict},
    tests::{
        approving::{approval, by, person, rejection, wants},
        fixtures::*,
    },
};
use crds::{
    CountedReason::{self, *},
    Decision, Identity,
};

/// Exactly as `approval`, but for this.
fn but(change: impl FnOnce(&mut Approval)) -> Approval {
    let mut a = approval();
    change(&mut a);
    a
}

fn sum(exec: &Execution, ruling: &Ruling, all: &[Approval]) -> (Vec<CountedReason>, bool) {
    let hash: PlanHash = planned().hash;
    let asked = asked(ruling).unwrap();
    let case = Case { exec, hash: hash.as_str(), guards: at(-100), wait: asked.wait(at(4)), cover: Cover::default() };
    let tally = tally(&case, &asked, all);
    let reasons = all.iter().map(|a| tally.each.iter().find(|(b, _)| *b == a).unwrap().1).collect();
    (reasons, tally.is_enough(&asked))
}

#[test]
fn one_approval_of_one_person() {
    let uid = |name: &str, uid: &str| Identity { uid: uid.into(), ..person(name, &["sre-leads"]) };
    let mut asked_by_uid = exec();
    asked_by_uid.spec.requester = Some(uid("maria", "42"));
    let mut by_nobody = exec();
    by_nobody.spec.requester = None;
    let e = exec();
    let table: [(&str, &Execution, Approval, CountedReason); 27] = [
        ("as it should be", &e, approval(), Counted),
        ("nobody stamped it", &e, but(|a| a.by.username.clear()), AdmissionNotInForce),
        ("older than the guards", &e, but(|a| a.created = at(-101)), AdmissionNotInForce),
        ("of the guards' own second", &e, but(|a| a.created = at(-100)), AdmissionNotInForce),
        ("for a deleted one of this name", &e, but(|a| a.execution = "other".into()), WrongExecution),
        ("for no execution", &e, but(|a| a.execution.clear()), WrongExecution),
        ("with the right on another action", &e, but(|a| a.action = "rollout_restart".into()), WrongExecution),
        ("by the other name of the action", &e, but(|a| a.action = "scale-deployment".into()), WrongExecution),
        ("the right is gone", &e, but(|a| a.may = false), NotAllowed),
        ("for another plan", &e, but(|a| a.hash = planned_from(3, false).hash.to_string()), WrongPlan),
        ("for a part of the hash", &e, but(|a| a.hash.truncate(20)), WrongPlan),
        ("for no plan", &e, but(|a| a.hash.clear()), WrongPlan),
        ("long before it was asked for", &e, but(|a| a.created = at(-7)), TooEarly),
        ("within what two clocks differ", &e, but(|a| a.created = at(-6)), Counted),
        ("in the last second", &e, but(|a| a.created = at(903)), Counted),
        ("when time is up", &e, but(|a| a.created = at(904)), Expired),
        ("long after", &e, but(|a| a.created = at(100_000)), Expired),
        ("by the requester", &e, by("maria", &["sre-leads"]), SelfApproval),
        ("by the requester under another name", &asked_by_uid, but(|a| a.by = uid("maria.new", "42")), SelfApproval),
        ("by somebody of another uid", &asked_by_uid, but(|a| a.by = uid("jonas", "43")), Counted),
        ("of what nobody asked for", &by_nobody, approval(), SelfApproval),
        ("by a ServiceAccount", &e, but(|a| a.by.username = "system:serviceaccount:ci:bot".into()), ServiceAccount),
        ("by one under a name", &e, but(|a| a.by.groups.push("system:serviceaccounts".into())), ServiceAccount),
        ("by the operator", &e, but(|a| a.by.username = crds::labels::OPERATOR_USER.into()), ServiceAccount),
        ("of another group", &e, by("lena", &["dev"]), NotInGroup),
        ("of no group", &e, by("lena", &[]), NotInGroup),
        ("of a group of nearly that name", &e, by("lena", &["SRE-leads", "sre"]), NotInGroup),
    ];
    for (name, exec, approval, reason) in table {
        let (reasons, enough) = sum(exec, &wants(1, &["sre-leads"]), &[approval]);
        assert_eq!((reasons, enough), (vec![reason], reason == Counted), "{name}");
    }
}

#[test]
fn several_approvals() {
    let (sre, dba) = ("sre-leads", "dba");
    let both = || by("both", &[sre, dba]);
    let again = || Approval { name: "again".into(), created: at(6), ..approval() };
    let one_uid = |name: &str| {
        let mut a = by(name, &[sre]);
        a.by.uid = "7".into();
        a
    };
    let void = || but(|a| (a.name, a.hash) = ("a".into(), "sha256:0".into()));
    let no_right = || Approval { may: false, ..rejection() };
    let other = || Approval { execution: "other".into(), ..rejection() };
    let by_requester = || Approval { decision: Decision::Reject, ..by("maria", &[]) };
    let of_old_plan = || Approval { hash: "sha256:0".into(), ..rejection() };
    type Row<'a> = (&'a str, Ruling, Vec<Approval>, Vec<CountedReason>, bool);
    let table: [Row<'_>; 22] = [
        ("nobody", wants(1, &[]), vec![], vec![], false),
        ("anybody", wants(1, &[]), vec![by("lena", &[])], vec![Counted], true),
        ("two of two", wants(2, &[sre]), vec![approval(), by("lena", &[sre])], vec![Counted, Counted], true),
        ("one of two", wants(2, &[sre]), vec![approval()], vec![Counted], false),
        ("one person twice", wants(2, &[sre]), vec![approval(), again()], vec![Counted, SamePersonTwice], false),
        ("read in another order", wants(2, &[sre]), vec![again(), approval()], vec![SamePersonTwice, Counted], false),
        ("one person under two names", wants(2, &[sre]), vec![one_uid("a"), one_uid("b")], vec![Counted, SamePersonTwice], false),
        ("once for an old plan, once for this", wants(1, &[sre]), vec![void(), approval()], vec![WrongPlan, Counted], true),
        ("two groups, one each", wants(1, &[sre, dba]), vec![approval(), by("lena", &[dba])], vec![Counted, Counted], true),
        ("two groups, one person in both", wants(1, &[sre, dba]), vec![both()], vec![Counted], false),
        ("two groups, one in both and one more", wants(2, &[sre, dba]), vec![both(), approval()], vec![Counted, Counted], true),
        ("the same, the other way round", wants(2, &[dba, sre]), vec![approval(), both()], vec![Counted, Counted], true),
        (
            "two groups, two of the same",
            wants(2, &[sre, dba]),
            vec![approval(), by("lena", &[sre])],
            vec![Counted, Counted],
            false,
        ),
        ("groups without a number", wants(0, &[sre, dba]), vec![approval()], vec![Counted], false),
        ("three of two groups", wants(3, &[sre, dba]), vec![approval(), by("lena", &[dba])], vec![Counted, Counted], false),
        (
            "somebody who does not matter",
            wants(1, &[sre]),
            vec![by("lena", &["dev"]), approval()],
            vec![NotInGroup, Counted],
            true,
        ),
        ("a rejection", wants(1, &[sre]), vec![rejection()], vec![Counted], false),
        ("a rejection after enough", wants(1, &[sre]), vec![approval(), rejection()], vec![Rejected, Counted], false),
        ("a rejection by who may not", wants(1, &[sre]), vec![approval(), no_right()], vec![Counted, NotAllowed], true),
        ("a rejection of another", wants(1, &[sre]), vec![approval(), other()], vec![Counted, WrongExecution], true),
        ("a rejection of the plan before", wants(1, &[sre]), vec![approval(), of_old_plan()], vec![Rejected, Counted], false),
        ("a rejection by the requester", wants(1, &[sre]), vec![approval(), by_requester()], vec![Rejected, Counted], false),
    ];
    for (name, ruling, all, reasons, enough) in table {
        assert_eq!(sum(&exec(), &ruling, &all), (reasons, enough), "{name}");
    }
}

fn policies(all: &[(u32, &[&str], &str)]) -> Ruling {
    let one = |(approvals, groups, expires): &(u32, &[&str], &str)| {
        let approver_groups = groups.iter().map(|g| (*g).to_owned()).collect();
        Verdict::Allow(Obligations {
            approvals: *approvals,
            approver_groups,
            expires: (*expires).into(),
            ..Obligations::default()
        })
    };
    ruling(&all.iter().map(one).collect::<Vec<_>>())
}

#[test]
fn several_policies_are_each_held_to_and_the_shortest_time_counts() {
    let ruling = policies(&[(1, &["sre-leads"], "1h"), (2, &[], ""), (0, &[], "1s"), (1, &["dba"], "15m")]);
    let asked = asked(&ruling).unwrap();
    assert_eq!((asked.needed(), asked.groups()), (2, vec!["dba".to_owned(), "sre-leads".to_owned()]));
    assert_eq!(asked.span, SignedDuration::from_mins(15), "a policy that asks for nobody gives no time");
    let (sre, dba) = (approval(), by("lena", &["dba"]));
    assert!(sum(&exec(), &ruling, &[sre.clone(), dba]).1);
    assert!(!sum(&exec(), &ruling, &[sre.clone(), by("lena", &["sre-leads"])]).1, "nobody of dba");
    let two_of_sre = policies(&[(2, &["sre-leads"], ""), (1, &["dba"], "")]);
    assert!(!sum(&exec(), &two_of_sre, &[sre.clone(), by("lena", &["dba"])]).1, "two of sre-leads are wanted");
    assert!(sum(&exec(), &two_of_sre, &[sre, by("lena", &["dba", "sre-leads"])]).1);
}

#[test]
fn who_asks_for_nobody_asks_for_nothing() {
    assert!(asked(&policies(&[(0, &[], "15m")])).is_none());
    assert!(asked(&ruling(&[])).is_none());
    let mut shadow = wants(1, &["sre-leads"]);
    shadow.results[0].shadow = true;
    assert!(asked(&shadow).is_none());
}

#[test]
fn without_a_time_it_is_a_day_and_what_is_no_time_is_over_at_once() {
    let span = |text: &str| asked(&policies(&[(1, &[], text)])).unwrap().span;
    assert_eq!(span(""), SignedDuration::from_hours(24));
    assert_eq!(span("15m"), SignedDuration::from_mins(15));
    assert_eq!(span("soon"), SignedDuration::ZERO);
}

/// The one question about groups that cannot be answered by counting.
#[test]
fn each_group_has_somebody_of_its_own_if_there_is_any_way() {
    let people: Vec<Approval> =
        [("a", vec!["x", "y"]), ("b", vec!["x"]), ("c", vec!["y", "z"])].iter().map(|(n, g)| by(n, g)).collect();
    assert!(sum(&exec(), &wants(3, &["x", "y", "z"]), &people).1, "a for y, b for x, c for z");
    assert!(!sum(&exec(), &wants(3, &["x", "y", "w"]), &people).1);
}

#[test]
fn what_is_approved_is_the_plan_and_what_the_dry_run_said_of_it() {
    let (mut exec, plan) = (exec(), planned().hash);
    let diff = |after: &str, announced| crds::DiffStatus {
        pointer: "/spec/replicas".into(),
        before: Some("2".into()),
        after: Some(after.into()),
        announced,
        ..crds::DiffStatus::default()
    };
    assert_eq!(subject(&exec, &plan), plan, "without a dry run, the plan alone");
    let mut known = vec![plan.clone()];
    for all in [vec![diff("5", true)], vec![diff("6", true)], vec![diff("5", false)], vec![diff("5", true), diff("6", true)]] {
        exec.status.diff = all;
        let subject = subject(&exec, &plan);
        assert!(!known.contains(&subject), "{:?}", exec.status.diff);
        known.push(subject);
    }
}

#[test]
fn a_program_counts_only_where_every_policy_names_it() {
    const BOT: &str = "system:serviceaccount:ci:gate";
    let bot =
        || but(|a| a.by = Identity { username: BOT.into(), uid: "b".into(), groups: vec!["system:serviceaccounts".into()] });
    let asking = |approvals, groups: &[&str], accounts: &[&str]| {
        let names = |all: &[&str]| all.iter().map(|a| (*a).to_owned()).collect();
        let (approver_groups, approver_accounts) = (names(groups), names(accounts));
        Verdict::Allow(Obligations { approvals, approver_groups, approver_accounts, ..Obligations::default() })
    };
    let sum = |verdicts: &[Verdict], all: &[Approval]| sum(&exec(), &ruling(verdicts), all);
    assert_eq!(sum(&[asking(1, &[], &[BOT])], &[bot()]), (vec![Counted], true));
    assert_eq!(sum(&[asking(1, &[], &[])], &[bot()]), (vec![ServiceAccount], false));
    assert_eq!(sum(&[asking(1, &[], &["system:serviceaccount:ci:other"])], &[bot()]), (vec![ServiceAccount], false));
    let one_does_not = [asking(1, &[], &[BOT]), asking(1, &[], &[])];
    assert_eq!(sum(&one_does_not, &[bot()]), (vec![ServiceAccount], false));
    // It is one of two, and stands for no group.
    let two = [asking(2, &["sre-leads"], &[BOT])];
    assert_eq!(sum(&two, &[bot()]), (vec![Counted], false));
    assert_eq!(sum(&two, &[bot(), approval()]), (vec![Counted, Counted], true));
    let group = [asking(1, &["sre-leads"], &[BOT])];
    assert_eq!(sum(&group, &[bot()]), (vec![Counted], false));
}
