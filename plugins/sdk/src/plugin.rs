//! From the contract's calls to an author's actions, and back. One list of actions, found by name.
use crate::action::{Action, Facts};
use crate::outcome::{Check, Refusal, Undo};
use crate::parameters::{Rules, Violations};
use crate::seen::Seen;
use crate::target::Target;
use crate::{describe, wire};
use serde_json::Value;
use std::marker::PhantomData;
use wire::Moment::{After, Before};

/// What a component exports: made by `export_plugin!`.
#[derive(Clone, Copy)]
pub struct Plugin {
    /// the name people know it by
    pub name: &'static str,
    /// its semantic version
    pub version: &'static str,
    /// its actions
    pub actions: &'static [&'static (dyn Entry + Sync)],
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

impl Plugin {
    fn find(&self, action: &str) -> Option<&'static (dyn Entry + Sync)> {
        self.actions.iter().copied().find(|a| a.name() == action)
    }

    /// As in the contract.
    #[must_use]
    pub fn describe(&self) -> wire::Description {
        wire::Description {
            name: self.name.into(),
            version: self.version.into(),
            actions: self.actions.iter().map(|a| a.info()).collect(),
        }
    }

    /// As in the contract.
    pub fn validate(&self, r: &wire::Request) -> Result<wire::Json, Vec<wire::Violation>> {
        let unknown = || vec![wire::Violation { at: String::new(), message: unknown(self.name, &r.action) }];
        self.find(&r.action).ok_or_else(unknown)?.validate(r)
    }

    /// As in the contract.
    #[must_use]
    pub fn reads(&self, r: &wire::Request, when: wire::Moment, s: &wire::State) -> Vec<wire::Read> {
        self.find(&r.action).map(|a| a.reads(r, when, s)).unwrap_or_default()
    }

    /// As in the contract.
    pub fn plan(&self, r: &wire::Request, s: &wire::State) -> Result<wire::Proposal, Refusal> {
        let unknown = || Refusal::new("UnknownAction", unknown(self.name, &r.action), "");
        self.find(&r.action).ok_or_else(unknown)?.plan(r, s)
    }

    /// As in the contract.
    #[must_use]
    pub fn rollback(&self, r: &wire::Request, s: &wire::State) -> wire::Undo {
        let unknown = || Undo::impossible(unknown(self.name, &r.action)).into_wire();
        self.find(&r.action).map_or_else(unknown, |a| a.rollback(r, s))
    }

    /// As in the contract.
    #[must_use]
    pub fn checks(&self, r: &wire::Request, memo: &str, s: &wire::State) -> Vec<wire::Check> {
        let unknown = || vec![Check::failed("action_known", unknown(self.name, &r.action)).into_wire(None)];
        self.find(&r.action).map_or_else(unknown, |a| a.checks(r, memo, s))
    }
}

fn unknown(plugin: &str, action: &str) -> String {
    format!("{plugin} has no action {action}.")
}

/// One action, its parameters' type forgotten.
pub trait Entry {
    /// as declared
    fn name(&self) -> &'static str;
    /// as in the contract
    fn info(&self) -> wire::ActionInfo;
    /// as in the contract
    fn validate(&self, r: &wire::Request) -> Result<wire::Json, Vec<wire::Violation>>;
    /// as in the contract
    fn reads(&self, r: &wire::Request, when: wire::Moment, s: &wire::State) -> Vec<wire::Read>;
    /// as in the contract
    fn plan(&self, r: &wire::Request, s: &wire::State) -> Result<wire::Proposal, Refusal>;
    /// as in the contract
    fn rollback(&self, r: &wire::Request, s: &wire::State) -> wire::Undo;
    /// as in the contract
    fn checks(&self, r: &wire::Request, memo: &str, s: &wire::State) -> Vec<wire::Check>;
}

/// An action as an entry of the list.
#[derive(Debug)]
pub struct Of<A>(PhantomData<fn() -> A>);

impl<A> Of<A> {
    /// There is nothing in it.
    pub const NEW: Self = Self(PhantomData);
}

impl<A: Action> Entry for Of<A> {
    fn name(&self) -> &'static str {
        A::FACTS.name
    }

    fn info(&self) -> wire::ActionInfo {
        describe::info::<A>()
    }

    fn validate(&self, r: &wire::Request) -> Result<wire::Json, Vec<wire::Violation>> {
        let mut bad = Violations::default();
        let action = parsed(&r.parameters, &mut bad).and_then(|v| A::read(&v, "", &Rules::NONE, &mut bad));
        if let Some(action) = &action {
            action.validate(&Target::of(r, None), &mut bad);
        }
        match action {
            Some(action) if bad.is_empty() => Ok(action.write().unwrap_or_default().to_string()),
            _ => Err(bad.into_list()),
        }
    }

    fn reads(&self, r: &wire::Request, when: wire::Moment, s: &wire::State) -> Vec<wire::Read> {
        let target = Target::of(r, s.target.as_ref());
        let looks = typed::<A>(r).map(|a| a.reads(&target, &Seen::new(r, when, s, "null"))).unwrap_or_default();
        looks.into_iter().map(crate::Look::into_wire).collect()
    }

    fn plan(&self, r: &wire::Request, s: &wire::State) -> Result<wire::Proposal, Refusal> {
        let target = Target::of(r, s.target.as_ref());
        must_be_there(&A::FACTS, &target, s)?;
        let plan = typed::<A>(r)?.plan(&target, &Seen::new(r, Before, s, "null"))?;
        Ok(plan.into_wire())
    }

    fn rollback(&self, r: &wire::Request, s: &wire::State) -> wire::Undo {
        let target = Target::of(r, s.target.as_ref());
        let undo = match typed::<A>(r) {
            Ok(action) => action.undo(&target, &Seen::new(r, Before, s, "null")),
            Err(refusal) => Undo::impossible(refusal.message),
        };
        undo.into_wire()
    }

    fn checks(&self, r: &wire::Request, memo: &str, s: &wire::State) -> Vec<wire::Check> {
        let target = Target::of(r, s.target.as_ref());
        let checks = match (must_be_there(&A::FACTS, &target, s), typed::<A>(r)) {
            (Err(gone), _) => vec![Check::failed("target_exists", gone.message)],
            (_, Err(refusal)) => vec![Check::failed("parameters_valid", refusal.message)],
            (Ok(()), Ok(action)) => action.checks(&target, &Seen::new(r, After, s, memo)),
        };
        checks.into_iter().map(|c| c.into_wire(target.object())).collect()
    }
}

fn must_be_there(facts: &Facts, target: &Target, s: &wire::State) -> Result<(), Refusal> {
    let is_needed = target.object().is_some() && !facts.targets.iter().any(|t| t.may_be_absent);
    if is_needed && s.target.is_none() {
        let namespace = target.namespace();
        return Err(crate::refusal!(
            "TargetNotFound",
            "{target} is not there in {namespace}.",
            "Look at the name: kubectl get {target} -n {namespace}"
        ));
    }
    Ok(())
}

/// The parameters of a request that `validate` has seen.
fn typed<A: Action>(r: &wire::Request) -> Result<A, Refusal> {
    let mut bad = Violations::default();
    let action = parsed(&r.parameters, &mut bad).and_then(|v| A::read(&v, "", &Rules::NONE, &mut bad));
    action
        .filter(|_| bad.is_empty())
        .ok_or_else(|| Refusal::new("InvalidParameters", "The parameters are not those that were validated.", ""))
}

fn parsed(json: &str, bad: &mut Violations) -> Option<Value> {
    serde_json::from_str(json).map_err(|e| bad.add("", format!("is not JSON: {e}"))).ok()
}
