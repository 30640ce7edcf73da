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
    // Any answer is good that `asked` did not stumble over.
    let _ = asked(&question);
}

/// What the default policy says, where it could be asked.
fn asked(question: &Value) -> Option<Verdict> {
    let fits = ASKED.schema.is_valid(question);
    let Ok(input) = engine::value(question.clone()) else {
        assert!(!fits, "it fits and cannot be asked: {question}");
        return None;
    };
    // Time is for the fuzzer to find: ten times what a slow machine needs.
    let limits = Limits { time: Duration::from_secs(5), memory: engine::MEMORY };
    let said = evaluate(&ASKED.policy, &input, limits);
    assert_eq!(evaluate(&ASKED.policy, &input, limits), said, "{question}");
    let answered = matches!(said, Verdict::Allow(_) | Verdict::Deny(_));
    assert!(answered || !fits, "it fits, and {said:?}: {question}");
    assert!(!matches!(said, Verdict::TimedOut | Verdict::OutOfMemory), "{said:?}: {question}");
    Some(said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The good question with this in one place.
    fn with(place: &str, value: Value) -> Value {
        let mut question = ASKED.question.clone();
        *question.pointer_mut(place).unwrap_or_else(|| panic!("there is no {place}")) = value;
        question
    }

    /// Where everything got the same answer, nothing would be said of the others.
    #[test]
    fn there_is_a_yes_a_no_with_its_rule_and_an_answer_that_counts_for_nothing() {
        assert!(matches!(asked(&ASKED.question), Some(Verdict::Allow(_))));
        let protected = with("/execution/namespace", json!("kube-system"));
        assert!(ASKED.schema.is_valid(&protected));
        let Some(Verdict::Deny(denials)) = asked(&protected) else { panic!("it is protected") };
        assert!(denials.iter().any(|d| d.message == "namespace kube-system is protected"), "{denials:?}");
        // Whoever answers what does not fit: nobody asks it (`Gate::decide`).
        let unfit = with("/plan/changes", json!("none"));
        assert!(!ASKED.schema.is_valid(&unfit));
        assert!(!matches!(asked(&unfit), Some(Verdict::Allow(_))));
    }
}
