//! What a component says of itself, judged as a whole: names, schemas, examples, roles, times. Owns that nothing becomes active
//! whose declaration cannot be kept.
use super::{
    edge::{Checked, Within, Wrong, declared, unique},
    fault::LoadError,
    parameters,
    schema::Schema,
    v0_1,
};
use decide::{
    model::{ActionInfo, ActionName, Description, Digest, PluginId, Timeouts},
    roles,
};
use std::collections::BTreeMap;

/// A day: no Job of ours runs longer, and nobody waits longer for an effect.
const LONGEST: u32 = 86_400;

/// What it says, and its schemas, compiled.
pub(super) struct Described {
    pub(super) description: Description,
    pub(super) schemas: BTreeMap<ActionName, Schema>,
}

pub(super) fn read(answer: v0_1::Description, digest: &Digest) -> Result<Described, LoadError> {
    let description = declared::description(answer)?;
    let schemas = sound(&description)?;
    let id = PluginId { name: description.name.clone(), version: description.version.clone(), digest: digest.clone() };
    for action in &description.actions {
        roles::of(&id, action).map_err(LoadError::Forbidden)?;
    }
    Ok(Described { description, schemas })
}

fn sound(description: &Description) -> Checked<BTreeMap<ActionName, Schema>> {
    unique("actions", description.actions.iter().map(|a| a.name.as_str()))?;
    let one = |a: &ActionInfo| action(a).within(format_args!("actions[{}]", a.name)).map(|schema| (a.name.clone(), schema));
    description.actions.iter().map(one).collect()
}

fn action(action: &ActionInfo) -> Checked<Schema> {
    let schema = serde_json::from_str(action.parameters.as_str()).map_err(|e| e.to_string()).and_then(Schema::compile);
    let schema = schema.map_err(Wrong::new).within("parameters")?;
    examples(action, &schema)?;
    unique("targets", action.targets.iter().map(|t| t.api.kind.as_str()))?;
    unique("annotations", action.annotations.iter().map(|(key, _)| key.as_str()))?;
    timeouts(action.timeouts).within("timeouts")?;
    Ok(schema)
}

/// The first is shown as *the* example, so there is one, and all of them work.
fn examples(action: &ActionInfo, schema: &Schema) -> Checked<()> {
    if action.examples.is_empty() {
        return Err(Wrong::new("is empty; give one that a person could run")).within("examples");
    }
    for (i, example) in action.examples.iter().enumerate() {
        let value = serde_json::from_str(example.as_str()).map_err(|e| Wrong::new(e.to_string()))?;
        let wrong = parameters::check(schema, action.name.as_str(), &value).err().and_then(|all| all.into_iter().next());
        if let Some(wrong) = wrong {
            let why = format!("does not satisfy its own schema: {} {}", wrong.at, wrong.message);
            return Err(Wrong::new(why)).within(format_args!("examples[{i}]"));
        }
    }
    Ok(())
}

fn timeouts(t: Timeouts) -> Checked<()> {
    let within = |place, seconds: u32, least| match (least..=LONGEST).contains(&seconds) {
        true => Ok(()),
        false => Err(Wrong::new(format!("is {seconds} s, and {least} s to {LONGEST} s can be"))).within(place),
    };
    within("default", t.default, 1)?;
    within("longest", t.longest, t.default)?;
    within("verify", t.verify, 1)
}

#[cfg(test)]
mod tests {
    use super::{super::edge::tests::info, *};
    use crate::plugin::fault::Fault;

    #[test]
    fn one_thing_that_makes_no_sense_in_a_declaration_is_named_by_its_place() {
        let said = |spoil: fn(&mut v0_1::types::ActionInfo)| {
            let mut info = info();
            spoil(&mut info);
            let answer = v0_1::Description { name: "workload".into(), version: "1.0.0".into(), actions: vec![info] };
            read(answer, &crate::plugin::digest_of(b"")).map(drop)
        };
        assert!(said(|_| ()).is_ok());
        type Row = (fn(&mut v0_1::types::ActionInfo), &'static str);
        let table: &[Row] = &[
            (|a| a.examples.clear(), "examples"),
            (|a| a.targets.push(a.targets[0].clone()), "targets"),
            (|a| a.annotations.push(a.annotations[0].clone()), "annotations"),
            (|a| a.timeouts.default = 0, "timeouts.default"),
            (|a| (a.timeouts.default, a.timeouts.longest) = (86_401, 86_401), "timeouts.default"),
            (|a| a.timeouts.longest = 86_401, "timeouts.longest"),
            (|a| a.timeouts.default = 2, "timeouts.longest"),
            (|a| a.timeouts.verify = 0, "timeouts.verify"),
            (|a| a.timeouts.verify = 86_401, "timeouts.verify"),
        ];
        for (n, (spoil, place)) in table.iter().enumerate() {
            match said(*spoil) {
                Err(LoadError::Describe(Fault::BadOutput { at, .. })) => {
                    assert_eq!(at, format!("describe.actions[scale_deployment].{place}"), "row {n}");
                }
                other => panic!("row {n}: {other:?}"),
            }
        }
    }
}
