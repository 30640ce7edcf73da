//! Turns on a target: who waits, in which words and for how long, and that nobody holds anything meanwhile.
use super::{
    fixtures::*,
    seen::Named,
    stored::{self, guarded, preparing, validating},
};
use crate::{
    execution::{Execution, Progress},
    lock,
    observed::*,
    step::{Effect, Step, Why},
};
use crds::{LimitOf, Limits, OnConflict, Phase, Reason};
use expect_test::expect;

/// It is our turn.
pub fn mine() -> LockSeen {
    LockSeen::Ours { object: lock::object(&uid(TARGET)), version: "7".into() }
}

fn waiting(name: &str) -> Ahead {
    Ahead { name: name.into(), frozen: None }
}

pub fn locks() -> Named<(LockSeen, Vec<Ahead>)> {
    let held = || LockSeen::Held { by: "scale-web-abcde".into() };
    let others = || vec![waiting("undo-web-aaaaa"), waiting("scale-web-bbbbb")];
    [
        ("free", LockSeen::Free, vec![]),
        ("free, two before it", LockSeen::Free, others()),
        ("stale claim", LockSeen::Stale { version: "7".into() }, vec![]),
        ("stale claim, two before it", LockSeen::Stale { version: "7".into() }, others()),
        ("another has it", held(), vec![]),
        ("another has it, two before it", held(), others()),
        ("ours, two before it", mine(), others()),
    ]
    .map(|(name, lock, ahead)| (name.to_owned(), (lock, ahead)))
    .into()
}

pub fn look(lock: LockSeen, ahead: Vec<Ahead>, grants: Grants) -> PhaseSeen {
    let judged = Some(stored::judged(&planned()));
    let (freezes, approvals) = (vec![], vec![]);
    PhaseSeen::Preparing(Box::new(Preparing {
        since: at(0),
        guards: guarded(),
        judged,
        grants,
        lock,
        ahead,
        others: Others::default(),
        freezes,
        approvals,
        covering: vec![],
        original: None,
    }))
}

pub fn looks() -> Named<PhaseSeen> {
    let mut all = Vec::new();
    for (name, (lock, ahead)) in locks() {
        for (granted, grants) in super::seen::grants() {
            all.push((format!("{name}, {granted}"), look(lock.clone(), ahead.clone(), grants)));
        }
    }
    all.extend(limits_seen());
    all
}

fn limits_seen() -> Named<PhaseSeen> {
    let mut all = Vec::new();
    for (state, at_work_) in [("may start", AtWork::MayStart), ("runs", AtWork::Runs), ("is over", AtWork::No)] {
        for (whose, lock) in [("free", LockSeen::Free), ("ours", mine())] {
            for (judged, says) in [("not judged", None), ("judged", Some(wanting(true)))] {
                for (granted, grants) in [("no grant", Grants::None), ("granted", Grants::Whole)] {
                    let seen = limited(lock.clone(), at_work("6", at_work_), says.clone(), grants);
                    all.push((format!("another {state}, {whose}, {judged}, {granted}"), seen));
                }
            }
        }
    }
    all
}

pub fn queued() -> Vec<(i64, PhaseSeen)> {
    let held = LockSeen::Held { by: "scale-web-abcde".into() };
    vec![(1, validating(stored::judged(&planned()))), (2, look(held, vec![], Grants::None))]
}

fn held() -> LockSeen {
    LockSeen::Held { by: "scale-web-abcde".into() }
}

fn stored(looks: Vec<(i64, PhaseSeen)>) -> Execution {
    stored::through(looks)
}

fn step(exec: &Execution, seconds: i64, look: PhaseSeen) -> Step {
    stored::step(exec, at(seconds), look)
}

#[test]
fn a_turn_is_claimed_before_anything_is_granted_and_names_the_record_that_asked_for_it() {
    let exec = stored(queued()[..1].to_vec());
    let Progress::Preparing(p) = &exec.progress else { panic!() };
    assert_eq!((p.turn, exec.status.lock.as_ref().unwrap().state.as_str()), (exec.seq, "Wanted"));
    let claim = lock::of(&exec, &p.planned, exec.seq);
    for (lock, over) in [(LockSeen::Free, None), (LockSeen::Stale { version: "7".into() }, Some("7".to_owned()))] {
        let wanted = Step::Do(Effect::Claim { claim: Box::new(claim.clone()), over });
        assert_eq!(step(&exec, 2, look(lock, vec![], Grants::None)), wanted);
    }
    assert!(matches!(step(&exec, 2, look(mine(), vec![waiting("somebody")], Grants::None)), Step::Do(Effect::Grant(_))));
}

/// A record is a write and a row, and a line of a thousand would make a million of them.
#[test]
fn who_is_far_back_in_a_line_is_told_about_where_and_looks_seldom() {
    let before = |n: usize| (0..n).map(|n| waiting(&format!("scale-web-{n}"))).collect::<Vec<_>>();
    let other = || LockSeen::Held { by: "scale-web-later".into() };
    let exec = stored(vec![(1, validating(stored::judged(&planned()))), (2, look(held(), before(24), Grants::None))]);
    let lock = exec.status.lock.clone().unwrap();
    assert_eq!((lock.behind.as_str(), lock.ahead), ("scale-web-abcde", Some(30)));
    assert!(exec.status.message.contains(" about 30 executions are served before this one."), "{}", exec.status.message);
    for n in [29, 24, 20] {
        let waits = step(&exec, 3, look(other(), before(n), Grants::None));
        assert!(matches!(&waits, Step::Wait(w) if w.why == Why::Locked && w.until == Some(at(63))), "{n}: {waits:?}");
    }
    let nearer = step(&exec, 3, look(other(), before(19), Grants::None));
    assert!(matches!(&nearer, Step::Record(s) if s.lock.as_ref().unwrap().ahead == Some(20)), "{nearer:?}");
    let told: std::collections::BTreeSet<usize> = (1..=1000).map(lock::about).collect();
    assert_eq!(told.len(), 28, "{told:?}");
    assert!((1..=lock::NEAR).all(|n| lock::about(n) == n));
}

#[test]
fn who_waits_says_for_whom_and_only_when_it_changes() {
    let exec = stored(queued());
    let lock = exec.status.lock.clone().unwrap();
    assert_eq!((exec.phase(), exec.reason), (Phase::Preparing, Reason::Queued));
    expect!["scale-web-abcde has Deployment shop/web. This one goes on by itself when it is its turn, and is refused if that is not by 2026-11-24T03:12:08Z. To wait no longer: writ cancel scale-web-x7k2p -n shop"].assert_eq(&exec.status.message);
    assert_eq!((lock.state.as_str(), lock.behind.as_str(), lock.ahead), ("Queued", "scale-web-abcde", Some(1)));
    let waits = step(&exec, 3, look(held(), vec![], Grants::None));
    assert!(matches!(&waits, Step::Wait(w) if w.why == Why::Locked && w.until == Some(at(8))), "{waits:?}");
    let first = step(&exec, 3, look(LockSeen::Free, vec![waiting("undo-web-aaaaa")], Grants::None));
    assert!(
        matches!(&first, Step::Record(s) if s.message.starts_with("undo-web-aaaaa comes first on Deployment shop/web.")),
        "{first:?}"
    );
    let more = step(&exec, 3, look(held(), vec![waiting("undo-web-aaaaa")], Grants::None));
    assert!(matches!(&more, Step::Record(s) if s.lock.as_ref().unwrap().ahead == Some(2)), "{more:?}");
    let same = step(&exec, 3, look(held(), vec![waiting("scale-web-abcde")], Grants::None));
    assert_eq!(same, waits, "who has it is counted once");
    let turn = step(&exec, 3, look(LockSeen::Free, vec![], Grants::None));
    assert!(matches!(&turn, Step::Do(Effect::Claim { claim, .. }) if claim.turn == lock.seq), "{turn:?}");
}

#[test]
fn who_waits_holds_nothing() {
    for look in [look(held(), vec![], Grants::Whole), look(LockSeen::Free, vec![waiting("first")], Grants::Partly)] {
        assert!(matches!(step(&stored(queued()), 3, look), Step::Do(Effect::Revoke { .. })));
    }
}

#[test]
fn who_does_not_want_to_wait_is_refused() {
    let mut exec = stored(queued()[..1].to_vec());
    exec.spec.on_conflict = Some(OnConflict::Refuse);
    for look in [look(held(), vec![], Grants::None), look(held(), vec![waiting("undo-web-aaaaa")], Grants::None)] {
        let Step::Record(s) = step(&exec, 2, look) else { panic!() };
        assert_eq!((s.phase, s.reason, s.lock), (Phase::Refused, Reason::TargetLocked, None));
        assert!(
            s.message.contains("scale-web-abcde has Deployment shop/web, and spec.onConflict says not to wait. Nothing"),
            "{}",
            s.message
        );
    }
}

#[test]
fn a_wait_ends_after_a_day() {
    let exec = stored(queued());
    let day = 24 * 3600;
    let Step::Wait(last) = step(&exec, day, look(held(), vec![], Grants::None)) else { panic!() };
    assert_eq!(last.until, Some(at(day + 1)), "a day after it was accepted");
    let Step::Record(s) = step(&exec, day + 1, look(held(), vec![], Grants::None)) else { panic!() };
    expect!["scale-web-abcde had Deployment shop/web, and for 24 hours it was not this one's turn. Nothing was touched. Find out what scale-web-abcde waits for (writ get scale-web-abcde -n shop), and make a new execution."].assert_eq(&s.message);
    assert_eq!((s.phase, s.reason), (Phase::Refused, Reason::Queued));
}

#[test]
fn whoever_is_frozen_gives_the_target_back_in_the_record_and_then_lets_go_of_what_it_has() {
    let exec = stored(queued()[..1].to_vec());
    let frozen = |lock, grants| {
        let PhaseSeen::Preparing(mut seen) = preparing(&planned(), grants) else { panic!() };
        (seen.freezes, seen.lock) = (vec![super::seen::freeze()], lock);
        PhaseSeen::Preparing(seen)
    };
    let ours = LockSeen::Ours { object: "target-web".into(), version: "7".into() };
    let Step::Record(s) = step(&exec, 2, frozen(ours, Grants::Whole)) else { panic!() };
    assert_eq!((s.reason, s.lock.unwrap().seq), (Reason::Frozen, s.seq), "another turn");
    let stale = || LockSeen::Stale { version: "7".into() };
    assert!(matches!(step(&exec, 2, frozen(stale(), Grants::Whole)), Step::Do(Effect::Revoke { .. })));
    let last = step(&exec, 2, frozen(stale(), Grants::None));
    assert!(matches!(&last, Step::Do(Effect::Unclaim { claims }) if claims[0].1 == "7"), "{last:?}");
}

#[test]
fn whoever_is_frozen_keeps_its_place_and_holds_up_nobody_whom_that_freeze_does_not_hold() {
    let before = || vec![Ahead { name: "restart-web-abcde".into(), frozen: Some("rollout_restart".into()) }];
    let seen = |lock, freezes| {
        let PhaseSeen::Preparing(mut seen) = look(lock, before(), Grants::None) else { panic!() };
        seen.freezes = freezes;
        PhaseSeen::Preparing(seen)
    };
    let restarts = || Freeze { actions: Some(vec!["rollout_restart".into()]), ..super::seen::freeze() };
    let exec = stored(queued()[..1].to_vec());
    let passes = step(&exec, 2, seen(LockSeen::Free, vec![restarts()]));
    assert!(matches!(&passes, Step::Do(Effect::Claim { .. })), "{passes:?}");
    let Step::Record(waits) = step(&exec, 2, seen(held(), vec![restarts()])) else { panic!() };
    assert_eq!(waits.lock.unwrap().ahead, Some(1), "who is frozen is not served before it");
    for thawed in [vec![], vec![Freeze { until: Some(at(1)), ..restarts() }]] {
        let Step::Record(waits) = step(&exec, 2, seen(LockSeen::Free, thawed)) else { panic!() };
        assert_eq!((waits.reason, waits.lock.unwrap().behind.as_str()), (Reason::Queued, "restart-web-abcde"));
    }
}

/// It is in the line of its target from the freeze to its claim: no record in between takes it out.
#[test]
fn whoever_is_thawed_goes_on_from_its_place() {
    let frozen = stored::all().into_iter().find(|(name, _)| name == "frozen").unwrap().1;
    let claims = step(&frozen, 9, look(LockSeen::Free, vec![], Grants::None));
    assert!(matches!(&claims, Step::Do(Effect::Claim { claim, .. }) if claim.turn == frozen.status.lock.as_ref().unwrap().seq));
    let Step::Record(waits) = step(&frozen, 9, look(LockSeen::Free, vec![waiting("scale-web-abcde")], Grants::None)) else {
        panic!()
    };
    assert_eq!((waits.reason, waits.summary.as_str()), (Reason::Queued, "replicas 2 -> 5"));
}

/// Whether the policies want a limit of one in the namespace; what their last word is.
fn wanting(one: bool) -> Judgement {
    let limits = Limits { namespace: one.then_some(1), ..Limits::default() };
    let yes = Verdict::Allow(Obligations { limits, ..Obligations::default() });
    Judgement::Judged { planned: Box::new(planned()), ruling: ruling(&[yes]), writers: vec![] }
}

fn at_work(version: &str, at_work: AtWork) -> Others {
    let (place, counts) = (("shop".to_owned(), "restart-api-abcde".to_owned()), lock::Counts::of(&exec()));
    Others { claims: vec![Claimant { place, counts, version: version.into(), at_work }], waiting: vec![] }
}

fn limited(lock: LockSeen, others: Others, judged: Option<Judgement>, grants: Grants) -> PhaseSeen {
    let PhaseSeen::Preparing(seen) = look(lock, vec![], grants) else { panic!() };
    PhaseSeen::Preparing(Box::new(Preparing { others, judged, ..*seen }))
}

fn accepted() -> Vec<(i64, PhaseSeen)> {
    vec![(1, validating(wanting(true)))]
}

pub fn at_the_limit() -> Vec<(i64, PhaseSeen)> {
    let waits = limited(LockSeen::Free, at_work("6", AtWork::Runs), None, Grants::None);
    accepted().into_iter().chain([(2, waits)]).collect()
}

#[test]
fn who_waits_for_a_limit_says_for_which_and_claims_nothing() {
    let exec = stored(at_the_limit());
    let lock = exec.status.lock.clone().unwrap();
    assert_eq!((exec.phase(), exec.reason), (Phase::Preparing, Reason::LimitReached));
    assert_eq!((lock.state.as_str(), lock.behind.as_str(), lock.ahead), ("Queued", "restart-api-abcde", Some(1)));
    assert_eq!(lock.limit, Some(LimitOf::Namespace));
    expect!["No more than 1 execution in namespace shop at once: 1 is served before this one (first restart-api-abcde). This one goes on by itself when it is its turn, and is refused if that is not by 2026-11-24T03:12:08Z. To wait no longer: writ cancel scale-web-x7k2p -n shop"].assert_eq(&exec.status.message);
    let same = step(&exec, 3, limited(LockSeen::Free, at_work("6", AtWork::Runs), None, Grants::None));
    assert!(matches!(&same, Step::Wait(w) if w.why == Why::Limit && w.until == Some(at(8))), "{same:?}");
    for free in [Others::default(), at_work("6", AtWork::No)] {
        let goes = step(&exec, 3, limited(LockSeen::Free, free, None, Grants::None));
        assert!(matches!(&goes, Step::Do(Effect::Claim { .. })), "{goes:?}");
    }
    let revokes = step(&exec, 3, limited(LockSeen::Free, at_work("6", AtWork::Runs), None, Grants::Partly));
    assert!(matches!(revokes, Step::Do(Effect::Revoke { .. })), "{revokes:?}");
}

/// What was claimed is given back by the record, before anything else: it asks for another turn.
#[test]
fn whoever_claimed_after_another_that_may_start_gives_it_back() {
    let exec = stored(accepted());
    let turn = |exec: &Execution| exec.status.lock.as_ref().unwrap().seq;
    for (judged, grants) in [(None, Grants::None), (Some(wanting(true)), Grants::Whole)] {
        let next = step(&exec, 2, limited(mine(), at_work("6", AtWork::MayStart), judged.clone(), grants.clone()));
        let Step::Record(s) = &next else { panic!("{next:?}") };
        assert_eq!((s.phase, s.reason, s.lock.as_ref().unwrap().seq), (Phase::Preparing, Reason::LimitReached, s.seq));
        assert!(s.seq > turn(&exec));
        let later = step(&exec, 2, limited(mine(), at_work("8", AtWork::MayStart), judged, grants));
        assert!(!matches!(&later, Step::Record(s) if s.reason == Reason::LimitReached), "{later:?}");
    }
}

#[test]
fn the_last_look_holds_to_what_the_policies_want_by_then() {
    let others = || at_work("6", AtWork::Runs);
    let before = |one: bool| stored(vec![(1, validating(wanting(one)))]);
    let last = |exec: &Execution, one: bool| step(exec, 2, limited(mine(), others(), Some(wanting(one)), Grants::Whole));
    let Step::Record(stricter) = last(&before(false), true) else { panic!() };
    assert_eq!((stricter.reason, stricter.policy.unwrap().limits.namespace), (Reason::LimitReached, Some(1)));
    let Step::Record(looser) = last(&before(true), false) else { panic!() };
    assert_eq!((looser.reason, looser.phase), (Reason::Prepared, Phase::Executing));
}

#[test]
fn who_does_not_want_to_wait_for_a_limit_is_refused_and_a_wait_for_one_ends_after_a_day() {
    let look = || limited(LockSeen::Free, at_work("6", AtWork::Runs), None, Grants::None);
    let mut exec = stored(accepted());
    exec.spec.on_conflict = Some(OnConflict::Refuse);
    let Step::Record(refused) = step(&exec, 2, look()) else { panic!() };
    let Step::Record(late) = step(&stored(at_the_limit()), 24 * 3600 + 1, look()) else { panic!() };
    for s in [&refused, &late] {
        assert_eq!((s.phase, s.reason, &s.lock), (Phase::Refused, Reason::LimitReached, &None));
        assert_eq!(s.refusal.as_ref().unwrap().by, "Lock");
    }
    expect![[r#"
        No more than 1 execution in namespace shop at once, which is reached, and spec.onConflict says not to wait. Nothing was touched. Make a new execution later; or leave spec.onConflict out: it waits for its turn then.
        No more than 1 execution in namespace shop at once, and for 24 hours it was not this one's turn. Nothing was touched. Find out what the others wait for (writ get -A), or have the limit raised; then make a new execution."#]].assert_eq(&format!("{}\n{}", refused.message, late.message));
}

#[test]
fn the_lock_follows_the_phase() {
    let state = |exec: &Execution| exec.status.lock.as_ref().map(|l| l.state.clone());
    let of: Vec<_> = stored::all().into_iter().map(|(name, exec)| (name, exec.phase(), state(&exec))).collect();
    for (name, phase, lock) in of {
        let fits: &[Option<&str>] = match phase {
            Phase::Preparing => &[Some("Wanted"), Some("Queued")],
            Phase::Executing | Phase::Verifying => &[Some("Held")],
            Phase::Completed | Phase::Failed | Phase::Cancelled => &[Some("Released"), None],
            Phase::Validating | Phase::DryRunning | Phase::AwaitingApproval | Phase::Refused => &[None],
        };
        assert!(fits.contains(&lock.as_deref()), "{name}: {phase:?} {lock:?}");
    }
}
