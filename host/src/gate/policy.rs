//! A policy as its owner wrote it: modules and settings, their size, and the digest that names them for ever.
use super::problem::{Kind, Problem};
use decide::model::Digest;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Modules of one bundle. The default policy has two.
pub const MOST_MODULES: usize = crds::limits::MODULES;
/// Bytes of one module: the default policy has 6 KiB.
pub const LONGEST_MODULE: usize = crds::limits::MODULE;
/// Bytes of modules and settings together: they live in one object, which etcd holds to 1.5 MiB.
pub const LONGEST_BUNDLE: usize = 256 * 1024;
/// Brackets in brackets. The parser of regorus tries each bracket as two things, so that its time doubles with every level: 30 take
/// hours, these take milliseconds. The default policy's tests have seven.
pub const DEEPEST_BRACKETS: usize = 14;
/// Columns: regorus stops at 1024, and a `deny` gets a mark of a few characters.
pub const LONGEST_LINE: usize = 900;

/// One policy, as an `ExecutionPolicy` or a directory holds it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Who can change it; shown in every refusal.
    pub owner: String,
    /// Evaluated and recorded, not obeyed.
    pub shadow: bool,
    /// Text by name, such as `default.rego`. Those that end with `_test.rego` are its tests.
    pub modules: BTreeMap<String, String>,
    /// What the modules see as `data.settings`.
    pub data: Value,
}

impl From<&crds::ExecutionPolicy> for Policy {
    fn from(object: &crds::ExecutionPolicy) -> Self {
        Self {
            name: object.metadata.name.clone().unwrap_or_default(),
            owner: object.spec.owner.clone(),
            shadow: object.spec.mode == crds::PolicyMode::Shadow,
            modules: object.spec.modules.clone(),
            data: Value::Object(object.spec.data.clone()),
        }
    }
}

impl Policy {
    /// What is stored and digested: modules and settings, as canonical JSON. Name, owner and mode are not part of it.
    #[must_use]
    pub fn bundle(&self) -> Vec<u8> {
        json!({ "modules": self.modules, "data": self.data }).to_string().into_bytes()
    }

    /// Of [`Self::bundle`].
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.bundle())
    }

    pub(super) fn size(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        if !self.modules.keys().any(|name| !super::inspect::is_test_file(name)) {
            found.push(Problem::all(Kind::NoModules, "there is no module but tests: nothing would be answered"));
        }
        if self.modules.len() > MOST_MODULES {
            found.push(Problem::all(Kind::TooLarge, format!("{} modules; at most {MOST_MODULES}", self.modules.len())));
        }
        let bundle = self.bundle().len();
        if bundle > LONGEST_BUNDLE {
            found.push(Problem::all(
                Kind::TooLarge,
                format!("modules and settings have {bundle} bytes; at most {LONGEST_BUNDLE}"),
            ));
        }
        if !(self.data.is_object() || self.data.is_null()) {
            found.push(Problem::all(Kind::ParseError, "the settings are no object"));
        }
        found.extend(self.modules.iter().flat_map(|(name, text)| module_size(name, text)));
        found
    }
}

fn module_size(name: &str, text: &str) -> Vec<Problem> {
    let mut found = Vec::new();
    if text.len() > LONGEST_MODULE {
        found.push(Problem::at(Kind::TooLarge, name, 0, format!("{} bytes; at most {LONGEST_MODULE}", text.len())));
    }
    if let Some(line) = deeper_than(text, DEEPEST_BRACKETS) {
        found.push(Problem::at(Kind::TooDeep, name, line, format!("more than {DEEPEST_BRACKETS} brackets in brackets")));
    }
    let numbered = (1..).zip(text.lines());
    found.extend(
        numbered.filter(|(_, line)| line.len() > LONGEST_LINE).map(|(number, _)| {
            Problem::at(Kind::TooLarge, name, number, format!("the line is longer than {LONGEST_LINE} bytes"))
        }),
    );
    found
}

/// The first line on which brackets nest deeper than this. What stands in texts and comments does not count.
fn deeper_than(text: &str, most: usize) -> Option<u32> {
    let (mut depth, mut line, mut within) = (0_usize, 1_u32, Within::Code);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        line = line.saturating_add(u32::from(c == '\n'));
        within = match (within, c) {
            (Within::Code, '"') => Within::Text,
            (Within::Code, '`') => Within::Raw,
            (Within::Code, '#') => Within::Comment,
            (Within::Text, '\\') => {
                let _ = chars.next();
                Within::Text
            }
            (Within::Text, '"' | '\n') | (Within::Raw, '`') | (Within::Comment, '\n') => Within::Code,
            (other, _) => other,
        };
        match (&within, c) {
            (Within::Code, '(' | '[' | '{') => depth = depth.saturating_add(1),
            (Within::Code, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > most {
            return Some(line);
        }
    }
    None
}

/// Where a character stands.
enum Within {
    Code,
    Text,
    Raw,
    Comment,
}
