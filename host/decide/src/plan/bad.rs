//! What the host does not accept of a plugin, in words that its author can act on.
use crate::{
    model::{PluginFault, Violation},
    observed::Judgement,
    verbs::BadCommand,
};

/// A proposal that is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadProposal {
    /// Not the plugin's fault: the requester wrote a time that is none.
    #[error("spec.timeout: {0:?} is no time such as 90s, 5m or 1h30m")]
    Timeout(String),
    /// A command that is not on the list.
    #[error("command {0}: {1}")]
    Command(usize, BadCommand),
    /// None, or more than fit into a pod of one run.
    #[error("it proposes {0} commands; at least 1, at most 8")]
    Commands(usize),
    /// Every verb there is changes something.
    #[error("its commands write, and it lists no write")]
    NoWrites,
    /// A list that is too long.
    #[error("{what}: {count}, at most {most}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        count: usize,
        /// How many may be.
        most: usize,
    },
    /// A text that is too long.
    #[error("{what}: {bytes} bytes, at most {most}")]
    TooLong {
        /// Which.
        what: &'static str,
        /// How long.
        bytes: usize,
        /// How long it may be.
        most: usize,
    },
    /// A NUL, an escape sequence, a line break where there is one line; or what turns a text around or is not seen (`text::draws`).
    #[error("{0}: a control character in it")]
    Control(&'static str),
    /// No JSON.
    #[error("{0}: not JSON")]
    NoJson(&'static str),
    /// JSON, but no object.
    #[error("{0}: not a JSON object")]
    NoObject(&'static str),
    /// A file name that is none, or twice the same.
    #[error("file {0:?}: names are RFC 1123 subdomains of at most 63 characters, each once in a plan")]
    File(String),
    /// Rule "no confused deputy".
    #[error("it writes {object}, which is not in the execution's own namespace {namespace}")]
    Elsewhere {
        /// What.
        object: String,
        /// Where it may.
        namespace: String,
    },
    /// Not granted, because not declared.
    #[error("it writes {object} ({what}), which its declared needs do not cover")]
    NotDeclared {
        /// What.
        object: String,
        /// Such as `update deployments/scale`.
        what: String,
    },
    /// The grant is by uid: a recreated object is another object.
    #[error("it writes {0} and does not say the uid it saw")]
    NoUid(String),
    /// The host looks at what is written, and may look at nothing else.
    #[error("it writes {0}, whose kind is neither a target of the action nor among what it observes")]
    NotLookedAt(String),
    /// It would fail, or write what nobody looked at.
    #[error("it creates {0}, which is there already")]
    Exists(String),
    /// Nothing was seen there.
    #[error("it writes {0}, which is not there")]
    NotThere(String),
    /// Not the one that was read.
    #[error("it writes {object} with uid {said}; the uid of that is {seen}")]
    OtherUid {
        /// What.
        object: String,
        /// By the plugin.
        said: String,
        /// By the host.
        seen: String,
    },
    /// Two writes of two kinds that read the same.
    #[error("it writes two kinds of {0}; an approver could not tell them apart")]
    Ambiguous(String),
    /// What is not written does not change.
    #[error("it says that {0} changes, and does not list it as written")]
    ChangeNotWritten(String),
    /// A change of nothing, or that reads as another.
    #[error("the change of {0} says nothing: name fields, or say in words what happens")]
    EmptyChange(String),
    /// A name that no API server would take.
    #[error("{0:?} is no name of an object")]
    Name(String),
    /// Declared one way, answered the other.
    #[error("the action is declared as always reversible, and now it says that it cannot be undone")]
    Promise,
}

impl BadProposal {
    /// As the chain of judgements ends with it.
    #[must_use]
    pub fn into_judgement(self) -> Judgement {
        let message = self.to_string();
        match self {
            Self::Timeout(_) => Judgement::Invalid {
                by_plugin: false,
                violations: vec![Violation { at: String::new(), rule: "spec.timeout".into(), message }],
                known: vec![],
            },
            _ => Judgement::Faulty(PluginFault::Broken { kind: "BadOutput".into(), message }),
        }
    }
}
