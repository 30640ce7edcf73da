//! A plan in one line: `replicas 2 -> 5`.
use super::shown;
use crate::model::{Change, ChangeEffect, Field, Json, Planned};

/// Changes that are named; of the rest only the number.
const NAMED: usize = 2;

/// What will be, or was, changed.
pub(crate) fn summary(planned: &Planned) -> String {
    let all: Vec<String> = planned.proposal.changes.iter().flat_map(lines).collect();
    if all.is_empty() {
        return "nothing that shows in the object".to_owned();
    }
    let mut line = all.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    if let Some(rest @ 1..) = all.len().checked_sub(NAMED) {
        line.push_str(&format!(", and {rest} more"));
    }
    line
}

fn lines(change: &Change) -> Vec<String> {
    match &change.effect {
        ChangeEffect::Created => vec![format!("creates {}", change.object)],
        ChangeEffect::Deleted => vec![format!("deletes {}", change.object)],
        ChangeEffect::Other(words) => vec![words.clone()],
        ChangeEffect::Set(fields) => fields.iter().map(field).collect(),
    }
}

fn field(field: &Field) -> String {
    let name = field.at.rsplit('/').next().unwrap_or_default().replace("~1", "/").replace("~0", "~");
    // `kubectl.kubernetes.io/restartedAt`: the prefix is noise here.
    let name = name.rsplit('/').next().unwrap_or_default();
    format!("{} {} -> {}", if name.is_empty() { "object" } else { name }, value(&field.before), value(&field.after))
}

fn value(value: &Option<Json>) -> String {
    let Some(value) = value else { return "none".to_owned() };
    let text: String = serde_json::from_str(value.as_str()).unwrap_or_else(|_| value.to_string());
    shown(&text, 40)
}
