//! Where the words of a contract minor become the model's, and nothing is believed unseen. `ask` converts questions, the others
//! answers; `text` says what a text may be. Owns the exact place in a message about a broken contract.
pub(super) mod answer;
pub(super) mod ask;
mod command;
mod common;
pub(super) mod declared;
pub(super) mod text;

use super::fault::Fault;
use std::fmt::Display;

/// What the contract does not allow, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    /// `commands[0].verb`; empty: the whole answer.
    at: String,
    why: String,
}

/// An answer, or a part of one, after it was looked at.
pub(super) type Checked<T> = Result<T, Wrong>;

impl Wrong {
    pub(super) fn new(why: impl Into<String>) -> Self {
        Self { at: String::new(), why: why.into() }
    }

    /// As the fault of the function that was asked.
    pub(super) fn fault(self, asked: &str) -> Fault {
        let Self { at, why } = self.within(asked);
        Fault::BadOutput { at, why }
    }

    fn within(self, place: impl Display) -> Self {
        let at = match self.at.as_str() {
            "" => place.to_string(),
            inner if inner.starts_with('[') => format!("{place}{inner}"),
            inner => format!("{place}.{inner}"),
        };
        Self { at, ..self }
    }
}

/// Says where.
pub(super) trait Within {
    /// The place around what was looked at.
    fn within(self, place: impl Display) -> Self;
}

impl<T> Within for Checked<T> {
    fn within(self, place: impl Display) -> Self {
        self.map_err(|wrong| wrong.within(place))
    }
}

/// Every item of a list that may have so many.
pub(super) fn all<A, B>(place: &str, list: Vec<A>, most: usize, one: impl Fn(A) -> Checked<B>) -> Checked<Vec<B>> {
    if list.len() > most {
        return Err(Wrong::new(format!("{} items, and at most {most} are taken", list.len()))).within(place);
    }
    let items = list.into_iter().enumerate().map(|(i, item)| one(item).within(format_args!("[{i}]")));
    items.collect::<Checked<Vec<B>>>().within(place)
}

/// No two the same.
pub(super) fn unique<'a>(place: &str, names: impl Iterator<Item = &'a str>) -> Checked<()> {
    let mut seen = std::collections::BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(Wrong::new(format!("{name:?} is there twice"))).within(place);
        }
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests;
