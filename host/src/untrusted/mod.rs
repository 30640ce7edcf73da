//! Every place where what strangers wrote becomes a value of ours, as a function of bytes that panics where a promise is broken. Owns
//! the list. Nothing that ships knows it: it is there for `make fuzz` (feature `fuzz`), which looks for bytes by coverage, and for the tests
//! below, which try what was found before, and some at random.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a broken promise is a panic here; none of it ships"
)]
mod command;
pub(crate) mod dice;
mod status;

use crate::{gate, plugin};

#[cfg(test)]
pub(crate) use status::stage;

/// What is done with bytes.
pub type Target = fn(&[u8]);

/// All of them, by name; the folders of `host/fuzz/corpus` have these names.
pub const TARGETS: [(&str, Target); 5] = [
    ("admit", plugin::untrusted::admit),
    ("describe", plugin::untrusted::describe),
    ("command", command::command),
    ("question", gate::untrusted::question),
    ("status", status::status),
];

/// By name.
#[must_use]
pub fn target(name: &str) -> Option<Target> {
    TARGETS.iter().find(|(known, _)| *known == name).map(|(_, target)| *target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{
        collection::vec,
        prelude::*,
        sample::Index,
        test_runner::{Config, TestRunner},
    };

    /// A second or so each.
    const CASES: u32 = 400;

    fn found_before(name: &str) -> Vec<Vec<u8>> {
        let folder = format!("fuzz/corpus/{name}");
        let files = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{folder}: {e}"));
        let mut all: Vec<_> = files.map(|f| f.unwrap().path()).collect();
        all.sort();
        all.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
    }

    /// Bytes at these places are others, and it ends here.
    fn spoiled(mut bytes: Vec<u8>, places: &[(Index, u8)], end: Index) -> Vec<u8> {
        bytes.push(0);
        for (place, byte) in places {
            let at = place.index(bytes.len());
            bytes[at] = *byte;
        }
        bytes.truncate(end.index(bytes.len() * 2).min(bytes.len()));
        bytes
    }

    #[test]
    fn what_was_found_before_and_what_is_made_up_breaks_no_promise() {
        for (name, target) in TARGETS {
            let all = found_before(name);
            all.iter().for_each(|bytes| target(bytes));
            let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
            let near = (any::<Index>(), vec((any::<Index>(), any::<u8>()), 0..8), any::<Index>());
            let near = near.prop_map(move |(one, places, end)| spoiled(all[one.index(all.len())].clone(), &places, end));
            let bytes = prop_oneof![near, vec(any::<u8>(), 0..300)];
            let tried = TestRunner::new(config).run(&bytes, |bytes| {
                target(&bytes);
                Ok(())
            });
            tried.unwrap_or_else(|e| panic!("{name}: {e}"));
        }
    }

    #[test]
    fn a_target_is_found_by_its_name() {
        assert!(TARGETS.iter().all(|(name, _)| target(name).is_some()));
        assert!(target("nothing").is_none());
    }
}
