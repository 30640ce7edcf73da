//! From an action's facts and types to its description in the contract.
use crate::action::{Action, Facts};
use crate::parameters::published;
use crate::wire;

pub(crate) fn info<A: Action>() -> wire::ActionInfo {
    describe(&A::FACTS, A::DOC, published::<A>().to_string())
}

fn describe(facts: &Facts, doc: &str, parameters: String) -> wire::ActionInfo {
    wire::ActionInfo {
        name: facts.name.into(),
        summary: summary(doc).into(),
        texts: texts(facts, doc),
        parameters,
        examples: owned(facts.examples),
        targets: facts.targets.iter().map(target).collect(),
        needs: facts.needs.iter().map(need).collect(),
        observes: facts.observes.iter().map(|o| wire::Observation { api: o.kind.api(), scope: o.scope }).collect(),
        risk: facts.risk,
        reversible: facts.reversible,
        idempotent: facts.idempotent,
        dry_run: facts.dry_run,
        timeouts: facts.timeouts,
        annotations: facts.annotations.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect(),
    }
}

fn texts(facts: &Facts, doc: &str) -> wire::PlannerTexts {
    wire::PlannerTexts {
        what: doc.into(),
        when_to_use: facts.when.into(),
        when_not_to_use: facts.not_when.into(),
        preconditions: facts.preconditions.into(),
    }
}

/// The first sentence of the doc comment, without its full stop.
fn summary(doc: &str) -> &str {
    let paragraph = doc.split("\n\n").next().unwrap_or(doc);
    paragraph.split(". ").next().unwrap_or(paragraph).trim_end_matches('.')
}

fn target(target: &crate::action::TargetKind) -> wire::TargetKind {
    wire::TargetKind { api: target.kind.api(), scope: target.scope, may_be_absent: target.may_be_absent }
}

fn need(need: &crate::action::Need) -> wire::Rule {
    wire::Rule {
        scope: need.scope,
        groups: vec![need.group.into()],
        resources: vec![need.resource.into()],
        resource_names: owned(need.names),
        verbs: owned(need.verbs),
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|t| (*t).into()).collect()
}
