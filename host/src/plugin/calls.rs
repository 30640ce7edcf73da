//! The five questions about one execution, in the model's words. Each is checked in `edge` before it is believed.
use super::{
    Plugins,
    edge::{answer, ask},
    fault::Fault,
    v0_1::types::Moment,
};
use decide::model::{Check, Digest, Json, Proposal, Read, Refusal, Request, State, Undo, Violation};

impl Plugins {
    /// The parameters with every default filled in, or all that is wrong with them. What it returns satisfies the schema.
    ///
    /// # Errors
    /// Where the component broke the contract, or cannot be asked now.
    pub async fn validate(&self, on: &Digest, r: &Request) -> Result<Result<Json, Vec<Violation>>, Fault> {
        let (r, action) = (ask::request(r), r.action.clone());
        self.ask(
            on,
            "validate",
            move |p, s| p.writ_action_actions().call_validate(s, &r),
            move |c, a| answer::validated(a, &action, c.schemas.get(&action)),
        )
        .await
    }

    /// All that it wants to look at, as far as it can say from what is there.
    ///
    /// # Errors
    /// Where the component broke the contract, or cannot be asked now.
    pub async fn reads(&self, on: &Digest, r: &Request, after: bool, state: &State) -> Result<Vec<Read>, Fault> {
        let (r, state) = (ask::request(r), ask::state(state));
        let when = if after { Moment::After } else { Moment::Before };
        self.ask(on, "reads", move |p, s| p.writ_action_actions().call_reads(s, &r, when, &state), |_, a| answer::reads(a)).await
    }

    /// How to carry it out from here, or why not now.
    ///
    /// # Errors
    /// Where the component broke the contract, or cannot be asked now.
    pub async fn plan(&self, on: &Digest, r: &Request, state: &State) -> Result<Result<Proposal, Refusal>, Fault> {
        let (r, state) = (ask::request(r), ask::state(state));
        self.ask(on, "plan", move |p, s| p.writ_action_actions().call_plan(s, &r, &state), |_, a| answer::planned(a)).await
    }

    /// The way back, from the state before.
    ///
    /// # Errors
    /// Where the component broke the contract, or cannot be asked now.
    pub async fn rollback(&self, on: &Digest, r: &Request, state: &State) -> Result<Undo, Fault> {
        let (r, state) = (ask::request(r), ask::state(state));
        self.ask(
            on,
            "rollback",
            move |p, s| p.writ_action_actions().call_rollback(s, &r, &state),
            |c, a| answer::undo(a, &c.loaded.description, &c.schemas),
        )
        .await
    }

    /// Did it really happen?
    ///
    /// # Errors
    /// Where the component broke the contract, or cannot be asked now.
    pub async fn checks(&self, on: &Digest, r: &Request, memo: &Json, state: &State) -> Result<Vec<Check>, Fault> {
        let (r, memo, state) = (ask::request(r), memo.to_string(), ask::state(state));
        self.ask(on, "checks", move |p, s| p.writ_action_actions().call_checks(s, &r, &memo, &state), |_, a| answer::checks(a))
            .await
    }
}
