//! What an action answers beside a plan: a refusal, the way back, checks.
use crate::action::Action;
use crate::wire;

pub use wire::Refusal;

// The contract's bound for a text is 1 KiB; the rest is for the dots.
const LINE: usize = 1_000;

/// A text for people as the contract wants it: one line, not too long. What is quoted from the cluster (an event, a
/// condition) may be neither, and must not turn an answer into a fault.
pub(crate) fn line(text: impl Into<String>) -> String {
    let mut text: String = text.into();
    if text.contains(draws) {
        text = text.replace(draws, " ");
    }
    if text.len() > LINE {
        let cut = (0..=LINE).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
        text.truncate(cut);
        text.push_str(" ...");
    }
    text
}

/// What the host takes no text with: it moves the cursor, turns around what stands beside it, or is not seen (`decide::text` is its list).
fn draws(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{061c}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

impl Refusal {
    /// `reason` is UpperCamelCase and stable; `remedy` says who can change what, so that it would go through.
    pub fn new(reason: impl Into<String>, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { reason: reason.into(), message: line(message), remedy: line(remedy) }
    }
}

/// Ends `plan` with a refusal: `refuse!("Reason", "message", "remedy")`. The texts are formats with names inside braces.
#[macro_export]
macro_rules! refuse {
    ($reason:literal, $message:literal $(, $remedy:literal)? $(,)?) => {
        return ::core::result::Result::Err($crate::refusal!($reason, $message $(, $remedy)?))
    };
}

/// A refusal as a value: `refusal!("Reason", "message", "remedy")`.
#[macro_export]
macro_rules! refusal {
    ($reason:literal, $message:literal, $remedy:literal $(,)?) => {
        $crate::Refusal::new($reason, ::std::format!($message), ::std::format!($remedy))
    };
    ($reason:literal, $message:literal $(,)?) => {
        $crate::refusal!($reason, $message, "")
    };
}

/// Refuses where something holds: `refuse_if!(paused, "AlreadyPaused", "{t} is already paused")`.
#[macro_export]
macro_rules! refuse_if {
    ($condition:expr, $($refusal:tt)+) => {
        if $condition {
            $crate::refuse!($($refusal)+);
        }
    };
}

/// How to get back, said before the change.
#[derive(Debug)]
pub struct Undo(wire::Undo);

impl Undo {
    /// By this action of the same component, on the same target.
    pub fn action<A: Action>(inverse: &A) -> Self {
        Self(wire::Undo::By(wire::Inverse {
            action: A::FACTS.name.into(),
            parameters: inverse.write().unwrap_or_default().to_string(),
            loses: Vec::new(),
        }))
    }

    /// What stays different all the same.
    #[must_use]
    pub fn loses(mut self, what: impl Into<String>) -> Self {
        if let wire::Undo::By(inverse) = &mut self.0 {
            inverse.loses.push(line(what));
        }
        self
    }

    /// Nothing needs undoing, because …
    pub fn none(because: impl Into<String>) -> Self {
        Self(wire::Undo::Unneeded(line(because)))
    }

    /// There is no way back, because …
    pub fn impossible(because: impl Into<String>) -> Self {
        Self(wire::Undo::Impossible(line(because)))
    }

    pub(crate) fn into_wire(self) -> wire::Undo {
        self.0
    }
}

/// One thing that must be so afterwards, and whether it is.
#[derive(Clone, Debug)]
pub struct Check {
    name: &'static str,
    verdict: wire::Verdict,
}

impl Check {
    /// It is so; `what` was seen.
    pub fn holds(name: &'static str, what: impl Into<String>) -> Self {
        Self { name, verdict: wire::Verdict::Holds(line(what)) }
    }

    /// Not yet.
    pub fn pending(name: &'static str, what: impl Into<String>) -> Self {
        Self { name, verdict: wire::Verdict::Pending(line(what)) }
    }

    /// It is not, and waiting does not help.
    pub fn failed(name: &'static str, what: impl Into<String>) -> Self {
        Self { name, verdict: wire::Verdict::Failed(line(what)) }
    }

    pub(crate) fn into_wire(self, object: Option<&wire::ObjectRef>) -> wire::Check {
        wire::Check { name: self.name.into(), verdict: self.verdict, object: object.cloned() }
    }
}

/// A check that holds or is pending: `check!("suspended", after.at("/spec/suspend") == true)`, with texts for people
/// where they say more: `check!("suspended", is, "no new runs start", "not suspended yet")`.
#[macro_export]
macro_rules! check {
    ($name:literal, $condition:expr $(,)?) => {
        $crate::check!($name, $condition, "", "not yet")
    };
    ($name:literal, $condition:expr, $holds:literal, $pending:literal $(,)?) => {
        if $condition {
            $crate::Check::holds($name, ::std::format!($holds))
        } else {
            $crate::Check::pending($name, ::std::format!($pending))
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_becomes_one_line_that_is_not_too_long() {
        assert_eq!(line("exceeded quota:\n\tsmall"), "exceeded quota:  small");
        let long = line("ä".repeat(1_000));
        assert_eq!((long.len(), long.ends_with("ä ...")), (1_004, true));
        assert_eq!(line("short"), "short");
    }
}
