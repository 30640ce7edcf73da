//! What can be wrong with a bundle before it is ever asked: one stable word each, and where.
use std::fmt;

/// One thing that is wrong with a bundle.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// In one stable word, for `ExecutionPolicy` conditions.
    pub kind: Kind,
    /// In which module; empty for the whole bundle.
    pub file: String,
    /// On which line; 0 where there is none.
    pub line: u32,
    /// What, and what to do.
    pub message: String,
}

impl Problem {
    /// About a line.
    pub(super) fn at(kind: Kind, file: &str, line: u32, message: impl Into<String>) -> Self {
        Self { kind, file: file.to_owned(), line, message: message.into() }
    }
    /// About the whole bundle.
    pub(super) fn all(kind: Kind, message: impl Into<String>) -> Self {
        Self::at(kind, "", 0, message)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.file.as_str(), self.line) {
            ("", _) => write!(f, "{}: {}", self.kind, self.message),
            (file, 0) => write!(f, "{file}: {}: {}", self.kind, self.message),
            (file, line) => write!(f, "{file}:{line}: {}: {}", self.kind, self.message),
        }
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// The stable words.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Kind { $($(#[$doc])* $name,)* }
        impl Kind {
            /// The word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }
        }
    };
}

kinds! {
    /// There is no module, or none but tests.
    NoModules,
    /// A module, the data or the bundle is larger than is allowed.
    TooLarge,
    /// It does not parse or compile.
    ParseError,
    /// A module is in a package that is not its own.
    WrongPackage,
    /// There is no rule `decision` in package `writ`.
    NoDecision,
    /// A function that does not exist. It would fail, or never fire, only when it is reached.
    UnknownBuiltin,
    /// `http.send`: a policy is a function of its input, and what it would fetch may be missing or forged.
    HttpSendNotAllowed,
    /// The clock: `now` is in the input.
    TimeNotAllowed,
    /// Randomness: the same question must get the same answer.
    RandomNotAllowed,
    /// A function that exists and whose cost or meaning cannot be bounded here.
    BuiltinNotAllowed,
    /// A rule or function that needs itself.
    Recursion,
    /// Rules on rules, or expressions in expressions, deeper than is allowed.
    TooDeep,
    /// A field that the question does not have: a rule over it would never fire.
    UnknownInput,
    /// A setting that the bundle's data does not have: a rule over it would never fire.
    UnknownSetting,
    /// The bundle has no tests of its own.
    NoTests,
    /// One of its tests does not hold.
    TestFailed,
    /// One of its tests took too long.
    TestTimedOut,
    /// One of its tests held too much memory.
    TestOutOfMemory,
    /// No test makes this `deny` fire: nobody has seen it work.
    DenyNeverFired,
    /// Its check takes long, and goes on: until it is over the policy is not what is in force.
    Checking,
    /// The check itself failed.
    CheckFailed,
}

impl Kind {
    /// It says something of this machine at this moment, and nothing for good of the bundle: the same bundle, checked again, may pass.
    #[must_use]
    pub const fn passes(self) -> bool {
        matches!(self, Self::TestTimedOut)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
