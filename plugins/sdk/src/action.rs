//! The trait an author implements, and the facts `#[action]` declares beside it.
use crate::look::Look;
use crate::outcome::{Check, Refusal, Undo};
use crate::parameters::{Parameters, Violations};
use crate::plan::Plan;
use crate::seen::Seen;
use crate::target::Target;
use crate::{kind::Kind, wire};

/// What an action means. `self` are its parameters, already valid. Every function is pure: the same in, the same out.
pub trait Action: Parameters + Declared {
    /// What the types cannot say: combinations of parameters that make no sense.
    fn validate(&self, _target: &Target, _bad: &mut Violations) {}

    /// What to look at beside the target. Asked again with the answers, until nothing new is named; and both before and
    /// after the change (`seen.is_after()`).
    fn reads(&self, _target: &Target, _seen: &Seen) -> Vec<Look> {
        Vec::new()
    }

    /// How to carry it out from here. Put the state you rely on into the command: time passes between plan and deed.
    fn plan(&self, target: &Target, seen: &Seen) -> Result<Plan, Refusal>;

    /// The way back, from the state before the change.
    fn undo(&self, target: &Target, before: &Seen) -> Undo;

    /// Did it really happen? Asked until nothing is pending, or time is up.
    fn checks(&self, target: &Target, after: &Seen) -> Vec<Check>;
}

/// What `#[action]` adds to an implementation.
pub trait Declared {
    /// What is declared, and what a human grants.
    const FACTS: Facts;
}

/// Everything a description has that is known when the component is built.
#[derive(Debug)]
pub struct Facts {
    /// `snake_case`
    pub name: &'static str,
    /// when to use it
    pub when: &'static str,
    /// when not, and what instead
    pub not_when: &'static str,
    /// what must be so before
    pub preconditions: &'static str,
    /// kinds it may be aimed at
    pub targets: &'static [TargetKind],
    /// what the Job's identity needs
    pub needs: &'static [Need],
    /// what `reads` may ask for
    pub observes: &'static [Observe],
    /// how bad it can get
    pub risk: wire::Risk,
    /// whether there is a way back
    pub reversible: wire::Reversible,
    /// running the commands again does no harm
    pub idempotent: bool,
    /// whether the API server can try it
    pub dry_run: wire::DryRun,
    /// in seconds
    pub timeouts: wire::Timeouts,
    /// parameters as JSON, the first fit to be shown
    pub examples: &'static [&'static str],
    /// free, for tools
    pub annotations: &'static [(&'static str, &'static str)],
}

/// A kind an action may be aimed at.
#[derive(Debug)]
pub struct TargetKind {
    /// the kind
    pub kind: Kind,
    /// of the kind
    pub scope: wire::Scope,
    /// the action may create it
    pub may_be_absent: bool,
}

/// A rule as in RBAC.
#[derive(Debug)]
pub struct Need {
    /// `cluster`: bound cluster-wide
    pub scope: wire::Scope,
    /// API group
    pub group: &'static str,
    /// plural, with subresource
    pub resource: &'static str,
    /// empty: any
    pub names: &'static [&'static str],
    /// `get`, `patch`, …
    pub verbs: &'static [&'static str],
}

/// A kind `reads` may ask for.
#[derive(Debug)]
pub struct Observe {
    /// the kind
    pub kind: Kind,
    /// `cluster`: across namespaces
    pub scope: wire::Scope,
}
