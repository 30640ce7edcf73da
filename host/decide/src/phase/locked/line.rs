//! What an execution waits for, in words: its target, or one of so many that may be at work at once.
use crate::{
    limits::Reached,
    lock,
    step::Why,
    story::{By, No, Pass, count, shown},
    time,
};
use crds::{LimitOf, Reason};
use jiff::Timestamp;

/// What it stands in line for.
pub(super) enum Line<'a> {
    /// The target.
    Target {
        /// Who comes first.
        behind: &'a str,
        /// How many are served before.
        ahead: usize,
        /// Whether that one has it.
        has: bool,
    },
    /// A limit.
    Limit(&'a Reached),
}

impl Line<'_> {
    pub(super) const fn reason(&self) -> Reason {
        match self {
            Self::Target { .. } | Self::Limit(Reached { of: LimitOf::Node, .. }) => Reason::Queued,
            Self::Limit(_) => Reason::LimitReached,
        }
    }

    pub(super) const fn why(&self) -> Why {
        match self {
            Self::Target { .. } => Why::Locked,
            Self::Limit(_) => Why::Limit,
        }
    }

    pub(super) fn behind(&self) -> &str {
        match self {
            Self::Target { behind, .. } => behind,
            Self::Limit(reached) => &reached.behind,
        }
    }

    pub(super) const fn ahead(&self) -> usize {
        match self {
            Self::Target { ahead, .. } => *ahead,
            Self::Limit(reached) => reached.ahead,
        }
    }

    pub(super) const fn limit(&self) -> Option<LimitOf> {
        match self {
            Self::Target { .. } => None,
            Self::Limit(reached) => Some(reached.of),
        }
    }

    pub(super) fn message(&self, pass: &Pass<'_>, end: Timestamp) -> String {
        let (name, ns) = (&pass.exec.name, &pass.exec.namespace);
        let who = match self {
            Self::Target { behind, ahead, has } => {
                let others = match ahead {
                    0 | 1 => String::new(),
                    more => format!(" {} served before this one.", before(*more, "execution is", "executions are")),
                };
                format!("{behind} {} {}.{others}", if *has { "has" } else { "comes first on" }, pass.aim())
            }
            Self::Limit(reached) if reached.of == LimitOf::Node => format!("{}.", inside(pass, reached)),
            Self::Limit(reached) => {
                let behind = if reached.behind.is_empty() { String::new() } else { format!(" (first {})", reached.behind) };
                let others = before(reached.ahead, "is", "are");
                format!("No more than {} at once: {others} served before this one{behind}.", most(pass, reached))
            }
        };
        format!(
            "{who} This one goes on by itself when it is its turn, and is refused if that is not by {}. To wait no longer: writ cancel \
             {name} -n {ns}",
            time::words(end),
        )
    }

    /// It is not to be waited for.
    pub(super) fn refused(&self, pass: &Pass<'_>) -> No {
        let ns = &pass.exec.namespace;
        match self {
            Self::Target { behind, .. } => {
                let what = format!("{behind} has {}, and spec.onConflict says not to wait.", pass.aim());
                let next = format!(
                    "When it is over (writ watch {behind} -n {ns}), make a new execution; or leave spec.onConflict out: it waits for \
                     its turn then."
                );
                No::new(Reason::TargetLocked, By::Lock, format!("{behind} has the target"), what, next)
            }
            Self::Limit(reached) if reached.of == LimitOf::Node => {
                let what = format!("{}, and spec.onConflict says not to wait.", inside(pass, reached));
                let next = "Make a new execution later; or leave spec.onConflict out: it waits for its turn then.";
                No::new(Reason::TargetLocked, By::Lock, "its node, or a pod on it, is taken", what, next)
            }
            Self::Limit(reached) => {
                let most = most(pass, reached);
                let what = format!("No more than {most} at once, which is reached, and spec.onConflict says not to wait.");
                let next = "Make a new execution later; or leave spec.onConflict out: it waits for its turn then.";
                No::new(Reason::LimitReached, By::Lock, format!("no more than {most} at once"), what, next)
            }
        }
    }

    /// It was waited for long enough.
    pub(super) fn too_long(&self, pass: &Pass<'_>) -> No {
        match self {
            Self::Target { behind, .. } => {
                let what = format!("{behind} had {}, and for 24 hours it was not this one's turn.", pass.aim());
                let next = format!(
                    "Find out what {behind} waits for (writ get {behind} -n {}), and make a new execution.",
                    pass.exec.namespace
                );
                No::new(Reason::Queued, By::Lock, "waited 24 hours for its turn", what, next)
            }
            Self::Limit(reached) if reached.of == LimitOf::Node => {
                let what = format!("{}, and for 24 hours it was not this one's turn.", inside(pass, reached));
                let next = "Find out what the others wait for (writ get -A), and make a new execution.";
                No::new(Reason::Queued, By::Lock, "waited 24 hours for its turn", what, next)
            }
            Self::Limit(reached) => {
                let what = format!("No more than {} at once, and for 24 hours it was not this one's turn.", most(pass, reached));
                let next =
                    "Find out what the others wait for (writ get -A), or have the limit raised; then make a new execution.";
                No::new(Reason::LimitReached, By::Lock, "waited 24 hours for its turn", what, next)
            }
        }
    }
}

/// Who is elsewhere is not everybody's to know.
fn inside(pass: &Pass<'_>, reached: &Reached) -> String {
    let target = pass.exec.status.target.as_ref();
    let node = target.map_or("", |t| t.node.as_str());
    let behind = if reached.behind.is_empty() { "Another execution".to_owned() } else { reached.behind.clone() };
    match target.is_some_and(|t| t.kind == "Node") {
        true => {
            format!("{behind} comes first on Node {node} or a pod of it, and a node is changed with nothing else at work on it")
        }
        false => format!("{behind} comes first on Node {node}, which {} runs on", pass.aim()),
    }
}

/// As far as it is told.
fn before(ahead: usize, one: &str, more: &str) -> String {
    let about = if ahead > lock::NEAR { "about " } else { "" };
    format!("{about}{}", count(lock::about(ahead), one, more))
}

/// `2 executions in namespace shop`.
fn most(pass: &Pass<'_>, reached: &Reached) -> String {
    let n = count(usize::try_from(reached.most).unwrap_or(usize::MAX), "execution", "executions");
    match reached.of {
        LimitOf::Node => format!("{n} on a node and what runs on it"),
        LimitOf::Namespace => format!("{n} in namespace {}", pass.exec.namespace),
        LimitOf::Action => format!("{n} of {}", pass.exec.spec.action),
        LimitOf::Requester => {
            let who = pass.exec.spec.requester.as_ref().map_or("", |r| r.username.as_str());
            format!("{n} of {}", shown(who, 128))
        }
    }
}
