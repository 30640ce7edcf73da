//! What can go wrong with a component: while it is loaded, and while it is asked. Owns the one place that says which faults are
//! the component's (final) and which are the machine's (asked again).
use super::version::Unserved;
use decide::{
    model::{Digest, PluginFault},
    roles::Forbidden,
};

/// What ended a call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It hit a trap; where it said something before, that is in the message.
    #[error("the plugin trapped: {message}")]
    Trapped {
        /// The trap, and the last error line of its log.
        message: String,
    },
    /// It used all its fuel: it computes too much, or for ever.
    #[error("the plugin was out of fuel after {fuel} units: it computes too much, or for ever")]
    OutOfFuel {
        /// What it had.
        fuel: u64,
    },
    /// It asked for more memory, tables or instances than it may have.
    #[error("the plugin asked for more {what} than it may have ({limit})")]
    OutOfMemory {
        /// `memory`.
        what: &'static str,
        /// The limit, with its unit.
        limit: String,
    },
    /// It answered what the contract does not allow.
    #[error("the plugin answered what the contract does not allow: {at}: {why}")]
    BadOutput {
        /// The place: `plan.commands[0].verb`.
        at: String,
        /// In words.
        why: String,
    },
    /// Time on the wall was over.
    #[error("the plugin did not answer within {millis} ms on this machine, though it had fuel left")]
    DeadlineExceeded {
        /// What it had.
        millis: u64,
    },
    /// All places in which components run were taken for too long.
    #[error("no place to run the plugin was free within {millis} ms")]
    Busy {
        /// How long was waited.
        millis: u64,
    },
    /// The component is not loaded (any more).
    #[error("the component {0} is not loaded")]
    Gone(Digest),
}

impl Fault {
    /// It says something of this machine at this moment, and nothing of the component: asked again, it may answer.
    #[must_use]
    pub const fn passes(&self) -> bool {
        match self {
            // Functions are pure and fuel is counted: the same input ends the same way, however often it is asked.
            Self::Trapped { .. } | Self::OutOfFuel { .. } | Self::OutOfMemory { .. } | Self::BadOutput { .. } => false,
            Self::DeadlineExceeded { .. } | Self::Busy { .. } | Self::Gone(_) => true,
        }
    }

    /// One word, as it appears in reasons and metrics.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Trapped { .. } => "Trapped",
            Self::OutOfFuel { .. } => "OutOfFuel",
            Self::OutOfMemory { .. } => "OutOfMemory",
            Self::BadOutput { .. } => "BadOutput",
            Self::DeadlineExceeded { .. } => "DeadlineExceeded",
            Self::Busy { .. } => "Busy",
            Self::Gone(_) => "Gone",
        }
    }
}

impl From<Fault> for PluginFault {
    fn from(fault: Fault) -> Self {
        let message = fault.to_string();
        match fault.passes() {
            true => Self::Unavailable { message },
            false => Self::Broken { kind: fault.kind().to_owned(), message },
        }
    }
}

/// Why a component was not loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Its bytes are not those of a plugin; nothing was compiled.
    #[error("refused before compiling: {why}")]
    NotAdmitted {
        /// In words.
        why: String,
    },
    /// It speaks another version of the contract.
    #[error("refused before compiling: {0}")]
    Incompatible(Unserved),
    /// It is no valid component, or needs what this engine does not give.
    #[error("failed to compile")]
    Compile(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Its functions are not those of the contract.
    #[error("failed to link: its imports and exports are not those of the contract writ:action")]
    Link(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// `describe` failed.
    #[error("failed to ask it to describe itself")]
    Describe(#[source] Fault),
    /// `describe` gave two answers.
    #[error("it described itself differently when asked twice: its functions are not pure, so nothing it says can be relied on")]
    Unsteady,
    /// It declares what no role may contain.
    #[error("declares what may not be granted")]
    Forbidden(#[source] Forbidden),
    /// Another component has been compiling for too long.
    #[error("another component has been compiling for more than {seconds} s; this one is tried again")]
    Busy {
        /// How long was waited.
        seconds: u64,
    },
    /// The compiler itself failed.
    #[error("the compiler failed on these bytes; this is an error of the engine, and the component is not loaded")]
    Compiler,
}

impl LoadError {
    /// It says something of this machine at this moment, and nothing of the bytes: the same bytes, loaded again, may be taken.
    #[must_use]
    pub const fn passes(&self) -> bool {
        match self {
            Self::Busy { .. } => true,
            Self::Describe(fault) => fault.passes(),
            Self::NotAdmitted { .. }
            | Self::Incompatible(_)
            | Self::Compile(_)
            | Self::Compiler
            | Self::Link(_)
            | Self::Unsteady
            | Self::Forbidden(_) => false,
        }
    }

    /// One word for a condition's reason.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::NotAdmitted { .. } => "NotAdmitted",
            Self::Incompatible(_) => "ContractNotServed",
            Self::Compile(_) | Self::Compiler => "CompileFailed",
            Self::Link(_) => "LinkFailed",
            Self::Describe(_) => "DescribeFailed",
            Self::Unsteady => "DescribeUnsteady",
            Self::Forbidden(_) => "RoleForbidden",
            Self::Busy { .. } => "CompilerBusy",
        }
    }
}
