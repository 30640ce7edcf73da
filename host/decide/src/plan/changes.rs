//! What a plan changes: only what it writes, said so that it survives being stored (`planned`): one list of fields an object.
use super::{BadProposal, texts};
use crate::{
    canonical,
    model::{Change, ChangeEffect, Field, Json, ObjectRef, Write},
};

/// One value of a field, shown to people and hashed.
const VALUE: usize = 4 * 1024;
/// Fields of one change.
const FIELDS: usize = 64;

pub(super) fn normal(changes: Vec<Change>, writes: &[Write]) -> Result<Vec<Change>, BadProposal> {
    let mut out: Vec<Change> = Vec::with_capacity(changes.len());
    for change in changes {
        if !writes.iter().any(|w| w.object == change.object) {
            return Err(BadProposal::ChangeNotWritten(change.object.to_string()));
        }
        let effect = effect(change.effect, &change.object)?;
        match (out.last_mut(), effect) {
            (Some(Change { object, effect: ChangeEffect::Set(fields) }), ChangeEffect::Set(more)) if *object == change.object => {
                fields.extend(more);
            }
            (_, effect) => out.push(Change { object: change.object, effect }),
        }
    }
    Ok(out)
}

fn effect(effect: ChangeEffect, object: &ObjectRef) -> Result<ChangeEffect, BadProposal> {
    let empty = || BadProposal::EmptyChange(object.to_string());
    Ok(match effect {
        ChangeEffect::Created | ChangeEffect::Deleted => effect,
        // These two words are how the other two effects are stored.
        ChangeEffect::Other(words) if words.is_empty() || words == "created" || words == "deleted" => return Err(empty()),
        ChangeEffect::Other(words) => texts::one("a change", &words).map(|()| ChangeEffect::Other(words))?,
        ChangeEffect::Set(fields) if fields.is_empty() => return Err(empty()),
        ChangeEffect::Set(fields) if fields.len() > FIELDS => {
            return Err(BadProposal::TooMany { what: "the fields of a change", count: fields.len(), most: FIELDS });
        }
        ChangeEffect::Set(fields) => ChangeEffect::Set(fields.into_iter().map(field).collect::<Result<_, _>>()?),
    })
}

fn field(field: Field) -> Result<Field, BadProposal> {
    texts::one("a field", &field.at)?;
    Ok(Field { at: field.at, before: value(field.before)?, after: value(field.after)? })
}

fn value(value: Option<Json>) -> Result<Option<Json>, BadProposal> {
    let Some(value) = value else { return Ok(None) };
    let json = canonical::again(value.as_str()).map_err(|_| BadProposal::NoJson("a value of a change"))?;
    texts::within("a value of a change", json.as_str().len(), VALUE)?;
    Ok(Some(json))
}
