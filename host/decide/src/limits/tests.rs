//! What is reached when, for whom, and that whoever looks comes to the same.
use super::*;
use crate::{
    observed::{Obligations, Verdict, Waiter},
    tests::fixtures::{allow, exec, ruling},
};
use AtWork::{MayStart, No, Runs};

fn limits(namespace: Option<u32>, action: Option<u32>, requester: Option<u32>) -> Limits {
    Limits { namespace, action, requester }
}

fn wants(limits: Limits) -> Verdict {
    Verdict::Allow(Obligations { limits, ..Obligations::default() })
}

#[test]
fn the_strictest_of_every_policy_in_force_counts() {
    let all = [allow(), wants(limits(Some(5), None, Some(2))), wants(limits(Some(3), Some(7), Some(4)))];
    assert_eq!(of(&ruling(&all)), limits(Some(3), Some(7), Some(2)));
    let mut shadow = ruling(&[allow(), wants(limits(Some(1), Some(1), Some(1)))]);
    assert!(matter(&exec(), &Limits::default(), Some(&judged(shadow.clone()))));
    shadow.results[1].shadow = true;
    assert_eq!(of(&shadow), Limits::default());
    assert!(!matter(&exec(), &Limits::default(), Some(&judged(shadow))));
    assert!(matter(&exec(), &limits(None, None, Some(1)), None) && !matter(&exec(), &Limits::default(), None));
    assert!(matter(&on(NODE, "n7"), &Limits::default(), None));
}

const NODE: &str = "Node";

/// Aimed at a node, or at a pod on one.
fn on(kind: &str, node: &str) -> Execution {
    let mut exec = exec();
    let target = crds::TargetSeen { kind: kind.into(), node: node.into(), ..crds::TargetSeen::default() };
    exec.status.target = Some(target);
    exec
}

#[test]
fn a_node_contains_its_pods_and_they_do_not_contain_each_other() {
    let alone = |ours: &Execution, theirs: &Execution| {
        let counts = Counts { namespace: "elsewhere".into(), ..Counts::of(theirs) };
        let claims = vec![Claimant { place: ("elsewhere".into(), "a".into()), counts, version: "1".into(), at_work: Runs }];
        reached(ours, &Limits::default(), &Others { claims, waiting: vec![] }, None).map(|r| (r.of, r.behind)).is_none()
    };
    let (node, other, pod) = (on(NODE, "n7"), on(NODE, "n8"), on("Pod", "n7"));
    assert!(!alone(&pod, &node) && !alone(&node, &pod) && !alone(&node, &node), "a node and what is on it");
    assert!(alone(&pod, &pod) && alone(&pod, &other) && alone(&other, &node), "two pods, two nodes");
    assert!(alone(&on("Pod", ""), &node) && alone(&exec(), &node), "on no node");
}

#[test]
fn a_pod_minds_who_waits_for_its_node_and_no_other_pod_and_a_node_minds_both() {
    let lines = |exec: &Execution| lines(LimitOf::Node, &Counts::of(exec));
    let own = |exec: &Execution| line(LimitOf::Node, &Counts::of(exec));
    let (node, pod) = (on(NODE, "n7"), on("Pod", "n7"));
    assert_eq!(lines(&pod), [own(&node)]);
    assert_eq!(lines(&node), [own(&node), own(&pod)]);
    assert_ne!(own(&node), own(&pod));
}

#[test]
fn what_a_label_says_of_a_node_is_read_back() {
    for node in [crate::lock::Node::new("n7.example.com", true), crate::lock::Node::new("n7.example.com", false)] {
        assert_eq!(crate::lock::Node::read(&node.label()), node);
        assert!(node.label().len() <= 63);
    }
}

fn judged(ruling: Ruling) -> Judgement {
    Judgement::Judged { planned: Box::new(crate::tests::fixtures::planned()), ruling, writers: vec![] }
}

fn claimant(name: &str, version: &str, at_work: AtWork) -> Claimant {
    Claimant { place: ("shop".into(), name.into()), counts: Counts::of(&exec()), version: version.into(), at_work }
}

/// How many are served before, where no more than `most` may be at work in the namespace.
fn ahead(most: u32, claims: Vec<Claimant>, own: Option<&str>) -> Option<usize> {
    let others = Others { claims, waiting: vec![] };
    reached(&exec(), &limits(Some(most), None, None), &others, own).map(|r| r.ahead)
}

#[test]
fn who_has_claimed_nothing_counts_everybody_at_work() {
    let claims = || vec![claimant("a", "7", MayStart), claimant("b", "8", Runs), claimant("c", "9", No)];
    assert_eq!((ahead(1, claims(), None), ahead(2, claims(), None), ahead(3, claims(), None)), (Some(2), Some(2), None));
}

#[test]
fn of_those_that_may_start_only_earlier_claims_count() {
    for (version, at_work, counts) in [
        ("6", MayStart, true),
        ("8", MayStart, false),
        // As numbers, not as texts.
        ("10", MayStart, false),
        ("8", Runs, true),
        ("6", No, false),
        ("strange", MayStart, true),
    ] {
        let found = ahead(1, vec![claimant("a", version, at_work)], Some("7"));
        assert_eq!(found.is_some(), counts, "{version} {at_work:?}");
    }
    assert_eq!(ahead(1, vec![claimant("a", "6", MayStart)], Some("strange")), Some(1));
}

/// Whatever they see of each other, as long as whoever claims later sees who claimed before.
#[test]
fn of_any_that_claim_at_once_no_more_go_on_than_may_and_always_somebody() {
    for most in 1..4_u32 {
        for n in 1..6_usize {
            let sees = |me: usize| {
                let others = (0..n).filter(|other| *other != me);
                others.map(|o| claimant(&format!("e{o}"), &o.to_string(), MayStart)).collect::<Vec<_>>()
            };
            let go = (0..n).filter(|me| ahead(most, sees(*me), Some(&me.to_string())).is_none()).count();
            assert_eq!(go, n.min(usize::try_from(most).unwrap()), "{n} of {most}");
        }
    }
}

#[test]
fn each_limit_counts_its_own() {
    let other = |namespace: &str, action: &str, requester: &str| Claimant {
        place: (namespace.into(), "x".into()),
        counts: Counts::new(namespace, action, requester, None),
        version: "1".into(),
        at_work: Runs,
    };
    let (maria, scale) = ("maria@example.com", "scale_deployment");
    let claims = vec![
        other("shop", "restart", "jonas"),
        other("pay", scale, "jonas"),
        other("pay", "restart", maria),
        other("pay", "x", "y"),
    ];
    let others = Others { claims, waiting: vec![] };
    let found = |limits| reached(&exec(), &limits, &others, None).map(|r| (r.of, r.most, r.behind, r.ahead));
    let one = Some(1);
    assert_eq!(found(limits(one, None, None)), Some((LimitOf::Namespace, 1, "x".into(), 1)));
    // Of those elsewhere only the number is told.
    assert_eq!(found(limits(None, one, None)), Some((LimitOf::Action, 1, String::new(), 1)));
    assert_eq!(found(limits(None, None, one)), Some((LimitOf::Requester, 1, String::new(), 1)));
    assert_eq!(found(limits(Some(2), Some(2), Some(2))), None);
}

#[test]
fn who_waits_longer_comes_first_and_nobody_is_counted_twice() {
    let waiter = |name: &str, of| Waiter { place: ("shop".into(), name.into()), of };
    let waiting = vec![waiter("a", LimitOf::Namespace), waiter("b", LimitOf::Namespace), waiter("c", LimitOf::Action)];
    let others = Others { claims: vec![claimant("a", "7", MayStart)], waiting };
    let most = |n| limits(Some(n), None, None);
    assert_eq!(reached(&exec(), &most(2), &others, None).map(|r| r.ahead), Some(2));
    assert_eq!(reached(&exec(), &most(3), &others, None), None);
    // Whoever has claimed stands in no line any more.
    assert_eq!(reached(&exec(), &most(2), &others, Some("9")), None);
}

#[test]
fn a_requester_fits_a_label_whatever_his_name() {
    for name in ["", "maria@example.com", &"x".repeat(500), "system:serviceaccount:ci:deployer"] {
        let counts = Counts::new("shop", "a", name, None);
        assert!(counts.requester.len() == 40 && counts.requester.chars().all(|c| c.is_ascii_hexdigit()), "{counts:?}");
    }
    assert_ne!(Counts::new("shop", "a", "maria", None), Counts::new("shop", "a", "jonas", None));
}
