//! Total: any execution, any observation, one step, no panic; and whatever is recorded keeps to the table of phases.
use super::{fixtures::*, seen, stored};
use crate::{
    execution::{Execution, Progress, Wait},
    model::Planned,
    next_step,
    observed::*,
    owed,
    step::Step,
    text::draws,
};
use crds::{Cancel, KubernetesExecution, Reason};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::Value;
use std::sync::LazyLock;

static STAGES: LazyLock<seen::Named<Execution>> = LazyLock::new(stored::all);
static LOOKS: LazyLock<seen::Named<PhaseSeen>> = LazyLock::new(seen::all);

fn any_time() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        Just(Timestamp::MIN),
        Just(Timestamp::MAX),
        (-100_i64..10_000).prop_map(at),
        (-300_000_000_000_000_000_i64..200_000_000_000_000_000).prop_map(|n| Timestamp::from_microsecond(n).unwrap()),
    ]
}

fn any_seq() -> impl Strategy<Value = i64> {
    prop_oneof![Just(i64::MIN), Just(i64::MAX), -1_i64..5]
}

fn any_reason() -> impl Strategy<Value = Reason> {
    prop_oneof![
        Just(Reason::Accepted),
        Just(Reason::Stopping),
        Just(Reason::JobRefused),
        Just(Reason::OutcomeUnknown),
        Just(Reason::ApprovalWithdrawn)
    ]
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), ".{0,8}", Just("é".repeat(9000)), Just("\u{1b}[2J\0\n\u{202e}\u{200b}".to_owned())]
}

/// A plan as no `assemble` leaves it.
fn spoil(planned: &mut Planned, n: u8, text: &str) {
    match n % 8 {
        0 => planned.proposal.commands.clear(),
        1 => planned.proposal.writes.clear(),
        2 => planned.target = None,
        3 => planned.deadline = u32::MAX,
        4 => planned.verify = u32::MAX,
        5 => planned.proposal.commands[0].operands.push(text.to_owned()),
        6 => planned.role = text.to_owned(),
        _ => {}
    }
}

prop_compose! {
    fn any_exec()(
        stage in 0..STAGES.len(),
        (seq, at, since, reason) in (any_seq(), any_time(), any_time(), any_reason()),
        (deleting, finalized, cancelled, requested) in any::<(bool, bool, bool, bool)>(),
        (spoiled, text) in (any::<u8>(), any_text()),
    ) -> Execution {
        let mut exec = STAGES[stage].1.clone();
        (exec.seq, exec.at, exec.reason, exec.deleting, exec.finalized) = (seq, at, reason, deleting, finalized);
        (exec.status.seq, exec.status.reason) = (seq, reason);
        if cancelled {
            exec.spec.cancel = Some(Cancel { requested, reason: text.clone(), by: text.clone() });
        }
        if spoiled % 5 == 0 {
            exec.uid = uid("no uid");
            exec.status.timeline.iter_mut().for_each(|e| e.at.clone_from(&text));
        }
        match &mut exec.progress {
            Progress::AwaitingApproval(p) => { p.wait = Wait { since, until: at }; spoil(&mut p.planned, spoiled, &text); }
            Progress::DryRunning(p) => { p.since = since; spoil(&mut p.planned, spoiled, &text); }
            Progress::Preparing(p) => spoil(&mut p.planned, spoiled, &text),
            Progress::Executing(p) => { p.since = since; spoil(&mut p.planned, spoiled, &text); }
            Progress::Verifying(p) => { p.since = since; spoil(&mut p.planned, spoiled, &text); }
            Progress::Validating | Progress::Over(_) => {}
        }
        exec
    }
}

prop_compose! {
    fn any_look()(
        n in 0..LOOKS.len(),
        (time, text) in (any_time(), any_text()),
        (command, exit_code, truncated) in any::<(u32, i32, bool)>(),
        strange in any::<bool>(),
    ) -> PhaseSeen {
        let mut phase = LOOKS[n].1.clone();
        match &mut phase {
            PhaseSeen::Validating(s) => s.since = time,
            PhaseSeen::AwaitingApproval(s) => s.approvals.iter_mut().for_each(|a| {
                a.created = time;
                a.comment.clone_from(&text);
            }),
            PhaseSeen::Executing(s) if strange => {
                let output = Output { tail: text, truncated, digest: None };
                let pod = PodSeen::Ended { command, exit_code, output, at: time };
                s.job = JobSeen::Ours { uid: uid("job"), stopping: truncated, pod, failed_by: None };
            }
            _ => {}
        }
        phase
    }
}

/// JSON that somebody else might have put there.
fn any_leaf() -> impl Strategy<Value = Value> {
    let texts = ["", "Executing", "Completed", "p1-00", "2026-11-23T03:12:09Z", "\u{1b}[2J", "\0"];
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(texts.to_vec()).prop_map(Value::from),
        any_text().prop_map(Value::from),
        Just(Value::Array(vec![])),
        Just(Value::Object(serde_json::Map::new())),
    ]
}

/// All places in a document.
fn places(at: &str, value: &Value, all: &mut Vec<String>) {
    all.push(at.to_owned());
    match value {
        Value::Object(map) => {
            map.iter().for_each(|(key, v)| places(&format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), v, all))
        }
        Value::Array(items) => items.iter().enumerate().for_each(|(n, v)| places(&format!("{at}/{n}"), v, all)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]
    #[test]
    fn a_status_that_was_spoiled_anywhere_is_not_read_or_leads_to_one_step(
        stage in 0..STAGES.len(),
        spoils in prop::collection::vec((any::<prop::sample::Index>(), any_leaf()), 1..4),
        phase in any_look(),
        now in any_time(),
    ) {
        let mut status = serde_json::to_value(&STAGES[stage].1.status).unwrap();
        for (which, leaf) in spoils {
            let mut all = Vec::new();
            places("", &status, &mut all);
            let place = which.get(&all).clone();
            *status.pointer_mut(&place).unwrap() = leaf;
        }
        // What the API server's schema or the types refuse never gets here.
        let Ok(status) = serde_json::from_value(status) else { return Ok(()) };
        let Ok(exec) = Execution::parse(&uid("cluster"), &KubernetesExecution { status: Some(status), ..kx() }) else { return Ok(()) };
        let seen = Observed { ledger: LedgerSeen::At(exec.seq), phase };
        let step = next_step(&site(), now, &exec, &seen);
        if let Step::Record(s) = &step {
            prop_assert!(exec.phase().leads_to().contains(&s.phase), "{:?} -> {:?}", exec.phase(), s.phase);
        }
        prop_assert_eq!(next_step(&site(), now, &exec, &seen), step, "the same look, another step");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]
    #[test]
    fn there_is_always_one_step(exec in any_exec(), phase in any_look(), ledger in any_seq(), in_order in any::<bool>(), now in any_time()) {
        let ledger = LedgerSeen::At(if in_order { exec.seq } else { ledger });
        let seen = Observed { ledger: ledger.clone(), phase };
        let step = next_step(&site(), now, &exec, &seen);
        if let Step::Record(s) = &step {
            prop_assert!(exec.phase().leads_to().contains(&s.phase), "{:?} -> {:?}", exec.phase(), s.phase);
            prop_assert_eq!(ledger, LedgerSeen::At(exec.seq));
            prop_assert!(s.summary.chars().count() <= 120 && !s.summary.contains(draws));
        }
        if let Some(owed) = owed(&site(), now, &exec, &seen.ledger) {
            prop_assert_eq!(&owed, &step, "what is owed is done whatever is seen");
        }
        prop_assert_eq!(next_step(&site(), now, &exec, &seen), step, "the same look, another step");
    }
}
