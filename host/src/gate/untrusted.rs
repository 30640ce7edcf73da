//! Questions as somebody could have made them up. For `untrusted`; nothing that ships knows it.
#![allow(clippy::expect_used, clippy::panic, reason = "a broken promise is a panic here; none of it ships")]
use super::{Checked, Limits, Policy, check, engine, evaluate};
use crate::untrusted::dice::Dice;
use decide::{observed::Verdict, question::Question};
use jsonschema::Validator;
use serde_json::Value;
use std::{sync::LazyLock, time::Duration};

/// One that fits the schema.
const QUESTION: &str = include_str!("../../fuzz/question.json");
const RULES: &str = include_str!("../../../deploy/policy/default.rego");
const TESTS: &str = include_str!("../../../deploy/policy/default_test.rego");
const SETTINGS: &str = include_str!("../../../deploy/policy/default.yaml");

struct Asked {
    schema: Validator,
    policy: Checked,
    question: Value,
}

static ASKED: LazyLock<Asked> = LazyLock::new(|| {
    let policy = Policy {
        name: "default".to_owned(),
        owner: "nobody".to_owned(),
        shadow: false,
        modules: [("default.rego".to_owned(), RULES.to_owned()), ("default_test.rego".to_owned(), TESTS.to_owned())].into(),
        data: serde_saphyr::from_str(SETTINGS).expect("settings are YAML"),
    };
    Asked {
        schema: jsonschema::validator_for(&decide::question::schema()).expect("it is a schema"),
        policy: check(&policy).expect("the default policy is ready"),
        question: serde_json::from_str::<Question>(QUESTION).expect("it is a question").document(),
    }
});

/// What fits the schema gets a yes or a no of the default policy, the same each time; what does not gets none that counts, and soon.
pub(crate) fn question(bytes: &[u8]) {
    let mut question = ASKED.question.clone();
    Dice(bytes).spoil(&mut question);
    let fits = ASKED.schema.is_valid(&question);
    let Ok(input) = engine::value(question.clone()) else {
        assert!(!fits, "it fits and cannot be asked: {question}");
        return;
    };
    // Time is for the fuzzer to find: ten times what a slow machine needs.
    let limits = Limits { time: Duration::from_secs(5), memory: engine::MEMORY };
    let said = evaluate(&ASKED.policy, &input, limits);
    assert_eq!(evaluate(&ASKED.policy, &input, limits), said, "{question}");
    let answered = matches!(said, Verdict::Allow(_) | Verdict::Deny(_));
    assert!(answered || !fits, "it fits, and {said:?}: {question}");
    assert!(!matches!(said, Verdict::TimedOut | Verdict::OutOfMemory), "{said:?}: {question}");
}
