//! What a policy can say about a dry run: that it wants one, and that it does not want what came of it.
use super::fixtures::{gate, only, question, with_test};
use decide::{
    observed::{Denial, Obligations, Verdict},
    question::Difference,
};
use serde_json::json;

const MODULE: &str = r#"
decision := {"allow": count(deny) == 0, "deny": deny, "require": {"dry_run": true}}

deny contains sprintf("%s was not announced", [d.field]) if {
	some d in input.diff
	not d.announced
}
"#;
const TEST: &str = r#"
test_what_was_not_announced_is_denied if {
	count(writ.deny) == 1 with input as {"diff": [{"field": "/spec/paused", "announced": false}, {"field": "/spec/replicas", "announced": true}]}
}
"#;

/// The verdict on a question with this diff.
async fn verdict(tried: bool, diff: Vec<Difference>) -> Verdict {
    let mut question = question("shop", "staging", 2, 3);
    (question.tried, question.diff) = (tried, diff);
    only(gate(&[with_test(MODULE, TEST)]).decide(&question).await)
}

fn field(name: &str, announced: bool) -> Difference {
    Difference { object: "Deployment shop/web".into(), field: name.into(), before: json!(2), after: json!(3), announced }
}

#[tokio::test]
async fn a_policy_wants_a_dry_run_and_denies_what_was_not_announced() {
    let wanted = Verdict::Allow(Obligations { dry_run: true, ..Obligations::default() });
    assert_eq!(verdict(false, vec![]).await, wanted, "before the dry run");
    assert_eq!(verdict(true, vec![]).await, wanted);
    assert_eq!(verdict(true, vec![field("/spec/replicas", true)]).await, wanted);
    let found = vec![field("/spec/replicas", true), field("/spec/paused", false)];
    let Verdict::Deny(all) = verdict(true, found).await else { panic!() };
    let said: Vec<&str> = all.iter().map(|Denial { message, .. }| message.as_str()).collect();
    assert_eq!(said, ["/spec/paused was not announced"]);
}
