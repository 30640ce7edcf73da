//! What a component declares: forms and sizes, part by part. Whether it makes sense as a whole is judged in `describe`.
use super::{
    super::v0_1::{Description as WitDescription, types as wit},
    Checked, Within, Wrong, all, common, text,
};
use decide::model::{
    ActionInfo, ActionName, Description, DryRunForm, Observation, Reversible, Risk, Rule, TargetKind, Texts, Timeouts,
};

const ACTIONS: usize = 64;
const KINDS: usize = 32;
const RULES: usize = 32;
/// Groups, resources, names or verbs of a rule.
const ITEMS: usize = 32;
const EXAMPLES: usize = 16;
const ANNOTATIONS: usize = 32;
/// One screen line.
const SUMMARY: usize = 160;
/// Of one schema: it is kept in an Action object.
const SCHEMA: usize = 16 << 10;

pub(in crate::plugin) fn description(d: WitDescription) -> Checked<Description> {
    if d.actions.is_empty() {
        return Err(Wrong::new("is empty; a plugin has at least one action")).within("actions");
    }
    Ok(Description {
        name: text::label(d.name).within("name")?,
        version: text::semver(d.version).within("version")?,
        actions: all("actions", d.actions, ACTIONS, action)?,
    })
}

fn action(a: wit::ActionInfo) -> Checked<ActionInfo> {
    Ok(ActionInfo {
        name: name(a.name).within("name")?,
        summary: text::line(a.summary, SUMMARY).within("summary")?,
        texts: texts(a.texts).within("texts")?,
        parameters: text::json(&a.parameters, SCHEMA).within("parameters")?.0,
        examples: all("examples", a.examples, EXAMPLES, |e| Ok(text::json(&e, crds::limits::PARAMETERS)?.0))?,
        targets: all("targets", a.targets, KINDS, target)?,
        needs: all("needs", a.needs, RULES, rule)?,
        observes: all("observes", a.observes, KINDS, observation)?,
        risk: risk(a.risk),
        reversible: reversible(a.reversible),
        idempotent: a.idempotent,
        dry_run: dry_run(a.dry_run),
        timeouts: Timeouts { default: a.timeouts.default, longest: a.timeouts.longest, verify: a.timeouts.verify },
        annotations: all("annotations", a.annotations, ANNOTATIONS, annotation)?,
    })
}

fn name(name: String) -> Checked<ActionName> {
    ActionName::try_from(text::snake_case(name, 48)?).map_err(|e| Wrong::new(e.to_string()))
}

fn texts(t: wit::PlannerTexts) -> Checked<Texts> {
    let long = |s: String| text::lines(s, text::LONG);
    Ok(Texts {
        what: long(t.what).within("what")?,
        when_to_use: long(t.when_to_use).within("when-to-use")?,
        when_not_to_use: long(t.when_not_to_use).within("when-not-to-use")?,
        preconditions: long(t.preconditions).within("preconditions")?,
    })
}

fn target(t: wit::TargetKind) -> Checked<TargetKind> {
    Ok(TargetKind { api: common::api(t.api).within("api")?, scope: common::scope(t.scope), may_be_absent: t.may_be_absent })
}

fn rule(r: wit::Rule) -> Checked<Rule> {
    let words = |place, list| all(place, list, ITEMS, |s| text::plain(s, text::SHORT));
    Ok(Rule {
        scope: common::scope(r.scope),
        groups: words("groups", r.groups)?,
        resources: words("resources", r.resources)?,
        resource_names: words("resource-names", r.resource_names)?,
        verbs: words("verbs", r.verbs)?,
    })
}

fn observation(o: wit::Observation) -> Checked<Observation> {
    Ok(Observation { api: common::api(o.api).within("api")?, scope: common::scope(o.scope) })
}

fn annotation((key, value): (String, String)) -> Checked<(String, String)> {
    Ok((text::line(key, 63).within("0")?, text::plain(value, text::LINE).within("1")?))
}

const fn risk(r: wit::Risk) -> Risk {
    match r {
        wit::Risk::Low => Risk::Low,
        wit::Risk::Medium => Risk::Medium,
        wit::Risk::High => Risk::High,
        wit::Risk::Critical => Risk::Critical,
    }
}

const fn reversible(r: wit::Reversible) -> Reversible {
    match r {
        wit::Reversible::Always => Reversible::Always,
        wit::Reversible::Depends => Reversible::Depends,
        wit::Reversible::Never => Reversible::Never,
    }
}

const fn dry_run(d: wit::DryRun) -> DryRunForm {
    match d {
        wit::DryRun::Server => DryRunForm::Server,
        wit::DryRun::Predicted => DryRunForm::Predicted,
    }
}
